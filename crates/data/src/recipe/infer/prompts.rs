//! Which column is the prompt.

use super::super::declared::Recipe;
use super::super::path::{Column, Path};
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::columns::{named, path};
use super::uses::used;
use crate::advice::MAP;
use crate::row::Row;
use crate::texts::{conversation, written};
use predilect_types::Role;
use serde_json::Value;
use std::collections::BTreeSet;

/// The column of the prompt, by its name.
pub(crate) fn prompt_column(sample: &Sample) -> Option<String> {
    prompt_of(sample, &BTreeSet::new())
}

pub(super) fn prompt_of(sample: &Sample, used: &BTreeSet<String>) -> Option<String> {
    let found: Vec<String> =
        named(sample, roles::PROMPTS, used).into_iter().filter(|column| sample.texts(column)).collect();
    let worded = found.iter().find(|column| !only_names(sample, column));
    worded.or(found.first()).cloned()
}

/// Finds the prompt by the names of columns.
pub(super) fn find_prompt(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let used = used(recipe, sample);
    let found: Vec<String> =
        named(sample, roles::PROMPTS, &used).into_iter().filter(|column| sample.texts(column)).collect();
    if let Some(refusal) = two_prompts(sample, &found) {
        return Err(refusal);
    }
    // A column of mere names or kinds is a prompt only if it is called so.
    let worded = found.iter().find(|column| !only_names(sample, column));
    let first = worded.or_else(|| found.iter().find(|column| is_sure(column)));
    if let Some(first) = first {
        recipe.prompt = vec![path(first)];
        // A second column replaces the first where that is null, if both agree wherever both have values.
        for other in found.iter().filter(|other| *other != first) {
            let both: Vec<_> =
                sample.rows.iter().filter_map(|row| Some((row.get(first)?, row.get(other)?))).collect();
            if !both.is_empty() && both.iter().all(|(x, y)| x == y) {
                recipe.prompt.push(path(other));
            }
        }
    }
    Ok(())
}

/// Replaces a prompt column of mere names by another one: `prompt` with `p_17` next to `prompt_text`.
pub(crate) fn worded_prompt(recipe: &mut Recipe, sample: &Sample) {
    if recipe.settled.iter().any(|role| role == "prompt") || sample.rows.len() < 2 {
        return;
    }
    let Some(column) = recipe.prompt.iter().find_map(|path| path.resolve(&sample.columns)) else { return };
    if column.is_within() || !only_names(sample, &column.name) {
        return;
    }
    let used = used(recipe, sample);
    let others = named(sample, roles::PROMPTS, &used);
    if let Some(other) = others.into_iter().find(|other| sample.texts(other) && !only_names(sample, other)) {
        recipe.prompt = vec![path(&other)];
    }
}

/// Whether a column contains a system turn, a history or further input.
pub(crate) fn beside_prompt(sample: &Sample) -> bool {
    let named = |column: &&String| {
        let name = normal(column);
        [roles::SYSTEMS, roles::HISTORIES, roles::INPUTS].iter().any(|names| names.contains(&name.as_str()))
    };
    sample.columns.iter().filter(named).any(|column| sample.values(column).next().is_some())
}

/// Keeps the first of the columns that may be the prompt, and those that replace it where it is null and agree with it elsewhere: any other
/// is something else.
pub(crate) fn settle_prompt(recipe: &mut Recipe, sample: &Sample) {
    if recipe.settled.iter().any(|role| role == "prompt") || recipe.coded() {
        return;
    }
    let there = |path: &Path| path.resolve(&sample.columns);
    let Some(first) = recipe.prompt.iter().find_map(there) else { return };
    let own = first.clone();
    recipe.prompt.retain(|path| {
        there(path).is_none_or(|other| {
            other == own
                || sample.rows.iter().all(|row| match (own.get(row), other.get(row)) {
                    (Some(x), Some(y)) => x == y,
                    _ => true,
                })
        })
    });
}

/// Takes a conversation that ends with an answer as the history of a prompt in another column.
pub(crate) fn answered_prompt(recipe: &mut Recipe, sample: &Sample) {
    let there = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    let settled = recipe.settled.iter().any(|role| role == "prompt" || role == "history");
    if settled || recipe.coded() || recipe.no_prompt {
        return;
    }
    let asked = |other: &&String| {
        sample.values(other).all(Value::is_string) && sample.texts(other) && !only_names(sample, other)
    };
    if there(&recipe.history).is_some() {
        // A history alone: what is asked after it is in another column.
        if there(&recipe.prompt).is_none() {
            let found = named(sample, roles::PROMPTS, &used(recipe, sample));
            recipe.prompt.extend(found.iter().find(asked).map(|column| path(column)));
        }
        return;
    }
    let Some(column) = there(&recipe.prompt).filter(|column| !column.is_within()) else { return };
    let answered = |value: &Value| {
        let turns = value.as_array().and_then(|_| conversation(&column.name, value.clone(), Role::User).ok());
        turns.and_then(|turns| Some(turns.last()?.role == Role::Assistant)).unwrap_or(false)
    };
    if sample.values(&column.name).next().is_none() || !sample.values(&column.name).all(answered) {
        return;
    }
    let found = named(sample, roles::PROMPTS, &used(recipe, sample));
    // What the conversation itself asks is not what comes after it.
    let asked_within = |other: &str| {
        sample.rows.iter().any(|row| {
            let said = row.get(other).and_then(Value::as_str).map(str::trim);
            let turns =
                row.get(&column.name).and_then(|value| conversation(other, value.clone(), Role::User).ok());
            turns.is_some_and(|turns| {
                turns.iter().any(|turn| turn.role == Role::User && Some(turn.content.trim()) == said)
            })
        })
    };
    if let Some(prompt) = found.iter().find(|column| asked(column) && !asked_within(column)) {
        recipe.history = vec![path(&column.name)];
        recipe.prompt = vec![path(prompt)];
    }
}

/// Leaves out a system column that contains mere names (`prod`, `sp-001`), and refuses a prompt that quotes both responses: a judge was
/// asked about them.
pub(crate) fn doubtful_prompt(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    let there = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    if recipe.coded() {
        return Ok(());
    }
    if !settled("system") {
        let names = |path: &Path| {
            let column = path.resolve(&sample.columns).filter(|column| !column.is_within());
            column.is_some_and(|column| {
                // `/no_think` is what a model is told.
                let ends = |value: &Value| {
                    value.as_str().is_some_and(|text| {
                        text.trim_end().ends_with(['.', '!', '?', ':']) || text.trim_start().starts_with('/')
                    })
                };
                only_names(sample, &column.name) && !sample.values(&column.name).any(ends)
            })
        };
        recipe.system.retain(|path| !names(path));
    }
    let (Some(prompt), Some(a), Some(b)) = (there(&recipe.prompt), there(&recipe.a), there(&recipe.b)) else {
        return Ok(());
    };
    if settled("prompt") || sample.rows.len() < 2 {
        return Ok(());
    }
    let taken = used(recipe, sample);
    let beside =
        sample.columns.iter().filter(|column| !taken.contains(*column) && sample.texts(column)).cloned();
    let both: Vec<String> = std::iter::once(prompt.name.to_string()).chain(beside).collect();
    if !settled("input")
        && let Some(refusal) = two_prompts(sample, &both)
    {
        return Err(refusal);
    }
    let quotes = |row: &Row| -> Option<bool> {
        let long = |text: &&str| text.len() > 12;
        let first = a.get(row).and_then(Value::as_str).map(str::trim).filter(long)?;
        let second = b.get(row).and_then(Value::as_str).map(str::trim).filter(long)?;
        let turns = conversation(&prompt.name, prompt.get(row)?.clone(), Role::User).ok()?;
        let holds = |text: &str| turns.iter().any(|turn| turn.content.contains(text));
        Some(holds(first) && holds(second))
    };
    let said: Vec<bool> = sample.rows.iter().take(50).filter_map(quotes).collect();
    if said.len() > 1 && said.iter().all(|quotes| *quotes) {
        let name = prompt.shown();
        return Err(Refusal {
            problem: format!(
                "`{name}` quotes both responses: it may be what a judge was asked, and not what they answer"
            ),
            remedy: "say which column is the prompt, or that there is none".to_owned(),
            certain: true,
            start: vec![
                format!("{MAP} prompt=COLUMN"),
                format!("or {MAP} prompt=none"),
                format!("or {MAP} prompt={}", shell(&name)),
            ],
        });
    }
    Ok(())
}

/// Finds the separate column with further input of the prompt, if no column is declared for it.
pub(crate) fn input_beside(recipe: &mut Recipe, sample: &Sample) {
    let settled = recipe.settled.iter().any(|role| role == "input");
    let there = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    if settled || recipe.coded() || there(&recipe.input).is_some() {
        return;
    }
    let Some(prompt) = there(&recipe.prompt) else { return };
    // What the prompt already quotes is not further input.
    let quoted = |column: &str| {
        sample.rows.iter().take(50).any(|row| {
            let Some(said) = prompt.get(row) else { return false };
            let further = row.get(column).map(written).unwrap_or_default();
            let turns = || conversation(column, said.clone(), Role::User).unwrap_or_default();
            !further.trim().is_empty()
                && match said.as_str() {
                    Some(said) => said.contains(further.trim()),
                    None => turns().iter().any(|turn| turn.content.contains(further.trim())),
                }
        })
    };
    let taken = used(recipe, sample);
    let is_text = |column: &&String| {
        sample.values(column).all(Value::is_string) && sample.texts(column) && worded(sample, column)
    };
    // What is listed next to a question, such as documents, has to be another one for most questions.
    let responses: Vec<Column> =
        recipe.a.iter().chain(&recipe.b).filter_map(|path| path.resolve(&sample.columns)).collect();
    let answered = |column: &str| {
        let within = |row: &Row, text: &str| {
            responses.iter().any(|side| side.get(row).is_some_and(|said| written(said).contains(text)))
        };
        sample.rows.iter().take(50).any(|row| {
            let text = row.get(column).map(written).unwrap_or_default();
            !text.trim().is_empty() && within(row, text.trim())
        })
    };
    let is_material = |column: &&String| {
        let texts: Vec<String> = sample.values(column).map(written).collect();
        let different: BTreeSet<&String> = texts.iter().collect();
        texts.len() > 1
            && texts.iter().all(|text| text.contains(char::is_whitespace))
            && different.len() * 2 > texts.len()
            && !answered(column)
    };
    let inputs = named(sample, roles::INPUTS, &taken).into_iter();
    let materials = || named(sample, roles::MATERIALS, &taken).into_iter();
    let listed = named(sample, roles::INPUTS, &taken).into_iter().filter(|column| {
        sample.values(column).all(Value::is_array) && sample.values(column).next().is_some()
    });
    let found = inputs
        .filter(|column| is_text(&column))
        .chain(listed.chain(materials()).filter(|column| is_material(&column)))
        .filter(|column| !quoted(column));
    // What a question offers as answers comes after what it is about.
    let offers = |column: &String| tokens(column).iter().any(|word| word == "options" || word == "choices");
    let (offered, about): (Vec<String>, Vec<String>) = found.partition(offers);
    recipe.input = about.iter().take(1).chain(offered.iter().take(1)).map(|column| path(column)).collect();
}

/// Whether a column of texts has passages in it: a kind, an id, a file or a constant is none.
fn worded(sample: &Sample, column: &str) -> bool {
    let texts: Vec<&str> = sample.values(column).filter_map(Value::as_str).map(str::trim).collect();
    let words = texts
        .iter()
        .any(|text| text.contains(char::is_whitespace) || (!text.is_ascii() && text.chars().count() > 8));
    let constant = texts.len() > 2 && texts.iter().all(|text| Some(text) == texts.first());
    words && !constant
}

/// Whether a column's name can only mean a prompt.
fn is_sure(column: &str) -> bool {
    const SURE: usize = 19;
    roles::PROMPTS.iter().take(SURE).any(|name| normal(column) == *name)
}

/// Two columns that may each be the whole prompt: both are texts, and neither contains the other.
fn two_prompts(sample: &Sample, found: &[String]) -> Option<Refusal> {
    const SURE: usize = 4;
    let sure: Vec<&String> = found
        .iter()
        .filter(|column| roles::PROMPTS.iter().take(SURE).any(|name| normal(column) == *name))
        .filter(|column| !only_names(sample, column))
        .collect();
    let [first, second, ..] = sure.as_slice() else { return None };
    let both = sample.rows.iter().filter_map(|row| {
        Some((
            row.get(first).and_then(Value::as_str)?.trim(),
            row.get(second).and_then(Value::as_str)?.trim(),
        ))
    });
    let (mut apart, mut all) = (0, 0);
    for (x, y) in both.filter(|(x, y)| !x.is_empty() && !y.is_empty()) {
        all += 1;
        apart += usize::from(!x.contains(y) && !y.contains(x));
    }
    (apart * 2 > all).then(|| Refusal {
        problem: format!("`{first}` and `{second}` may each be the prompt, and they differ"),
        remedy: "say which, or that both belong to it".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} prompt={}", shell(first)),
            format!("or {MAP} prompt={}", shell(second)),
            format!("or {MAP} prompt={} {MAP} input={}", shell(first), shell(second)),
        ],
    })
}

/// Whether every value of a column is a single word.
fn only_names(sample: &Sample, column: &str) -> bool {
    // Some languages put no spaces between words.
    let name = |value: &Value| {
        value.as_str().is_some_and(|text| {
            let text = text.trim();
            text.len() <= 40 && text.is_ascii() && !text.contains(char::is_whitespace)
        })
    };
    sample.values(column).next().is_some() && sample.values(column).take(200).all(name)
}
