//! Whether the records of bare votes count many votes each.

use std::collections::BTreeSet;

use super::super::{Recipe, Sample, Shape};
use super::responses::number_of;
use super::{named, path, used};
use serde_json::Value;

/// How many votes a record stands for.
const COUNTS: &[&str] = &[
    "count",
    "counts",
    "n",
    "num_votes",
    "n_votes",
    "vote_count",
    "number_of_votes",
    "votes",
    "num",
    "frequency",
    "freq",
    "times",
];

/// Takes a column of counts for the weight of bare votes, where the same vote stands in one record only: otherwise each record is a
/// vote, and the count is of something else.
pub(crate) fn count_votes(recipe: &mut Recipe, sample: &Sample) {
    let settled = recipe.settled.iter().any(|role| role == "weight");
    let there = recipe.weight.iter().any(|path| path.resolve(&sample.columns).is_some());
    if recipe.shape != Shape::Votes || settled || there || !stands_once(recipe, sample) {
        return;
    }
    let whole = |value: &Value| number_of(value).is_some_and(|count| count >= 0.0 && count.fract() == 0.0);
    let counts = named(sample, COUNTS, &used(recipe, sample));
    let found = counts.into_iter().find(|column| {
        sample.values(column).all(whole)
            && sample.values(column).filter_map(number_of).any(|count| count > 1.0)
    });
    recipe.weight.extend(found.map(|column| path(&column)));
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
