//! Fits as tables: one row per judge and group, one row per weight.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use predilect_data::Study;
use predilect_results::{Fit, Weight};

use super::columns::{batch, float, text, whole};
use crate::error::Result;

/// Writes `fits` (one row per judge and group) and `posteriors` (one row per weight).
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_results(study: &Study, fits: &[Fit]) -> Result<()> {
    study.write_table("fits", &[fit_rows(fits)?])?;
    study.write_table("posteriors", &[weight_rows(fits)?])?;
    // Those of before pairs were added have waited for these.
    let _ = std::fs::remove_file(study.table_path("posteriors_before"));
    Ok(())
}

pub(super) fn fit_rows(fits: &[Fit]) -> Result<RecordBatch> {
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

pub(super) fn weight_rows(fits: &[Fit]) -> Result<RecordBatch> {
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
