//! How results lie in Parquet: the same numbers as on the screen, for any tool that reads tables.

mod as_bytes;
mod comparison;
mod explanations;
mod leaderboards;
mod looked_at;
mod people;
mod steering;
mod verifying;

pub use as_bytes::{Table, TableFormat};
pub use comparison::write_comparison;
pub use explanations::ExplanationsFile;
pub use leaderboards::{write_lc, write_leaderboards};
pub use looked_at::{explanation_table, fit_tables, histogram_table, pair_table, read_tables, versus_table};
pub use people::write_people;
pub use steering::write_steering;
pub use verifying::write_verifying;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use predilect_analysis::Draws;
use predilect_data::{BatchFile, Study};
use predilect_results::{Fit, Weight};

use crate::error::{Error, Result};

/// Where tables go: into a study, or to whoever asks.
pub trait Sink {
    /// Takes a table; all batches have the first one's schema.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<()>;
}

impl Sink for Study {
    fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<()> {
        Ok(Self::write_table(self, name, batches)?)
    }
}

/// Writes `fits` (one row per judge and group) and `posteriors` (one row per weight).
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_results(study: &Study, fits: &[Fit]) -> Result<()> {
    study.write_table("fits", &[fit_rows(fits)?])?;
    study.write_table("posteriors", &[weight_rows(fits)?])?;
    Ok(())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    // Every column is nullable, so that the schema does not depend on the rows.
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .map_err(|e| Error::new(format!("a table of results does not fit together: {e}")))
}

fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

fn float(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

fn whole(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.collect::<UInt64Array>())
}

fn fit_rows(fits: &[Fit]) -> Result<RecordBatch> {
    let quality = |of: fn(&predilect_results::Quality) -> Option<f64>| {
        float(fits.iter().map(move |f| f.quality.as_ref().and_then(of)))
    };
    // The units, comma separated; empty where every verdict counts as independent.
    let over: Vec<String> = fits
        .iter()
        .map(|f| f.intervals_over.iter().map(|unit| unit.unit.as_str()).collect::<Vec<_>>().join(","))
        .collect();
    batch(vec![
        ("judge", text(fits.iter().map(|f| Some(f.judge.as_str())))),
        ("group", text(fits.iter().map(|f| Some(f.group.as_str())))),
        ("rows", whole(fits.iter().map(|f| Some(f.rows)))),
        ("pairs", whole(fits.iter().map(|f| Some(f.pairs)))),
        ("prompts", whole(fits.iter().map(|f| Some(f.prompts)))),
        ("intervals_over", text(over.iter().map(|over| Some(over.as_str())))),
        ("engine", text(fits.iter().map(|f| Some(f.engine.as_str())))),
        ("converged", Arc::new(fits.iter().map(|f| Some(f.converged)).collect::<BooleanArray>())),
        ("reason", text(fits.iter().map(|f| f.reason.as_deref()))),
        ("divergences", whole(fits.iter().map(|f| f.divergences))),
        ("pareto_k", float(fits.iter().map(|f| f.pareto_k))),
        ("importance_ess", float(fits.iter().map(|f| f.importance_ess))),
        ("iterations", whole(fits.iter().map(|f| f.iterations))),
        ("accuracy", float(fits.iter().map(|f| f.accuracy))),
        ("majority_accuracy", quality(|q| Some(q.majority_accuracy))),
        ("length_accuracy", quality(|q| q.length_accuracy)),
        ("terms_accuracy", quality(|q| q.terms_accuracy)),
        ("log_loss", quality(|q| Some(q.log_loss))),
        ("majority_log_loss", quality(|q| Some(q.majority_log_loss))),
        ("length_log_loss", quality(|q| q.length_log_loss)),
        ("terms_log_loss", quality(|q| q.terms_log_loss)),
        ("folds", whole(fits.iter().map(|f| f.quality.as_ref().map(|q| q.folds)))),
        ("gain", quality(|q| Some(q.gain))),
        ("gain_se", quality(|q| q.gain_se)),
        ("terms_note", text(fits.iter().map(|f| f.terms_note.as_deref()))),
    ])
}

fn weight_rows(fits: &[Fit]) -> Result<RecordBatch> {
    let rows: Vec<(&Fit, &Weight, &str)> = fits
        .iter()
        .flat_map(|fit| {
            fit.weights
                .iter()
                .map(move |w| (fit, w, "property"))
                .chain(fit.terms.iter().map(move |w| (fit, w, "term")))
        })
        .collect();
    let number = |of: fn(&Weight) -> Option<f64>| float(rows.iter().map(move |(_, w, _)| of(w)));
    batch(vec![
        ("judge", text(rows.iter().map(|(f, ..)| Some(f.judge.as_str())))),
        ("group", text(rows.iter().map(|(f, ..)| Some(f.group.as_str())))),
        ("property", text(rows.iter().map(|(_, w, _)| Some(w.property.as_str())))),
        ("kind", text(rows.iter().map(|&(.., kind)| Some(kind)))),
        ("mean", number(|w| Some(w.mean))),
        ("sd", number(|w| Some(w.sd))),
        ("q05", number(|w| Some(w.q05))),
        ("q50", number(|w| Some(w.q50))),
        ("q95", number(|w| Some(w.q95))),
        ("p_positive", number(|w| Some(w.p_positive))),
        ("intensity", number(|w| Some(w.intensity()))),
        ("intensity_low", number(|w| Some(w.interval().0))),
        ("intensity_high", number(|w| Some(w.interval().1))),
        ("rhat", number(|w| w.rhat)),
        ("ess_bulk", number(|w| w.ess_bulk)),
        ("ess_tail", number(|w| w.ess_tail)),
        ("mcse_mean", number(|w| w.mcse_mean)),
        ("effective_units", number(|w| w.effective_units)),
    ])
}

/// Draws in long form, one fit after the other: judge, group, draw, property, value.
pub struct DrawsFile {
    path: PathBuf,
    file: Option<BatchFile>,
}

impl DrawsFile {
    /// A table in the making; nothing is written yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None }
    }

    /// Adds the draws of one fit.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn write(&mut self, fit: &Fit, draws: &Draws) -> Result<()> {
        self.add(&draw_rows(Some(fit), draws)?)
    }

    fn add(&mut self, rows: &RecordBatch) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BatchFile::create(&self.path, rows.schema())?),
        };
        Ok(file.write(rows)?)
    }

    /// Puts the file in its place; without any fit it is there and empty.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn finish(mut self) -> Result<()> {
        if self.file.is_none() {
            self.add(&draw_rows(None, &Draws { names: Vec::new(), values: Vec::new(), over: None })?)?;
        }
        Ok(self.file.map_or(Ok(()), BatchFile::finish)?)
    }
}

fn draw_rows(fit: Option<&Fit>, draws: &Draws) -> Result<RecordBatch> {
    let d = draws.names.len().max(1);
    let n = draws.values.len();
    let same = |value: Option<&str>| text((0..n).map(|_| value));
    batch(vec![
        ("judge", same(fit.map(|fit| fit.judge.as_str()))),
        ("group", same(fit.map(|fit| fit.group.as_str()))),
        ("draw", whole((0..n).map(|i| Some((i / d) as u64)))),
        ("property", text((0..n).map(|i| draws.names.get(i % d).map(String::as_str)))),
        ("value", float(draws.values.iter().map(|&value| Some(value)))),
    ])
}
