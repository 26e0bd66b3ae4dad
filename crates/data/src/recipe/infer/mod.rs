//! Which recipe the names and values of a file's columns speak for, where no listed one fits.
//!
//! A column gets a role only by a name that means nothing else; the values then have to agree. Where two readings are possible
//! the answer is a [`Refusal`] with both.

mod alone;
mod authors;
mod complete;
mod counts;
mod discarded;
mod doubts;
mod evidence;
mod flags;
mod judges;
mod listed;
mod lists;
mod losers;
mod models;
mod numbers;
mod opened;
mod paired;
mod prompts;
mod responses;
mod sentences;
mod sided;
mod start;
mod ties;
mod turns;
mod uses;
mod values;
mod verdicts;

use super::shell;
use super::spelling::{normal, tokens};
use super::{Mapping, Path, Recipe, Sample, Shape, VerdictRule};
use judges::{criteria_beside, judges_beside};
use opened::opened;
use responses::responses;
use serde_json::Value;
use std::collections::BTreeSet;
use ties::tie_beside;
use verdicts::verdicts;

pub(crate) use complete::complete;
pub(crate) use counts::count_votes;
pub(crate) use discarded::discarded;
pub(crate) use doubts::{contradiction, echoes, exchange_columns, exchanged, placed, says_exchanged, turned};
pub(crate) use losers::is_plain_loser;
pub(crate) use models::are_names;
pub(crate) use opened::places;
pub(crate) use prompts::{
    answered_prompt, beside_prompt, doubtful_prompt, input_beside, prompt_column, settle_prompt,
    worded_prompt,
};
pub(crate) use responses::{names_not_texts, rivals, sides, third_response};
pub(crate) use start::winner_start;
pub(crate) use turns::{has_turns_beside, turns_beside};
pub(crate) use uses::{used, used_as};
pub(crate) use values::flag;

/// Why no recipe can be told from a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) problem: String,
    pub(crate) remedy: String,
    /// Whether the file holds preferences, so that it must not be passed over.
    pub(crate) certain: bool,
    /// Flags to start from.
    pub(crate) start: Vec<String>,
}

/// The recipe that the columns speak for.
pub(crate) fn infer(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    match by_columns(sample, mapping) {
        Err(refusal) if !refusal.certain => {
            // What the columns themselves do not say, the objects within them may.
            let Some(inner) = opened(sample) else { return Err(refusal) };
            by_columns(&inner, mapping).map_err(|deeper| if deeper.certain { deeper } else { refusal })
        }
        // Pairs without a verdict: it may be in an object of theirs.
        Ok(recipe) if recipe.shape == Shape::Pair && recipe.verdict.is_empty() && !mapping.names_winner() => {
            let deeper = opened(sample).map(|inner| by_columns(&inner, mapping));
            Ok(match deeper {
                Some(Ok(deeper)) if deeper.shape == Shape::Pair && !deeper.verdict.is_empty() => deeper,
                Some(Err(refusal)) if refusal.certain => return Err(refusal),
                _ => recipe,
            })
        }
        done => done,
    }
}

fn by_columns(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    let mut recipe = Recipe { name: "by_names".to_owned(), open: true, ..Recipe::default() };
    let mut taken = BTreeSet::new();
    responses(sample, &mut recipe, &mut taken)?;
    // What the user says settles what would be in doubt.
    mapping.apply(&mut recipe).map_err(|error| Refusal {
        problem: format!("the mapping {error}"),
        remedy: "correct it".to_owned(),
        certain: true,
        start: Vec::new(),
    })?;
    if let Some(doubt) = recipe.doubt.take()
        && !recipe.settled.iter().any(|role| ["ranks", "order", "scores", "winner"].contains(&role.as_str()))
    {
        return Err(doubt);
    }
    if let Some(found) = &mut recipe.candidates
        && recipe.settled.iter().any(|role| role == "order")
        && found.rank == found.order
    {
        found.rank = None;
    }
    complete(&mut recipe, sample)?;
    // Complete now: columns within objects are not seen again.
    recipe.open = false;
    Ok(recipe)
}

pub(super) fn path(column: &str) -> Path {
    Path::new(column)
}

/// The columns with one of these names, in the order of the names.
pub(super) fn named(sample: &Sample, names: &[&str], used: &BTreeSet<String>) -> Vec<String> {
    // The words of each name once: a table may have thousands of columns.
    let spelt: Vec<(&String, String, String)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .map(|column| (column, tokens(column).join("_"), normal(column)))
        .collect();
    let of = |name: &str| {
        let within = format!("_{name}");
        let is = |(column, words, plain): &&(&String, String, String)| {
            words == name || plain == name || (column.contains(['.', ':']) && plain.ends_with(&within))
        };
        spelt.iter().filter(is).map(|(column, ..)| (*column).clone()).collect::<Vec<_>>()
    };
    names.iter().flat_map(|name| of(name)).collect()
}

/// Whether a value is a sentence or a number with a fraction, and no name.
fn is_sentence(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.split_whitespace().count() > 4 || text.trim_end().ends_with(['?', '.', '!'])
        }
        Value::Number(number) => number.as_f64().is_some_and(|number| number.fract() != 0.0),
        _ => false,
    }
}

/// Whether a column of an id is one of the pair, and not `worker.id`.
pub(super) fn is_id(column: &str) -> bool {
    const OF: &[&str] = &[
        "pair",
        "comparison",
        "item",
        "example",
        "sample",
        "record",
        "data",
        "task",
        "row",
        "meta",
        "metadata",
        "fields",
    ];
    match column.rsplit_once('.') {
        Some((within, _)) => OF.contains(&normal(within.rsplit('.').next().unwrap_or(within)).as_str()),
        None => true,
    }
}

/// Finds who won by the names of columns, where a recipe declares nothing of it that the file has.
pub(crate) fn find_verdicts(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    if recipe.a_wins {
        tie_beside(recipe, sample);
        return Ok(());
    }
    if !matches!(recipe.shape, Shape::Pair | Shape::Votes | Shape::Sidecar) {
        return Ok(());
    }
    let there =
        |rule: &VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    if recipe.settled.iter().any(|role| role == "winner") {
        return losers::mapped(sample, recipe).map_or(Ok(()), Err);
    }
    if recipe.verdict.iter().any(there) {
        tie_beside(recipe, sample);
        add_judges(recipe, sample);
        return Ok(());
    }
    let declared = std::mem::take(&mut recipe.verdict);
    recipe.verdict = verdicts(recipe, sample)?;
    if recipe.verdict.is_empty() {
        recipe.verdict = declared;
    } else if !declared.is_empty() {
        // Whom the format's own verdicts are by says nothing of others.
        recipe.judge_name = None;
    }
    tie_beside(recipe, sample);
    add_judges(recipe, sample);
    Ok(())
}

/// Adds the verdicts of those whom other columns are named for, where the columns are there to be looked at.
fn add_judges(recipe: &mut Recipe, sample: &Sample) {
    let plain = |rule: &VerdictRule| rule.field.is_some() && rule.each.is_none();
    let open = recipe.open || recipe.name == "by_names";
    if open && recipe.shape == Shape::Pair && !recipe.verdict.is_empty() && recipe.verdict.iter().all(plain) {
        let judges = judges_beside(recipe, sample);
        let criteria = criteria_beside(recipe, sample);
        recipe.verdict.extend(judges);
        let known: Vec<Path> = recipe.verdict.iter().filter_map(|rule| rule.field.clone()).collect();
        recipe.verdict.extend(
            criteria
                .into_iter()
                .filter(|rule| rule.field.as_ref().is_none_or(|field| !known.contains(field))),
        );
    }
}
