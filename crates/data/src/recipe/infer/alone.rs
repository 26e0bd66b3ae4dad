//! One response a record: labelled as good or bad, or scored, and paired with others to the same prompt.

use super::super::calls::Code;
use super::super::roles::{self, normal};
use super::super::{Sample, VerdictRule};
use super::responses::number_of;
use super::{path, prompt_column};
use serde_json::Value;

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
    let good = [
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
    ];
    let bad = [
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
    ];
    let known = |code: &String| good.contains(&code.as_str()) || bad.contains(&code.as_str());
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
        VerdictRule { field: Some(path(label)), a: plain(&good), b: plain(&bad), ..VerdictRule::default() },
    ))
}

/// One scored response a record, several records to a prompt.
pub(super) fn scored(sample: &Sample) -> Option<(String, Vec<VerdictRule>)> {
    let prompt = prompt_column(sample)?;
    let response = sample.columns.iter().find(|column| {
        ["response", "answer", "output", "completion", "reply", "generation", "text"]
            .contains(&normal(column).as_str())
            && sample.texts(column)
    })?;
    let numeric = |column: &&String| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let score = sample
        .columns
        .iter()
        .filter(|column| roles::SCORES.contains(&normal(column).as_str()))
        .find(numeric)?;
    let mut prompts: Vec<&Value> = sample.values(&prompt).collect();
    let all = prompts.len();
    prompts.sort_by_key(ToString::to_string);
    prompts.dedup();
    (prompts.len() * 4 <= all * 3)
        .then(|| (response.clone(), vec![VerdictRule { field: Some(path(score)), ..VerdictRule::default() }]))
}
