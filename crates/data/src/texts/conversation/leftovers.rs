//! Which keys of a conversation does reading leave out?

use std::collections::BTreeSet;

use serde_json::Value;

use super::columns::{is_columns, rows};
use super::keys::{
    ANSWERED, ANSWERS, ASKED, BOOKKEEPING, SYSTEM, THOUGHTS, content_key, conversation_key, inner_key,
    is_asked_and_answered, is_empty, speaker,
};
use super::object::DEPTH;
use super::part::is_part;
use super::written::{holds_messages, opens_list, structured};

/// The keys of turns (and next to the list of turns) that [`conversation`](super::conversation) leaves out, in alphabetical order.
///
/// Null, empty texts, lists and objects do not count, nor do keys within a message's content.
pub(crate) fn leftovers(value: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    gather(value, &mut names, 0);
    names.into_iter().collect()
}

fn gather(value: &Value, names: &mut BTreeSet<String>, depth: usize) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, names, depth + 1)),
        Value::Object(object) => {
            if is_columns(object) {
                return rows(object.clone()).iter().for_each(|turn| gather(turn, names, depth + 1));
            }
            let spoken = speaker(object).ok().flatten().map(|(key, _)| key);
            let inner = match (spoken, conversation_key(object), inner_key(object)) {
                (None, Some(key), _) | (_, _, Some(key)) => Some(key),
                _ => None,
            };
            if let Some(inner) = inner.and_then(|key| object.get(key)) {
                gather(inner, names, depth + 1);
            }
            let known = if inner.is_some() { inner } else { content_key(object) };
            let paired = is_asked_and_answered(object);
            let item = known.is_none() && is_part(object);
            for (key, value) in object {
                let name = key.as_str();
                let understood = Some(name) == spoken
                    || Some(name) == known
                    || BOOKKEEPING.contains(&name)
                    || (THOUGHTS.contains(&name) && !value.is_boolean() && !value.is_number())
                    || (name == "type" && (value == "message" || is_part(object)))
                    || (inner.is_some() && SYSTEM.contains(&name))
                    || (paired && [ASKED, ANSWERED, SYSTEM].iter().any(|keys| keys.contains(&name)))
                    || (item
                        && ["type", "id", "name", "arguments", "input", "output", "summary"].contains(&name))
                    || (known.is_none() && ANSWERS.contains(&name));
                if !understood && !is_empty(value) {
                    names.insert(key.clone());
                }
            }
        }
        Value::String(text) => {
            let start = text.trim_ascii_start();
            if opens_list(start)
                && let Some(value) = structured(start).filter(holds_messages)
            {
                gather(&value, names, depth + 1);
            }
        }
        _ => {}
    }
}
