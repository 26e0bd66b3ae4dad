//! One response a record: labelled as good or bad, or scored, and paired with others to the same prompt.

use super::super::calls::Code;
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
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Labels of a good response, as JSON.
const GOOD: &[&str] = &[
    "\"true\"",
    "1",
    "\"good\"",
    "\"up\"",
    "\"like\"",
    "\"thumbs_up\"",
    "\"positive\"",
    "\"yes\"",
    "\"desirable\"",
    "\"liked\"",
    "\"chosen\"",
    "\"preferred\"",
    "\"accepted\"",
];
/// Labels of a bad one.
const BAD: &[&str] = &[
    "\"false\"",
    "0",
    "-1",
    "\"bad\"",
    "\"down\"",
    "\"dislike\"",
    "\"thumbs_down\"",
    "\"negative\"",
    "\"no\"",
    "\"undesirable\"",
    "\"disliked\"",
    "\"rejected\"",
    "\"dispreferred\"",
];

/// One response with a label, good or bad.
pub(super) fn unpaired(sample: &Sample) -> Option<(String, VerdictRule)> {
    let named =
        |names: &[&str]| sample.columns.iter().find(|column| names.contains(&normal(column).as_str()));
    let label = named(&[
        "label",
        "kto_tag",
        "feedback",
        "thumbs_up",
        "is_good",
        "liked",
        "good",
        "desirable",
        "is_preferred",
        "thumbs",
    ])?;
    let response =
        named(&["completion", "response", "answer", "output", "messages", "conversations", "reply"])?;
    if !sample.texts(response) {
        return None;
    }
    let values = sample.distinct(label, 2)?;
    let codes: Vec<String> = values.iter().filter_map(Code::of).map(|code| code.shown()).collect();
    let known = |code: &String| GOOD.contains(&code.as_str()) || BAD.contains(&code.as_str());
    if codes.is_empty() || !codes.iter().all(known) {
        return None;
    }
    let plain = |list: &[&str]| {
        list.iter()
            .map(|code| serde_json::from_str(code).unwrap_or_else(|_| Value::String((*code).to_owned())))
            .collect::<Vec<_>>()
    };
    Some((
        response.clone(),
        VerdictRule { field: Some(path(label)), a: plain(GOOD), b: plain(BAD), ..VerdictRule::default() },
    ))
}

/// Labels of single responses of which the file does not say whether 1 is the good one: it may as well mark what is harmful.
pub(super) fn doubtful_label(sample: &Sample, response: &str, rule: &VerdictRule) -> Option<Refusal> {
    let label = rule.field.as_ref()?;
    let numbers = sample.values(label.as_str()).all(|value| number_of(value).is_some());
    if normal(label.as_str()) != "label" || normal(response) == "completion" || !numbers {
        return None;
    }
    let name = shell(label.as_str());
    Some(Refusal {
        problem: format!(
            "`{label}` contains 0 and 1; the file does not say whether 1 is a good response or, for example, a harmful one"
        ),
        remedy: "say what the values mean: A for a good response, B for a bad one".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} winner={name}:1=A,0=B   (1 is good)"),
            format!("or {MAP} winner={name}:0=A,1=B   (0 is good)"),
        ],
    })
}

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

/// One response a record, several records to a prompt: scored, ranked, or marked where it was chosen.
pub(super) fn scored(sample: &Sample) -> Option<(String, Vec<VerdictRule>)> {
    let prompt = prompt_column(sample)?;
    let response = sample
        .columns
        .iter()
        .find(|column| RESPONSES.contains(&normal(column).as_str()) && sample.texts(column))?;
    let called = |names: &[&str], fits: &dyn Fn(&Value) -> bool| {
        sample.columns.iter().find(|column| {
            names.contains(&normal(column).as_str())
                && sample.values(column).next().is_some()
                && sample.values(column).all(fits)
        })
    };
    let mut prompts: Vec<&Value> = sample.values(&prompt).collect();
    let all = prompts.len();
    prompts.sort_by_key(ToString::to_string);
    prompts.dedup();
    if prompts.len() * 4 > all * 3 {
        return None;
    }
    let rule = |column: &String| VerdictRule { field: Some(path(column)), ..VerdictRule::default() };
    let ranks = called(RANKS, &|value| number_of(value).is_some_and(|rank| rank >= 1.0))
        .filter(|rank| are_ranks(sample, &prompt, response, rank));
    // A score and a rank that contradict each other: it is unclear which of them counts.
    if let (Some(score), Some(rank)) = (called(roles::SCORES, &|value| number_of(value).is_some()), ranks)
        && contradict(sample, &prompt, score, rank)
    {
        return None;
    }
    let rule = if let Some(score) = called(roles::SCORES, &|value| number_of(value).is_some()) {
        rule(score)
    } else if let Some(rank) = ranks {
        VerdictRule { loses: true, ..rule(rank) }
    } else {
        let mark = called(MARKS, &|value| flag(value).is_some())?;
        VerdictRule {
            a: vec![Value::Bool(true), Value::from(1), Value::from("yes")],
            b: vec![Value::Bool(false), Value::from(0), Value::from("no")],
            ..rule(mark)
        }
    };
    Some((response.clone(), vec![rule]))
}

/// Whether of some two responses to one prompt the one with the higher score has the worse rank.
fn contradict(sample: &Sample, prompt: &str, score: &str, rank: &str) -> bool {
    let mut groups: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for row in &sample.rows {
        let number = |column: &str| row.get(column).and_then(number_of);
        if let (Some(key), Some(both)) = (row.get(prompt), number(score).zip(number(rank))) {
            groups.entry(key.to_string()).or_default().push(both);
        }
    }
    groups.values().any(|group| {
        group
            .iter()
            .enumerate()
            .any(|(at, (s, r))| group.iter().skip(at + 1).any(|(t, q)| (s - t) * (r - q) > 0.0))
    })
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
