//! What a rating in a copy of a chat says (Open WebUI): of several answers to one message one was rated.
//!
//! A rating of 1 means that the answer beats its siblings, -1 that each of them beats it. A rating of an answer without
//! siblings compares nothing; one whose siblings have left no text is a vote between two models.

use predilect_types::{Message, Order, Response, Verdict};
use serde_json::{Value, json};

use super::{Context, Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{Plan, on_side_b};
use crate::row::Row;

/// Longer conversations than this are a mistake in the file.
const DEPTH: usize = 4096;

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let who = plan.who(&mut row)?;
    let data = row.require("data")?;
    let meta = row.take("meta").unwrap_or_default();
    let snapshot = row.take("snapshot").unwrap_or_default();
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let rating = match data.get("rating") {
        None | Some(Value::Null) => {
            base.dropped.push(NO_VERDICT);
            return Ok(Parsed::Dropped(Box::new(base)));
        }
        Some(value) => match crate::row::number("data.rating", value)? {
            Some(1.0) => true,
            Some(-1.0) => false,
            _ => {
                return Err(RowError::new(Reason::VerdictOutOfRange, "a rating of 1 or -1 is expected")
                    .field("data.rating")
                    .json(value));
            }
        },
    };
    let messages = ["/chat/chat/history/messages", "/chat/history/messages"]
        .iter()
        .find_map(|at| snapshot.pointer(at)?.as_object());
    let id = meta.get("message_id").and_then(Value::as_str).unwrap_or_default();
    let text =
        |message: &Value| message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned();
    let model = |message: &Value| message.get("model").and_then(Value::as_str).map(str::to_owned);
    let mut drafts = Vec::new();
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
        drafts.push(draft);
    };
    if let Some(messages) = messages
        && let Some(rated) = messages.get(id)
    {
        let parent = rated.get("parentId").and_then(Value::as_str);
        let mut prompt = Vec::new();
        let mut at = parent;
        while let Some(message) = at.and_then(|id| messages.get(id)) {
            let role = crate::texts::role(message.get("role").and_then(Value::as_str).unwrap_or("user"));
            prompt.push(Message { role, content: text(message) });
            at = message.get("parentId").and_then(Value::as_str).filter(|_| prompt.len() < DEPTH);
        }
        prompt.reverse();
        for (_, sibling) in messages.iter().filter(|(other, message)| {
            other.as_str() != id
                && message.get("parentId").and_then(Value::as_str) == parent
                && parent.is_some()
        }) {
            add(
                prompt.clone(),
                Response::new(text(rated), model(rated)),
                Response::new(text(sibling), model(sibling)),
            );
        }
    } else if let (Some(own), Some(others)) = (
        data.get("model_id").and_then(Value::as_str),
        data.get("sibling_model_ids").and_then(Value::as_array),
    ) {
        let silent = |name: &str| Response { messages: Vec::new(), model: Some(name.to_owned()) };
        for other in others.iter().filter_map(Value::as_str) {
            add(Vec::new(), silent(own), silent(other));
        }
    }
    if drafts.is_empty() {
        return Err(RowError::new(
            Reason::MissingField,
            "the rating compares nothing: the answer has no siblings",
        )
        .field("data.sibling_model_ids"));
    }
    Ok(Parsed::Drafts(drafts))
}
