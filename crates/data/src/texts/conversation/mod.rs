//! Which turns does a field contain: a text, messages in any of the common shapes, or the text of such a list?

mod call;
mod columns;
mod keys;
mod leftovers;
mod object;
mod part;
mod said;
mod turn;
mod written;

use predilect_types::{Message, Role};
use serde_json::Value;

use super::speaker::known_role;
use super::template;
use crate::error::{Reason, RowError};
use columns::{is_columns, rows};
use keys::{
    ANSWERS, SYSTEM, content_key, conversation_key, inner_key, is_asked_and_answered, names, speaker,
};
use object::{DEPTH, Object};
use part::is_part;
use said::Said;
use turn::{Place, from_turn};
use written::{begins_like_messages, holds_messages, is_message, is_spoken, opens_list};

pub(crate) use leftovers::leftovers;
pub(crate) use written::structured;

/// The turns in a field's value; text becomes one turn of the role given.
///
/// - Text that as a whole is a list of messages (or an object with one) in JSON or as Python prints it, a chat template or a transcript is
///   split; text that begins like such a list and cannot be read is an error. Any other text is one turn, unchanged except for a trailing
///   end-of-turn mark.
/// - A list contains messages, one text, several texts (speakers take turns, and the last text is of the role given), pairs of a role and a
///   text, pairs of question and answer, or the parts of one message. An empty list gives no turn.
/// - An object contains a conversation, one message, a question with its answer, two lists of roles and contents, or a text.
/// - A message's content is text, a list of parts (joined by line ends, an image as `[image]`) or an object with a text.
///   Null and "" are an empty turn; a message without any key of content or calls is an error that names its keys.
/// - A call of a tool becomes `[call] name({"key": "value"})` on a separate line, keys in alphabetical order; a result among the parts
///   becomes `[result] text`. Reasoning becomes a turn of the role `reasoning` before its message.
/// - Null is a missing field; a number or truth value is its text.
pub(crate) fn conversation(field: &str, value: Value, role: Role) -> Result<Vec<Message>, RowError> {
    read(field, value, role, 0)
}

fn read(field: &str, value: Value, role: Role, depth: usize) -> Result<Vec<Message>, RowError> {
    if depth > DEPTH {
        return Err(RowError::new(Reason::WrongType, "the conversation is nested too deeply").field(field));
    }
    match value {
        Value::String(text) => from_text(field, text, role, depth),
        Value::Array(items) => from_list(field, items, role, depth),
        Value::Object(object) => from_object(field, object, role, depth),
        Value::Null => Err(RowError::missing(field)),
        other => Ok(vec![Message { role, content: other.to_string() }]),
    }
}

fn from_text(field: &str, mut text: String, role: Role, depth: usize) -> Result<Vec<Message>, RowError> {
    let start = text.trim_ascii_start();
    if let Some(first) = start.bytes().next() {
        if opens_list(start) {
            match structured(start) {
                Some(value) if holds_messages(&value) => return read(field, value, role, depth + 1),
                None if begins_like_messages(start) => {
                    return Err(RowError::new(
                        Reason::InvalidJson,
                        "the text begins like a list of messages, but is neither valid JSON nor a complete Python list",
                    )
                    .field(field)
                    .value(&text));
                }
                _ => {}
            }
        }
        if template::may_begin(first)
            && let Some(turns) = template::decode(&text)
        {
            return Ok(turns);
        }
        if let Some(length) = template::without_end(&text) {
            text.truncate(length);
        }
    }
    Ok(vec![Message { role, content: text }])
}

fn from_list(field: &str, items: Vec<Value>, role: Role, depth: usize) -> Result<Vec<Message>, RowError> {
    let scalar = |item: &Value| matches!(item, Value::String(_) | Value::Number(_) | Value::Bool(_));
    if items.iter().all(Value::is_array) && !items.is_empty() {
        return from_lists(field, items, role, depth);
    }
    if items.iter().all(scalar) && (items.len() < 2 || items.iter().any(Value::is_string)) {
        return from_texts(field, items, role, depth);
    }
    let objects = || items.iter().filter_map(Value::as_object);
    let has_role = |turn: &Object| inner_key(turn).is_some() || !matches!(speaker(turn), Ok(None));
    if objects().any(has_role) || items.iter().all(|item| item.as_object().is_some_and(is_asked_and_answered))
    {
        let mut turns = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            let place = Place { field, index: Some(i), depth };
            match item {
                Value::Object(turn) => from_turn(&place, turn, None, &mut turns)?,
                other => return Err(RowError::wrong_type(&place.path(), &other, "a message")),
            }
        }
        return Ok(turns);
    }
    if let [Value::Object(only)] = items.as_slice()
        && !is_part(only)
    {
        return from_object(field, only.clone(), role, depth + 1);
    }
    // Without any role, only one message's parts are left; several texts in objects could be by any speaker.
    let parts = objects().any(is_part);
    let part = |item: &Value| match item {
        Value::Object(part) => {
            is_part(part)
                || part.get("type").is_some_and(Value::is_string)
                || (parts && part.get("text").is_some_and(Value::is_string))
        }
        item => scalar(item),
    };
    if !items.iter().all(part) || items.iter().all(Value::is_number) {
        let keys = objects().next().map(names);
        return Err(match keys {
            Some(keys) => RowError::new(
                Reason::MissingField,
                format!("the turns of the list do not say who speaks: their keys are {keys}"),
            )
            .field(field),
            None => RowError::wrong_type(field, &Value::Array(items), "a list of messages or texts"),
        });
    }
    let mut said = Said::default();
    said.content(Value::Array(items), depth).map_err(|error| error.field(field))?;
    let mut turns = Vec::new();
    said.into_turns(role, &mut turns);
    Ok(turns)
}

/// A list of lists: pairs of question and answer, or one conversation in one more list than needed.
fn from_lists(
    field: &str,
    mut items: Vec<Value>,
    role: Role,
    depth: usize,
) -> Result<Vec<Message>, RowError> {
    let text = |item: &Value| !item.is_array() && !item.is_object();
    let pair = |item: &Value| item.as_array().is_some_and(|pair| pair.len() == 2 && pair.iter().all(text));
    if !items.iter().all(pair) {
        return match items.pop() {
            Some(only) if items.is_empty() => read(field, only, role, depth + 1),
            last => {
                items.extend(last);
                let problem = format!("one conversation is expected, not a list of {}", items.len());
                Err(RowError::new(Reason::WrongType, problem).field(field).json(&Value::Array(items)))
            }
        };
    }
    // Where every first one is the name of a role, it says who speaks, and is no question.
    if items.iter().all(is_spoken) {
        return Ok(items.into_iter().filter_map(from_spoken).collect());
    }
    let mut turns = Vec::with_capacity(2 * items.len());
    for item in items {
        let Value::Array(pair) = item else { continue };
        for (said, role) in pair.into_iter().zip([Role::User, Role::Assistant]) {
            // Null: the answer is yet to come, or there was no question.
            match said {
                Value::Null => {}
                Value::String(content) => turns.push(Message { role, content }),
                other => turns.push(Message { role, content: other.to_string() }),
            }
        }
    }
    Ok(turns)
}

/// A turn of a list of `[role, text]`; none where nothing was said yet.
fn from_spoken(item: Value) -> Option<Message> {
    let Value::Array(pair) = item else { return None };
    let mut pair = pair.into_iter();
    let role = pair.next()?.as_str().and_then(known_role)?;
    match pair.next()? {
        Value::Null => None,
        Value::String(content) => Some(Message { role, content }),
        other => Some(Message { role, content: other.to_string() }),
    }
}

fn from_texts(
    field: &str,
    mut items: Vec<Value>,
    role: Role,
    depth: usize,
) -> Result<Vec<Message>, RowError> {
    if items.len() == 1 {
        return items.pop().map_or_else(|| Ok(Vec::new()), |only| read(field, only, role, depth + 1));
    }
    // A list whose messages were written as JSON one by one.
    let message = |item: &Value| {
        let text = item.as_str().filter(|text| opens_list(text.trim_ascii_start()))?;
        structured(text.trim_ascii_start()).filter(|value| is_message(value, false))
    };
    if items.first().and_then(message).is_some() {
        let decoded: Vec<Value> = items.iter().filter_map(message).collect();
        if decoded.len() == items.len() {
            return read(field, Value::Array(decoded), role, depth + 1);
        }
    }
    let other = match role {
        Role::User => Role::Assistant,
        Role::Assistant => Role::User,
        Role::System | Role::Other(_) => role.clone(),
    };
    let last = items.len().saturating_sub(1);
    Ok(items
        .into_iter()
        .enumerate()
        .map(|(i, item)| Message {
            role: if (last - i).is_multiple_of(2) { role.clone() } else { other.clone() },
            content: match item {
                Value::String(text) => text,
                other => other.to_string(),
            },
        })
        .collect())
}

fn from_object(field: &str, mut object: Object, role: Role, depth: usize) -> Result<Vec<Message>, RowError> {
    if is_columns(&object) {
        return from_list(field, rows(object), role, depth + 1);
    }
    let speaks = !matches!(speaker(&object), Ok(None));
    if let Some(key) = conversation_key(&object).filter(|_| !speaks) {
        let inner = object.remove(key).unwrap_or(Value::Null);
        let mut turns = read(&format!("{field}.{key}"), inner, role, depth + 1)?;
        let system = SYSTEM.iter().find_map(|key| match object.remove(*key) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            _ => None,
        });
        if let Some(content) = system
            && !turns.iter().any(|turn| turn.role == Role::System && turn.content == content)
        {
            turns.insert(0, Message { role: Role::System, content });
        }
        return Ok(turns);
    }
    // What a model's server answers.
    if let Some(Value::Array(choices)) = object.get_mut("choices")
        && let [Value::Object(only)] = choices.as_mut_slice()
    {
        object = std::mem::take(only);
    }
    let mut turns = Vec::new();
    let bare = !speaks && !is_asked_and_answered(&object) && content_key(&object).is_none();
    if let Some(key) =
        ANSWERS.iter().find(|key| bare && object.get(**key).is_some_and(|value| !value.is_null()))
    {
        let mut said = Said::default();
        let value = object.remove(*key).unwrap_or(Value::Null);
        said.content(value, depth).map_err(|error| error.field(&format!("{field}.{key}")))?;
        said.into_turns(role, &mut turns);
        return Ok(turns);
    }
    from_turn(&Place { field, index: None, depth }, object, Some(&role), &mut turns)?;
    Ok(turns)
}

#[cfg(test)]
mod tests;
