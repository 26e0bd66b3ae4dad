//! A mapping to start from, in the file's own names: what the columns most likely are, for the user to check and complete.

use super::super::declared::Recipe;
use super::super::path::Path;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::columns::path;
use super::evidence::{Evidence, Places, evidence_at};
use super::exchanged::order_columns;
use super::judges::is_person_word;
use super::losers::names_the_loser;
use super::models::models;
use super::prompts::prompt_column;
use super::sided::{Group, sided};
use super::uses::used;
use super::values::number_of;
use crate::advice::MAP;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// Values that a template of a mapping shows.
const VALUES: usize = 8;
/// Columns of a table for which a mapping is proposed.
const MOST_COLUMNS: usize = 200;
/// Columns that are proposed for the winner.
const WINNERS: usize = 2;

/// Flags for a file whose responses are not recognised: two columns of texts that differ in a side, a prompt, a winner.
pub(super) fn mapping_start(sample: &Sample) -> Vec<String> {
    let texts = |column: &str| sample.texts(column) && long(sample, column) >= 12;
    // For a table with very many columns nobody would read a proposal.
    let few = sample.columns.len() <= MOST_COLUMNS;
    let sides =
        few.then(|| sided(sample, |_, column| texts(column))).and_then(|groups| groups.iter().find_map(pair));
    let mut recipe = Recipe::default();
    let (a, b) = match sides {
        Some((a, b)) => {
            recipe.a = vec![path(&a)];
            recipe.b = vec![path(&b)];
            (shell(&a), shell(&b))
        }
        None => ("COLUMN".to_owned(), "COLUMN".to_owned()),
    };
    let taken = used(&recipe, sample);
    let free =
        |column: &&String| !taken.contains(*column) && texts(column) && !is_record_keeping(sample, column);
    // The first column is more likely to be the question than the answer.
    let prompt = prompt_column(sample)
        .filter(|column| !taken.contains(column))
        .or_else(|| (!taken.is_empty()).then(|| sample.columns.iter().find(free).cloned()).flatten());
    let prompt = prompt.map_or_else(|| "COLUMN".to_owned(), |column| shell(&column));
    let mut lines = vec![
        format!("{MAP} prompt={prompt}"),
        format!("{MAP} response_a={a}"),
        format!("{MAP} response_b={b}"),
    ];
    let own = Recipe {
        prompt: prompt_column(sample).iter().map(|column| path(column)).collect(),
        model_a: models(sample).iter().map(|(a, _)| path(a)).collect(),
        model_b: models(sample).iter().map(|(_, b)| path(b)).collect(),
        ..recipe.clone()
    };
    match winners(sample, &own).as_slice() {
        // Of two numbers either end may be the better one.
        [larger, smaller] if smaller.contains(" < ") => {
            lines.extend([larger.clone(), format!("or {smaller}")]);
        }
        [winner, ..] => lines.push(winner.clone()),
        [] => lines.push(format!("{MAP} winner=COLUMN:VALUE=A,VALUE=B,VALUE=tie")),
    }
    lines
}

/// Flags for a file with responses, none of whose columns is recognised as saying who won.
pub(crate) fn winner_start(sample: &Sample, recipe: &Recipe) -> Vec<String> {
    winners(sample, recipe)
}

fn pair(group: &Group) -> Option<(String, String)> {
    match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    }
}

/// Characters of a column's texts in the mean.
fn long(sample: &Sample, column: &str) -> usize {
    let (mut characters, mut count) = (0, 0);
    for value in sample.values(column).take(50) {
        characters += value.as_str().map_or(40, str::len);
        count += 1;
    }
    characters.checked_div(count).unwrap_or_default()
}

/// How likely a column names the winner, by its name and its values: the lower the likelier; `None` where nothing speaks for it.
fn likely(sample: &Sample, column: &str, values: &BTreeSet<String>, of_a_side: bool) -> Option<usize> {
    let plain = tokens(column).join("_");
    let rank = roles::VERDICTS.iter().position(|name| *name == plain);
    let about = [
        "prefer", "winner", "better", "vote", "choice", "verdict", "judg", "best", "result", "chosen",
        "picked",
    ];
    let loose = about.iter().any(|word| plain.contains(word)).then_some(roles::VERDICTS.len());
    let other = [roles::SCENARIOS, roles::ANNOTATORS, roles::JUDGES, roles::IDS, roles::MODELS];
    let known = other.iter().any(|names| names.contains(&plain.as_str()));
    // What is another in every record is an id.
    let again = values.len() < sample.values(column).count();
    let id = tokens(column).iter().any(|word| word == "id");
    let any =
        (!known && !id && again && values.len() >= 2 && !of_a_side).then_some(roles::VERDICTS.len() + 1);
    rank.or(loose).or(any)
}

/// Columns that may name the winner, the likeliest first, each with the values that the file has: what they mean is left open.
fn winners(sample: &Sample, recipe: &Recipe) -> Vec<String> {
    let recipe = &with_models(sample, recipe);
    let mut used = used(recipe, sample);
    let shown = order_columns(recipe, sample);
    let turns = shown.first().map(|shown| format!(" {MAP} swapped={}", shell(&shown.column.shown())));
    // Of two columns called after the sides neither names the winner.
    used.extend(shown.iter().map(|shown| shown.column.name.to_string()));
    let beside = sided(sample, |words, _| !words.is_empty())
        .into_iter()
        .filter_map(|group| pair(&group))
        .collect::<Vec<_>>();
    let person = |column: &String| tokens(column).iter().any(|word| is_person_word(word));
    let side: HashSet<&String> = beside.iter().flat_map(|(a, b)| [a, b]).collect();
    let of_a_side = |column: &String| !person(column) && side.contains(column);
    let places = beside.iter().find_map(|(a, b)| places_of(sample, a, b));
    let at = Places::of(sample, recipe);
    let mut found: Vec<(usize, String)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column) && !names_the_loser(column))
        .filter_map(|column| {
            let values = short_values(sample, column)?;
            let rank = likely(sample, column, &values, of_a_side(column))?;
            let words =
                !recipe.a.is_empty() && evidence_at(sample, recipe, &at, column) == Some(Evidence::Words);
            // The winner's place, where each record says which response was at it.
            let place = tokens(column).iter().any(|word| word == "position");
            if let Some(turns) = turns.as_ref().filter(|_| place && values.iter().eq(["1", "2"])) {
                return Some((0, format!("{}{turns}", shell(&format!("winner={column}:1=A,2=B")))));
            }
            let values: Vec<String> = values.iter().map(|value| format!("{value}=?")).collect();
            // Words for the sides need no translation.
            let claim = if words {
                format!("winner={column}")
            } else {
                format!("winner={column}:{}", values.join(","))
            };
            Some((if words { 0 } else { rank }, shell(&claim)))
        })
        .collect();
    // Of two numbers, one for each response, the larger or the smaller one wins.
    let numbers = |column: &str| {
        !used.contains(column)
            && sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let groups = if recipe.a.is_empty() { Vec::new() } else { sided(sample, |_, column| numbers(column)) };
    if let Some((a, b)) =
        groups.iter().find_map(pair).filter(|_| found.iter().all(|(rank, _)| *rank > roles::VERDICTS.len()))
    {
        return [">", "<"].map(|mark| format!("{MAP} {}", shell(&format!("winner={a} {mark} {b}")))).to_vec();
    }
    found.extend(places.map(|claim| (0, claim)));
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().take(WINNERS).map(|(_, claim)| format!("{MAP} {claim}")).collect()
}

/// The recipe with the models that the columns name, if it has none.
fn with_models(sample: &Sample, recipe: &Recipe) -> Recipe {
    let there = |paths: &[Path]| paths.iter().any(|path| path.resolve(&sample.columns).is_some());
    let mut recipe = recipe.clone();
    if !there(&recipe.model_a)
        && !there(&recipe.model_b)
        && let Some((a, b)) = models(sample)
    {
        recipe.model_a = vec![path(&a)];
        recipe.model_b = vec![path(&b)];
    }
    recipe
}

/// A claim on the places of two responses in words, of which one column is enough: `1st` and `2nd`.
fn places_of(sample: &Sample, a: &str, b: &str) -> Option<String> {
    let words = [("1st", "2nd"), ("first", "second"), ("1.", "2.")];
    let (first, second) = words.into_iter().find(|(first, second)| {
        [a, b].iter().all(|column| {
            let known = |value: &Value| {
                value
                    .as_str()
                    .is_some_and(|text| [*first, *second].contains(&text.trim().to_lowercase().as_str()))
            };
            sample.values(column).next().is_some() && sample.values(column).all(known)
        })
    })?;
    Some(shell(&format!("winner={a}:{first}=A,{second}=B")))
}

/// Whether a column says when or where a record was made, so that it is not a prompt.
fn is_record_keeping(sample: &Sample, column: &str) -> bool {
    const KEPT: &[&str] = &[
        "timestamp",
        "time",
        "date",
        "datetime",
        "created",
        "updated",
        "submitted",
        "source",
        "dataset",
        "origin",
        "split",
        "url",
        "id",
        "uuid",
        "hash",
        "zeitstempel",
        "horodateur",
        "version",
        "email",
        "license",
    ];
    let digits = |value: &Value| {
        value.as_str().is_some_and(|text| {
            let count = text.chars().filter(char::is_ascii_digit).count();
            count * 2 > text.chars().filter(|c| !c.is_whitespace()).count()
        })
    };
    tokens(column).iter().any(|word| KEPT.contains(&word.as_str())) || sample.values(column).all(digits)
}

/// The values of a column with few and short ones.
fn short_values(sample: &Sample, column: &str) -> Option<BTreeSet<String>> {
    let values = sample.distinct(column, VALUES)?;
    let shown = values.iter().map(|value| match value {
        Value::String(text) if text.trim().len() <= 40 && !text.contains(['\n', ',', '=']) => {
            Some(text.trim().to_owned())
        }
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    });
    let shown = shown.collect::<Option<BTreeSet<String>>>()?;
    (!shown.is_empty()).then_some(shown)
}
