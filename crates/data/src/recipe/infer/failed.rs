//! Is a score of -1 that of a judge's call that failed?

use serde_json::Value;

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::values::number_of;

/// The score that tools write where a judge's answer has none.
const FAILED: f64 = -1.0;
/// The least that the largest score is on a scale to which -1 does not belong.
const LARGEST: f64 = 3.0;

/// Where all other scores are 0 or more, on a scale that goes further up than 2, a score of -1 is none.
pub(crate) fn failed_scores(recipe: &mut Recipe, sample: &Sample) {
    if recipe.coded() {
        return;
    }
    let scores: Vec<f64> = scores(recipe, sample);
    let others = || scores.iter().filter(|score| **score != FAILED);
    // Points are whole or half; what a reward model says is any number.
    let points = others().all(|score| *score >= 0.0 && (2.0 * score).fract() == 0.0);
    recipe.failed = points && others().any(|score| *score >= LARGEST) && !of_a_reward_model(recipe);
}

/// Whether a judge or a score is named for a reward model.
fn of_a_reward_model(recipe: &Recipe) -> bool {
    let scores = recipe.verdict.iter().flat_map(|rule| &rule.higher);
    let named = recipe.judge.iter().chain(scores).chain(&recipe.scores);
    named.into_iter().any(|path| {
        tokens(path.as_str()).iter().any(|word| ["reward", "rewards", "rm"].contains(&word.as_str()))
    })
}

/// How often a column has a score that is none.
pub(super) fn failed_in(recipe: &Recipe, sample: &Sample) -> usize {
    if recipe.failed { scores(recipe, sample).iter().filter(|score| **score == FAILED).count() } else { 0 }
}

/// All scores of the first records.
fn scores(recipe: &Recipe, sample: &Sample) -> Vec<f64> {
    let rules = recipe.verdict.iter().filter(|rule| rule.each.is_none());
    let alone = |rule: &super::super::VerdictRule| {
        (recipe.shape == Shape::Scored && !rule.loses && rule.a.is_empty())
            .then(|| rule.field.clone())
            .flatten()
    };
    let mut paths: Vec<Path> = rules
        .flat_map(|rule| rule.higher.iter().cloned().chain(alone(rule)))
        .chain(recipe.scores.iter().cloned())
        .collect();
    let mut found = Vec::new();
    if let Some(candidates) = &recipe.candidates {
        if !candidates.scores_are_ranks {
            paths.extend(candidates.scores.iter().cloned());
        }
        paths.extend(candidates.score.iter().cloned());
        let items =
            candidates.texts.iter().filter_map(|path| path.resolve(&sample.columns)).flat_map(|column| {
                let lists: Vec<&Value> = sample
                    .rows
                    .iter()
                    .filter_map(|row| row.get(&column.name)?.as_array())
                    .flatten()
                    .collect();
                lists
            });
        let within = items.filter_map(|item| candidates.score.as_ref()?.within(item));
        found.extend(within.filter_map(number_of));
    }
    for column in paths.iter().filter_map(|path| path.resolve(&sample.columns)) {
        for value in sample.rows.iter().filter_map(|row| column.get(row)) {
            match value {
                Value::Array(items) => found.extend(items.iter().filter_map(number_of)),
                value => found.extend(number_of(value)),
            }
        }
    }
    found
}
