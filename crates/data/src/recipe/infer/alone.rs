//! One response a record, labelled as good or bad.

use super::super::calls::Code;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::normal;
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::values::number_of;
use crate::advice::MAP;
use serde_json::Value;

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
