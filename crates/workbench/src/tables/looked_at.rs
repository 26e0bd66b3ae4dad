//! Interactive results as tables: posteriors of a slice, one part against another, pairs, a histogram, what was read.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use predilect_results::browse::{Histogram, PairRow};
use predilect_results::comparison::SliceVersus;
use predilect_results::{DataSummary, Explanation, Fit, PublishedRewards};
use predilect_types::ReadSummary;

use super::as_bytes::Table;
use super::columns::{Sink, batch, float, text, whole};
use super::explanations;
use super::fits::{fit_rows, weight_rows};
use crate::error::Result;

/// `posteriors`, one row for each weight, and `fits`, one for each judge and group.
///
/// # Errors
///
/// When a table does not fit together.
pub fn fit_tables(fits: &[Fit]) -> Result<Vec<Table>> {
    Ok(vec![Table::new("posteriors", weight_rows(fits)?), Table::new("fits", fit_rows(fits)?)])
}

/// `explanation`: one row for each property that moved a verdict.
///
/// # Errors
///
/// When the table does not fit together.
pub fn explanation_table(pair: &str, found: &Explanation) -> Result<Table> {
    Ok(Table::new("explanation", explanations::rows(&[(pair.to_owned(), found.clone())])?))
}

/// `versus`: one row for each judge and property, the surest difference first.
///
/// # Errors
///
/// When the table does not fit together.
pub fn versus_table(found: &SliceVersus) -> Result<Table> {
    Ok(Table::new("versus", differences(found)?))
}

/// Writes the same table to a study.
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_versus(to: &dyn Sink, found: &SliceVersus) -> Result<()> {
    to.write_table("versus", &[differences(found)?])
}

fn differences(found: &SliceVersus) -> Result<RecordBatch> {
    let rows = &found.found.differences;
    let number = |of: fn(&predilect_results::comparison::Difference) -> f64| {
        float(rows.iter().map(move |row| Some(of(row))))
    };
    batch(vec![
        ("judge", text(rows.iter().map(|row| Some(row.judge.as_str())))),
        ("property", text(rows.iter().map(|row| Some(row.property.as_str())))),
        ("inside", number(|row| row.inside)),
        ("outside", number(|row| row.outside)),
        ("difference", number(|row| row.mean)),
        ("q05", number(|row| row.low)),
        ("q95", number(|row| row.high)),
        ("p_positive", number(|row| row.p_positive)),
        ("q_value", number(|row| row.q_value)),
    ])
}

/// `pairs`: one row for each pair and judge; a pair without a verdict has one row without a judge.
///
/// # Errors
///
/// When the table does not fit together.
pub fn pair_table(pairs: &[PairRow]) -> Result<Table> {
    let mut rows: Vec<(&PairRow, Option<(&String, f64)>)> = Vec::new();
    for pair in pairs {
        if pair.verdicts.is_empty() {
            rows.push((pair, None));
        }
        rows.extend(pair.verdicts.iter().map(|(judge, p_a)| (pair, Some((judge, *p_a)))));
    }
    let fitted = |pair: &PairRow, judge: &String| pair.fitted.get(judge).copied();
    let table = batch(vec![
        ("pair", text(rows.iter().map(|row| Some(row.0.pair.as_str())))),
        ("number", whole(rows.iter().map(|row| Some(row.0.number)))),
        ("prompt", text(rows.iter().map(|row| Some(row.0.prompt.as_str())))),
        ("model_a", text(rows.iter().map(|row| row.0.model_a.as_deref()))),
        ("model_b", text(rows.iter().map(|row| row.0.model_b.as_deref()))),
        ("judge", text(rows.iter().map(|row| row.1.map(|(judge, _)| judge.as_str())))),
        ("p_a", float(rows.iter().map(|row| row.1.map(|(_, p_a)| p_a)))),
        ("fitted", float(rows.iter().map(|row| fitted(row.0, row.1?.0)))),
        ("surprise", float(rows.iter().map(|row| row.0.surprise))),
    ])?;
    Ok(Table::new("pairs", table))
}

/// A histogram under that name: one row for each bin.
///
/// # Errors
///
/// When the table does not fit together.
pub fn histogram_table(name: &str, found: &Histogram) -> Result<Table> {
    let bins = found.all.len();
    let edge = |at: usize| found.edges.get(at).copied();
    let table = batch(vec![
        ("field", text((0..bins).map(|_| Some(found.field.as_str())))),
        ("from", float((0..bins).map(edge))),
        ("to", float((0..bins).map(|bin| edge(bin + 1)))),
        ("all", whole(found.all.iter().map(|count| Some(*count)))),
        ("slice", whole(found.slice.iter().map(|count| Some(*count)))),
    ])?;
    Ok(Table::new(name, table))
}

/// `rewards`: one row for each published judge and property.
///
/// # Errors
///
/// When the table does not fit together.
pub fn published_table(found: &PublishedRewards) -> Result<Table> {
    let cells =
        || found.rows.iter().flat_map(|row| found.judges.iter().zip(&row.cells).map(move |cell| (row, cell)));
    let table = batch(vec![
        ("judge", text(cells().map(|(_, (judge, _))| Some(judge.as_str())))),
        ("scenario", text(cells().map(|_| found.scenario.as_deref()))),
        ("property", text(cells().map(|(row, _)| Some(row.property.as_str())))),
        ("intensity", float(cells().map(|(_, (_, cell))| Some(cell.intensity)))),
        ("weight", float(cells().map(|(_, (_, cell))| cell.weight))),
    ])?;
    Ok(Table::new("rewards", table))
}

/// `sources`, one row for each column of each file, and `counts`, of languages, scenarios, responses of models, verdicts of judges and what
/// was not used.
///
/// # Errors
///
/// When a table does not fit together.
pub fn read_tables(read: &ReadSummary, data: &DataSummary) -> Result<Vec<Table>> {
    let columns: Vec<_> =
        read.sources.iter().flat_map(|source| source.columns.iter().map(move |c| (source, c))).collect();
    let sources = batch(vec![
        ("source", text(columns.iter().map(|row| Some(row.0.source.as_str())))),
        ("format", text(columns.iter().map(|row| Some(row.0.format.as_str())))),
        ("column", text(columns.iter().map(|row| Some(row.1.column.as_str())))),
        ("used_as", text(columns.iter().map(|row| Some(row.1.used_as.as_str())))),
    ])?;
    let dropped: &BTreeMap<String, u64> = &read.dropped;
    let mut counts: Vec<(&str, &str, u64)> = Vec::new();
    counts.extend(data.languages.iter().map(|(name, count)| ("language", name.as_str(), *count)));
    counts.extend(data.scenarios.iter().map(|(name, count)| ("scenario", name.as_str(), *count)));
    counts.extend(
        data.models.iter().map(|model| ("response of a model", model.model.as_str(), model.responses)),
    );
    counts
        .extend(data.judges.iter().map(|judge| ("verdict of a judge", judge.judge.as_str(), judge.verdicts)));
    counts.extend(dropped.iter().map(|(reason, count)| ("not used", reason.as_str(), *count)));
    let counts = batch(vec![
        ("what", text(counts.iter().map(|row| Some(row.0)))),
        ("name", text(counts.iter().map(|row| Some(row.1)))),
        ("count", whole(counts.iter().map(|row| Some(row.2)))),
    ])?;
    Ok(vec![Table::new("counts", counts), Table::new("sources", sources)])
}
