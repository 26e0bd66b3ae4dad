//! What do the values of a column say of its being the verdict?

use super::super::calls::{Calls, Code, Names, Reading};
use super::super::declared::{Recipe, Shape};
use super::super::path::{Column, Path};
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::values::number_of;
use crate::call::Call;
use crate::row::Row;
use serde_json::Value;

/// What the values of a column say of its being the verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Evidence {
    /// Words for sides or names of models.
    Words,
    /// The numbers 1 and 2 alone.
    OneTwo,
    /// The numbers 0 and 1 alone, where responses or positions are counted from 0.
    ZeroOne,
    /// Numbers or truth values that may mean several things.
    Codes,
}

pub(super) fn evidence(sample: &Sample, recipe: &Recipe, column: &str) -> Option<Evidence> {
    evidence_at(sample, recipe, &Places::of(sample, recipe), column)
}

/// The same where many columns are asked about: the places of the responses are found once.
pub(super) fn evidence_at(
    sample: &Sample,
    recipe: &Recipe,
    places: &Places,
    column: &str,
) -> Option<Evidence> {
    let calls = calls_at(sample, places, column);
    if calls.is_empty() {
        return None;
    }
    let numeric = |value: &Value| matches!(Code::of(value), Some(Code::Number(_))) || value.is_boolean();
    let truth = |value: &Value| {
        value.as_str().is_some_and(|text| ["true", "false"].contains(&text.trim().to_lowercase().as_str()))
    };
    if calls.iter().all(|(value, _)| numeric(value) || truth(value)) {
        let mut codes: Vec<f64> = calls.iter().filter_map(|(value, _)| number_of(value)).collect();
        if codes.len() == calls.len() {
            codes.sort_by(f64::total_cmp);
            codes.dedup();
            // Ratings and lengths are not verdicts.
            if codes.iter().any(|code| code.abs() > 10.0) {
                return None;
            }
            return Some(match codes.as_slice() {
                [1.0, 2.0] => Evidence::OneTwo,
                [0.0, 1.0] if counts_from_0(recipe, column) => Evidence::ZeroOne,
                _ => Evidence::Codes,
            });
        }
        return Some(Evidence::Codes);
    }
    let known = calls.iter().filter(|(_, call)| call.is_some()).count();
    let sided = calls.iter().any(|(_, call)| matches!(call, Some(Call::A | Call::B | Call::Soft(_))));
    (known * 2 > calls.len() && sided).then_some(Evidence::Words)
}

/// Whether 0 and 1 can only be the first and the second response: the responses themselves are numbered so, or the column contains a
/// position.
fn counts_from_0(recipe: &Recipe, column: &str) -> bool {
    // What is called a label or a preference may count otherwise.
    const CHOICES: &[&str] =
        &["choice", "chosen", "winner", "best", "selected", "selection", "pick", "picked", "decision"];
    let own = |paths: &[Path]| paths.first().map(|path| tokens(path.as_str())).unwrap_or_default();
    let (a, b) = (own(&recipe.a), own(&recipe.b));
    let apart: Vec<_> = a.iter().zip(&b).filter(|(a, b)| a != b).collect();
    let numbered = a.len() == b.len() && matches!(apart.as_slice(), [(a, b)] if *a == "0" && *b == "1");
    let words = tokens(column);
    let truth = words.iter().any(|word| word == "is" || word == "has");
    let position = words.iter().any(|word| ["index", "idx", "position", "pos"].contains(&word.as_str()));
    // `better_response_id` with `response_0` and `response_1`.
    let number = numbered
        && words.last().is_some_and(|word| word == "id")
        && words
            .iter()
            .any(|word| ["better", "best", "preferred", "chosen", "winning"].contains(&word.as_str()));
    let choice = words.iter().any(|word| CHOICES.contains(&word.as_str()));
    !truth
        && (position || number || (numbered && choice && roles::VERDICTS.contains(&words.join("_").as_str())))
}

/// What each value of a column would say as a verdict in words; blank ones are left out.
pub(super) fn sample_calls<'a>(
    sample: &'a Sample,
    recipe: &Recipe,
    column: &'a str,
) -> Vec<(&'a Value, Option<Call>)> {
    calls_at(sample, &Places::of(sample, recipe), column)
}

/// Where a recipe finds the responses and their models in a table.
pub(super) struct Places {
    models: [Option<Column>; 2],
    responses: [Option<Column>; 2],
    /// What the sides are called.
    names: [String; 2],
}

impl Places {
    pub(super) fn of(sample: &Sample, recipe: &Recipe) -> Self {
        let place = |paths: &[Path]| paths.first().and_then(|path| path.resolve(&sample.columns));
        let named = match recipe.shape {
            Shape::Votes => [&recipe.model_a, &recipe.model_b],
            _ => [&recipe.a, &recipe.b],
        };
        Self {
            models: [place(&recipe.model_a), place(&recipe.model_b)],
            responses: [place(&recipe.a), place(&recipe.b)],
            names: named.map(|paths| place(paths).map(|column| column.name.to_string()).unwrap_or_default()),
        }
    }
}

/// What the values of a column say, where the responses are known.
pub(super) fn calls_at<'a>(
    sample: &'a Sample,
    places: &Places,
    column: &'a str,
) -> Vec<(&'a Value, Option<Call>)> {
    let calls = Calls { field: column.to_owned(), reading: Reading::Words, loses: false };
    let Places {
        models: [model_a, model_b],
        responses: [response_a, response_b],
        names: [column_a, column_b],
    } = places;
    sample
        .rows
        .iter()
        .filter_map(|row| {
            let value =
                row.get(column).filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))?;
            if value.is_object() || value.as_array().is_some_and(|items| items.len() != 1) {
                return Some((value, None));
            }
            let names = Names {
                column_a,
                column_b,
                model_a: text_at(model_a.as_ref(), row),
                model_b: text_at(model_b.as_ref(), row),
                text_a: text_at(response_a.as_ref(), row),
                text_b: text_at(response_b.as_ref(), row),
            };
            Some((value, calls.call(Some(value), names).ok().filter(|call| *call != Call::Missing)))
        })
        .collect()
}

pub(super) fn text_at<'b>(column: Option<&'b Column>, row: &'b Row) -> Option<&'b str> {
    column.and_then(|column| column.get(row)).and_then(Value::as_str)
}
