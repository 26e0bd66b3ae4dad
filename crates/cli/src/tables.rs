//! How results lie in Parquet: the same numbers as on the screen, for any tool that reads tables.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use predilect_analysis::dissect::Fits;
use predilect_analysis::result::{Fit, Weight};
use predilect_data::Study;

use crate::problem::Problem;

/// Writes `fits` (one row per judge and group) and `posteriors` (one row per weight).
pub(crate) fn write_results(study: &Study, fits: &[Fit]) -> Result<(), Problem> {
    study.write_table("fits", &[fit_rows(fits)?])?;
    study.write_table("posteriors", &[weight_rows(fits)?])?;
    Ok(())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch, Problem> {
    // Every column is nullable, so that the schema does not depend on the rows.
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .map_err(|e| Problem::new(format!("a table of results does not fit together: {e}")))
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

fn fit_rows(fits: &[Fit]) -> Result<RecordBatch, Problem> {
    let quality = |of: fn(&predilect_analysis::result::Quality) -> Option<f64>| {
        float(fits.iter().map(move |f| f.quality.as_ref().and_then(of)))
    };
    batch(vec![
        ("judge", text(fits.iter().map(|f| Some(f.judge.as_str())))),
        ("group", text(fits.iter().map(|f| Some(f.group.as_str())))),
        ("rows", whole(fits.iter().map(|f| Some(f.rows)))),
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
        ("terms_note", text(fits.iter().map(|f| f.terms_note.as_deref()))),
    ])
}

fn weight_rows(fits: &[Fit]) -> Result<RecordBatch, Problem> {
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
        ("rhat", number(|w| w.rhat)),
        ("ess_bulk", number(|w| w.ess_bulk)),
        ("ess_tail", number(|w| w.ess_tail)),
        ("mcse_mean", number(|w| w.mcse_mean)),
    ])
}

/// Writes draws in long form: judge, group, draw, property, value.
pub(crate) fn write_draws(path: &Path, fits: &Fits) -> Result<(), Problem> {
    let mut rows: Vec<(&str, &str, u64, &str, f64)> = Vec::new();
    for (fit, draws) in fits.fits.iter().zip(&fits.draws) {
        let Some(draws) = draws else { continue };
        for (number, draw) in draws.values.chunks(draws.names.len().max(1)).enumerate() {
            for (name, &value) in draws.names.iter().zip(draw) {
                rows.push((&fit.judge, &fit.group, number as u64, name, value));
            }
        }
    }
    let batch = batch(vec![
        ("judge", text(rows.iter().map(|r| Some(r.0)))),
        ("group", text(rows.iter().map(|r| Some(r.1)))),
        ("draw", whole(rows.iter().map(|r| Some(r.2)))),
        ("property", text(rows.iter().map(|r| Some(r.3)))),
        ("value", float(rows.iter().map(|r| Some(r.4)))),
    ])?;
    crate::output::write_file(path, &predilect_data::parquet_bytes(&[batch])?)
}
