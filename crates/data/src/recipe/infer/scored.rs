//! One response a record: scored, ranked or marked, and paired with others to the same prompt.

use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::normal;
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::prompts::prompt_column;
use super::values::{flag, number_of};
use crate::advice::MAP;
use crate::row::Row;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names of a column of single responses.
const RESPONSES: &[&str] = &[
    "response",
    "answer",
    "output",
    "completion",
    "reply",
    "generation",
    "text",
    "model_response",
    "assistant_response",
    "model_output",
    "model_answer",
    "generated_text",
];
/// Names of ranks among the responses to one prompt.
const RANKS: &[&str] = &["rank", "ranking", "human_rank", "rank_order", "response_rank", "answer_rank"];
/// Names of a mark of the best of them.
const MARKS: &[&str] = &[
    "chosen",
    "is_chosen",
    "best",
    "is_best",
    "selected",
    "is_selected",
    "preferred",
    "winner",
    "is_winner",
    "won",
    "picked",
    "if_chosen",
];

/// Single responses, several to a prompt, and what says which of them is the best.
pub(super) struct Single {
    pub(super) response: String,
    pub(super) verdict: Vec<VerdictRule>,
    /// Two columns say it, and they do not agree.
    pub(super) doubt: Option<Refusal>,
}

/// One response a record, several records to a prompt: scored, ranked, or marked where it was chosen.
pub(super) fn scored(sample: &Sample) -> Option<Single> {
    let prompt = prompt_column(sample)?;
    let response = sample
        .columns
        .iter()
        .find(|column| RESPONSES.contains(&normal(column).as_str()) && sample.texts(column))?;
    let mut prompts: Vec<&Value> = sample.values(&prompt).collect();
    let all = prompts.len();
    prompts.sort_by_key(ToString::to_string);
    prompts.dedup();
    if prompts.len() * 4 > all * 3 {
        return None;
    }
    let called = |names: &[&str], fits: &dyn Fn(&str) -> bool| -> Vec<&String> {
        let fitting = |column: &&String| {
            names.contains(&normal(column).as_str()) && sample.values(column).next().is_some() && fits(column)
        };
        sample.columns.iter().filter(fitting).collect()
    };
    let number = |column: &str| sample.values(column).all(|value| number_of(value).is_some());
    let mark = |column: &str| sample.values(column).all(|value| flag(value).is_some());
    let rank = |column: &str| {
        sample.values(column).all(|value| number_of(value).is_some_and(|rank| rank >= 1.0))
            && are_ranks(sample, &prompt, response, column)
    };
    let columns: Vec<&String> = called(roles::SCORES, &number)
        .into_iter()
        .chain(called(RANKS, &rank))
        .chain(called(MARKS, &mark))
        .collect();
    let (column, doubt) = settled_order(sample, (&prompt, response), &columns)?;
    let mut rule = VerdictRule { field: Some(path(column)), ..VerdictRule::default() };
    of_its_kind(sample, &mut rule);
    Some(Single { response: response.clone(), verdict: vec![rule], doubt })
}

/// A rank says that less is better, and a mark has no numbers, whoever names the column.
pub(super) fn of_its_kind(sample: &Sample, rule: &mut VerdictRule) {
    let Some(field) = rule.field.as_ref().filter(|_| rule.a.is_empty() && rule.b.is_empty()) else { return };
    let name = normal(field.as_str());
    if RANKS.contains(&name.as_str()) {
        rule.loses = true;
    } else if MARKS.contains(&name.as_str())
        && sample.values(field.as_str()).all(|value| flag(value).is_some())
    {
        rule.a = vec![Value::Bool(true), Value::from(1), Value::from("yes")];
        rule.b = vec![Value::Bool(false), Value::from(0), Value::from("no")];
    }
}

/// Of the columns that put the responses to a prompt into an order, the first that decides all that the others decide; and a doubt,
/// where two of them differ.
fn settled_order<'a>(
    sample: &Sample,
    (prompt, response): (&str, &str),
    columns: &[&'a String],
) -> Option<(&'a String, Option<Refusal>)> {
    let first = *columns.first()?;
    if columns.len() == 1 {
        return Some((first, None));
    }
    let mut orders: Vec<(&String, Vec<f64>)> =
        columns.iter().copied().zip(signs(sample, (prompt, response), columns)).collect();
    // What is the same for all responses to a prompt is no verdict on them.
    if orders.iter().any(|(_, signs)| signs.iter().any(|sign| *sign != 0.0)) {
        orders.retain(|(_, signs)| signs.iter().any(|sign| *sign != 0.0));
    }
    let score = |column: &str| roles::SCORES.contains(&normal(column).as_str());
    let differ = |(x, own): &(&String, Vec<f64>), (y, other): &(&String, Vec<f64>)| {
        let both = own.iter().zip(other);
        both.into_iter().any(|(x, y)| x * y < 0.0) || (score(x) && score(y) && own != other)
    };
    for (at, order) in orders.iter().enumerate() {
        if let Some(other) = orders.iter().skip(at + 1).find(|other| differ(order, other)) {
            return Some((first, Some(orders_differ(order.0, other.0))));
        }
    }
    let decides = |own: &[f64], other: &[f64]| own.iter().zip(other).all(|(x, y)| *y == 0.0 || *x != 0.0);
    let whole = orders.iter().find(|(_, own)| orders.iter().all(|(_, other)| decides(own, other)));
    match (whole, orders.as_slice()) {
        (Some((column, _)), _) => Some((column, None)),
        (None, [(one, _), .., (other, _)]) => Some((first, Some(orders_differ(one, other)))),
        (None, _) => Some((first, None)),
    }
}

fn orders_differ(one: &str, other: &str) -> Refusal {
    let claim = |column: &str| format!("{MAP} {}", shell(&format!("winner={column}")));
    Refusal {
        problem: format!("`{one}` and `{other}` both order the responses to a prompt, and they differ"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![claim(one), format!("or {}", claim(other))],
    }
}

/// How each column compares each two responses to one prompt: above 0 the first is better, 0 says nothing.
fn signs(sample: &Sample, (prompt, response): (&str, &str), columns: &[&String]) -> Vec<Vec<f64>> {
    /// Responses to one prompt that are compared: a few show whether columns agree.
    const MOST: usize = 24;
    let mut keys = groups_of_responses(sample, prompt, &[path(response)]);
    let people = roles::ANNOTATORS.iter().chain(roles::JUDGES);
    let people: Vec<&str> = people.copied().collect();
    keys.extend(sample.columns.iter().filter(|column| people.contains(&normal(column).as_str())).cloned());
    let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in &sample.rows {
        let key: Vec<Option<&Value>> =
            std::iter::once(row.get(prompt)).chain(keys.iter().map(|key| row.get(key))).collect();
        let group = groups.entry(format!("{key:?}")).or_default();
        if group.len() < MOST {
            group.push(row);
        }
    }
    let goodness = |row: &Row, column: &str| {
        let value = row.get(column)?;
        let number = flag(value).filter(|_| MARKS.contains(&normal(column).as_str())).map(f64::from);
        let number = number.or_else(|| number_of(value))?;
        Some(if RANKS.contains(&normal(column).as_str()) { -number } else { number })
    };
    let sign = |column: &str, x: &Row, y: &Row| match (goodness(x, column), goodness(y, column)) {
        (Some(x), Some(y)) if x != y => (x - y).signum(),
        _ => 0.0,
    };
    let of_a_column = |column: &&String| {
        let pairs = groups.values().flat_map(|group| {
            (0..group.len()).flat_map(move |i| {
                (i + 1..group.len()).filter_map(move |j| Some((group.get(i)?, group.get(j)?)))
            })
        });
        pairs.map(|(x, y)| sign(column, x, y)).collect()
    };
    columns.iter().map(of_a_column).collect()
}

/// Whether numbers are places among the responses to one prompt: from 1, and no further than there are responses.
fn are_ranks(sample: &Sample, prompt: &str, response: &str, rank: &str) -> bool {
    let keys = groups_of_responses(sample, prompt, &[]);
    let mut groups: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &sample.rows {
        let Some(number) = row.get(rank).and_then(number_of) else { continue };
        let key: Vec<Option<&Value>> =
            std::iter::once(row.get(prompt)).chain(keys.iter().map(|key| row.get(key))).collect();
        let key = format!("{key:?}");
        texts
            .entry(key.clone())
            .or_default()
            .insert(row.get(response).map(ToString::to_string).unwrap_or_default());
        groups.entry(key).or_default().push(number);
    }
    // The last one may be cut where the sample ends.
    let known = groups.len().saturating_sub(usize::from(!sample.whole));
    let place = |(key, numbers): &(&String, &Vec<f64>)| {
        let most = numbers.iter().copied().fold(0.0, f64::max);
        // Each place once, except for ties, of which there may be one: 1, 1, 2, 2 may be two rankings.
        let mut sorted = (*numbers).clone();
        sorted.sort_by(f64::total_cmp);
        let twice = sorted.windows(2).filter(|two| two.first() == two.last()).count();
        // A response with two places is reported later, with a better message.
        let again = texts.get(*key).is_some_and(|texts| texts.len() < numbers.len());
        numbers.contains(&1.0) && most <= numbers.len() as f64 && (twice < 2 || again)
    };
    known > 0 && groups.iter().filter(place).count() >= known
}

/// The columns that, in addition to the prompt, say which responses belong together: ids that several records share.
pub(super) fn groups_of_responses(sample: &Sample, prompt: &str, responses: &[Path]) -> Vec<String> {
    const GROUPS: &[&str] = &[
        "group",
        "round",
        "turn",
        "qid",
        "id",
        "sid",
        "pair",
        "item",
        "task",
        "case",
        "idx",
        "index",
        "key",
        "instance",
        "dialog",
        "dialogue",
        "conversation",
        "session",
        "trial",
        "set",
        "batch",
        "row",
        "example",
        "question_number",
    ];
    const NOT: &[&str] = &[
        "model",
        "user",
        "worker",
        "annotator",
        "rater",
        "judge",
        "response",
        "answer",
        "completion",
        "reviewer",
    ];
    let own = |column: &String| responses.iter().any(|path| path.as_str() == column);
    let shared = |column: &&String| {
        let mut values: Vec<String> = sample.values(column).map(ToString::to_string).collect();
        let all = values.len();
        values.sort_unstable();
        values.dedup();
        all == sample.rows.len() && values.len() * 4 <= all * 3
    };
    let named = |column: &&String| {
        let name = normal(column);
        let words: Vec<&str> = name.split('_').collect();
        let id = words.last() == Some(&"id") && !words.iter().any(|word| NOT.contains(word));
        (id || GROUPS.contains(&name.as_str())) && !own(column)
    };
    // A column that leaves responses alone which had others to the same prompt says something else of them.
    let mut found: Vec<String> = Vec::new();
    for column in sample.columns.iter().filter(named).filter(shared) {
        let more: Vec<String> = found.iter().chain([column]).cloned().collect();
        if alone(sample, prompt, &more) <= alone(sample, prompt, &found) {
            found = more;
        }
    }
    found
}

/// How many of the first records do not share their prompt and group with another.
fn alone(sample: &Sample, prompt: &str, groups: &[String]) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for row in &sample.rows {
        let key: Vec<Option<&Value>> =
            std::iter::once(row.get(prompt)).chain(groups.iter().map(|group| row.get(group))).collect();
        *counts.entry(format!("{key:?}")).or_default() += 1;
    }
    counts.values().filter(|count| **count == 1).count()
}
