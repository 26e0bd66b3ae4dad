//! Leaderboards as tables.

use predilect_results::ranking::{Change, Control, LcBoard, Leaderboard, Row};

use super::columns::{Sink, batch, float, text, whole};
use crate::error::Result;

/// Writes `leaderboard` (one row per board and model) and `controls` (one row per board and control).
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_leaderboards(to: &dyn Sink, boards: &[(&str, &Leaderboard)]) -> Result<()> {
    let rows: Vec<(&str, &Leaderboard, &Row)> = boards
        .iter()
        .flat_map(|(name, board)| board.ranking.iter().map(move |row| (*name, *board, row)))
        .collect();
    let number = |of: fn(&Row) -> f64| float(rows.iter().map(move |row| Some(of(row.2))));
    let count = |of: fn(&Row) -> u64| whole(rows.iter().map(move |row| Some(of(row.2))));
    let from_raw =
        |of: fn(&Change) -> f64| float(rows.iter().map(move |row| row.2.from_raw.as_ref().map(of)));
    let table = batch(vec![
        ("board", text(rows.iter().map(|row| Some(row.0)))),
        ("method", text(rows.iter().map(|row| Some(row.1.method.as_str())))),
        ("intervals", text(rows.iter().map(|row| row.1.intervals.as_deref()))),
        ("model", text(rows.iter().map(|row| Some(row.2.model.as_str())))),
        ("score", number(|row| row.score)),
        ("low", number(|row| row.low)),
        ("high", number(|row| row.high)),
        ("rank", count(|row| row.rank as u64)),
        ("rank_low", count(|row| row.rank_low as u64)),
        ("rank_high", count(|row| row.rank_high as u64)),
        ("verdicts", count(|row| row.votes)),
        ("raw_score", from_raw(|change| change.raw_score)),
        ("raw_rank", whole(rows.iter().map(|row| row.2.from_raw.map(|change| change.raw_rank as u64)))),
        ("change", from_raw(|change| change.change)),
        ("change_low", from_raw(|change| change.low)),
        ("change_high", from_raw(|change| change.high)),
        ("change_q_value", from_raw(|change| change.q_value)),
    ])?;
    to.write_table("leaderboard", &[table])?;
    let rows: Vec<(&str, &Control)> = boards
        .iter()
        .flat_map(|(name, board)| board.controls.iter().map(move |control| (*name, control)))
        .collect();
    let number = |of: fn(&Control) -> f64| float(rows.iter().map(move |row| Some(of(row.1))));
    let table = batch(vec![
        ("board", text(rows.iter().map(|row| Some(row.0)))),
        ("control", text(rows.iter().map(|row| Some(row.1.name.as_str())))),
        ("weight", number(|control| control.weight)),
        ("low", number(|control| control.low)),
        ("high", number(|control| control.high)),
    ])?;
    to.write_table("controls", &[table])
}

/// Writes `length_controlled`: one row per model.
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_lc(to: &dyn Sink, board: &LcBoard) -> Result<()> {
    let rows = &board.ranking;
    let finite = |x: f64| x.is_finite().then_some(x);
    let table = batch(vec![
        ("model", text(rows.iter().map(|row| Some(row.model.as_str())))),
        ("baseline", text(rows.iter().map(|_| Some(board.baseline.as_str())))),
        ("win_rate", float(rows.iter().map(|row| Some(row.win_rate)))),
        ("standard_error", float(rows.iter().map(|row| finite(row.standard_error)))),
        ("lc_win_rate", float(rows.iter().map(|row| Some(row.lc_win_rate)))),
        ("lc_standard_error", float(rows.iter().map(|row| finite(row.lc_standard_error)))),
        ("low", float(rows.iter().map(|row| Some(row.low)))),
        ("high", float(rows.iter().map(|row| Some(row.high)))),
        ("rank", whole(rows.iter().map(|row| Some(row.rank as u64)))),
        ("length_effect", float(rows.iter().map(|row| Some(row.length_effect)))),
        ("difficulty_effect", float(rows.iter().map(|row| Some(row.difficulty_effect)))),
        ("verdicts", whole(rows.iter().map(|row| Some(row.votes)))),
    ])?;
    to.write_table("length_controlled", &[table])
}
