//! Verdicts in flags and probabilities: a truth value for one side, one for each side, or how likely it is that one wins.

use super::super::declared::Recipe;
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::{Scale, VerdictRule};
use super::columns::path;
use super::paired::{both_bad, is_number, of_people, tie_of, two};
use super::sided::sided;
use super::uses::used;
use super::values::{flag, number_of};
use crate::advice::MAP;
use serde_json::Value;

/// Words that say of one response that it won.
const WON: &[&str] = &[
    "winner",
    "won",
    "wins",
    "win",
    "preferred",
    "prefers",
    "prefer",
    "better",
    "best",
    "chosen",
    "selected",
];
/// Words that may accompany them without adding a meaning.
const BESIDE: &[&str] = &[
    "is",
    "was",
    "model",
    "response",
    "answer",
    "output",
    "option",
    "assistant",
    "candidate",
    "completion",
    "summary",
    "the",
    "one",
    "human",
    "user",
    "judge",
    "annotator",
    "choice",
    "preference",
    "selection",
    "label",
    "vote",
    "than",
    "over",
    "other",
];
const PROBABILITY: &[&str] = &["p", "prob", "probability"];
const BESIDE_PROBABILITY: &[&str] = &[
    "win",
    "wins",
    "winning",
    "preferred",
    "prefers",
    "preference",
    "pref",
    "better",
    "response",
    "answer",
    "model",
    "output",
    "judge",
    "of",
    "is",
    "mean",
    "best",
];

/// The first of these ways that a file has; what may be read in two ways stops.
pub(super) fn flags_and_probabilities(
    sample: &Sample,
    recipe: &Recipe,
) -> Result<Option<VerdictRule>, Refusal> {
    if let Some(one_hot) = one_hot(sample, recipe)? {
        return Ok(Some(VerdictRule { one_hot, ..VerdictRule::default() }));
    }
    if let Some(rule) = one_sided(sample, recipe) {
        return Ok(Some(rule));
    }
    probabilities(sample, recipe)
}

/// Columns of which one is 1: for A, for B and for a tie.
fn one_hot(sample: &Sample, recipe: &Recipe) -> Result<Option<Vec<Path>>, Refusal> {
    let used = used(recipe, sample);
    let says = |word: &String| {
        WON.contains(&word.as_str()) || ["choice", "preference", "selection"].contains(&word.as_str())
    };
    let known = |word: &String| WON.contains(&word.as_str()) || BESIDE.contains(&word.as_str());
    let groups = sided(sample, |words, column| {
        words.iter().any(says) && words.iter().all(known) && !used.contains(column) && is_flag(sample, column)
    });
    let found: Vec<(String, String)> =
        groups.iter().filter(|group| !of_people(group)).filter_map(two).collect();
    let (a, b) = match found.as_slice() {
        [] => return Ok(None),
        [(a, b)] => (a.clone(), b.clone()),
        [(first, _), (second, _), ..] => {
            return Err(Refusal {
                problem: format!("`{first}` and `{second}` may both say whether the first response won"),
                remedy: "name those that are verdicts: each is then a judge".to_owned(),
                certain: true,
                start: found
                    .iter()
                    .map(|(column, _)| format!("{MAP} {}", shell(&format!("winner={column}:1=A,0=B"))))
                    .collect(),
            });
        }
    };
    // Two that are set at once are answers of two people, or to two questions.
    let set = |row: &crate::row::Row, column: &str| row.get(column).and_then(flag) == Some(true);
    if sample.rows.iter().any(|row| set(row, &a) && set(row, &b)) {
        return Ok(None);
    }
    let mut columns = vec![path(&a), path(&b)];
    let own = tie_of(sample, (&a, &b), |column| is_flag(sample, column));
    let tie = own.or_else(|| {
        let named = |column: &&String| ["winner_tie", "tie", "is_tie"].contains(&normal(column).as_str());
        sample.columns.iter().find(|column| named(column) && is_flag(sample, column)).cloned()
    });
    let clear = |row: &crate::row::Row, column: &str| row.get(column).and_then(flag) == Some(false);
    let unset = |row: &crate::row::Row| clear(row, &a) && clear(row, &b);
    if tie.is_none() && sample.rows.iter().any(unset) {
        return Ok(None);
    }
    if let Some(tie) = tie {
        let bad = both_bad(sample, &a, &b).filter(|column| *column != tie && is_flag(sample, column));
        columns.push(path(&tie));
        columns.extend(bad.map(|column| path(&column)));
    }
    Ok(Some(columns))
}

/// One column that says of one response whether it is the better one.
fn one_sided(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    let mut found = sample.columns.iter().filter(|column| !used.contains(*column)).filter_map(|column| {
        let (rest, side) = side_in(&tokens(column), recipe)?;
        let says = rest.iter().any(|word| WON.contains(&word.as_str()));
        let known = rest.iter().all(|word| WON.contains(&word.as_str()) || BESIDE.contains(&word.as_str()));
        (says && known && is_flag(sample, column)).then_some((column, side))
    });
    let (column, side) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let set = vec![Value::Bool(true), Value::from(1), Value::from("yes")];
    let clear = vec![Value::Bool(false), Value::from(0), Value::from("no")];
    let (a, b) = if side { (set, clear) } else { (clear, set) };
    Some(VerdictRule { field: Some(path(column)), a, b, ..VerdictRule::default() })
}

/// The probability that one response is better, or that of each.
fn probabilities(sample: &Sample, recipe: &Recipe) -> Result<Option<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let found: Vec<(&String, bool)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .filter_map(|column| {
            let (rest, side) = side_in(&tokens(column), recipe)?;
            let says = rest.iter().any(|word| PROBABILITY.contains(&word.as_str()));
            let known = rest.iter().all(|word| {
                PROBABILITY.contains(&word.as_str()) || BESIDE_PROBABILITY.contains(&word.as_str())
            });
            let within = |value: &Value| number_of(value).is_some_and(|p| (0.0..=1.0).contains(&p));
            (says && known && is_number(sample, column) && sample.values(column).all(within))
                .then_some((column, side))
        })
        .collect();
    let rule = |column: &str, side: bool| {
        let (a, b) = if side { (1.0, 0.0) } else { (0.0, 1.0) };
        VerdictRule {
            field: Some(path(column)),
            scale: Some(Scale { a, b, tie: false, of_chosen: false }),
            ..VerdictRule::default()
        }
    };
    match found.as_slice() {
        [(column, side)] => Ok(Some(rule(column, *side))),
        [(first, true), (second, false)] | [(second, false), (first, true)] => {
            let number = |row: &crate::row::Row, column: &str| row.get(column).and_then(number_of);
            let whole = sample.rows.iter().all(|row| match (number(row, first), number(row, second)) {
                (Some(a), Some(b)) => (a + b - 1.0).abs() < 0.02,
                _ => true,
            });
            if whole {
                return Ok(Some(VerdictRule { receipt: vec![path(second)], ..rule(first, true) }));
            }
            Err(Refusal {
                problem: format!(
                    "`{first}` and `{second}` do not add up to 1: the rest may be ties, or both may be scores"
                ),
                remedy: "say which".to_owned(),
                certain: true,
                start: vec![
                    format!(
                        "{MAP} {}   (the probability that the first response is better)",
                        shell(&format!("winner={first}:1..0"))
                    ),
                    format!(
                        "or {MAP} {}   (the larger one wins)",
                        shell(&format!("winner={first} > {second}"))
                    ),
                ],
            })
        }
        _ => Ok(None),
    }
}

/// The words of a name without the only one that is a side, and whether that is A.
fn side_in(words: &[String], recipe: &Recipe) -> Option<(Vec<String>, bool)> {
    // The responses' own names take precedence: 1 is the second of `response_0` and `response_1`.
    let own = |paths: &[Path]| paths.first().map(|path| tokens(path.as_str())).unwrap_or_default();
    let (a, b) = (own(&recipe.a), own(&recipe.b));
    let apart: Option<(&String, &String)> =
        (a.len() == b.len()).then(|| a.iter().zip(&b).find(|(x, y)| x != y)).flatten();
    let of = |word: &String| match apart {
        Some((a, _)) if a == word => Some(true),
        Some((_, b)) if b == word => Some(false),
        // A number is one of the responses only where they are numbered.
        _ => match word.as_str() {
            "a" | "left" | "first" => Some(true),
            "b" | "right" | "second" => Some(false),
            _ => None,
        },
    };
    let mut sides = words.iter().enumerate().filter_map(|(at, word)| Some((at, of(word)?)));
    let (at, side) = sides.next()?;
    let other = sides.next();
    // `is A better than B`: what follows `than` is what the first is compared with.
    let compared = other.is_some_and(|(other, second)| {
        second != side
            && words
                .get(at..other)
                .is_some_and(|between| between.iter().any(|word| word == "than" || word == "over"))
    });
    if sides.next().is_some() || (other.is_some() && !compared) {
        return None;
    }
    // `better_than_b`: the other one is.
    let alone = other.is_none()
        && at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|word| word == "than" || word == "over");
    let side = side != alone;
    let own = |i: usize| i == at || other.is_some_and(|(other, _)| i == other);
    let rest = words.iter().enumerate().filter(|(i, _)| !own(*i)).map(|(_, word)| word.clone()).collect();
    Some((rest, side))
}

fn is_flag(sample: &Sample, column: &str) -> bool {
    sample.values(column).next().is_some() && sample.values(column).all(|value| flag(value).is_some())
}
