//! Which turns does a field hold: a text, messages in any of the common shapes, or the text of such a list?

use std::collections::BTreeSet;
use std::io;

use predilect_types::{Message, Role};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

use super::{REASONING, python, template};
use crate::error::{Reason, RowError};

type Object = Map<String, Value>;

/// Where a turn says who speaks; of several, the first one counts.
const ROLES: &[&str] = &["role", "from", "speaker", "author", "sender", "type"];

/// Where a turn says what is said; of several, the first one that is not empty counts.
const CONTENTS: &[&str] = &["content", "value", "text", "message", "parts", "body", "contents", "utterance"];

/// Where an object without a role keeps an answer.
const ANSWERS: &[&str] = &["answer", "response", "output", "completion", "generated_text"];

/// Where an object keeps a conversation.
const CONVERSATIONS: &[&str] =
    &["messages", "conversation", "conversations", "turns", "dialogue", "dialog", "chat"];

/// Names under which one object holds a question and its answer.
const ASKED: &[&str] = &["human", "user", "question", "prompt", "query", "instruction", "input"];
const ANSWERED: &[&str] = &["assistant", "gpt", "bot", "ai", "answer", "response", "output", "completion"];
const SYSTEM: &[&str] = &["system", "system_prompt"];

/// Where a turn keeps what the model thought; equal ones count once.
const THOUGHTS: &[&str] = &["reasoning_content", "reasoning", "thinking"];

/// Keys of calls that mean nothing once name, arguments and result are kept.
const BOOKKEEPING: &[&str] =
    &["tool_calls", "function_call", "functionCall", "tool_call_id", "call_id", "refusal"];

/// Deeper nesting of conversations within conversations, and of content within content, is refused.
const DEPTH: usize = 8;

/// The turns that a field's value holds; text becomes one turn of the role given.
///
/// - Text that as a whole is a list of messages (or an object with one) in JSON or as Python prints it, a chat template or
///   a transcript is taken apart; text that begins like such a list and cannot be read is an error. Any other text is one
///   turn, unchanged but for marks of a turn's end that it ends with.
/// - A list holds messages, one text, several texts (speakers take turns, and the last text is of the role given), pairs
///   of question and answer, or the parts of one message. An empty list is no turn.
/// - An object holds a conversation, one message, a question with its answer, two lists of roles and contents, or a text.
/// - A message's content is text, a list of parts (joined by line ends, an image as `[image]`) or an object with a text.
///   Null and "" are an empty turn; a message without any key of content or calls is an error that names its keys.
/// - A call of a tool becomes `[call] name({"key": "value"})` on a line of its own, keys in alphabetical order; a result
///   among the parts becomes `[result] text`. Reasoning becomes a turn of the role `reasoning` before its message.
/// - Null is a missing field; a number or truth value is its text.
pub(crate) fn conversation(field: &str, value: Value, role: Role) -> Result<Vec<Message>, RowError> {
    read(field, value, role, 0)
}

/// Who speaks, by the names that files use, whatever the case.
///
/// Results of tools have the role `tool`, thoughts the role `reasoning`; a name that is none of these is kept as written.
pub(crate) fn role(name: &str) -> Role {
    known_role(name).unwrap_or_else(|| Role::Other(name.trim().to_owned()))
}

/// The same where the name is known.
pub(crate) fn known_role(name: &str) -> Option<Role> {
    const USER: &[&str] = &["user", "human", "prompter", "customer", "humanmessage", "user_message"];
    const ASSISTANT: &[&str] = &[
        "assistant",
        "ai",
        "bot",
        "chatbot",
        "gpt",
        "model",
        "chatgpt",
        "function_call",
        "tool_call",
        "aimessage",
        "aimessagechunk",
    ];
    const TOP: &[&str] = &["system", "developer", "systemmessage"];
    const TOOL: &[&str] = &[
        "tool",
        "function",
        "observation",
        "ipython",
        "tool_response",
        "tool_result",
        "tool_output",
        "function_response",
        "function_result",
        "function_call_output",
        "toolmessage",
    ];
    let name = name.trim();
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is(USER) {
        Some(Role::User)
    } else if is(ASSISTANT) {
        Some(Role::Assistant)
    } else if is(TOP) {
        Some(Role::System)
    } else if is(TOOL) {
        Some(Role::Other("tool".to_owned()))
    } else if is(&["reasoning", "thinking", "thought"]) {
        Some(Role::Other(REASONING.to_owned()))
    } else {
        None
    }
}

/// The value that a text holds, where it is a list or an object in JSON or as Python prints it.
///
/// For columns that are known to hold lists: nothing tells whether the author of a text meant a list.
pub(crate) fn structured(text: &str) -> Option<Value> {
    let holds = |value: &Value| value.is_array() || value.is_object();
    serde_json::from_str(text).ok().filter(holds).or_else(|| python::parse(text).filter(holds))
}

/// The keys of turns (and beside the list of turns) that [`conversation`] leaves out, in alphabetical order.
///
/// Null, empty texts, lists and objects do not count, nor do keys within a message's content.
pub(crate) fn leftovers(value: &Value) -> Vec<String> {
    let mut names = BTreeSet::new();
    gather(value, &mut names, 0);
    names.into_iter().collect()
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

/// Whether a text begins as a list or an object of objects does: all that is worth a try.
fn opens_list(text: &str) -> bool {
    let after = |open: char| text.strip_prefix(open).map(str::trim_ascii_start);
    match text.as_bytes().first() {
        Some(b'[') => after('[').is_some_and(|rest| rest.starts_with('{')),
        Some(b'{') => after('{').is_some_and(|rest| rest.starts_with(['"', '\''])),
        Some(b'a' | b'n') => text.starts_with("array([") || text.starts_with("np.array(["),
        _ => false,
    }
}

/// Whether a value that stood in a text is meant as messages: a list in which every object has a role and content, and the
/// first role is a known one; an object with such a list; two such lists in one object; or one such message.
fn holds_messages(value: &Value) -> bool {
    match value {
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

fn is_message(value: &Value, known: bool) -> bool {
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
fn begins_like_messages(text: &str) -> bool {
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
    // Without any role, only one message's parts are left; several texts in objects could be anybody's.
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
    let mut turns = Vec::with_capacity(2 * items.len());
    for item in items {
        let Value::Array(pair) = item else { continue };
        for (said, role) in pair.into_iter().zip([Role::User, Role::Assistant]) {
            // Null: the answer is yet to come, or nobody asked.
            match said {
                Value::Null => {}
                Value::String(content) => turns.push(Message { role, content }),
                other => turns.push(Message { role, content: other.to_string() }),
            }
        }
    }
    Ok(turns)
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

/// Where a turn is found: the field with its place in the list, and how deep within other values.
struct Place<'a> {
    field: &'a str,
    index: Option<usize>,
    depth: usize,
}

impl Place<'_> {
    fn path(&self) -> String {
        match self.index {
            Some(index) => format!("{}[{index}]", self.field),
            None => self.field.to_owned(),
        }
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.path())
    }
}

/// One object as a turn, with the turn of reasoning before it; or as a question and its answer.
///
/// `given` is the role of an object that names none; without it a role is required.
fn from_turn(
    place: &Place<'_>,
    mut turn: Object,
    given: Option<&Role>,
    turns: &mut Vec<Message>,
) -> Result<(), RowError> {
    let depth = place.depth;
    if depth > DEPTH {
        return Err(RowError::new(Reason::WrongType, "the turn is nested too deeply").field(&place.path()));
    }
    if let Some(key) = inner_key(&turn)
        && let Some(Value::Object(mut inner)) = turn.remove(key)
    {
        let outer = speaker(&turn).map_err(|error| error.under(&place.path()))?.map(|(_, role)| role);
        if let (Some(role), Ok(None)) = (&outer, speaker(&inner)) {
            inner.insert("role".to_owned(), Value::String(role.as_str().to_owned()));
        }
        let nested = Place { field: &place.key(key), index: None, depth: depth + 1 };
        return from_turn(&nested, inner, outer.as_ref().or(given), turns);
    }
    if is_asked_and_answered(&turn) {
        return asked_and_answered(place, turn, turns);
    }
    let (role, calls) = match (speaker(&turn).map_err(|error| error.under(&place.path()))?, given) {
        (Some((key, role)), _) => {
            let name = turn.get(key).and_then(Value::as_str).unwrap_or_default();
            let calls =
                ["function_call", "tool_call"].iter().any(|call| name.trim().eq_ignore_ascii_case(call));
            (role, calls)
        }
        (None, Some(role)) => (role.clone(), false),
        (None, None) => {
            let problem = format!("the turn does not say who speaks: its keys are {}", names(&turn));
            return Err(RowError::new(Reason::MissingField, problem).field(&place.path()));
        }
    };
    let mut said = Said::default();
    for key in THOUGHTS {
        match turn.remove(*key) {
            Some(Value::String(text)) => said.think(text),
            Some(value @ (Value::Array(_) | Value::Object(_))) => {
                let mut thought = Said::default();
                thought.content(value, depth).map_err(|error| error.field(&place.key(key)))?;
                said.think(thought.reasoning);
                said.think(thought.text);
            }
            _ => {}
        }
    }
    let content = content_key(&turn);
    if let Some(key) = content {
        match turn.remove(key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if calls => said.call(text),
            Some(Value::String(text)) => said.say(text),
            // What a tool found, as data.
            Some(Value::Object(found))
                if matches!(role, Role::Other(_)) && content_key(&found).is_none() && !is_part(&found) =>
            {
                said.say(spaced(&Value::Object(found)));
            }
            Some(value) => {
                said.content(value, depth).map_err(|error| error.field(&place.key(key)))?;
            }
        }
    }
    let mut called = content.is_some();
    for key in ["tool_calls", "function_call", "functionCall"] {
        match turn.remove(key) {
            None | Some(Value::Null) => {}
            Some(Value::Array(all)) => {
                called |= !all.is_empty();
                for value in all {
                    said.say(call(value));
                }
            }
            Some(Value::String(text)) => {
                called = true;
                said.call(text);
            }
            Some(value) => {
                called = true;
                said.say(call(value));
            }
        }
    }
    if let Some(Value::String(text)) = turn.remove("refusal") {
        called = true;
        said.say(text);
    }
    if !called {
        // An item that is a part itself: a call, its result, a thought.
        if !is_part(&turn) {
            let problem = format!("the turn has no content: its keys are {}", names(&turn));
            return Err(RowError::new(Reason::MissingField, problem).field(&place.path()));
        }
        said.part(turn, depth).map_err(|error| error.field(&place.path()))?;
    }
    said.into_turns(role, turns);
    Ok(())
}

/// Turns a question, its answer and the system text beside them into turns.
fn asked_and_answered(place: &Place<'_>, mut turn: Object, turns: &mut Vec<Message>) -> Result<(), RowError> {
    for (keys, role) in [(SYSTEM, Role::System), (ASKED, Role::User), (ANSWERED, Role::Assistant)] {
        let mut said = Said::default();
        let mut any = false;
        for key in keys {
            match turn.remove(*key) {
                None | Some(Value::Null) => {}
                // Further input and system texts are often left empty.
                Some(Value::String(text)) if text.is_empty() && (any || role == Role::System) => {}
                Some(value) => {
                    if any {
                        said.say(String::new());
                    }
                    any = true;
                    said.content(value, place.depth).map_err(|error| error.field(&place.key(key)))?;
                }
            }
        }
        if any {
            said.into_turns(role, turns);
        }
    }
    Ok(())
}

/// Whether an object without a role and content holds a question, an answer or both under their own names.
///
/// One of each at most, but an instruction may have further input; an answer alone must be under an assistant's name.
fn is_asked_and_answered(turn: &Object) -> bool {
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

/// The key that names the speaker, and the role; a `type` counts only where it is a known role.
fn speaker(turn: &Object) -> Result<Option<(&'static str, Role)>, RowError> {
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
fn content_key(turn: &Object) -> Option<&'static str> {
    let there = || CONTENTS.iter().copied().filter(|key| turn.contains_key(*key));
    there().find(|key| turn.get(*key).is_some_and(|value| !is_empty(value))).or_else(|| there().next())
}

/// The key of a message within a turn's object: `{"message": {"role": .., "content": ..}}`, and what LangChain writes.
fn inner_key(turn: &Object) -> Option<&'static str> {
    ["message", "data", "kwargs"].into_iter().find(|key| match turn.get(*key) {
        Some(Value::Object(inner)) if *key == "message" => matches!(speaker(inner), Ok(Some(_))),
        Some(Value::Object(inner)) => content_key(inner).is_some() && content_key(turn).is_none(),
        _ => false,
    })
}

fn conversation_key(object: &Object) -> Option<&'static str> {
    let mut keys = CONVERSATIONS.iter().copied();
    keys.find(|key| matches!(object.get(*key), Some(Value::Array(_) | Value::Object(_) | Value::String(_))))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// An object's keys, as a message lists them.
fn names(object: &Object) -> String {
    const SHOWN: usize = 12;
    let mut list: Vec<String> = object.keys().take(SHOWN).map(|key| format!("`{key}`")).collect();
    if object.len() > SHOWN {
        list.push("..".to_owned());
    }
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// A list under a key or its plural.
fn column<'a>(object: &'a Object, key: &str) -> Option<&'a Vec<Value>> {
    let mut columns = object.iter().filter(|(name, _)| singular(name) == key);
    columns.find_map(|(_, value)| value.as_array())
}

fn singular(name: &str) -> &str {
    match name.strip_suffix('s') {
        Some(short) if ROLES.contains(&short) || CONTENTS.contains(&short) => short,
        _ => name,
    }
}

/// Whether an object holds one list of roles and one of contents of the same length.
fn is_columns(object: &Object) -> bool {
    let roles = ROLES.iter().find_map(|key| column(object, key));
    roles.is_some_and(|roles| {
        let mut contents = CONTENTS.iter().filter_map(|key| column(object, key));
        contents.any(|contents| contents.len() == roles.len())
            && roles.iter().all(|name| name.is_string() || name.is_null())
    })
}

/// The turns of an object that holds lists: each list as long as the roles gives every turn one key.
fn rows(object: Object) -> Vec<Value> {
    let count = ROLES.iter().find_map(|key| column(&object, key)).map_or(0, Vec::len);
    let mut turns = vec![Object::new(); count];
    for (name, value) in object {
        if let Value::Array(items) = value
            && items.len() == count
        {
            for (turn, item) in turns.iter_mut().zip(items) {
                turn.insert(singular(&name).to_owned(), item);
            }
        }
    }
    turns.into_iter().map(Value::Object).collect()
}

/// What a message says, piece by piece.
#[derive(Default)]
struct Said {
    text: String,
    any: bool,
    reasoning: String,
}

impl Said {
    /// Adds a piece on a line of its own.
    fn say(&mut self, piece: String) {
        if self.any {
            self.text.push('\n');
            self.text.push_str(&piece);
        } else {
            self.text = piece;
            // An empty text in front of a call is no line.
            self.any = !self.text.is_empty();
        }
    }

    fn think(&mut self, piece: String) {
        if self.reasoning.is_empty() {
            self.reasoning = piece;
        } else if !piece.is_empty() && piece != self.reasoning {
            self.reasoning.push('\n');
            self.reasoning.push_str(&piece);
        }
    }

    /// Adds a call, or several, that were written as text; text that holds none stays as it is.
    fn call(&mut self, text: String) {
        let named = |value: &Value| value.as_object().is_some_and(|value| callee(value).is_some());
        match structured(text.trim()) {
            Some(Value::Array(calls)) if calls.iter().all(named) => {
                for value in calls {
                    self.say(call(value));
                }
            }
            Some(value) if named(&value) => self.say(call(value)),
            _ => self.say(text),
        }
    }

    /// A message's content; errors name no field.
    fn content(&mut self, value: Value, depth: usize) -> Result<(), RowError> {
        if depth > DEPTH {
            return Err(RowError::new(Reason::WrongType, "the content is nested too deeply"));
        }
        match value {
            Value::Null => Ok(()),
            Value::String(text) => {
                if !text.is_empty() {
                    self.say(text);
                }
                Ok(())
            }
            Value::Array(parts) => parts.into_iter().try_for_each(|part| match part {
                Value::Array(_) => Err(RowError::wrong_type("", &part, "a part with text")),
                part => self.content(part, depth + 1),
            }),
            Value::Object(part) => self.part(part, depth),
            other => {
                self.say(other.to_string());
                Ok(())
            }
        }
    }

    /// A part of a message's content; errors name no field.
    fn part(&mut self, mut part: Object, depth: usize) -> Result<(), RowError> {
        let kind = match part.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            _ => String::new(),
        };
        if is_thought(&part, &kind) {
            let mut thought = Said::default();
            for key in ["thinking", "reasoning", "text", "summary", "content"] {
                if let Some(value) = part.remove(key) {
                    thought.content(value, depth + 1)?;
                }
            }
            self.think(thought.text);
            return Ok(());
        }
        if is_call(&part, &kind) {
            self.say(call(Value::Object(part)));
            return Ok(());
        }
        if is_result(&part, &kind) {
            let mut result = Said::default();
            if let Some(Value::Object(mut inner)) =
                part.remove("functionResponse").or_else(|| part.remove("function_response"))
            {
                if let Some(Value::String(name)) = inner.remove("name") {
                    result
                        .say(format!("{name}: {}", spaced(&inner.remove("response").unwrap_or(Value::Null))));
                } else {
                    result.say(spaced(&Value::Object(inner)));
                }
            }
            for key in ["content", "output", "result"] {
                match part.remove(key) {
                    None => {}
                    Some(Value::Object(inner)) if !is_part(&inner) => {
                        result.say(spaced(&Value::Object(inner)));
                    }
                    Some(value) => result.content(value, depth + 1)?,
                }
            }
            self.say(format!("[result] {}", result.text).trim_end().to_owned());
            return Ok(());
        }
        let text = ["text", "content", "refusal", "output_text", "input_text", "value", "answer", "parts"]
            .into_iter()
            .find(|key| part.get(*key).is_some_and(|value| !value.is_null()));
        if let Some(key) = text {
            return self.content(part.remove(key).unwrap_or(Value::Null), depth + 1);
        }
        if let Some(medium) = medium(&part, &kind) {
            self.say(format!("[{medium}]"));
            return Ok(());
        }
        if part.values().all(Value::is_null) || part.contains_key("text") || part.contains_key("content") {
            return Ok(());
        }
        let problem = format!("a part of the content has no text: its keys are {}", names(&part));
        Err(RowError::new(Reason::MissingField, problem))
    }

    fn into_turns(self, role: Role, turns: &mut Vec<Message>) {
        let thought = role == Role::Other(REASONING.to_owned());
        let alone = thought && self.text.is_empty();
        if !self.reasoning.trim().is_empty() {
            turns.push(Message { role: Role::Other(REASONING.to_owned()), content: self.reasoning });
            if alone {
                return;
            }
        }
        turns.push(Message { role, content: self.text });
    }
}

fn is_gemini(part: &Object) -> bool {
    const KEYS: &[&str] = &[
        "functionCall",
        "function_call",
        "functionResponse",
        "function_response",
        "inlineData",
        "inline_data",
        "fileData",
        "file_data",
    ];
    KEYS.iter().any(|key| part.get(*key).is_some_and(Value::is_object))
}

/// Whether an object is a part of a message by its own type or keys.
fn is_part(part: &Object) -> bool {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    is_gemini(part)
        || is_thought(part, kind)
        || is_call(part, kind)
        || is_result(part, kind)
        || kind.ends_with("text")
        || medium(part, kind).is_some_and(|medium| medium != kind || MEDIA.contains(&medium))
}

fn is_thought(part: &Object, kind: &str) -> bool {
    matches!(kind, "thinking" | "reasoning" | "redacted_thinking" | "thought")
        || (kind.is_empty() && part.get("thinking").is_some_and(Value::is_string))
        || part.get("thought") == Some(&Value::Bool(true))
}

fn is_call(part: &Object, kind: &str) -> bool {
    kind.ends_with("tool_use")
        || kind.ends_with("tool_call")
        || kind == "function_call"
        || ["functionCall", "function_call", "function"]
            .iter()
            .any(|key| part.get(*key).is_some_and(Value::is_object))
        || (part.get("name").is_some_and(Value::is_string)
            && ["arguments", "args", "parameters"].iter().any(|key| part.contains_key(*key))
            && content_key(part).is_none())
}

fn is_result(part: &Object, kind: &str) -> bool {
    kind.ends_with("tool_result")
        || kind.ends_with("tool_response")
        || kind.ends_with("_call_output")
        || ["functionResponse", "function_response"]
            .iter()
            .any(|key| part.get(*key).is_some_and(Value::is_object))
}

const MEDIA: &[&str] = &["image", "audio", "video", "file", "document"];

/// What a part shows that is no text: `image`, `audio`, .., or its type by its own name.
fn medium<'a>(part: &'a Object, kind: &'a str) -> Option<&'a str> {
    let known = |text: &str| MEDIA.iter().copied().find(|medium| text.contains(medium));
    if let Some(medium) = known(kind) {
        return Some(medium);
    }
    for key in ["inlineData", "inline_data", "fileData", "file_data"] {
        if let Some(data) = part.get(key).filter(|data| data.is_object()) {
            let mime = data.get("mimeType").or_else(|| data.get("mime_type")).and_then(Value::as_str);
            return Some(mime.and_then(known).unwrap_or("file"));
        }
    }
    if !kind.is_empty() && !kind.ends_with("text") {
        return Some(kind);
    }
    part.iter().filter(|(_, value)| !value.is_null()).find_map(|(key, _)| known(key))
}

/// The name of the tool that an object calls.
fn callee(call: &Object) -> Option<&str> {
    ["name", "tool_name", "tool", "function"].iter().find_map(|key| call.get(*key)?.as_str())
}

/// A call in one line: `[call] name({"key": "value"})`; an object that names no tool is kept whole.
fn call(value: Value) -> String {
    let Value::Object(mut whole) = value else {
        return match value {
            Value::String(text) => format!("[call] {text}"),
            other => format!("[call] {}", spaced(&other)),
        };
    };
    for key in ["function", "custom", "functionCall", "function_call", "tool_call"] {
        if let Some(Value::Object(inner)) = whole.get_mut(key) {
            whole = std::mem::take(inner);
            break;
        }
    }
    let Some(name) = callee(&whole).map(str::to_owned) else {
        return format!("[call] {}", spaced(&Value::Object(whole)));
    };
    let arguments =
        ["arguments", "args", "input", "parameters", "kwargs"].iter().find_map(|key| whole.remove(*key));
    let written = match arguments {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => match serde_json::from_str::<Value>(&text) {
            Ok(value) if value.is_object() || value.is_array() => spaced(&value),
            _ => text,
        },
        Some(value) => spaced(&value),
    };
    let written = if written == "{}" { "" } else { written.as_str() };
    format!("[call] {name}({written})")
}

/// JSON with a blank after each comma and colon.
fn spaced(value: &Value) -> String {
    struct Blanks;
    impl Formatter for Blanks {
        fn begin_array_value<W: ?Sized + io::Write>(
            &mut self,
            writer: &mut W,
            first: bool,
        ) -> io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
            writer.write_all(b": ")
        }
    }
    let mut bytes = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, Blanks)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
        Err(_) => value.to_string(),
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn told(turns: &[(&str, &str)]) -> Vec<Message> {
        turns.iter().map(|(name, text)| Message { role: role(name), content: (*text).to_owned() }).collect()
    }

    fn read(value: Value) -> Vec<Message> {
        conversation("f", value, Role::User).unwrap()
    }

    /// What an error says, with field and value.
    fn refused(value: Value) -> String {
        let error = conversation("f", value, Role::User).unwrap_err();
        crate::error::DataError::row("x", crate::error::At::Line(1), error).to_string()
    }

    #[test]
    fn roles_by_all_their_names() {
        for (names, expected) in [
            (&["user", "Human", "PROMPTER", " customer "][..], Role::User),
            (&["assistant", "AI", "bot", "CHATBOT", "gpt", "model", "function_call"], Role::Assistant),
            (&["SYSTEM", "developer"], Role::System),
            (&["tool", "function", "observation", "ipython"], Role::Other("tool".into())),
            (&["Narrator"], Role::Other("Narrator".into())),
        ] {
            for name in names {
                assert_eq!(role(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn messages_under_many_keys() {
        let two = told(&[("user", "a"), ("assistant", "b")]);
        for value in [
            json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
            json!([{"role": "USER", "content": "a"}, {"role": "CHATBOT", "content": "b"}]),
            json!([{"from": "human", "value": "a"}, {"from": "gpt", "value": {"answer": "b"}}]),
            json!([{"role": "user", "parts": [{"text": "a"}]}, {"role": "model", "parts": [{"text": "b"}]}]),
            json!([{"sender": "human", "text": "a"}, {"author": {"role": "assistant"}, "message": "b"}]),
            json!([{"type": "human", "data": {"content": "a"}}, {"type": "ai", "content": "b"}]),
            json!([{"message": {"role": "user", "content": "a"}}, {"role": "ai", "message": {"text": "b"}}]),
            json!([{"user": "a"}, {"assistant": "b"}]),
            json!([{"human": "a", "assistant": "b"}]),
            json!([["a", "b"]]),
            json!([[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]]),
            json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}),
            json!({"role": ["user", "assistant"], "content": ["a", "b"]}),
            json!({"roles": ["user", "assistant"], "contents": ["a", "b"]}),
            json!({"conversations": {"from": ["human", "gpt"], "value": ["a", "b"]}}),
            json!({"question": "a", "answer": "b"}),
            json!([r#"{"role": "user", "content": "a"}"#, r#"{"role": "assistant", "content": "b"}"#]),
        ] {
            assert_eq!(read(value.clone()), two, "{value}");
        }
        assert_eq!(
            read(json!({"system": "s", "messages": [{"role": "user", "content": "a"}]})),
            told(&[("system", "s"), ("user", "a")])
        );
        assert_eq!(
            read(json!([{"instruction": "i", "input": "x", "output": "o"}])),
            told(&[("user", "i\n\nx"), ("assistant", "o")])
        );
        assert_eq!(read(json!([["a", null]])), told(&[("user", "a")]));
        assert_eq!(read(json!([])), told(&[]));
        assert_eq!(read(json!(3)), told(&[("user", "3")]));
    }

    #[test]
    fn lists_of_texts() {
        assert_eq!(read(json!(["a"])), told(&[("user", "a")]));
        assert_eq!(read(json!(["a", "b", "c"])), told(&[("user", "a"), ("assistant", "b"), ("user", "c")]));
        assert_eq!(
            conversation("f", json!(["a", "b"]), Role::Assistant).unwrap(),
            told(&[("user", "a"), ("assistant", "b")])
        );
    }

    #[test]
    fn objects_that_hold_one_text() {
        for value in [
            json!({"content": "a"}),
            json!({"text": "a"}),
            json!({"answer": "a"}),
            json!({"role": "user", "content": "a"}),
            json!([{"text": "a"}]),
            json!({"content": [{"type": "text", "text": {"value": "a", "annotations": []}}]}),
            json!({"choices": [{"index": 0, "message": {"role": "user", "content": "a"}}]}),
        ] {
            assert_eq!(read(value.clone()), told(&[("user", "a")]), "{value}");
        }
    }

    #[test]
    fn parts_become_lines() {
        let value = json!([{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image"},
            {"type": "image_url", "image_url": {"url": "data:"}}, "b", {"inlineData": {"mimeType": "audio/mp3"}},
            {"type": "text", "text": ""}]}]);
        assert_eq!(read(value), told(&[("user", "a\n[image]\n[image]\nb\n[audio]")]));
        assert_eq!(
            read(json!([{"type": "text", "text": "a"}, {"type": "image", "text": null}])),
            told(&[("user", "a\n[image]")])
        );
    }

    #[test]
    fn calls_of_tools_are_one_line_whoever_wrote_them() {
        let line = r#"[call] search({"n": 2, "q": "x y"})"#;
        let text = r#"{"q":"x y","n":2}"#;
        for value in [
            json!({"role": "assistant", "content": null, "tool_calls":
                [{"id": "c", "type": "function", "function": {"name": "search", "arguments": text}}]}),
            json!({"role": "assistant", "tool_calls": [{"name": "search", "args": {"q": "x y", "n": 2}}]}),
            json!({"role": "assistant", "content": "", "function_call": {"name": "search", "arguments": text}}),
            json!({"role": "assistant", "content":
                [{"type": "tool_use", "id": "t", "name": "search", "input": {"q": "x y", "n": 2}}]}),
            json!({"role": "model", "parts": [{"functionCall": {"name": "search", "args": {"q": "x y", "n": 2}}}]}),
            json!({"from": "function_call", "value": r#"{"name": "search", "arguments": {"q": "x y", "n": 2}}"#}),
            json!({"type": "function_call", "call_id": "c", "name": "search", "arguments": text}),
        ] {
            assert_eq!(read(json!([value.clone()])), told(&[("assistant", line)]), "{value}");
        }
        let calls = json!([{"type": "function", "function": {"name": "search", "arguments": text}},
                           {"type": "function", "function": {"name": "stop", "arguments": "{}"}}]);
        assert_eq!(
            conversation("f", calls, Role::Assistant).unwrap(),
            told(&[("assistant", &format!("{line}\n[call] stop()"))])
        );
        let said = json!([{"role": "assistant", "content": "Let me see.", "tool_calls":
            [{"function": {"name": "f", "arguments": "not JSON"}}, {"x": 1}]}]);
        assert_eq!(read(said), told(&[("assistant", "Let me see.\n[call] f(not JSON)\n[call] {\"x\": 1}")]));
    }

    #[test]
    fn results_of_tools() {
        let value = json!([
            {"role": "tool", "tool_call_id": "c", "content": "42"},
            {"from": "observation", "value": "43"},
            {"role": "tool", "content": {"t": 4}},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "44"}]}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"r": 45}}}]},
            {"type": "function_call_output", "call_id": "c", "output": "46"}]);
        assert_eq!(
            read(value),
            told(&[
                ("tool", "42"),
                ("tool", "43"),
                ("tool", "{\"t\": 4}"),
                ("user", "[result] 44"),
                ("user", "[result] f: {\"r\": 45}"),
                ("tool", "[result] 46")
            ])
        );
    }

    #[test]
    fn reasoning_is_a_turn_before_its_answer() {
        for value in [
            json!({"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "b"}]}),
            json!({"role": "assistant", "content": "b", "reasoning_content": "hm"}),
            json!({"role": "assistant", "content": "b", "reasoning": "hm", "thinking": null}),
            json!({"role": "model", "parts": [{"text": "hm", "thought": true}, {"text": "b"}]}),
        ] {
            assert_eq!(
                read(json!([value.clone()])),
                told(&[("reasoning", "hm"), ("assistant", "b")]),
                "{value}"
            );
        }
        let item = json!([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
                          {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b"}]}]);
        assert_eq!(read(item), told(&[("reasoning", "hm"), ("assistant", "b")]));
    }

    #[test]
    fn empty_content_is_empty_but_no_content_is_an_error() {
        let empty = json!([{"role": "user", "content": null}, {"role": "user", "content": ""}, {"role": "user", "content": []}]);
        assert_eq!(read(empty), told(&[("user", ""), ("user", ""), ("user", "")]));
        assert_eq!(read(json!([{"role": "user", "content": "", "text": "a"}])), told(&[("user", "a")]));
        for (value, words) in [
            (json!([{"role": "user", "foo": "x"}]), ["f[0]", "`foo`, `role`"]),
            (json!([{"role": "user"}]), ["f[0]", "`role`"]),
            (
                json!([{"role": "user", "content": "a"}, {"content": "b"}]),
                ["f[1]", "does not say who speaks"],
            ),
            (json!([{"text": "a"}, {"text": "b"}]), ["field `f`", "do not say who speaks"]),
            (json!([{"role": 1, "content": "b"}]), ["f[0].role", "text is expected"]),
            (json!([{"role": "user", "content": "a"}, "b"]), ["f[1]", "a message"]),
            (json!([{"role": "user", "content": [{"foo": 1}]}]), ["f[0].content", "`foo`"]),
            (json!([["a", "b", "c"], ["d"]]), ["field `f`", "a list of 2"]),
            (json!([null, "a"]), ["field `f`", "a list of messages or texts"]),
            (json!([1, 2]), ["field `f`", "a list of messages or texts"]),
            (json!({"foo": 1}), ["field `f`", "`foo`"]),
            (json!({}), ["field `f`", "none"]),
            (json!(null), ["field `f`", "missing"]),
        ] {
            let message = refused(value);
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
    }

    #[test]
    fn lists_within_texts_are_decoded_or_refused() {
        let two = told(&[("user", "it's"), ("assistant", "b")]);
        for text in [
            r#"[{"role": "user", "content": "it's"}, {"role": "assistant", "content": "b"}]"#,
            r#" {"tools": [], "messages": [{"role": "user", "content": "it's"}, {"role": "assistant", "content": "b"}]}"#,
            r#"[{'role': 'user', 'content': "it's"}, {'role': 'assistant', 'content': 'b'}]"#,
            "[{'role': 'user', 'content': \"it's\"}\n {'content': 'b', 'role': 'assistant'}]",
            "array([{'from': 'human', 'value': \"it's\"}, {'from': 'gpt', 'value': 'b'}], dtype=object)",
            "{'content': array([\"it's\", 'b'], dtype=object), 'role': array(['user', 'assistant'], dtype=object)}",
        ] {
            assert_eq!(read(json!(text)), two, "{text}");
        }
        for text in [
            r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"#,
            "[{'role': 'user', 'content': 'a'} ... {'role': 'assistant', 'content': 'b'}]",
            "[{'content': 'a', 'role': 'user'",
            r#"{"messages": [{"role": "user", "content": "a""#,
        ] {
            let message = refused(json!(text));
            assert!(message.contains("field `f`") && message.contains("Python"), "{message}");
        }
    }

    #[test]
    fn answers_that_are_lists_stay_texts() {
        for text in [
            r#"["Brie", "Ricotta"]"#,
            r#"[{"author": "Wilde", "text": "Be yourself."}]"#,
            r#"[{"type": "circle", "value": 3}]"#,
            r#"[{"id": 1, "role": "user"}]"#,
            r#"{"answer": 42}"#,
            r#"{"type": "system", "message": "disk full"}"#,
            r#"[{"type": "system", "message": "disk full"}]"#,
            r#"{"author": "bot", "text": "hello"}"#,
            r#"[{"name": "x", "#,
            "{ body { color: red } }",
            "[1] a footnote",
            "an apple",
            "array([1, 2])",
            "",
            "  ",
        ] {
            assert_eq!(read(json!(text)), told(&[("user", text)]), "{text}");
        }
    }

    #[test]
    fn templates_and_their_ends() {
        assert_eq!(read(json!("\n\nHuman: a\n\nAssistant: b")), told(&[("user", "a"), ("assistant", "b")]));
        assert_eq!(
            read(json!(["<|user|>\na\n<|assistant|>\nb"])),
            told(&[("user", "a"), ("assistant", "b")])
        );
        assert_eq!(read(json!("a<|im_end|>\n")), told(&[("user", "a")]));
    }

    #[test]
    fn structured_reads_lists_of_any_kind() {
        assert_eq!(structured("['a', \"b\"]"), Some(json!(["a", "b"])));
        assert_eq!(structured(r#"["a"]"#), Some(json!(["a"])));
        assert_eq!(structured("3"), None);
        assert_eq!(structured("text"), None);
    }

    #[test]
    fn keys_that_are_left_out() {
        for (value, expected) in [
            (
                json!([{"role": "user", "content": "a", "name": "Al", "weight": 0, "id": null, "tags": []}]),
                &["name", "weight"][..],
            ),
            (json!([{"role": "user", "content": "a", "text": "b"}]), &["text"]),
            (json!({"messages": [{"role": "user", "content": "a", "x": 1}], "tools": [{}]}), &["tools", "x"]),
            (json!({"role": ["user"], "content": ["a"], "mood": ["sad"]}), &["mood"]),
            (json!([{"message": {"role": "user", "content": "a", "x": 1}, "index": 0}]), &["index", "x"]),
            (json!(r#"[{"role": "user", "content": "a", "x": 1}]"#), &["x"]),
            (
                json!([{"role": "assistant", "content": null, "tool_calls": [{"name": "f"}], "reasoning": "r"}]),
                &[],
            ),
            (json!([{"type": "text", "text": "a"}]), &[]),
            (json!([{"human": "a", "assistant": "b"}]), &[]),
            (json!("a"), &[]),
        ] {
            assert_eq!(leftovers(&value), expected, "{value}");
        }
    }

    /// Values of the shapes above, with a mistake here and there.
    fn values() -> impl Strategy<Value = Value> {
        let key = proptest::sample::select(
            [
                ROLES,
                CONTENTS,
                CONVERSATIONS,
                ASKED,
                ANSWERED,
                SYSTEM,
                THOUGHTS,
                BOOKKEEPING,
                &[
                    "data",
                    "choices",
                    "function",
                    "name",
                    "arguments",
                    "contents",
                    "roles",
                    "functionResponse",
                    "thought",
                    "x",
                ],
            ]
            .concat(),
        );
        let text = proptest::sample::select(vec![
            "user",
            "assistant",
            "system",
            "tool",
            "text",
            "image",
            "tool_use",
            "thinking",
            "tool_result",
            "function_call",
            "",
            "a",
            "[{'role': 'user', 'content': 'a'}]",
            "{\"name\": \"f\"}",
            "\n\nHuman: a",
            "[{\"role\": \"user\", \"content\"",
        ]);
        let leaf = prop_oneof![
            1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::from), 1 => any::<i64>().prop_map(Value::from),
            6 => text.prop_map(Value::from), 1 => ".{0,12}".prop_map(Value::from)];
        leaf.prop_recursive(6, 48, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((key.clone(), inner), 0..4).prop_map(|fields| Value::Object(
                    fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                ))
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn no_value_panics(value in values()) {
            let _ = leftovers(&value);
            let _ = conversation("f", value, Role::Assistant);
        }

        #[test]
        fn no_text_panics(text in ".{0,120}") {
            let _ = conversation("f", Value::String(text), Role::User);
        }

        #[test]
        fn a_text_without_marks_comes_back(text in "[ \n]{0,3}[A-Za-z0-9é.,;'()*#\\[\\]{}-]{0,40}( [a-z.]{1,9}){0,12}\\PC?") {
            prop_assume!(!text.ends_with('>'));
            let turns = conversation("f", Value::String(text.clone()), Role::Assistant).unwrap();
            prop_assert_eq!(turns, [Message::assistant(text)]);
        }
    }
}
