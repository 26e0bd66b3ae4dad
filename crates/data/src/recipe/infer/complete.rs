//! Finds the parts of a record that an open recipe does not declare, other than responses: prompt, models, judge, fields; by the names of
//! columns.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::normal;
use super::super::words::plain_words;
use super::columns::{is_id, is_sentence, named, path, remarks};
use super::dissent::beside_a_choice;
use super::models::{bare_models, choice_models, choice_scores, models, models_in_one};
use super::opened::opened;
use super::prompts::find_prompt;
use super::side_by_side::said_of_columns;
use super::ties::tie_beside;
use super::uses::used;
use super::values::{flag, number_of};
use super::verdicts::find_verdicts;
use crate::call::Call;

/// Finds by the names of columns what an open recipe does not declare.
pub(crate) fn complete(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    if recipe.prompt.is_empty() && !recipe.no_prompt && recipe.shape != Shape::Votes {
        find_prompt(recipe, sample)?;
    }
    let look = Look { sample };
    look.conversation(recipe);
    look.models(recipe);
    look.who_judged(recipe);
    look.what_was_judged(recipe);
    look.fields(recipe);
    if recipe.shape == Shape::Choice {
        if recipe.scores.is_empty()
            && let Some((a, b)) = choice_scores(sample)
        {
            recipe.scores = vec![path(&a), path(&b)];
        }
        tie_beside(recipe, sample);
        if !recipe.settled.iter().any(|role| role == "winner") {
            let others = beside_a_choice(recipe, sample);
            recipe.verdict.extend(others);
        }
        return Ok(());
    }
    find_verdicts(recipe, sample)?;
    if recipe.shape == Shape::Candidates
        && let Some(found) = &mut recipe.candidates
    {
        said_of_columns(found, sample, &|column| look.short(column))?;
    }
    Ok(())
}

/// Takes back that a column names who judged, where it contains what somebody wrote on each pair instead.
pub(crate) fn leave_remarks(recipe: &mut Recipe, sample: &Sample) {
    let named =
        |path: &Path| path.resolve(&sample.columns).is_none_or(|column| !remarks(sample, &column.name));
    for role in ["judge", "annotator"] {
        if recipe.coded() || recipe.settled.iter().any(|settled| settled == role) {
            continue;
        }
        let paths = if role == "judge" { &mut recipe.judge } else { &mut recipe.annotator };
        paths.retain(named);
    }
}

/// A look at the columns of a sample.
struct Look<'a> {
    sample: &'a Sample,
}

impl Look<'_> {
    /// Whether a role is open: nothing that the file has is declared for it, and the user has not settled it.
    fn open(&self, role: &str, paths: &[Path], recipe: &Recipe) -> bool {
        !recipe.settled.iter().any(|settled| settled == role)
            && paths.iter().all(|path| path.resolve(&self.sample.columns).is_none())
    }

    /// The first column of these names that is not used yet and whose values fit.
    fn one(&self, names: &[&str], recipe: &Recipe, fits: impl Fn(&str) -> bool) -> Vec<Path> {
        let used = used(recipe, self.sample);
        let found = named(self.sample, names, &used).into_iter().find(|column| fits(column));
        found.map(|column| path(&column)).into_iter().collect()
    }

    /// Whether a column contains short values, such as names.
    fn short(&self, column: &str) -> bool {
        self.sample.values(column).take(200).all(|value| match value {
            Value::String(text) => text.len() <= 120 && !text.contains('\n'),
            Value::Number(_) => true,
            Value::Array(items) => items.len() <= 3 && items.first().is_some_and(Value::is_string),
            _ => false,
        }) && self.sample.values(column).next().is_some()
    }

    /// Whether a column contains words for sides: they are verdicts.
    fn verdicts(&self, column: &str) -> bool {
        let called = |value: &Value| {
            number_of(value).is_none()
                && value
                    .as_str()
                    .is_some_and(|text| matches!(plain_words(text), Some(Call::A | Call::B | Call::Tie(_))))
        };
        self.sample.values(column).all(called)
    }

    /// Whether a column contains only yes and no.
    fn flags(&self, column: &str) -> bool {
        let word = |value: &Value| number_of(value).is_none() && flag(value).is_some();
        self.sample.values(column).all(word)
    }

    /// What precedes the last turn: a system message, earlier turns.
    fn conversation(&self, recipe: &mut Recipe) {
        if self.open("system", &recipe.system, recipe) {
            recipe.system = self.one(roles::SYSTEMS, recipe, |column| {
                let text =
                    |value: &Value| value.is_string() || value.get("parts").is_some_and(Value::is_array);
                let word = |value: &Value| {
                    value.as_str().map(str::trim).is_some_and(|text| {
                        !text.contains(' ')
                            && text.is_ascii()
                            && !text.ends_with(['.', '!', '?', ':'])
                            && !text.starts_with('/')
                    })
                };
                self.sample.values(column).all(text) && !self.sample.values(column).all(word)
            });
        }
        if self.open("history", &recipe.history, recipe) {
            recipe.history = self.one(roles::HISTORIES, recipe, |column| {
                self.sample.values(column).any(|value| value.is_array() || value.is_string())
            });
        }
    }

    fn models(&self, recipe: &mut Recipe) {
        let of: fn(&Sample) -> Option<(String, String)> = match recipe.shape {
            Shape::Choice => choice_models,
            Shape::Pair => |sample| models(sample).or_else(|| bare_models(sample)),
            _ => models,
        };
        if self.open("model_a", &recipe.model_a, recipe)
            && self.open("model_b", &recipe.model_b, recipe)
            && let Some((a, b)) = of(self.sample)
            && !used(recipe, self.sample).iter().any(|column| *column == a || *column == b)
        {
            recipe.model_a = vec![path(&a)];
            recipe.model_b = vec![path(&b)];
        }
        if matches!(recipe.shape, Shape::Pair | Shape::Choice)
            && self.open("model_a", &recipe.model_a, recipe)
            && self.open("model_b", &recipe.model_b, recipe)
            && let Some((a, b)) = models_in_one(self.sample, &used(recipe, self.sample), recipe.shape)
        {
            recipe.model_a = vec![a];
            recipe.model_b = vec![b];
        }
    }

    /// The judge and the person; words for sides are verdicts, and numbers are scores: neither names a judge.
    fn who_judged(&self, recipe: &mut Recipe) {
        let sample = self.sample;
        if self.open("judge", &recipe.judge, recipe) {
            let numeric = |column: &str| sample.values(column).any(|value| number_of(value).is_some());
            recipe.judge = self.one(roles::JUDGES, recipe, |column| {
                self.short(column) && !self.verdicts(column) && !numeric(column) && !remarks(sample, column)
            });
        }
        if self.open("annotator", &recipe.annotator, recipe) {
            // `annotators: 3` says how many there were.
            let counted = |column: &str| {
                normal(column) == "annotators"
                    && sample.values(column).all(|value| number_of(value).is_some())
            };
            // A list of several names belongs to a list of several verdicts.
            let single = |column: &str| {
                self.short(column)
                    && (!self.verdicts(column) || self.numbered_verdicts())
                    && !self.flags(column)
                    && !sample.values(column).any(is_sentence)
                    && !counted(column)
                    && sample
                        .values(column)
                        .all(|value| value.as_array().is_none_or(|items| items.len() == 1))
            };
            recipe.annotator = self.one(roles::ANNOTATORS, recipe, single);
            if recipe.annotator.is_empty() {
                recipe.annotator = self.annotator_within(recipe);
            }
        }
        if recipe.judge.is_empty() && recipe.annotator.is_empty() && self.open("judge", &[], recipe) {
            recipe.judge = judge_within(sample);
        }
    }

    /// The name of an annotator who is an object, such as `annotator.id`.
    fn annotator_within(&self, recipe: &Recipe) -> Vec<Path> {
        const KEYS: &[&str] = &["id", "name", "username", "email", "hash"];
        let used = used(recipe, self.sample);
        let named = named(self.sample, roles::ANNOTATORS, &used).into_iter().find_map(|column| {
            let has = |key: &&&str| {
                self.sample.values(&column).next().is_some()
                    && self.sample.values(&column).all(|value| {
                        value.get(**key).is_some_and(|name| name.is_string() || name.is_number())
                    })
            };
            KEYS.iter().find(has).map(|key| path(&format!("{column}.{key}")))
        });
        named.into_iter().collect()
    }

    /// Whether another column is of the numbers 1 and 2 under a name for a verdict: letters next to it are not verdicts as well.
    fn numbered_verdicts(&self) -> bool {
        let numbers = |column: &String| {
            self.sample.values(column).next().is_some()
                && self
                    .sample
                    .values(column)
                    .all(|value| number_of(value).is_some_and(|n| n == 1.0 || n == 2.0))
        };
        named(self.sample, roles::VERDICTS, &BTreeSet::new()).iter().any(numbers)
    }

    /// By what the responses were judged, and how much a verdict counts.
    fn what_was_judged(&self, recipe: &mut Recipe) {
        if self.open("criterion", &recipe.criterion, recipe) {
            recipe.criterion =
                self.one(roles::CRITERIA, recipe, |column| self.short(column) && self.few_words(column));
        }
        if self.open("weight", &recipe.weight, recipe) {
            let numeric = |column: &str| self.sample.values(column).all(|value| number_of(value).is_some());
            recipe.weight = self.one(&["weight", "sample_weight"], recipe, numeric);
        }
    }

    /// A few recurring words, not a rubric written for each prompt, nor grades.
    fn few_words(&self, column: &str) -> bool {
        const GRADES: &[&str] = &["high", "low", "medium", "good", "bad", "yes", "no", "true", "false", "ok"];
        let values = || self.sample.values(column);
        let word = |value: &Value| {
            value.as_str().is_some_and(|text| text.trim().len() <= 40 && !text.trim().ends_with(['?', '.']))
        };
        let graded = |value: &Value| {
            value.as_str().is_some_and(|text| GRADES.contains(&text.trim().to_lowercase().as_str()))
        };
        if values().any(graded) {
            return false;
        }
        let all = values().count();
        let different: BTreeSet<&str> = values().filter_map(Value::as_str).collect();
        values().all(word) && (all < 8 || different.len() * 2 <= all)
    }

    /// What a pair is about, and what it is called.
    fn fields(&self, recipe: &mut Recipe) {
        if self.open("scenario", &recipe.scenario, recipe) {
            // A list of topics as text is not a category.
            let listed = |column: &str| {
                self.sample
                    .values(column)
                    .any(|value| value.as_str().is_some_and(|text| text.starts_with('[')))
            };
            recipe.scenario =
                self.one(roles::SCENARIOS, recipe, |column| self.short(column) && !listed(column));
        }
        if self.open("language", &recipe.language, recipe) {
            recipe.language = self.one(&["language"], recipe, |column| self.short(column));
        }
        // What separates groups of single responses was found with them: a number of each record would separate them all.
        if self.open("id", &recipe.id, recipe) && recipe.shape != Shape::Scored {
            // The `id` of a file of choices is often the prompt's.
            let choice = recipe.shape == Shape::Choice;
            let names = if choice { roles::IDS.get(..2).unwrap_or_default() } else { roles::IDS };
            recipe.id = self.one(names, recipe, |column| self.short(column) && is_id(column));
        }
    }
}

/// The field of an object that names the judge, such as `metadata.judge`, if no column does.
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
