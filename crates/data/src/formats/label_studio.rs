//! What a Label Studio task says: two texts that people compared, and each person's choice.
//!
//! `data` contains the texts; a result of type `pairwise` names the two it compared in `to_name` and the better one as `left` or `right`;
//! one of type `choices` names it in words; one of type `ranker` puts the items of a list in order, which gives a verdict on every pair of
//! them. The user who completed an annotation is its annotator; cancelled ones count as no verdict.

use crate::advice::MAP;
use predilect_types::{Message, Order};
use serde_json::Value;

use super::common::Context;
use crate::call::Call;
use crate::draft::{Draft, Drafts, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{MOST_PAIRS, Plan, Sample, name_of, plain_words, sides};
use crate::row::Row;

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let data = row.require("data")?;
    let Value::Object(fields) = data else {
        return Err(RowError::wrong_type("data", &data, "an object"));
    };
    let annotations = match row.take("annotations").or_else(|| row.take("completions")) {
        Some(Value::Array(list)) => list,
        Some(other) => return Err(RowError::wrong_type("annotations", &other, "a list of annotations")),
        None => Vec::new(),
    };
    let compared = annotations
        .iter()
        .flat_map(results)
        .find_map(|result| result.get("to_name")?.as_str()?.split_once(','))
        .map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
        .filter(|(a, b)| fields.contains_key(a) && fields.contains_key(b));
    if annotations.iter().flat_map(results).any(|result| ranking(result).is_some()) {
        return ranked(plan, cx, row, fields, &annotations);
    }
    let columns = fields.keys().cloned().collect::<Vec<_>>().into();
    let mut texts = Row::from_fields(fields);
    let sample = Sample { rows: vec![texts.clone()], columns, ..Sample::default() };
    let (a, b) = compared.or_else(|| sides(&sample)).ok_or_else(|| {
        RowError::missing("data").remedy(format!(
            "the task's data contain no two texts with names such as answer1 and answer2; name them with {MAP}"
        ))
    })?;
    let mut texts_of = |name: &str| {
        texts.messages(name, predilect_types::Role::Assistant).map_err(|error| error.under("data"))
    };
    let (a, b) = (texts_of(&a)?, texts_of(&b)?);
    let prompt = prompt(&sample, &mut texts)?;
    let response = |messages| predilect_types::Response { messages, model: None };
    let mut draft = Draft::new(prompt, response(a), response(b));
    for annotation in &annotations {
        let annotator = annotator(annotation)?;
        for result in results(annotation) {
            choice(cx, result, is_cancelled(annotation), annotator.as_ref(), &mut draft)?;
        }
    }
    plan.finish(row, &mut draft)?;
    draft.pair.id.clear();
    texts.rest_into(&mut draft.pair.metadata);
    Ok(draft.into())
}

/// The prompt among a task's data; empty without one.
fn prompt(sample: &Sample, texts: &mut Row) -> Result<Vec<Message>, RowError> {
    match crate::recipe::prompt_column(sample).filter(|name| texts.has(name)) {
        Some(name) => texts.messages(&name, predilect_types::Role::User).map_err(|error| error.under("data")),
        None => Ok(Vec::new()),
    }
}

/// What one result says of two texts.
fn choice(
    cx: &Context,
    result: &Value,
    cancelled: bool,
    annotator: Option<&String>,
    draft: &mut Draft,
) -> Result<(), RowError> {
    let value = result.get("value");
    let choices = value.and_then(|value| value.get("choices"));
    if let Some(several) = choices.filter(|list| list.as_array().is_some_and(|list| list.len() > 1)) {
        return Err(RowError::new(
            Reason::UnknownWinner,
            "several choices are made, and only one can name the better text",
        )
        .field("annotations.result.value.choices")
        .json(several));
    }
    let said = value.and_then(|value| value.get("selected")).or_else(|| choices?.get(0));
    let Some(said) = said.filter(|_| !cancelled) else {
        draft.dropped.push(NO_VERDICT);
        return Ok(());
    };
    let Some(call) = said.as_str().and_then(plain_words) else {
        return Err(RowError::new(
            Reason::UnknownWinner,
            "left, right or another word for one of the two is expected",
        )
        .field("annotations.result.value")
        .json(said));
    };
    draft.noted.push((0, said.as_str().unwrap_or_default().to_owned(), call));
    if call == Call::Missing {
        draft.dropped.push(NO_VERDICT);
    } else if let Some(mut verdict) = call.verdict(cx.judge.clone()) {
        verdict.annotator = annotator.cloned();
        verdict.order = Order::Ab;
        draft.verdicts.push(verdict);
    }
    Ok(())
}

fn results(annotation: &Value) -> &[Value] {
    annotation.get("result").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn is_cancelled(annotation: &Value) -> bool {
    annotation.get("was_cancelled").and_then(Value::as_bool) == Some(true)
}

fn annotator(annotation: &Value) -> Result<Option<String>, RowError> {
    match annotation.get("completed_by") {
        Some(who) => name_of("completed_by", who.clone()),
        None => Ok(None),
    }
}

/// The ids of the items, the best first.
fn ranking(result: &Value) -> Option<Vec<&str>> {
    let ranker = result.get("value")?.get("ranker")?;
    let list = ranker.get("rank").or(Some(ranker))?.as_array()?;
    list.iter().map(Value::as_str).collect()
}

/// The pairs of a task whose items people put in order.
fn ranked(
    plan: &Plan,
    cx: &Context,
    row: Row,
    mut fields: serde_json::Map<String, Value>,
    annotations: &[Value],
) -> Result<Parsed, RowError> {
    let responses = items(take_ranked_list(&mut fields, annotations)?)?;
    if responses.len() * responses.len().saturating_sub(1) / 2 > MOST_PAIRS {
        return Err(RowError::new(
            Reason::TooLarge,
            format!("{} items give more than {MOST_PAIRS} pairs", responses.len()),
        )
        .field("data"));
    }
    let columns = fields.keys().cloned().collect::<Vec<_>>().into();
    let mut texts = Row::from_fields(fields);
    let sample = Sample { rows: vec![texts.clone()], columns, ..Sample::default() };
    let prompt = prompt(&sample, &mut texts)?;
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    texts.rest_into(&mut base.pair.metadata);
    let mut drafts = Drafts::default();
    for (i, (first, a)) in responses.iter().enumerate() {
        for (second, b) in responses.iter().skip(i + 1) {
            let mut draft = Draft::new(prompt.clone(), a.clone(), b.clone());
            draft.pair.metadata.clone_from(&base.pair.metadata);
            for annotation in annotations {
                let order =
                    results(annotation).iter().find_map(ranking).filter(|_| !is_cancelled(annotation));
                let place = |name: &str| order.as_ref()?.iter().position(|id| *id == name);
                let call = match (place(first), place(second)) {
                    (Some(x), Some(y)) => Call::larger(y as f64, x as f64),
                    _ => Call::Missing,
                };
                match call.verdict(cx.judge.clone()) {
                    Some(mut verdict) => {
                        verdict.annotator = annotator(annotation)?;
                        draft.verdicts.push(verdict);
                    }
                    None => draft.dropped.push(NO_VERDICT),
                }
            }
            drafts.push(draft)?;
        }
    }
    Ok(drafts.into())
}

/// Takes the list whose items are those that were put in order.
fn take_ranked_list(
    fields: &mut serde_json::Map<String, Value>,
    annotations: &[Value],
) -> Result<Vec<Value>, RowError> {
    let id = |item: &Value| item.get("id").and_then(Value::as_str).map(str::to_owned);
    let ranked: Vec<&str> = annotations.iter().flat_map(results).filter_map(ranking).flatten().collect();
    let list = fields.iter().find_map(|(name, value)| {
        let of_them = |items: &&Vec<Value>| {
            let ids: Vec<String> = items.iter().filter_map(id).collect();
            ids.len() > 1
                && ids.len() == items.len()
                && ranked.iter().all(|ranked| ids.iter().any(|id| id == ranked))
        };
        let items = value.as_array().filter(of_them);
        items.map(|_| name.clone())
    });
    match list.and_then(|name| fields.remove(&name)) {
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(RowError::missing("data")),
        None => Err(RowError::missing("data")
            .remedy("the task's data contain no list of items with ids for the ranking to refer to")),
    }
}

/// The responses that were put in order, by their ids.
fn items(items: Vec<Value>) -> Result<Vec<(String, predilect_types::Response)>, RowError> {
    let mut responses = Vec::new();
    for item in items {
        let Value::Object(mut item) = item else { continue };
        let name = item.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let text =
            ["body", "text", "content", "response", "html", "title"].iter().find_map(|key| item.remove(*key));
        let text = text.ok_or_else(|| RowError::missing("data.body"))?;
        let model = item.get("model").and_then(Value::as_str).map(str::to_owned);
        let messages = crate::row::messages("data.body", text, predilect_types::Role::Assistant)?;
        responses.push((name, predilect_types::Response { messages, model }));
    }
    Ok(responses)
}
