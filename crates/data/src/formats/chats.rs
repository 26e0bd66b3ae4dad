//! What a rating in a copy of a chat says (Open WebUI): of several answers to one message one was rated.
//!
//! A rating of 1 means that the answer beats its siblings, -1 that each of them beats it. A rating of an answer without siblings gives no
//! comparison; one whose siblings have no text is a vote between two models.

use predilect_types::{Message, Order, Response, Verdict};
use serde_json::{Value, json};

use super::common::Context;
use crate::draft::{Draft, Drafts, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{Plan, on_side_b};
use crate::row::Row;

/// Longer conversations than this are a mistake in the file.
const DEPTH: usize = 4096;

/// Messages by their ids.
type Messages = serde_json::Map<String, Value>;

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let who = plan.who(&mut row)?;
    let data = row.require("data")?;
    let meta = row.take("meta").unwrap_or_default();
    let snapshot = row.take("snapshot").unwrap_or_default();
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let Some(rating) = rating(&data)? else {
        base.dropped.push(NO_VERDICT);
        return Ok(Parsed::Dropped(Box::new(base)));
    };
    let messages = ["/chat/chat/history/messages", "/chat/history/messages"]
        .iter()
        .find_map(|at| snapshot.pointer(at)?.as_object());
    let id = meta.get("message_id").and_then(Value::as_str).unwrap_or_default();
    let mut drafts = Drafts::default();
    let mut add = |prompt: Vec<Message>, own: Response, other: Response| {
        let swapped = on_side_b(&prompt, &own, &other);
        let (a, b) = if swapped { (other, own) } else { (own, other) };
        let mut draft = Draft::new(prompt, a, b);
        draft.pair.metadata.clone_from(&base.pair.metadata);
        draft.meta("reason", data.get("reason").filter(|reason| !reason.is_null()).cloned());
        let mut verdict = Verdict::new("", cx.judge.clone(), if rating == swapped { 0.0 } else { 1.0 });
        verdict.annotator.clone_from(&who.annotator);
        verdict.order = Order::Unknown;
        verdict.receipt = Some(json!({ "rating": data.get("rating") }));
        draft.verdicts.push(verdict);
        drafts.push(draft)
    };
    if let Some(messages) = messages
        && let Some(rated) = messages.get(id)
    {
        let prompt = before(messages, rated);
        for sibling in siblings(messages, id, rated) {
            add(prompt.clone(), response(rated), response(sibling))?;
        }
    } else if let (Some(own), Some(others)) = (
        data.get("model_id").and_then(Value::as_str),
        data.get("sibling_model_ids").and_then(Value::as_array),
    ) {
        let silent = |name: &str| Response { messages: Vec::new(), model: Some(name.to_owned()) };
        for other in others.iter().filter_map(Value::as_str) {
            add(Vec::new(), silent(own), silent(other))?;
        }
    }
    if drafts.len() == 0 {
        return Err(RowError::new(
            Reason::MissingField,
            "the rating compares nothing: the answer has no siblings",
        )
        .field("data.sibling_model_ids"));
    }
    Ok(drafts.into())
}

/// Whether the rating is good; `None` if there is no rating.
fn rating(data: &Value) -> Result<Option<bool>, RowError> {
    match data.get("rating") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match crate::row::number("data.rating", value)? {
            Some(1.0) => Ok(Some(true)),
            Some(-1.0) => Ok(Some(false)),
            _ => Err(RowError::new(Reason::VerdictOutOfRange, "a rating of 1 or -1 is expected")
                .field("data.rating")
                .json(value)),
        },
    }
}

fn text(message: &Value) -> String {
    message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn response(message: &Value) -> Response {
    Response::new(text(message), message.get("model").and_then(Value::as_str).map(str::to_owned))
}

fn parent(message: &Value) -> Option<&str> {
    message.get("parentId").and_then(Value::as_str)
}

/// What was said before a message, from the beginning.
fn before(messages: &Messages, rated: &Value) -> Vec<Message> {
    let mut said = Vec::new();
    let mut at = parent(rated);
    while let Some(message) = at.and_then(|id| messages.get(id)) {
        let role = crate::texts::role(message.get("role").and_then(Value::as_str).unwrap_or("user"));
        said.push(Message { role, content: text(message) });
        at = parent(message).filter(|_| said.len() < DEPTH);
    }
    said.reverse();
    said
}

/// The other answers to what a message answers.
fn siblings<'a>(messages: &'a Messages, id: &'a str, rated: &'a Value) -> impl Iterator<Item = &'a Value> {
    let of = parent(rated);
    let is_one = move |(other, message): &(&String, &Value)| {
        other.as_str() != id && of.is_some() && parent(message) == of
    };
    messages.iter().filter(is_one).map(|(_, message)| message)
}
