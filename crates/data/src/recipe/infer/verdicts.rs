//! Which columns say who won, and how their values are read.

use super::super::calls::{Call, Calls, Code, Names, Reading};
use super::super::path::Column;
use super::super::qualities;
use super::super::roles;
use super::super::spelling::{normal, tokens};
use super::super::{Path, Recipe, Sample, Shape, VerdictRule};
use super::doubts::doubt;
use super::flags::flags_and_probabilities;
use super::judges::{
    by_criterion, by_judge, common_words, judge_of_column, of_a_judge, people, people_in_numbers,
};
use super::listed::listed;
use super::losers::{loser, names_the_loser};
use super::numbers::{number_each, pair_votes};
use super::responses::number_of;
use super::sentences::phrased;
use super::{Refusal, path, shell, used};
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

/// The columns that may say who won, the likeliest first.
pub(super) fn verdict_columns(sample: &Sample, recipe: &Recipe) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let used = used(recipe, sample);
    let mut columns: Vec<(usize, &String)> = sample
        .columns
        .iter()
        .filter(|column| {
            !used.contains(*column) && !names_the_loser(column) && !normal(column).ends_with("suggestion")
        })
        .filter_map(|column| {
            let plain = tokens(column).join("_");
            let exact = roles::VERDICTS.iter().position(|name| {
                *name == plain
                    || *name == normal(column)
                    || (column.contains('.') && normal(column).ends_with(&format!("_{name}")))
            });
            let words = tokens(column);
            let loose = (asks_for_better(&words) || of_a_judge(&words)).then_some(roles::VERDICTS.len());
            exact.or(loose).map(|rank| (rank, column))
        })
        .collect();
    columns.sort_by_key(|(rank, _)| *rank);
    for (rank, column) in columns {
        if let Some(evidence) = evidence(sample, recipe, column) {
            // A loose name needs values that leave no doubt.
            if rank < roles::VERDICTS.len() || matches!(evidence, Evidence::Words | Evidence::ZeroOne) {
                found.push((column.clone(), evidence));
            }
        }
    }
    found
}

/// Whether the words of a name ask for the better one of two, and for nothing else: `Which response do you prefer?`.
fn asks_for_better(words: &[String]) -> bool {
    const COMPARES: &[&str] = &[
        "winner",
        "winning",
        "wins",
        "won",
        "better",
        "best",
        "vote",
        "votes",
        "voted",
        "choice",
        "choose",
        "chosen",
        "verdict",
        "favorite",
        "favourite",
        "favored",
        "favoured",
        "picked",
        "pick",
        "selected",
        "selection",
        "superior",
        "safer",
        "clearer",
        "kinder",
        "nicer",
        "friendlier",
        "smarter",
        "stronger",
        "truer",
        "deeper",
        "funnier",
    ];
    // More of a quality is better; of anything else nobody knows.
    let good = words.iter().any(|word| qualities::quality(word) || roles::good(word));
    let compares = |word: &String| {
        (["more", "most"].contains(&word.as_str()) && good)
            || COMPARES.contains(&word.as_str())
            || word.starts_with("prefer")
            || ["judgment", "judgement"].contains(&word.as_str())
    };
    words.iter().any(compares) && !words.iter().any(|word| NOT_BETTER.contains(&word.as_str()))
}

/// Words for what a response may be first or more in, without being better, and for what else is chosen or preferred.
const NOT_BETTER: &[&str] = &[
    "first",
    "second",
    "third",
    "minority",
    "predicted",
    "expected",
    "prior",
    "previous",
    "random",
    "simulated",
    "shown",
    "display",
    "displayed",
    "longer",
    "shorter",
    "longest",
    "shortest",
    "length",
    "baseline",
    "position",
    "order",
    "presented",
    "hand",
    "handed",
    "handedness",
    "group",
    "language",
    "lang",
    "name",
    "gender",
    "pronoun",
    "pronouns",
    "time",
    "color",
    "colour",
    "ai",
    "slot",
    "check",
    "attention",
    "topic",
    "voter",
    "same",
    "cheaper",
    "faster",
    "slower",
    "multiple",
    "format",
    "style",
    "reason",
    "reasons",
    "rationale",
    "confidence",
    "strength",
    "id",
    "count",
    "rate",
    "rating",
    "score",
    "recent",
    "similar",
    "likely",
];

pub(super) fn evidence(sample: &Sample, recipe: &Recipe, column: &str) -> Option<Evidence> {
    let calls = sample_calls(sample, recipe, column);
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
            // Ratings and lengths are no verdicts.
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

/// Whether 0 and 1 can only be the first and the second response: the responses themselves are numbered so, or the column holds
/// a position.
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
    // `better_response_id` beside `response_0` and `response_1`.
    let number = numbered
        && words.last().is_some_and(|word| word == "id")
        && words
            .iter()
            .any(|word| ["better", "best", "preferred", "chosen", "winning"].contains(&word.as_str()));
    let choice = words.iter().any(|word| CHOICES.contains(&word.as_str()));
    !truth
        && (position || number || (numbered && choice && roles::VERDICTS.contains(&words.join("_").as_str())))
}

pub(super) fn text_at<'b>(column: Option<&'b Column>, row: &'b Row) -> Option<&'b str> {
    column.and_then(|column| column.get(row)).and_then(Value::as_str)
}

/// What each value of a column would say as a verdict in words; blank ones are left out.
pub(super) fn sample_calls<'a>(
    sample: &'a Sample,
    recipe: &Recipe,
    column: &'a str,
) -> Vec<(&'a Value, Option<Call>)> {
    let calls = Calls { field: column.to_owned(), reading: Reading::Words, loses: false };
    let place = |paths: &[Path]| paths.first().and_then(|path| path.resolve(&sample.columns));
    let (model_a, model_b) = (place(&recipe.model_a), place(&recipe.model_b));
    let (response_a, response_b) = (place(&recipe.a), place(&recipe.b));
    let side = |paths: &[Path]| place(paths).map(|column| column.name.to_string()).unwrap_or_default();
    let (column_a, column_b) = match recipe.shape {
        Shape::Votes => (side(&recipe.model_a), side(&recipe.model_b)),
        _ => (side(&recipe.a), side(&recipe.b)),
    };
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
                column_a: &column_a,
                column_b: &column_b,
                model_a: text_at(model_a.as_ref(), row),
                model_b: text_at(model_b.as_ref(), row),
                text_a: text_at(response_a.as_ref(), row),
                text_b: text_at(response_b.as_ref(), row),
            };
            Some((value, calls.call(Some(value), names).ok().filter(|call| *call != Call::Missing)))
        })
        .collect()
}

/// The rules for the verdict of two responses.
pub(super) fn verdicts(recipe: &Recipe, sample: &Sample) -> Result<Vec<VerdictRule>, Refusal> {
    let found = verdict_columns(sample, recipe);
    let sure: Vec<&(String, Evidence)> =
        found.iter().filter(|(_, evidence)| *evidence != Evidence::Codes).collect();
    let rule = |(column, evidence): &(String, Evidence)| {
        let field = Some(path(column));
        match evidence {
            Evidence::OneTwo => VerdictRule {
                field,
                a: vec![Value::from(1)],
                b: vec![Value::from(2)],
                ..VerdictRule::default()
            },
            Evidence::ZeroOne => VerdictRule {
                field,
                a: vec![Value::from(0)],
                b: vec![Value::from(1)],
                ..VerdictRule::default()
            },
            _ => VerdictRule { field, ..VerdictRule::default() },
        }
    };
    match sure.as_slice() {
        [] => {}
        // Whom the only one is named for has judged.
        [only] => {
            let named = recipe.judge.iter().any(|path| path.resolve(&sample.columns).is_some());
            let judge_name = judge_of_column(&only.0).filter(|_| !named);
            return Ok(vec![VerdictRule { judge_name, ..rule(only) }]);
        }
        several_found => return several(recipe, sample, several_found, rule),
    }
    // Totals of bare votes before a total that happens to be 0 or 1 in every record.
    if recipe.shape == Shape::Votes
        && sure.is_empty()
        && let Some(share) = pair_votes(sample, recipe)
    {
        return Ok(vec![VerdictRule { share, ..VerdictRule::default() }]);
    }
    if let Some(rule) = listed(sample, recipe) {
        return Ok(vec![rule]);
    }
    // Numbers under a name for the verdict go before what may be beside it.
    if let Some((column, _)) = found.iter().find(|(_, evidence)| *evidence == Evidence::Codes) {
        return Err(doubt(sample, column));
    }
    if let Some(rule) = flags_and_probabilities(sample, recipe)? {
        return Ok(vec![rule]);
    }
    let people = people(sample, recipe)?;
    if !people.is_empty() {
        return Ok(people);
    }
    let numbered = people_in_numbers(sample, recipe)?;
    if !numbered.is_empty() {
        return Ok(numbered);
    }
    let numbers = number_each(sample, recipe)?;
    if !numbers.is_empty() {
        return Ok(numbers);
    }
    if let Some(rule) = loser(sample, recipe)? {
        return Ok(vec![rule]);
    }
    Ok(phrased(sample, recipe).into_iter().collect())
}

/// Words that two columns of one verdict may differ in.
const SAME: &[&str] = &[
    "model",
    "name",
    "id",
    "response",
    "answer",
    "output",
    "text",
    "label",
    "side",
    "letter",
    "index",
    "final",
    "initial",
    "first",
    "second",
    "before",
    "after",
    "overall",
    "value",
    "raw",
    "human",
    "preferred",
    "winner",
];

/// What several columns that may say who won are: judges, criteria, the same thing twice, or a reason to ask.
fn several(
    recipe: &Recipe,
    sample: &Sample,
    sure: &[&(String, Evidence)],
    rule: impl Fn(&(String, Evidence)) -> VerdictRule,
) -> Result<Vec<VerdictRule>, Refusal> {
    let [first, others @ ..] = sure else { return Ok(Vec::new()) };
    // Judges who agree on the first records are two judges all the same.
    if let Some(names) = by_judge(sure, &common_words(sure)).filter(|names| {
        names.iter().all(|name| name.as_ref().is_some_and(|name| !normal(name).contains("model")))
    }) {
        return Ok(sure
            .iter()
            .zip(names)
            .map(|(column, name)| VerdictRule { judge_name: name, ..rule(column) })
            .collect());
    }
    // So are people and criteria, where names have one word in common and another one each.
    let common = common_words(sure);
    let apart = |(column, _): &&(String, Evidence)| {
        let words = tokens(column);
        let rest: Vec<&String> = words.iter().filter(|word| !common.contains(word)).collect();
        !rest.is_empty()
            && rest.iter().all(|word| !SAME.contains(&word.as_str()) && word.parse::<u32>().is_err())
    };
    if !common.is_empty()
        && sure.iter().all(|found| apart(found) && !is_of_an_order(&found.0))
        && let Some(rules) = by_criterion(sure, &rule)
    {
        return Ok(rules);
    }
    let own = sample_calls(sample, recipe, &first.0);
    let disagrees = others.iter().find(|(column, _)| {
        let other = sample_calls(sample, recipe, column);
        other.len() != own.len() || other.iter().zip(&own).any(|((_, x), (_, y))| x != y)
    });
    let Some(other) = disagrees else { return Ok(vec![rule(first)]) };
    if let Some((column, _)) = sure.iter().find(|(column, _)| is_of_an_order(column)) {
        return Err(Refusal {
            problem: format!(
                "`{}` and `{}` look like the verdicts of two orders; whether they name columns or what was shown first, the file does not say",
                first.0, other.0
            ),
            remedy: "choose the one that refers to the columns".to_owned(),
            certain: true,
            start: vec![
                format!("--map winner={}", shell(&first.0)),
                format!("or --map winner={}   (`{column}` is then metadata)", shell(&other.0)),
            ],
        });
    }
    if !stages(sure)
        && let Some(rules) = by_criterion(sure, rule)
    {
        return Ok(rules);
    }
    Err(Refusal {
        problem: format!("`{}` and `{}` may both say who won, and they differ", first.0, other.0),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![
            format!("--map winner={}", shell(&first.0)),
            format!("or --map winner={}", shell(&other.0)),
        ],
    })
}

/// Whether a column is named for one of the two orders in which the responses were shown: `winner_ba`.
fn is_of_an_order(column: &str) -> bool {
    const ORDERS: &[&str] = &["ab", "ba", "swapped", "original", "reversed"];
    tokens(column).iter().any(|word| ORDERS.contains(&word.as_str()))
}

/// Whether columns are named for stages of one verdict: `initial_choice` and `final_choice`.
fn stages(sure: &[&(String, Evidence)]) -> bool {
    const STAGES: &[&str] = &["initial", "final", "before", "after", "first", "second", "revised"];
    sure.iter().any(|(column, _)| tokens(column).iter().any(|word| STAGES.contains(&word.as_str())))
}
