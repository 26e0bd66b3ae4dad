//! Which turns does one object of a conversation give: its message with the reasoning before it, or a question and its answer?

use predilect_types::{Message, Role};
use serde_json::Value;

use super::call::{call, spaced};
use super::keys::{
    ANSWERED, ASKED, SYSTEM, THOUGHTS, content_key, inner_key, is_asked_and_answered, names, speaker,
};
use super::object::{DEPTH, Object};
use super::part::is_part;
use super::said::Said;
use crate::error::{Reason, RowError};

/// Where a turn is found: the field with its place in the list, and how deep within other values.
pub(super) struct Place<'a> {
    pub(super) field: &'a str,
    pub(super) index: Option<usize>,
    pub(super) depth: usize,
}

impl Place<'_> {
    pub(super) fn path(&self) -> String {
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
pub(super) fn from_turn(
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
    let (role, calls) = who_speaks(place, &turn, given)?;
    let mut said = Said::default();
    said.thoughts(place, &mut turn)?;
    let mut any = said.contents(place, &mut turn, &role, calls)?;
    any |= said.calls(&mut turn);
    if let Some(Value::String(text)) = turn.remove("refusal") {
        any = true;
        said.say(text);
    }
    if !any {
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

/// Who speaks, and whether what is said is a call of a tool.
fn who_speaks(place: &Place<'_>, turn: &Object, given: Option<&Role>) -> Result<(Role, bool), RowError> {
    match (speaker(turn).map_err(|error| error.under(&place.path()))?, given) {
        (Some((key, role)), _) => {
            let name = turn.get(key).and_then(Value::as_str).unwrap_or_default();
            let calls =
                ["function_call", "tool_call"].iter().any(|call| name.trim().eq_ignore_ascii_case(call));
            Ok((role, calls))
        }
        (None, Some(role)) => Ok((role.clone(), false)),
        (None, None) => {
            let problem = format!("the turn does not say who speaks: its keys are {}", names(turn));
            Err(RowError::new(Reason::MissingField, problem).field(&place.path()))
        }
    }
}

impl Said {
    /// Takes what was thought before it was said.
    fn thoughts(&mut self, place: &Place<'_>, turn: &mut Object) -> Result<(), RowError> {
        for key in THOUGHTS {
            match turn.remove(*key) {
                Some(Value::String(text)) => self.think(text),
                Some(value @ (Value::Array(_) | Value::Object(_))) => {
                    let mut thought = Said::default();
                    thought.content(value, place.depth).map_err(|error| error.field(&place.key(key)))?;
                    self.think(thought.reasoning);
                    self.think(thought.text);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the content; whether there is a field for it.
    fn contents(
        &mut self,
        place: &Place<'_>,
        turn: &mut Object,
        role: &Role,
        calls: bool,
    ) -> Result<bool, RowError> {
        let Some(key) = content_key(turn) else { return Ok(false) };
        match turn.remove(key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if calls => self.call(text),
            Some(Value::String(text)) => self.say(text),
            // What a tool found, as data.
            Some(Value::Object(found))
                if matches!(role, Role::Other(_)) && content_key(&found).is_none() && !is_part(&found) =>
            {
                self.say(spaced(&Value::Object(found)));
            }
            Some(value) => {
                self.content(value, place.depth).map_err(|error| error.field(&place.key(key)))?;
            }
        }
        Ok(true)
    }

    /// Takes the calls of tools; whether there are any.
    fn calls(&mut self, turn: &mut Object) -> bool {
        let mut any = false;
        for key in ["tool_calls", "function_call", "functionCall"] {
            match turn.remove(key) {
                None | Some(Value::Null) => {}
                Some(Value::Array(all)) => {
                    any |= !all.is_empty();
                    for value in all {
                        self.say(call(value));
                    }
                }
                Some(Value::String(text)) => {
                    any = true;
                    self.call(text);
                }
                Some(value) => {
                    any = true;
                    self.say(call(value));
                }
            }
        }
        any
    }
}

/// Turns a question, its answer and their system text into turns.
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
