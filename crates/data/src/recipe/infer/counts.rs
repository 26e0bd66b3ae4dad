//! Whether the records of bare votes count many votes each.

use crate::advice::MAP;
use std::collections::BTreeSet;

use super::super::declared::{Recipe, Shape};
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::columns::{named, path};
use super::uses::used;
use super::values::number_of;
use serde_json::Value;

/// Names for how many votes a record represents.
const COUNTS: &[&str] = &[
    "count",
    "counts",
    "num_votes",
    "n_votes",
    "vote_count",
    "number_of_votes",
    "votes",
    "total_votes",
    "cnt",
    "battles",
    "num_battles",
    "frequency",
    "freq",
    "occurrences",
];
/// Names that may be for anything else as well.
const LOOSE: &[&str] = &["n", "num", "times", "total", "games", "matches", "n_samples", "samples", "weights"];

/// Takes a column of counts as the weight of bare votes if each record can only be several votes: no other column would belong to a single
/// vote, no vote occurs twice, and the numbers do not count the records. If the column only may be a count, the user is asked.
pub(crate) fn count_votes(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let settled = recipe.settled.iter().any(|role| role == "weight");
    let there = recipe.weight.iter().any(|path| path.resolve(&sample.columns).is_some());
    let totals = recipe.verdict.iter().any(|rule| !rule.share.is_empty());
    if recipe.shape != Shape::Votes || settled || there || totals {
        return Ok(());
    }
    let taken = used(recipe, sample);
    let whole = |value: &Value| number_of(value).is_some_and(|count| count >= 0.0 && count.fract() == 0.0);
    let counts = |names: &[&str]| {
        named(sample, names, &taken).into_iter().find(|column| {
            sample.rows.iter().all(|row| row.get(column).is_some_and(whole))
                && sample.values(column).filter_map(number_of).any(|count| count > 1.0)
        })
    };
    let (sure, loose) = (counts(COUNTS), counts(LOOSE));
    let alone = |column: &String| sample.columns.iter().all(|other| other == column || taken.contains(other));
    let once = stands_once(recipe, sample);
    if let Some(column) = &sure
        && alone(column)
        && once
        && !counts_records(sample, column)
    {
        recipe.weight.push(path(column));
        return Ok(());
    }
    // A loosely named column is asked about only if nothing else indicates single votes.
    match sure.or(loose.filter(|column| alone(column) && once && !counts_records(sample, column))) {
        None => Ok(()),
        Some(column) => Err(Refusal {
            problem: format!("`{column}` may be the number of votes that each record represents"),
            remedy: "say whether it does".to_owned(),
            certain: true,
            start: vec![
                format!("{MAP} weight={}", shell(&column)),
                format!("or {MAP} weight=none   (each record is one vote; `{column}` is then metadata)"),
            ],
        }),
    }
}

/// Whether the numbers of a column follow each other from record to record.
fn counts_records(sample: &Sample, column: &str) -> bool {
    let numbers: Vec<f64> = sample.values(column).filter_map(number_of).collect();
    numbers.len() > 2
        && numbers.windows(2).all(|two| two.last().zip(two.first()).is_some_and(|(y, x)| y - x == 1.0))
}

/// Whether no two of the first records have the same models, the same winner and the same judge.
fn stands_once(recipe: &Recipe, sample: &Sample) -> bool {
    let fields = recipe.verdict.iter().filter_map(|rule| rule.field.as_ref());
    let paths = [
        &recipe.model_a,
        &recipe.model_b,
        &recipe.judge,
        &recipe.annotator,
        &recipe.criterion,
        &recipe.scenario,
        &recipe.language,
    ];
    let columns: Vec<_> =
        paths.into_iter().flatten().chain(fields).filter_map(|path| path.resolve(&sample.columns)).collect();
    let mut seen = BTreeSet::new();
    sample.rows.len() > 1
        && sample.rows.iter().all(|row| {
            let said: Vec<Option<String>> =
                columns.iter().map(|column| column.get(row).map(ToString::to_string)).collect();
            seen.insert(said)
        })
}
