//! What one record says, by a plan: the pair, its models, its verdicts, and everything else as metadata.

mod alone;
mod parallel;
mod points;
mod prompt;
mod said;
mod who;

use super::calls::Names;
use super::declared::Shape;
use super::infer::{Shown, says_exchanged, turned};
use super::path::Column;
use super::plan::Plan;
use crate::draft::Draft;
use crate::error::{Reason, RowError};
use crate::row::{Row, as_text};
use predilect_types::{Message, Response, Role, content_id};
use serde_json::Value;

use said::in_doubt;

pub(super) use points::score;
pub(crate) use who::{Who, judged, name_of, weight};

impl Plan {
    pub(in crate::recipe) fn pair(&self, mut row: Row) -> Result<Draft, RowError> {
        let choice = self.recipe.shape == Shape::Choice;
        let who = self.who(&mut row)?;
        let (field_a, a) = self.response(&mut row, &self.a)?;
        let (field_b, b) = self.response(&mut row, &self.b)?;
        let mut a = self.named(a, &mut row, &self.model_a)?;
        let mut b = self.named(b, &mut row, &self.model_b)?;
        let mut draft = Draft::default();
        let (mut prompt, turns_a, turns_b, odd) =
            self.texts(&mut row, (&field_a, a.1.take()), (&field_b, b.1.take()))?;
        let (mut a, mut b) =
            (Response { messages: turns_a, model: a.0 }, Response { messages: turns_b, model: b.0 });
        // A conversation that ends with one of the responses is the prompt up to there.
        if prompt.len() > 1 {
            let answered = |last: &mut Message| {
                last.role == Role::Assistant
                    && [&a.messages, &b.messages]
                        .iter()
                        .any(|turns| only_text(turns) == Some(last.content.as_str()))
            };
            prompt.pop_if(answered);
        }
        // A history that continues with the prompt and one of the responses.
        if !self.history.is_empty()
            && let [.., asked, answer, again] = prompt.as_slice()
            && asked == again
            && answer.role == Role::Assistant
            && [&a.messages, &b.messages]
                .iter()
                .any(|turns| only_text(turns) == Some(answer.content.as_str()))
        {
            prompt.truncate(prompt.len() - 2);
        }
        if let Some(odd) = odd {
            draft.meta("prompt_column", Some(Value::String(odd)));
        }
        let names = Names {
            column_a: if choice { "" } else { &field_a },
            column_b: if choice { "" } else { &field_b },
            model_a: a.model.as_deref(),
            model_b: b.model.as_deref(),
            text_a: only_text(&a.messages),
            text_b: only_text(&b.messages),
        };
        let calls = self.calls(&mut row, names, &who, &mut draft)?;
        let mut swapped = false;
        if choice {
            let said = self.said_swapped(&mut row)?;
            swapped = said.unwrap_or_else(|| on_side_b(&prompt, &a, &b));
            if said.is_none() {
                draft.meta("swapped", Some(Value::Bool(swapped)));
            }
        }
        if swapped {
            std::mem::swap(&mut a, &mut b);
        }
        draft.pair.prompt = prompt;
        draft.pair.response_a = a;
        draft.pair.response_b = b;
        Self::add(calls, swapped, &mut draft);
        self.finish(row, &mut draft)?;
        Ok(draft)
    }

    /// What a record says of its sides: for a choice whether the chosen response is B, else whether B was shown first.
    pub(super) fn said_swapped(&self, row: &mut Row) -> Result<Option<bool>, RowError> {
        let there = |shown: &&Shown| shown.column.get(row).is_some_and(|value| !self.missing(value));
        let Some(shown) = self.swapped.iter().find(there) else { return Ok(None) };
        let (field, called) = (shown.column.shown(), self.called(row));
        let Some(value) = shown.column.take(row) else { return Ok(None) };
        let said = match self.recipe.shape {
            Shape::Choice => turned(&value),
            _ => shown.turned(&value, called.names()),
        };
        said.map(Some).ok_or_else(|| RowError::wrong_type(&field, &value, "true or false, or AB or BA"))
    }

    /// The value of the first of several places that has one.
    pub(super) fn first(&self, row: &mut Row, columns: &[Column]) -> Option<(String, Value)> {
        let at =
            columns.iter().position(|column| column.get(row).is_some_and(|value| !self.missing(value)))?;
        let column = columns.get(at)?;
        Some((column.shown(), column.take(row)?))
    }

    /// A blank cell of a table is missing.
    pub(super) fn missing(&self, value: &Value) -> bool {
        self.cells && value.as_str().is_some_and(|text| text.trim().is_empty())
    }

    pub(super) fn response(&self, row: &mut Row, columns: &[Column]) -> Result<(String, Value), RowError> {
        self.first(row, columns).ok_or_else(|| {
            let shown = columns.first().map(Column::shown).unwrap_or_default();
            let problem = if self.cells {
                "the response is missing: the cell is empty"
            } else {
                "the response is missing or null"
            };
            RowError::new(Reason::MissingField, problem).field(&shown)
        })
    }

    /// The model of a response, by its column or within the response itself.
    pub(super) fn named(
        &self,
        mut response: Value,
        row: &mut Row,
        columns: &[Column],
    ) -> Result<(Option<String>, Option<Value>), RowError> {
        let mut model = match self.first(row, columns) {
            Some((field, value)) => Some(as_text(&field, value)?).filter(|text| !text.trim().is_empty()),
            None => None,
        };
        if let (None, Value::Object(fields)) = (&model, &mut response) {
            let key = ["model", "model_name", "generator"]
                .into_iter()
                .find(|key| fields.get(*key).is_some_and(Value::is_string));
            if let Some(Value::String(name)) = key.and_then(|key| fields.remove(key)) {
                model = Some(name);
            }
        }
        Ok((model.map(|name| name.trim().to_owned()), Some(response)))
    }

    /// Id, scenario and language, and the rest as metadata.
    pub(crate) fn finish(&self, mut row: Row, draft: &mut Draft) -> Result<(), RowError> {
        draft.pair.id = self.name(&mut row, &self.id)?.unwrap_or_default();
        draft.pair.scenario = self.name(&mut row, &self.scenario)?;
        draft.pair.language = self.name(&mut row, &self.language)?;
        // Only the record's own columns: what reading adds to them, such as the side of a chosen response, is not a late field.
        let late = |watched: &Vec<String>| -> Vec<String> {
            let known = |name: &str| watched.binary_search_by(|known| known.as_str().cmp(name)).is_ok();
            let own = row.names().filter(|name| !known(name));
            own.map(ToOwned::to_owned).collect()
        };
        let late = self.watched.as_ref().map(late);
        row.rest_into(&mut draft.pair.metadata);
        if let Some(mut late) = late {
            late.retain(|name| draft.pair.metadata.contains_key(name));
            late.sort_unstable();
            draft.late = late;
            // A flag of exchanged sides that comes late would turn the rest of the file.
            let says = |name: &&String| {
                says_exchanged(name) && draft.pair.metadata.get(*name).and_then(turned) == Some(true)
            };
            let settled = self.recipe.settled.iter().any(|role| role == "swapped");
            if let Some(name) = draft.late.iter().find(says).filter(|_| !settled) {
                return Err(in_doubt(name));
            }
        }
        if self.nested {
            draft.pair.metadata.retain(|_, value| {
                prune(value);
                !value.is_null()
            });
        }
        Ok(())
    }
}

/// Whether a chosen response goes to side B: by a hash of the texts, so that it is the same in every run.
///
/// With the chosen response always as A every verdict would be 1, and neither a side nor a property could be distinguished from "A".
pub(crate) fn on_side_b(prompt: &[Message], chosen: &Response, rejected: &Response) -> bool {
    let id = content_id(prompt, chosen, rejected);
    id.bytes().last().is_some_and(|digit| digit % 2 == 1)
}

fn only_text(turns: &[Message]) -> Option<&str> {
    match turns {
        [only] => Some(&only.content),
        _ => None,
    }
}

/// Whether nothing is left of a value.
fn is_emptied(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => !items.is_empty() && items.iter().all(is_emptied),
        Value::Object(fields) => !fields.is_empty() && fields.values().all(is_emptied),
        _ => false,
    }
}

/// Removes what was taken out of an object, or a list of which nothing is left.
fn prune(value: &mut Value) {
    if value.is_array() && is_emptied(value) {
        *value = Value::Null;
    }
    if let Value::Object(fields) = value {
        let had = !fields.is_empty();
        fields.retain(|_, value| {
            prune(value);
            !value.is_null()
        });
        if had && fields.is_empty() {
            *value = Value::Null;
        }
    }
}
