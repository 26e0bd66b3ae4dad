//! Under which keys does an object say who speaks, and what is said?

use predilect_types::Role;
use serde_json::Value;

use super::super::speaker::{known_role, role};
use super::object::Object;
use crate::error::RowError;

/// Where a turn says who speaks; of several, the first one counts.
pub(super) const ROLES: &[&str] = &["role", "from", "speaker", "author", "sender", "type"];

/// Where a turn says what is said; of several, the first one that is not empty counts.
pub(super) const CONTENTS: &[&str] =
    &["content", "value", "text", "message", "parts", "body", "contents", "utterance"];

/// Where an object without a role keeps an answer.
pub(super) const ANSWERS: &[&str] = &["answer", "response", "output", "completion", "generated_text"];

/// Where an object keeps a conversation.
pub(super) const CONVERSATIONS: &[&str] =
    &["messages", "conversation", "conversations", "turns", "dialogue", "dialog", "chat"];

/// Names under which one object contains a question and its answer.
pub(super) const ASKED: &[&str] = &["human", "user", "question", "prompt", "query", "instruction", "input"];
pub(super) const ANSWERED: &[&str] =
    &["assistant", "gpt", "bot", "ai", "answer", "response", "output", "completion"];
pub(super) const SYSTEM: &[&str] = &["system", "system_prompt"];

/// Where a turn keeps what the model thought; equal ones count once.
pub(super) const THOUGHTS: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Keys of calls that are irrelevant once name, arguments and result are kept.
pub(super) const BOOKKEEPING: &[&str] =
    &["tool_calls", "function_call", "functionCall", "tool_call_id", "call_id", "refusal"];

/// The key that names the speaker, and the role; a `type` counts only where it is a known role.
pub(super) fn speaker(turn: &Object) -> Result<Option<(&'static str, Role)>, RowError> {
    for key in ROLES {
        let name = match turn.get(*key) {
            None | Some(Value::Null) => continue,
            // A call's `type`, not a role.
            Some(Value::String(_))
                if *key == "type" && turn.get("function").is_some_and(Value::is_object) =>
            {
                continue;
            }
            Some(Value::String(name)) => name,
            // The author as an object, as exports of chats write it.
            Some(Value::Object(author)) => match author.get("role").or_else(|| author.get("name")) {
                Some(Value::String(name)) => name,
                _ => continue,
            },
            Some(_) if *key == "type" => continue,
            Some(other) => return Err(RowError::wrong_type(key, other, "text")),
        };
        if name.trim().is_empty() {
            continue;
        }
        match known_role(name) {
            Some(role) => return Ok(Some((key, role))),
            None if *key == "type" => {}
            None => return Ok(Some((key, role(name)))),
        }
    }
    Ok(None)
}

/// The key of the content that counts: the first that is not empty, else the first that is there at all.
pub(super) fn content_key(turn: &Object) -> Option<&'static str> {
    let there = || CONTENTS.iter().copied().filter(|key| turn.contains_key(*key));
    there().find(|key| turn.get(*key).is_some_and(|value| !is_empty(value))).or_else(|| there().next())
}

/// The key of a message within a turn's object: `{"message": {"role": .., "content": ..}}`, and what LangChain writes.
pub(super) fn inner_key(turn: &Object) -> Option<&'static str> {
    ["message", "data", "kwargs"].into_iter().find(|key| match turn.get(*key) {
        Some(Value::Object(inner)) if *key == "message" => matches!(speaker(inner), Ok(Some(_))),
        Some(Value::Object(inner)) => content_key(inner).is_some() && content_key(turn).is_none(),
        _ => false,
    })
}

pub(super) fn conversation_key(object: &Object) -> Option<&'static str> {
    let mut keys = CONVERSATIONS.iter().copied();
    keys.find(|key| matches!(object.get(*key), Some(Value::Array(_) | Value::Object(_) | Value::String(_))))
}

/// Whether an object without a role and content contains a question, an answer or both under their own names.
///
/// One of each at most, but an instruction may have further input; an answer alone must be under an assistant's name.
pub(super) fn is_asked_and_answered(turn: &Object) -> bool {
    if content_key(turn).is_some() || !matches!(speaker(turn), Ok(None)) {
        return false;
    }
    let count = |keys: &[&str]| {
        keys.iter().filter(|key| turn.get(**key).is_some_and(|value| !value.is_null())).count()
    };
    let asked = match count(ASKED) {
        2 if turn.contains_key("instruction") && turn.contains_key("input") => 1,
        other => other,
    };
    let answered = count(ANSWERED);
    let sure = asked == 1 || ["assistant", "gpt", "bot", "ai"].iter().any(|key| turn.contains_key(*key));
    let system = asked + answered == 0 && count(SYSTEM) == 1;
    asked <= 1 && answered <= 1 && (system || (asked + answered > 0 && sure))
}

pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An object's keys, as a message lists them.
pub(super) fn names(object: &Object) -> String {
    const SHOWN: usize = 12;
    let mut list: Vec<String> = object.keys().take(SHOWN).map(|key| format!("`{key}`")).collect();
    if object.len() > SHOWN {
        list.push("..".to_owned());
    }
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}
