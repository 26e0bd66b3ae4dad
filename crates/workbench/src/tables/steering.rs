//! How far an evaluation was moved, as tables.

use predilect_data::Study;
use predilect_results::steering::{ArmRow, Compliance, SteerJson};

use super::columns::{batch, float, text, whole};
use crate::error::Result;

/// Writes `arms` (one row per arm: its responses), `shifts` (one row per arm and judge) and `compliance` (one row per arm and property).
///
/// # Errors
///
/// When a table cannot be written.
pub fn write_steering(study: &Study, found: &SteerJson) -> Result<()> {
    let responses = &found.responses;
    let count = |of: fn(&predilect_results::steering::ResponseCount) -> u64| {
        whole(responses.iter().map(move |own| Some(of(own))))
    };
    study.write_table(
        "arms",
        &[batch(vec![
            ("arm", text(responses.iter().map(|own| Some(own.arm.as_str())))),
            ("responses", count(|own| own.responses)),
            ("cut", count(|own| own.cut)),
            ("empty", count(|own| own.empty)),
            ("refused", count(|own| own.refused)),
            ("declined", count(|own| own.declined)),
            ("distinct", count(|own| own.distinct)),
            ("words", count(|own| own.words)),
        ])?],
    )?;
    shifts(study, &found.arms)?;
    compliance(study, &found.arms)
}

fn shifts(study: &Study, rows: &[ArmRow]) -> Result<()> {
    let number = |of: fn(&ArmRow) -> Option<f64>| float(rows.iter().map(of));
    study.write_table(
        "shifts",
        &[batch(vec![
            ("arm", text(rows.iter().map(|row| Some(row.arm.as_str())))),
            ("judge", text(rows.iter().map(|row| Some(row.judge.as_str())))),
            ("protocol", text(rows.iter().map(|row| Some(row.protocol.as_str())))),
            ("target", text(rows.iter().map(|row| Some(if row.target { "target" } else { "held out" })))),
            ("prompts", whole(rows.iter().map(|row| Some(row.prompts)))),
            ("score", number(|row| Some(row.score))),
            ("low", number(|row| Some(row.low))),
            ("high", number(|row| Some(row.high))),
            ("shift", number(|row| Some(row.shift))),
            ("shift_low", number(|row| Some(row.shift_low))),
            ("shift_high", number(|row| Some(row.shift_high))),
            ("lc", number(|row| row.lc)),
            ("lc_low", number(|row| row.lc_low)),
            ("lc_high", number(|row| row.lc_high)),
            ("lc_shift", number(|row| row.lc_shift)),
            ("lc_shift_low", number(|row| row.lc_shift_low)),
            ("lc_shift_high", number(|row| row.lc_shift_high)),
            ("preferred", number(|row| Some(row.preferred))),
            ("preferred_low", number(|row| row.preferred_low)),
            ("preferred_high", number(|row| row.preferred_high)),
            ("predicted", number(|row| row.predicted)),
            ("predicted_low", number(|row| row.predicted_low)),
            ("predicted_high", number(|row| row.predicted_high)),
            ("found", number(|row| row.found)),
            ("found_low", number(|row| row.found_low)),
            ("found_high", number(|row| row.found_high)),
            ("predictive_low", number(|row| row.predictive_low)),
            ("predictive_high", number(|row| row.predictive_high)),
            ("beyond", number(|row| row.beyond)),
            ("beyond_low", number(|row| row.beyond_low)),
            ("beyond_high", number(|row| row.beyond_high)),
            ("over_placebo", number(|row| row.over_placebo)),
            ("over_placebo_low", number(|row| row.over_placebo_low)),
            ("over_placebo_high", number(|row| row.over_placebo_high)),
        ])?],
    )?;
    Ok(())
}

fn compliance(study: &Study, rows: &[ArmRow]) -> Result<()> {
    // It belongs to the responses, whichever judge.
    let judge = rows.first().map(|row| row.judge.as_str());
    let complied: Vec<(&str, &str, &Compliance)> = rows
        .iter()
        .filter(|row| Some(row.judge.as_str()) == judge)
        .flat_map(|row| row.compliance.iter().map(|(id, own)| (row.arm.as_str(), id.as_str(), own)))
        .collect();
    study.write_table(
        "compliance",
        &[batch(vec![
            ("arm", text(complied.iter().map(|(arm, ..)| Some(*arm)))),
            ("property", text(complied.iter().map(|(_, id, _)| Some(*id)))),
            ("asked", text(complied.iter().map(|(.., own)| Some(own.asked.as_str())))),
            ("prompts", whole(complied.iter().map(|(.., own)| Some(own.prompts)))),
            ("followed", float(complied.iter().map(|(.., own)| Some(own.followed)))),
            ("followed_low", float(complied.iter().map(|(.., own)| own.followed_low))),
            ("followed_high", float(complied.iter().map(|(.., own)| own.followed_high))),
            ("against", float(complied.iter().map(|(.., own)| Some(own.against)))),
            ("against_low", float(complied.iter().map(|(.., own)| own.against_low))),
            ("against_high", float(complied.iter().map(|(.., own)| own.against_high))),
        ])?],
    )?;
    Ok(())
}
