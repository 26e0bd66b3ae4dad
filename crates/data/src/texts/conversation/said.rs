//! What does one message say, piece by piece: its text, its reasoning, calls of tools and their results?

use predilect_types::{Message, Role};
use serde_json::Value;

use super::super::speaker::REASONING;
use super::call::{call, callee, spaced};
use super::keys::names;
use super::object::{DEPTH, Object};
use super::part::{is_call, is_part, is_result, is_thought, medium};
use super::written::structured;
use crate::error::{Reason, RowError};

/// What a message says, piece by piece.
#[derive(Default)]
pub(super) struct Said {
    pub(super) text: String,
    any: bool,
    pub(super) reasoning: String,
}

impl Said {
    /// Adds a piece on a separate line.
    pub(super) fn say(&mut self, piece: String) {
        if self.any {
            self.text.push('\n');
            self.text.push_str(&piece);
        } else {
            self.text = piece;
            // An empty text before a call is not a line.
            self.any = !self.text.is_empty();
        }
    }

    pub(super) fn think(&mut self, piece: String) {
        if self.reasoning.is_empty() {
            self.reasoning = piece;
        } else if !piece.is_empty() && piece != self.reasoning {
            self.reasoning.push('\n');
            self.reasoning.push_str(&piece);
        }
    }

    /// Adds a call, or several, that were written as text; text without a call is added unchanged.
    pub(super) fn call(&mut self, text: String) {
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
    pub(super) fn content(&mut self, value: Value, depth: usize) -> Result<(), RowError> {
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
    pub(super) fn part(&mut self, mut part: Object, depth: usize) -> Result<(), RowError> {
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

    pub(super) fn into_turns(self, role: Role, turns: &mut Vec<Message>) {
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
