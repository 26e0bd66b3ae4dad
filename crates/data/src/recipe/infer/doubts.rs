//! What stops: columns that may be read in two ways, or that contradict each other, with the flags that choose.

use super::super::calls::{Calls, Reading};
use super::super::declared::{Recipe, Shape};
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::evidence::{Evidence, evidence, sample_calls};
use super::losers::is_plain_loser;
use super::named::names_in;
use super::uses::{names_a_judge, used};
use super::values::{flag, number_of};
use crate::advice::MAP;
use crate::call::Call;
use crate::row::Row;
use serde_json::Value;

/// Verdicts by place (`left`, `first`) on responses that are not called so, where a column says which of them was shown there.
pub(crate) fn placed(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    const PLACES: &[&str] = &["left", "right", "first", "second", "top", "bottom"];
    if recipe.shape != Shape::Pair || recipe.settled.iter().any(|role| role == "winner") {
        return None;
    }
    let place = |word: &String| PLACES.contains(&word.as_str());
    if recipe.a.first().is_some_and(|path| tokens(path.as_str()).iter().any(place)) {
        return None;
    }
    let field = recipe.verdict.iter().find_map(|rule| rule.field.as_ref().filter(|_| rule.a.is_empty()))?;
    let column = field.resolve(&sample.columns)?;
    let says_place = |value: &Value| value.as_str().is_some_and(|text| tokens(text).iter().any(place));
    if !sample.rows.iter().filter_map(|row| column.get(row)).any(says_place) {
        return None;
    }
    let used = used(recipe, sample);
    let stood = sample.columns.iter().find(|other| {
        !used.contains(*other)
            && tokens(other).iter().any(|word| place(word) || word == "position" || word == "shown")
            && sample.values(other).next().is_some()
            && sample
                .rows
                .iter()
                .all(|row| row.get(other).is_none_or(|value| names_a_side(recipe, sample, row, value)))
    })?;
    let values: Vec<String> = sample
        .distinct(&column.name, 6)?
        .iter()
        .filter_map(Value::as_str)
        .map(|text| format!("{}=?", text.trim()))
        .collect();
    Some(Refusal {
        problem: format!(
            "`{field}` names positions, and `{stood}` may say which response was shown at each: the file does not say whether these are the positions of the columns"
        ),
        remedy: "say what the values mean for the columns, or put the responses in the order in which they were shown".to_owned(),
        certain: true,
        start: vec![format!("{MAP} {}", shell(&format!("winner={field}:{}", values.join(","))))],
    })
}

/// Whether a value says which response is meant: a truth value, a side, or the name of a response or of its model.
fn names_a_side(recipe: &Recipe, sample: &Sample, row: &Row, value: &Value) -> bool {
    let Some(text) = value.as_str().map(str::trim).filter(|text| !text.is_empty()) else {
        return flag(value).is_some();
    };
    let side = matches!(crate::recipe::words(text), Some(Call::A | Call::B));
    side || flag(value).is_some() || names_in(recipe, sample, row).by_name(text).is_some()
}

/// A second column that says who won and contradicts what the recipe reads.
pub(crate) fn contradiction(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    if recipe.settled.iter().any(|role| role == "chosen" || role == "rejected") {
        return None;
    }
    // By a criterion and by somebody else the choice may be another one.
    let apart = |rule: &VerdictRule| {
        recipe.shape == Shape::Choice && (rule.criterion.is_some() || rule.judge_name.is_some())
    };
    let there = |rule: &&VerdictRule| {
        !apart(rule) && rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some())
    };
    let rules: Vec<&VerdictRule> = recipe.verdict.iter().filter(there).collect();
    let own: Vec<Option<Call>> = match (recipe.shape, rules.as_slice()) {
        (Shape::Choice, []) if !recipe.no_choice && !recipe.gold => vec![Some(Call::A); sample.rows.len()],
        (Shape::Pair | Shape::Votes, [rule]) if rule.each.is_none() => {
            let field = rule.field.as_ref()?.resolve(&sample.columns)?;
            let calls = Calls::of(rule, field.shown());
            sample
                .rows
                .iter()
                .map(|row| calls.call(field.get(row), names_in(recipe, sample, row).names()).ok())
                .collect()
        }
        _ => return None,
    };
    let other = beside(recipe, sample).into_iter().find(|column| {
        let calls = Calls { field: column.clone(), reading: Reading::Words, loses: is_plain_loser(column) };
        sample.rows.iter().zip(&own).any(|(row, own)| {
            let names = names_in(recipe, sample, row);
            let value = row.get(column);
            let said = match (recipe.shape, value.and_then(Value::as_str)) {
                // Letters with a choice say where the responses were once shown; only names say which of the two it is, and a 0 of a label.
                (Shape::Choice, text) => text
                    .and_then(|text| names.by_name(text))
                    .or_else(|| (value.and_then(number_of) == Some(0.0)).then_some(Call::B)),
                _ => calls.call(value, names.names()).ok(),
            };
            let side = |call: Option<Call>| Some(call?.p_a()? - 0.5);
            side(*own).zip(side(said)).is_some_and(|(own, said)| own * said < 0.0)
        })
    })?;
    let first = match rules.first().and_then(|rule| rule.field.as_ref()) {
        Some(field) => field.to_string(),
        None => recipe.a.first()?.to_string(),
    };
    let start = either(recipe, sample, (&first, &other));
    Some(Refusal {
        problem: format!("`{first}` and `{other}` both say who won, and they contradict each other"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start,
    })
}

/// Flags that choose one of two columns that say who won.
fn either(recipe: &Recipe, sample: &Sample, (first, other): (&str, &str)) -> Vec<String> {
    // Numbers on a scale are still to be read on it.
    let of = |rule: &VerdictRule| {
        rule.scale.filter(|_| rule.field.as_ref().is_some_and(|field| field.as_str() == first))
    };
    let claim = match recipe.verdict.iter().find_map(of) {
        Some(scale) => format!("{first}:{}..{}", scale.a, scale.b),
        None => first.to_owned(),
    };
    let (one, two) = (shell(&claim), shell(other));
    if let (Shape::Choice, Some(rejected)) = (recipe.shape, recipe.b.first()) {
        let rejected = shell(rejected.as_str());
        return vec![
            format!("{MAP} chosen={one} {MAP} rejected={rejected}   (`{other}` is then metadata)"),
            format!("or {MAP} response_a={one} {MAP} response_b={rejected} {MAP} winner={two}"),
        ];
    }
    let mut start = vec![format!("{MAP} winner={one}"), format!("or {MAP} winner={two}")];
    if names_a_judge(recipe, sample) {
        let label = "it is a label, and not what the named judge said";
        start.push(format!("or {MAP} winner={one} {MAP} judge=none   ({label})"));
    }
    start
}

/// The other columns whose names and values also say who won.
fn beside(recipe: &Recipe, sample: &Sample) -> Vec<String> {
    let used = used(recipe, sample);
    let loser = |column: &str| recipe.shape != Shape::Choice && is_plain_loser(column);
    let exact =
        |column: &&String| roles::VERDICTS.contains(&tokens(column).join("_").as_str()) || loser(column);
    // Beside a named judge, whatever names the sides may be what it called: the verdict is then a label that somebody else gave.
    let judged = recipe.shape != Shape::Choice && names_a_judge(recipe, sample);
    let called = |column: &&String| judged && !says_where(column) && all_called(sample, recipe, column);
    let free = sample.columns.iter().filter(|column| !used.contains(*column));
    let says_who_won = |column: &&String| {
        (exact(column)
            && match evidence(sample, recipe, column) {
                Some(Evidence::Words) => true,
                Some(_) => recipe.shape == Shape::Choice && is_0_and_1(sample, column),
                None => false,
            })
            || called(column)
    };
    free.filter(says_who_won).cloned().collect()
}

/// Whether a column has both 0 and 1, and nothing else.
pub(super) fn is_0_and_1(sample: &Sample, column: &str) -> bool {
    let has = |wanted: f64| sample.values(column).any(|value| number_of(value) == Some(wanted));
    let either = |value: &Value| number_of(value).is_some_and(|number| number == 0.0 || number == 1.0);
    has(0.0) && has(1.0) && sample.values(column).all(either)
}

/// Whether every value of a column says which response is the better one, or that neither is, and each of the two is named.
fn all_called(sample: &Sample, recipe: &Recipe, column: &str) -> bool {
    let calls = sample_calls(sample, recipe, column);
    let says = |wanted: Call| calls.iter().any(|(_, call)| *call == Some(wanted));
    calls.iter().all(|(value, call)| call.is_some() && number_of(value).is_none())
        && says(Call::A)
        && says(Call::B)
}

/// Whether a column is named for where a response was shown, or for what it is more of, and not for a verdict.
fn says_where(column: &str) -> bool {
    const WHERE: &[&str] = &[
        "first",
        "second",
        "shown",
        "display",
        "displayed",
        "position",
        "side",
        "order",
        "swap",
        "swapped",
        "left",
        "right",
        "top",
        "presented",
        "longer",
        "shorter",
        "longest",
        "shortest",
        "length",
        "baseline",
        "cheaper",
        "faster",
        "slower",
        "treatment",
        "condition",
        "variant",
        "arm",
        "random",
    ];
    tokens(column).iter().any(|word| WHERE.contains(&word.as_str()))
}

/// The columns that said the same as the verdict in the first records, and may say something else in later ones.
pub(crate) fn echoes(recipe: &Recipe, sample: &Sample) -> Vec<String> {
    let settled = recipe.settled.iter().any(|role| role == "winner");
    let there =
        |rule: &&VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    let rules: Vec<&VerdictRule> = recipe.verdict.iter().filter(there).collect();
    let one = matches!(rules.as_slice(), [rule] if rule.each.is_none() && rule.field.is_some());
    if sample.whole
        || settled
        || !one
        || recipe.coded()
        || !matches!(recipe.shape, Shape::Pair | Shape::Votes)
    {
        return Vec::new();
    }
    beside(recipe, sample)
}

/// The scale that numbers are most likely on: a common one that includes them all, since its ends need not have been used.
fn scale_of(numbers: &[f64]) -> (f64, f64) {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole = numbers.iter().all(|number| number.fract() == 0.0);
    if low < 0.0 {
        let end = if high.max(-low) <= 1.0 { 1.0 } else { high.max(-low).ceil() };
        return (-end, end);
    }
    let common: &[(f64, f64)] = if whole {
        &[(0.0, 1.0), (1.0, 5.0), (1.0, 7.0), (0.0, 5.0), (1.0, 10.0), (0.0, 10.0)]
    } else {
        &[(0.0, 1.0), (0.0, 5.0), (0.0, 10.0)]
    };
    let holds = |(from, to): &&(f64, f64)| low >= *from && high <= *to;
    common.iter().find(holds).copied().unwrap_or((0.0, if high <= 100.0 { 100.0 } else { high.ceil() }))
}

/// Readings of numbers from 1 of which -1 is most likely what a call that failed left.
fn failed_calls(name: &str, numbers: &[f64]) -> Vec<String> {
    let others: Vec<f64> = numbers.iter().copied().filter(|number| *number > 0.0).collect();
    if others.iter().all(|number| *number <= 2.0) {
        return vec![
            format!("{MAP} winner={name}:1=A,2=B,-1=none"),
            format!("{MAP} winner={name}:1=A,2=B,-1=tie"),
        ];
    }
    let (low, high) = scale_of(&others);
    vec![
        format!("{MAP} winner={name}:{low}..{high},-1=none   ({low} = A is clearly better, {high} = B)"),
        format!("{MAP} winner={name}:{high}..{low},-1=none   ({high} = A, {low} = B)"),
    ]
}

/// Two readings of numbers that no format explains.
pub(super) fn doubt(sample: &Sample, column: &str) -> Refusal {
    let values = sample.distinct(column, 12).unwrap_or_default();
    let shown: Vec<String> = values.iter().take(6).map(ToString::to_string).collect();
    let numbers: Vec<f64> = values.iter().filter_map(number_of).collect();
    let whole = numbers.len() == values.len() && numbers.iter().all(|number| number.fract() == 0.0);
    let has = |number: f64| numbers.contains(&number);
    let name = shell(column);
    let readings: Vec<String> = if whole && has(-1.0) && numbers.iter().all(|number| number.abs() <= 1.0) {
        let tie = if has(0.0) { ",0=tie" } else { "" };
        vec![format!("{MAP} winner={name}:-1=A,1=B{tie}"), format!("{MAP} winner={name}:1=A,-1=B{tie}")]
    } else if whole && has(-1.0) && numbers.iter().all(|number| *number == -1.0 || *number >= 1.0) {
        failed_calls(&name, &numbers)
    } else if whole && has(0.0) && has(1.0) && has(2.0) {
        vec![format!("{MAP} winner={name}:0=A,1=B,2=tie"), format!("{MAP} winner={name}:1=A,2=B,0=tie")]
    } else if whole && numbers.iter().all(|number| (0.0..=2.0).contains(number)) {
        vec![
            format!("{MAP} winner={name}:0=A,1=B"),
            format!("{MAP} winner={name}:1=A,0=B"),
            format!("{MAP} winner={name}:1=A,2=B,0=tie"),
        ]
    } else if whole
        && has(1.0)
        && has(2.0)
        && has(3.0)
        && numbers.iter().all(|number| (1.0..=3.0).contains(number))
    {
        vec![
            format!(
                "{MAP} winner={name}:1=A,2=B,3=?   (tie, both_bad, both_good or none for the question mark)"
            ),
            format!("{MAP} winner={name}:1..3   (1 = A, 2 = a tie, 3 = B)"),
            format!("{MAP} winner={name}:3..1   (3 = A, 2 = a tie, 1 = B)"),
        ]
    } else if numbers.len() == values.len() && !numbers.is_empty() {
        let (low, high) = scale_of(&numbers);
        vec![
            format!("{MAP} winner={name}:{low}..{high}   ({low} = A is clearly better, {high} = B)"),
            format!("{MAP} winner={name}:{high}..{low}   ({high} = A, {low} = B)"),
        ]
    } else {
        vec![format!("{MAP} winner={name}:true=A,false=B"), format!("{MAP} winner={name}:true=B,false=A")]
    };
    Refusal {
        problem: format!(
            "`{column}` contains {}; which response each value favours is not stated in the file",
            shown.join(", ")
        ),
        remedy: "say what the values mean".to_owned(),
        certain: true,
        start: readings
            .iter()
            .enumerate()
            .map(|(i, reading)| if i == 0 { reading.clone() } else { format!("or {reading}") })
            .collect(),
    }
}
