//! Which recipe the names and values of a file's columns speak for, where no listed one fits.
//!
//! A column gets a role only by a name that means nothing else; the values then have to agree. Where two readings are possible
//! the answer is a [`Refusal`] with both.

mod alone;
mod authors;
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

use super::roles;
use super::shell;
use super::spelling::{normal, tokens};
use super::{Call, Mapping, Path, Recipe, Sample, Shape, VerdictRule};
use judges::{criteria_beside, judges_beside};
use models::{choice_models, choice_scores, models};
use opened::opened;
use prompts::find_prompt;
use responses::responses;
use serde_json::Value;
use std::collections::BTreeSet;
use ties::tie_beside;
use values::number_of;
use verdicts::verdicts;

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

/// The field of an object that names the judge, such as `metadata.judge`, where no column does.
fn judge_within(sample: &Sample) -> Vec<Path> {
    let Some(inner) = opened(sample) else { return Vec::new() };
    let named = named(&inner, roles::JUDGES, &BTreeSet::new()).into_iter().find(|column| {
        column.contains('.')
            && inner.values(column).next().is_some()
            && inner
                .values(column)
                .take(200)
                .all(|value| value.as_str().is_some_and(|text| text.len() <= 120 && !text.contains('\n')))
    });
    named.map(|column| path(&column)).into_iter().collect()
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

/// Finds by the names of columns what an open recipe does not declare.
#[expect(clippy::too_many_lines, reason = "one question after the other, each of a few lines")]
pub(crate) fn complete(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let choice = recipe.shape == Shape::Choice;
    let short = |column: &str| {
        sample.values(column).take(200).all(|value| match value {
            Value::String(text) => text.len() <= 120 && !text.contains('\n'),
            Value::Number(_) => true,
            Value::Array(items) => items.len() <= 3 && items.first().is_some_and(Value::is_string),
            _ => false,
        }) && sample.values(column).next().is_some()
    };
    let one = |names: &[&str], recipe: &Recipe, fits: &dyn Fn(&str) -> bool| {
        let used = used(recipe, sample);
        named(sample, names, &used)
            .into_iter()
            .find(|column| fits(column))
            .map(|column| path(&column))
            .into_iter()
            .collect::<Vec<_>>()
    };
    // Nothing that the file has is declared, nor has the user said what it is.
    let open = |role: &str, paths: &[Path], recipe: &Recipe| {
        !recipe.settled.iter().any(|settled| settled == role)
            && paths.iter().all(|path| path.resolve(&sample.columns).is_none())
    };
    if recipe.prompt.is_empty() && !recipe.no_prompt && recipe.shape != Shape::Votes {
        find_prompt(recipe, sample)?;
    }
    if open("system", &recipe.system, recipe) {
        recipe.system = one(roles::SYSTEMS, recipe, &|column| {
            let text = |value: &Value| value.is_string() || value.get("parts").is_some_and(Value::is_array);
            let word = |value: &Value| {
                value.as_str().map(str::trim).is_some_and(|text| {
                    !text.contains(' ') && text.is_ascii() && !text.ends_with(['.', '!', '?', ':'])
                })
            };
            sample.values(column).all(text) && !sample.values(column).all(word)
        });
    }
    if open("history", &recipe.history, recipe) {
        recipe.history = one(roles::HISTORIES, recipe, &|column| {
            sample.values(column).any(|value| value.is_array() || value.is_string())
        });
    }
    if open("model_a", &recipe.model_a, recipe)
        && open("model_b", &recipe.model_b, recipe)
        && let Some((a, b)) = if choice { choice_models(sample) } else { models(sample) }
    {
        recipe.model_a = vec![path(&a)];
        recipe.model_b = vec![path(&b)];
    }
    // Words for sides are verdicts, and numbers are scores: neither names a judge.
    let verdicts = |column: &str| {
        let called = |value: &Value| {
            number_of(value).is_none()
                && value
                    .as_str()
                    .is_some_and(|text| matches!(super::words(text), Some(Call::A | Call::B | Call::Tie(_))))
        };
        sample.values(column).all(called)
    };
    let flags = |column: &str| {
        let word = |value: &Value| number_of(value).is_none() && flag(value).is_some();
        sample.values(column).all(word)
    };
    if open("judge", &recipe.judge, recipe) {
        let numeric = |column: &str| sample.values(column).any(|value| number_of(value).is_some());
        recipe.judge =
            one(roles::JUDGES, recipe, &|column| short(column) && !verdicts(column) && !numeric(column));
    }
    if open("annotator", &recipe.annotator, recipe) {
        // `annotators: 3` says how many there were.
        let counted = |column: &str| {
            normal(column) == "annotators" && sample.values(column).all(|value| number_of(value).is_some())
        };
        // A list of several names goes with a list of several verdicts.
        let single = |column: &str| {
            short(column)
                && !verdicts(column)
                && !flags(column)
                && !sample.values(column).any(is_sentence)
                && !counted(column)
                && sample.values(column).all(|value| value.as_array().is_none_or(|items| items.len() == 1))
        };
        recipe.annotator = one(roles::ANNOTATORS, recipe, &single);
    }
    if recipe.judge.is_empty() && recipe.annotator.is_empty() && open("judge", &[], recipe) {
        recipe.judge = judge_within(sample);
    }
    if open("criterion", &recipe.criterion, recipe) {
        // A few words that come again, not a rubric written for each prompt.
        let few = |column: &str| {
            let word = |value: &Value| {
                value
                    .as_str()
                    .is_some_and(|text| text.trim().len() <= 40 && !text.trim().ends_with(['?', '.']))
            };
            let graded = |value: &Value| {
                const GRADES: &[&str] =
                    &["high", "low", "medium", "good", "bad", "yes", "no", "true", "false", "ok"];
                value.as_str().is_some_and(|text| GRADES.contains(&text.trim().to_lowercase().as_str()))
            };
            if sample.values(column).any(graded) {
                return false;
            }
            let all = sample.values(column).count();
            let different: BTreeSet<&str> = sample.values(column).filter_map(Value::as_str).collect();
            sample.values(column).all(word) && (all < 8 || different.len() * 2 <= all)
        };
        recipe.criterion = one(roles::CRITERIA, recipe, &|column| short(column) && few(column));
    }
    if open("weight", &recipe.weight, recipe) {
        let numeric = |column: &str| sample.values(column).all(|value| number_of(value).is_some());
        recipe.weight = one(&["weight", "sample_weight"], recipe, &numeric);
    }
    if open("scenario", &recipe.scenario, recipe) {
        // A list of topics as text is no category.
        let listed = |column: &str| {
            sample.values(column).any(|value| value.as_str().is_some_and(|text| text.starts_with('[')))
        };
        recipe.scenario = one(roles::SCENARIOS, recipe, &|column| short(column) && !listed(column));
    }
    if open("language", &recipe.language, recipe) {
        recipe.language = one(&["language"], recipe, &short);
    }
    // What tells groups of single responses apart was found with them: a number of each record would part them all.
    if open("id", &recipe.id, recipe) && recipe.shape != Shape::Scored {
        // The `id` of a file of choices is often the prompt's.
        let names = if choice { roles::IDS.get(..2).unwrap_or_default() } else { roles::IDS };
        recipe.id = one(names, recipe, &|column| short(column) && is_id(column));
    }
    if choice {
        if recipe.scores.is_empty()
            && let Some((a, b)) = choice_scores(sample)
        {
            recipe.scores = vec![path(&a), path(&b)];
        }
        tie_beside(recipe, sample);
        return Ok(());
    }
    find_verdicts(recipe, sample)?;
    if recipe.shape == Shape::Candidates
        && let Some(found) = &mut recipe.candidates
    {
        lists::said_of_columns(found, sample, &short);
    }
    Ok(())
}
