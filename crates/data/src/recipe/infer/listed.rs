//! Lists of verdicts in one record: objects with who says and what, objects of what by who, and bare words.

use super::super::calls::ranked;
use super::super::declared::Recipe;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::VerdictRule;
use super::super::{qualities, roles};
use super::columns::path;
use super::judges::{criterion_of, is_judge_word};
use super::parallel::whose;
use super::two_orders::is_of_an_order;
use super::uses::used;
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// What a value of a list of verdicts may be: a word for one of the two or a tie, or a ranking of both.
fn says(value: &Value) -> bool {
    let worded = |value: &Value| {
        value.as_str().is_some_and(|text| {
            matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Tie(_) | Call::Soft(_)))
                || ["chosen", "rejected"].contains(&normal(text).as_str())
        })
    };
    worded(value) || ranked(value).is_some_and(|(best, tied)| tied || worded(best))
}

fn names_verdict(key: &str) -> bool {
    let plain = normal(key);
    roles::VERDICTS.contains(&plain.as_str())
        || ["value", "answer", "text", "choices", "option"].contains(&plain.as_str())
}

/// A list of verdicts: objects with who says and what, an object of what by who, or the bare words.
///
/// Objects may say more than who won: each quality that names the better one too is a criterion.
pub(super) fn listed(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let columns = sample.columns.iter().filter(|column| !used.contains(*column));
    let mut found = columns.filter_map(|column| in_column(sample, column));
    let Some(mut rule) = found.next() else { return Ok(Vec::new()) };
    // Two objects with a verdict each: what the one is and what the other, their names may say.
    if rule.each.is_none() && found.any(|other| other.each.is_none()) {
        return Ok(Vec::new());
    }
    whose(sample, recipe, &mut rule)?;
    if let Some(refusal) = ties_or_two(sample, &rule) {
        return Err(refusal);
    }
    let criteria = criteria_within(sample, &rule);
    Ok(std::iter::once(rule).chain(criteria).collect())
}

/// The verdicts of the list that a user names as the winner.
pub(super) fn listed_in(sample: &Sample, recipe: &Recipe, column: &str) -> Result<Vec<VerdictRule>, Refusal> {
    let Some(mut rule) = in_column(sample, column) else { return Ok(Vec::new()) };
    whose(sample, recipe, &mut rule)?;
    let criteria = criteria_within(sample, &rule);
    Ok(std::iter::once(rule).chain(criteria).collect())
}

/// The verdicts that a column has several of.
fn in_column(sample: &Sample, column: &str) -> Option<VerdictRule> {
    let first = sample.values(column).find(|value| value.as_array().is_none_or(|items| !items.is_empty()))?;
    match first {
        Value::Array(items) if items.first()?.is_object() => objects(sample, column, items),
        Value::Array(_) => bare_words(sample, column),
        // `{"selected": "left"}`: the key says what the value is, and not who chose it.
        Value::Object(fields) if fields.len() == 1 && fields.keys().all(|key| names_verdict(key)) => {
            let key = fields.keys().next()?;
            let all = sample.values(column).filter_map(|value| value.get(key)).take(200);
            let field = path(&format!("{column}.{key}"));
            let fits =
                fields.values().all(says) && all.into_iter().all(|value| says(value) || value.is_null());
            fits.then(|| VerdictRule { field: Some(field), ..VerdictRule::default() })
        }
        Value::Object(fields)
            if !fields.is_empty()
                && (holds_verdicts(column) || (fields.len() > 1 && names_verdicts(column)))
                && fields.values().all(says) =>
        {
            let criteria = are_criteria(fields);
            let all = sample.values(column).filter_map(Value::as_object).flat_map(|fields| fields.values());
            all.take(200).all(|value| says(value) || value.is_null()).then(|| VerdictRule {
                each: Some(path(column)),
                field: Some(path("value")),
                annotator: if criteria || are_orders(fields) { Vec::new() } else { vec![path("key")] },
                criterion_field: criteria.then(|| path("key")),
                ..VerdictRule::default()
            })
        }
        Value::Object(fields) => by_key(sample, column, fields),
        _ => None,
    }
}

/// The verdicts by criteria in the objects of a list, beside the one that a rule reads: `{"overall": "A", "safety": "B"}`.
fn criteria_within(sample: &Sample, rule: &VerdictRule) -> Vec<VerdictRule> {
    let (Some(each), Some(field)) = (&rule.each, &rule.field) else { return Vec::new() };
    if rule.criterion_field.is_some() {
        return Vec::new();
    }
    let items = || {
        sample
            .values(each.as_str())
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(Value::as_object)
            .take(200)
    };
    let Some(first) = items().next() else { return Vec::new() };
    let says_so = |key: &String| items().all(|item| item.get(key).is_some_and(says));
    let criterion = |key: &String| {
        let criterion = criterion_of(key).filter(|_| key != field.as_str() && says_so(key))?;
        Some(VerdictRule { field: Some(path(key)), criterion: Some(criterion), ..rule.clone() })
    };
    first.keys().filter_map(criterion).collect()
}

/// `{"judge-1": {"winner": "A", "reason": "..."}, ...}`, or the same by criterion.
fn by_key(sample: &Sample, column: &str, fields: &serde_json::Map<String, Value>) -> Option<VerdictRule> {
    let first = fields.values().next()?.as_object()?;
    let field = first.keys().find(|key| roles::VERDICTS.contains(&normal(key).as_str()))?;
    let mut all =
        sample.values(column).filter_map(Value::as_object).flat_map(|fields| fields.values()).take(200);
    let fits = all.all(|value| {
        value.is_null() || value.get(field.as_str()).is_some_and(|value| says(value) || value.is_null())
    });
    let criteria = are_criteria(fields);
    fits.then(|| VerdictRule {
        each: Some(path(column)),
        field: Some(path(field)),
        annotator: if criteria || are_orders(fields) { Vec::new() } else { vec![path("key")] },
        criterion_field: criteria.then(|| path("key")),
        ..VerdictRule::default()
    })
}

/// Whether the keys of an object of verdicts are criteria and not people: one of them is a quality and none is a judge.
fn are_criteria(fields: &serde_json::Map<String, Value>) -> bool {
    let words = || fields.keys().flat_map(|key| tokens(key));
    words().any(|word| qualities::quality(&word)) && !words().any(|word| is_judge_word(&word))
}

/// Whether the keys of an object of verdicts are the orders in which the responses were shown, and not people.
fn are_orders(fields: &serde_json::Map<String, Value>) -> bool {
    fields.keys().all(|key| is_of_an_order(key))
}

/// `[{"annotator": "ann-1", "choice": "A"}, ...]`.
fn objects(sample: &Sample, column: &str, items: &[Value]) -> Option<VerdictRule> {
    let fields = items.first().and_then(Value::as_object)?;
    let by_name = |names: &[&str]| fields.keys().find(|key| names.contains(&normal(key).as_str()));
    let rankings = || items.iter().all(|item| item.get("value").is_some_and(|value| ranked(value).is_some()));
    let plain = || {
        (holds_verdicts(column) || rankings())
            .then(|| by_name(&["value", "answer", "response", "rating"]))
            .flatten()
    };
    let field = by_name(roles::VERDICTS).or_else(plain)?;
    let said = || {
        let all = sample.values(column).filter_map(Value::as_array).flatten().take(200);
        all.filter_map(|item| item.get(field.as_str()))
    };
    let is = |value: &Value, number: u64| value.as_u64() == Some(number);
    let numbered = said().any(|value| is(value, 1))
        && said().any(|value| is(value, 2))
        && said().all(|value| is(value, 1) || is(value, 2) || value.is_null());
    let code = |number: u64| if numbered { vec![Value::from(number)] } else { Vec::new() };
    let fits = numbered || said().all(|value| says(value) || value.is_null());
    let who = by_name(roles::ANNOTATORS).or_else(|| by_name(&["name", "id", "who", "by"]));
    let judge = by_name(roles::JUDGES).or_else(|| by_name(&["model"]));
    let some = numbered || items.first().and_then(|item| item.get(field.as_str())).is_some_and(says);
    (fits && some).then(|| VerdictRule {
        each: Some(path(column)),
        field: Some(path(field)),
        a: code(1),
        b: code(2),
        annotator: who.filter(|_| judge.is_none()).map(|who| path(who)).into_iter().collect(),
        judge: judge.map(|judge| path(judge)).into_iter().collect(),
        criterion_field: by_name(roles::CRITERIA).map(|name| path(name)),
        ..VerdictRule::default()
    })
}

/// Names of columns that contain several verdicts.
const LISTS: &[&str] = &[
    "votes",
    "verdicts",
    "judgments",
    "judgements",
    "labels",
    "annotations",
    "preferences",
    "choices",
    "decisions",
    "responses",
    "annotator_votes",
    "human_votes",
    "winners",
    "human_preferences",
    "human_labels",
    "annotator_preferences",
    "annotator_choices",
    "human_annotations",
    "vote",
    "preference",
    "judges",
    "evaluations",
    "ratings",
    "annotators",
    "results",
    "reviews",
    "decision",
    "judgment",
    "judgement",
    "annotation",
    "preference_labels",
];

fn holds_verdicts(column: &str) -> bool {
    let plain = normal(column);
    let last = plain.rsplit('_').next().unwrap_or_default();
    LISTS.contains(&plain.as_str()) || (column.contains('.') && LISTS.contains(&last))
}

/// Whether a list of bare words under this name is of verdicts.
fn names_verdicts(column: &str) -> bool {
    let own = normal(column.rsplit('.').next().unwrap_or(column));
    let last = own.rsplit('_').next().unwrap_or_default();
    let known = |name: &str| LISTS.contains(&name) || roles::VERDICTS.contains(&name);
    holds_verdicts(column) || known(&own) || known(last)
}

/// Whether a list is the same in every record and never says a thing twice: the options that were offered.
fn offered(sample: &Sample, column: &str) -> bool {
    let mut lists = sample.values(column).filter_map(Value::as_array);
    let Some(first) = lists.next() else { return false };
    let twice = first.iter().enumerate().any(|(i, item)| first.iter().take(i).any(|before| before == item));
    let others: Vec<_> = lists.collect();
    first.len() > 1 && !twice && !others.is_empty() && others.iter().all(|list| *list == first)
}

/// Lists of the one response that won, and of both in some records: a tie, or what two people said.
pub(super) fn ties_or_two(sample: &Sample, rule: &VerdictRule) -> Option<Refusal> {
    const WON: &[&str] =
        &["winner", "winners", "best", "better", "preferred", "chosen", "selected", "favorite", "favourite"];
    let each = rule.each.as_ref().filter(|_| rule.annotator.is_empty() && rule.judge.is_empty())?;
    if !tokens(each.as_str()).iter().any(|word| WON.contains(&word.as_str())) {
        return None;
    }
    let lists = || sample.values(each.as_str()).filter_map(Value::as_array);
    let side = |value: &Value| {
        value.as_str().and_then(crate::recipe::words).filter(|call| matches!(call, Call::A | Call::B))
    };
    let differ = |items: &Vec<Value>| match items.as_slice() {
        [] | [_] => true,
        [first, second] => side(first).zip(side(second)).is_some_and(|(first, second)| first != second),
        _ => false,
    };
    let (one, two) = (lists().any(|items| items.len() == 1), lists().any(|items| items.len() == 2));
    (one && two && lists().all(differ)).then(|| Refusal {
        problem: format!(
            "`{each}` names both responses in some records; the file does not say whether these are ties or two verdicts"
        ),
        remedy: "say so, or write `tie` in place of both".to_owned(),
        certain: true,
        start: vec![format!("{MAP} winner={}   (each of them is a verdict)", shell(each.as_str()))],
    })
}

/// `["A", "B", "A"]` under a name for verdicts.
fn bare_words(sample: &Sample, column: &str) -> Option<VerdictRule> {
    let mut all = sample.values(column).filter_map(Value::as_array).flatten().take(200).peekable();
    if !names_verdicts(column)
        || offered(sample, column)
        || all.peek().is_none()
        || !all.all(|value| says(value) || value.is_null())
    {
        return None;
    }
    Some(VerdictRule { each: Some(path(column)), field: Some(path("value")), ..VerdictRule::default() })
}
