//! Is a text a list of messages, written as JSON or as Python prints it?

use predilect_types::Role;
use serde_json::Value;

use super::super::python;
use super::super::speaker::known_role;
use super::columns::{column, is_columns};
use super::keys::{CONTENTS, CONVERSATIONS, ROLES, speaker};

/// The value in a text, if it is a list or an object in JSON or as Python prints it.
///
/// For columns that are known to contain lists: a text by itself does not show whether its author meant a list.
pub(crate) fn structured(text: &str) -> Option<Value> {
    let holds = |value: &Value| value.is_array() || value.is_object();
    serde_json::from_str(text).ok().filter(holds).or_else(|| python::parse(text).filter(holds))
}

/// Whether a text begins as a list or an object of objects does: all that is worth a try.
pub(super) fn opens_list(text: &str) -> bool {
    let after = |open: char| text.strip_prefix(open).map(str::trim_ascii_start);
    match text.as_bytes().first() {
        Some(b'[') => after('[').is_some_and(|rest| rest.starts_with('{')),
        Some(b'{') => after('{').is_some_and(|rest| rest.starts_with(['"', '\''])),
        Some(b'a' | b'n') => text.starts_with("array([") || text.starts_with("np.array(["),
        _ => false,
    }
}

/// Whether a value that was written as text is meant as messages: a list in which every object has a role and content, and the first role
/// is a known one; an object with such a list; two such lists in one object; or one such message.
pub(super) fn holds_messages(value: &Value) -> bool {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(is_spoken) => true,
        Value::Array(items) => {
            items.first().is_some_and(|first| is_message(first, true))
                && items.iter().all(|item| is_message(item, false))
        }
        Value::Object(object) => {
            let inner = CONVERSATIONS.iter().filter_map(|key| object.get(*key));
            if inner.into_iter().any(|inner| !inner.is_string() && holds_messages(inner)) {
                return true;
            }
            if is_columns(object) {
                let mut roles = ROLES.iter().filter_map(|key| column(object, key));
                return roles
                    .any(|roles| roles.first().and_then(Value::as_str).and_then(known_role).is_some());
            }
            ["role", "from"].iter().any(|key| object.contains_key(*key)) && is_message(value, true)
        }
        _ => false,
    }
}

/// Whether a value is a list of a role and what is said: `["user", "hello"]`.
pub(super) fn is_spoken(value: &Value) -> bool {
    let role = value.get(0).and_then(Value::as_str).and_then(known_role);
    value.as_array().is_some_and(|pair| pair.len() == 2) && role.is_some()
}

pub(super) fn is_message(value: &Value, known: bool) -> bool {
    let Value::Object(turn) = value else { return false };
    let content = || {
        let said = CONTENTS.iter().find_map(|key| turn.get(*key));
        said.is_some_and(|said| !said.is_number() && !said.is_boolean())
    };
    let said = content() || turn.contains_key("tool_calls") || turn.contains_key("function_call");
    // An object of any other kind may have a `type` too.
    let spoken = |key: &str, role: &Role| key != "type" && !(known && matches!(role, Role::Other(_)));
    said && matches!(speaker(turn), Ok(Some((key, role))) if spoken(key, &role))
}

/// Whether a text that neither JSON nor Python can read has the quoted keys and the known role that messages have.
pub(super) fn begins_like_messages(text: &str) -> bool {
    let value_of = |key: &str, known: bool| {
        text.match_indices(key).any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let Some(quote @ ('"' | '\'')) = before else { return false };
            let value = text
                .get(at + key.len()..)
                .and_then(|rest| rest.strip_prefix(quote))
                .and_then(|rest| rest.trim_ascii_start().strip_prefix(':'))
                .map(str::trim_ascii_start);
            let Some(value) = value else { return false };
            let name = || value.strip_prefix(['"', '\'']).and_then(|rest| rest.split(['"', '\'']).next());
            !known || name().is_some_and(|name| name.len() < 32 && known_role(name).is_some())
        })
    };
    let listed = text.starts_with(['[', 'a', 'n']);
    (listed || CONVERSATIONS.iter().any(|key| value_of(key, false)) || first_key_is_of_a_turn(text))
        && (value_of("role", true) || value_of("from", true))
        && ["content", "value", "text", "parts", "tool_calls"].iter().any(|key| value_of(key, false))
}

fn first_key_is_of_a_turn(text: &str) -> bool {
    let key = text.trim_start_matches('{').trim_ascii_start();
    let key = key.strip_prefix(['"', '\'']).and_then(|rest| rest.split(['"', '\'']).next());
    key.is_some_and(|key| matches!(key, "role" | "from" | "content" | "value"))
}
