//! What changing one property did, as a table.

use predilect_data::Study;
use predilect_results::verifying::{Effect, VerifyJson};

use super::columns::{batch, float, text, whole};
use crate::error::Result;

/// Writes `effects` (one row per property, direction and edit).
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_verifying(study: &Study, found: &VerifyJson) -> Result<()> {
    let rows = &found.effects;
    let number = |of: fn(&Effect) -> Option<f64>| float(rows.iter().map(of));
    let count = |of: fn(&Effect) -> u64| whole(rows.iter().map(move |row| Some(of(row))));
    study.write_table(
        "effects",
        &[batch(vec![
            ("property", text(rows.iter().map(|row| Some(row.property.as_str())))),
            ("edit", text(rows.iter().map(|row| Some(row.edit.as_str())))),
            ("direction", text(rows.iter().map(|row| Some(if row.more { "more" } else { "less" })))),
            ("pairs", count(|row| row.pairs)),
            ("prompts", count(|row| row.prompts)),
            ("change", number(|row| Some(row.change))),
            ("low", number(|row| Some(row.low))),
            ("high", number(|row| Some(row.high))),
            ("weight", number(|row| row.weight)),
            ("weight_low", number(|row| row.weight_low)),
            ("weight_high", number(|row| row.weight_high)),
            ("predicted", number(|row| row.predicted)),
            ("predicted_low", number(|row| row.predicted_low)),
            ("predicted_high", number(|row| row.predicted_high)),
            ("by_length", number(|row| row.by_length)),
            ("others_moved", number(|row| (row.property != "null").then_some(row.others_moved))),
            ("had_lost", count(|row| row.had_lost)),
            ("won", count(|row| row.won)),
            ("lost", count(|row| row.lost)),
            ("verdict", text(rows.iter().map(|row| Some(row.verdict.as_str())))),
        ])?],
    )?;
    Ok(())
}
