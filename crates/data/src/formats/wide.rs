//! What a row of a wide table says: a question, one column per model, and the name of the winning column.
//!
//! The question is in `question` (or `prompt`, `instruction`, `query`), the winner's column in `preference`. Columns of
//! responses are those that `preference` names somewhere in the first rows; when it names only one, the other column
//! with the longest texts joins it. Of more than two columns the winner is paired with each of the others. The judge
//! is `judge`'s or `human`; `scenario`, `category` or `category_labels` is the scenario; the rest is metadata. A winner
//! that is no column of responses stops; `tie` and its kin pair all of them as ties.

use std::collections::BTreeMap;

use predilect_types::{Response, Role};
use serde_json::Value;

use super::{Context, Draft, Parsed, keep_rest, winner};
use crate::error::{Reason, RowError};
use crate::recipe::Call;
use crate::row::Row;

const QUESTION: &[&str] = &["question", "prompt", "instruction", "query"];
const NEVER: &[&str] = &[
    "preference",
    "question",
    "prompt",
    "instruction",
    "query",
    "judge",
    "scenario",
    "category",
    "category_labels",
    "id",
];

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let question = row.first_of(QUESTION);
    let prompt = row.messages(question, Role::User)?;
    let preference = row.take("preference");
    let mut responses = Vec::new();
    for name in &cx.models {
        if let Some(value) = row.take(name) {
            responses.push((name.clone(), crate::row::messages(name, value, Role::Assistant)?));
        }
    }
    if responses.len() < 2 {
        return Err(RowError::new(Reason::MissingField, "fewer than two columns hold responses")
            .field("preference")
            .json(preference.as_ref().unwrap_or(&Value::Null))
            .hint("`preference` must name the columns of responses"));
    }
    let judge = cx.judge_or(row.opt_text("judge")?);
    let scenario = ["scenario", "category", "category_labels"]
        .iter()
        .find_map(|name| row.get(name))
        .and_then(Value::as_str)
        .filter(|text| !text.starts_with('['))
        .map(str::to_owned);
    let mut metadata = BTreeMap::new();
    let names: Vec<String> = responses.iter().map(|(name, _)| name.clone()).collect();
    let won = preference
        .as_ref()
        .and_then(Value::as_str)
        .and_then(|text| names.iter().position(|n| n == text.trim()));
    let name = |at: usize| names.get(at).map_or("", String::as_str);
    let said = preference.as_ref().and_then(Value::as_str).map(|text| text.trim().to_owned());
    let call = match won {
        Some(_) => None,
        None => Some(winner("preference", preference, &[name(0)], &[name(1)])?),
    };
    keep_rest(row, &mut metadata);
    let mut drafts = Vec::new();
    for (i, a) in responses.iter().enumerate() {
        for (j, b) in responses.iter().enumerate().skip(i + 1) {
            let call = match (won, call) {
                (Some(won), _) if won == i => Call::A,
                (Some(won), _) if won == j => Call::B,
                (Some(_), _) => continue,
                (None, call) => call.unwrap_or(Call::Missing),
            };
            let response = |(name, turns): &(String, _)| Response {
                messages: Vec::clone(turns),
                model: Some(name.clone()),
            };
            let mut draft = Draft::new(prompt.clone(), response(a), response(b));
            draft.pair.scenario.clone_from(&scenario);
            draft.pair.metadata.clone_from(&metadata);
            // Of more than two models a name is no side.
            if let (Some(said), 2) = (&said, names.len()) {
                draft.noted.push((0, said.clone(), call));
            }
            draft.call(judge.clone(), call);
            drafts.push(draft);
        }
    }
    Ok(Parsed::Drafts(drafts))
}

/// The columns of responses, from the first rows of a file.
pub(crate) fn model_columns(rows: &[Row]) -> Vec<String> {
    let mut lengths: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for row in rows {
        if let Some(name) = row.get("preference").and_then(Value::as_str) {
            named.push(name.trim());
        }
        for name in row.names().filter(|name| !NEVER.contains(name)) {
            if !lengths.contains_key(name) {
                order.push(name);
            }
            *lengths.entry(name).or_default() += row.get(name).and_then(Value::as_str).map_or(0, str::len);
        }
    }
    let mut models: Vec<&str> = order.iter().copied().filter(|name| named.contains(name)).collect();
    if models.len() == 1 {
        let other = order.iter().filter(|name| !models.contains(name)).max_by_key(|name| lengths.get(**name));
        models.extend(other);
        models.sort_by_key(|name| order.iter().position(|o| o == name));
    }
    models.into_iter().map(str::to_owned).collect()
}
