//! Which turns of a record are the prompt, and which the two responses?

use crate::advice::MAP;
use predilect_types::{Message, Role};
use serde_json::Value;

use super::super::plan::Plan;
use crate::error::{Reason, RowError};
use crate::row::Row;
use crate::texts::{conversation, dialogue, is_whole, merge_prompt, split_shared, written};

impl Plan {
    /// Prompt and responses, and the prompt column's text where it contradicts the conversations.
    #[expect(clippy::type_complexity, reason = "three texts and a remark, taken apart at once")]
    #[expect(clippy::too_many_lines, reason = "four cases, by which of both texts is a whole conversation")]
    pub(super) fn texts(
        &self,
        row: &mut Row,
        (field_a, a): (&str, Option<Value>),
        (field_b, b): (&str, Option<Value>),
    ) -> Result<(Vec<Message>, Vec<Message>, Vec<Message>, Option<String>), RowError> {
        let (a, b) = (a.unwrap_or(Value::Null), b.unwrap_or(Value::Null));
        if let Some(done) = self.turn_lists(row, &a, &b)? {
            return Ok(done);
        }
        let mut a = conversation(field_a, a, Role::Assistant)?;
        let mut b = conversation(field_b, b, Role::Assistant)?;
        let given = self.given_prompt(row)?;
        if given.is_none() && !self.recipe.no_prompt {
            as_dialogues(&mut a, &mut b);
        }
        let lonely = || {
            let field = self.prompt_field.as_deref().unwrap_or("prompt");
            let missing = match &self.prompt_field {
                Some(_) => "no prompt: the prompt is missing or null",
                None => "no column is known to contain the prompt",
            };
            RowError::new(Reason::MissingField, format!("{missing}, and the responses are not whole conversations"))
                .field(field)
                .remedy(format!(
                    "name the prompt's column with {MAP} prompt=COLUMN, or say that there is none with {MAP} prompt=none; what the texts of \
                     `{field_a}` and `{field_b}` both begin with is not taken for a prompt"
                ))
        };
        match (is_whole(&a), is_whole(&b)) {
            (true, true) => {
                let (shared, a, b) = split_shared(a, b).map_err(|error| error.field(field_b))?;
                Ok(match given {
                    None => (shared, a, b, None),
                    // A conversation that ends with an answer is not a prompt.
                    Some(given) if given.last().is_some_and(|turn| turn.role == Role::Assistant) => {
                        let odd = joined(&given);
                        (shared, a, b, Some(odd))
                    }
                    given => {
                        let (prompt, odd) = prompt_of(given, shared);
                        (prompt, a, b, odd)
                    }
                })
            }
            // One of them is a whole conversation, the other only its last turn.
            (true, false) => {
                let own = last_answer(&mut a);
                let (prompt, odd) = prompt_of(given, a);
                Ok((prompt, own, b, odd))
            }
            (false, true) => {
                let own = last_answer(&mut b);
                let (prompt, odd) = prompt_of(given, b);
                Ok((prompt, a, own, odd))
            }
            (false, false) => {
                let prompt = match given {
                    Some(prompt) => prompt,
                    None if self.recipe.no_prompt => Vec::new(),
                    None => return Err(lonely()),
                };
                if self.repeats_prompt
                    && let ([only], [x], [y]) = (prompt.as_slice(), a.as_mut_slice(), b.as_mut_slice())
                {
                    let lead = only.content.trim();
                    for turn in [x, y] {
                        if let Some(rest) = turn.content.trim_start().strip_prefix(lead) {
                            turn.content = rest.trim_start().to_owned();
                        }
                    }
                }
                Ok((prompt, a, b, None))
            }
        }
    }

    /// Prompt and responses as lists of texts, one for each turn: the answers follow their questions.
    #[expect(clippy::type_complexity, reason = "as `texts`")]
    fn turn_lists(
        &self,
        row: &mut Row,
        a: &Value,
        b: &Value,
    ) -> Result<Option<(Vec<Message>, Vec<Message>, Vec<Message>, Option<String>)>, RowError> {
        let (Some(a), Some(b)) = (text_list(a), text_list(b)) else { return Ok(None) };
        let Some(at) = self.prompt.iter().position(|column| column.get(row).is_some()) else {
            return Ok(None);
        };
        let Some(questions) = self.prompt.get(at).and_then(|column| column.get(row)).and_then(text_list)
        else {
            return Ok(None);
        };
        if questions.len() != a.len() || a.len() != b.len() || a.is_empty() {
            return Ok(None);
        }
        drop(self.prompt.get(at).and_then(|column| column.take(row)));
        let mut prompt = self.given_prompt(row)?.unwrap_or_default();
        prompt.push(Message::user(questions.first().cloned().flatten().unwrap_or_default()));
        let turns = |answers: Vec<Option<String>>| {
            let mut turns = Vec::with_capacity(answers.len() * 2);
            for (i, answer) in answers.into_iter().enumerate() {
                if i > 0 {
                    turns.push(Message::user(questions.get(i).cloned().flatten().unwrap_or_default()));
                }
                turns.push(Message::assistant(answer.unwrap_or_default()));
            }
            turns
        };
        Ok(Some((prompt, turns(a), turns(b), None)))
    }

    /// The prompt column's own turns: system, history, prompt and further input.
    pub(in crate::recipe) fn given_prompt(&self, row: &mut Row) -> Result<Option<Vec<Message>>, RowError> {
        let mut turns = Vec::new();
        if let Some((field, value)) = self.first(row, &self.system) {
            let said = conversation(&field, value, Role::System)?;
            turns.extend(
                said.into_iter()
                    .filter(|turn| !turn.content.trim().is_empty())
                    .map(|turn| Message { role: Role::System, ..turn }),
            );
        }
        if let Some((field, value)) = self.first(row, &self.history) {
            turns.extend(conversation(&field, value, Role::Assistant)?);
        }
        let mut prompt = match self.first(row, &self.prompt) {
            Some((field, value)) => conversation(&field, value, Role::User)?,
            None => Vec::new(),
        };
        // Two speakers who are named by their parts, up to what the response answers.
        if let [only] = prompt.as_slice()
            && only.role == Role::User
            && let Some(turns) = dialogue(&only.content)
            && turns.last().is_some_and(|last| last.role == Role::User)
        {
            prompt = turns;
        }
        // The place of the answer to come is not an answer.
        if prompt.len() > 1 {
            prompt.pop_if(|last| last.role == Role::Assistant && last.content.trim().is_empty());
        }
        for column in &self.input {
            if let Some((_, value)) = self.first(row, std::slice::from_ref(column)) {
                add_input(&mut prompt, written(&value));
            }
        }
        // A history that ends with the prompt ends before it; a prompt may repeat any earlier turn.
        if let [only] = prompt.as_slice() {
            turns.pop_if(|last| last.role == Role::User && last.content.trim() == only.content.trim());
        }
        // A conversation that is complete in the prompt's column has its own system turn.
        if prompt.first().is_some_and(|turn| turn.role == Role::System) {
            turns.retain(|turn| turn.role != Role::System);
        }
        turns.extend(prompt);
        turns.retain(|turn| turn.role != Role::System || !turn.content.trim().is_empty());
        Ok((!turns.is_empty()).then_some(turns))
    }
}

/// The prompt from the prompt's column and from the conversation in a response's column; also the column's text if the two differ.
fn prompt_of(given: Option<Vec<Message>>, said: Vec<Message>) -> (Vec<Message>, Option<String>) {
    match given.map(|given| merge_prompt(given, said.clone())) {
        None => (said, None),
        Some(Ok(prompt)) => (prompt, None),
        Some(Err(given)) => (said, Some(joined(&given))),
    }
}

/// The last answer of a conversation, with the reasoning before it; the rest stays.
pub(super) fn last_answer(turns: &mut Vec<Message>) -> Vec<Message> {
    let answers = |turn: &Message| !matches!(turn.role, Role::User | Role::System);
    let from = turns.iter().rposition(|turn| !answers(turn)).map_or(0, |at| at + 1);
    turns.split_off(from)
}

/// A list of texts, also as JSON text; null means a turn without an answer.
fn text_list(value: &Value) -> Option<Vec<Option<String>>> {
    let parsed;
    let items = match value {
        Value::Array(items) => items,
        Value::String(text)
            if text.trim_start().starts_with("[\"") || text.trim_start().starts_with("[null") =>
        {
            parsed = serde_json::from_str::<Vec<Value>>(text).ok()?;
            &parsed
        }
        _ => return None,
    };
    items
        .iter()
        .map(|item| match item {
            Value::String(text) => Some(Some(text.clone())),
            Value::Null => Some(None),
            _ => None,
        })
        .collect()
}

fn joined(turns: &[Message]) -> String {
    turns.iter().map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n\n")
}

/// Takes two texts that begin with the same turn of two speakers, and end with an answer, as conversations.
fn as_dialogues(a: &mut Vec<Message>, b: &mut Vec<Message>) {
    let turns = |side: &[Message]| match side {
        [only] => dialogue(&only.content),
        _ => None,
    };
    let (Some(x), Some(y)) = (turns(a), turns(b)) else { return };
    let answers = |turns: &[Message]| turns.last().is_some_and(|last| last.role == Role::Assistant);
    if x.first() == y.first() && answers(&x) && answers(&y) {
        (*a, *b) = (x, y);
    }
}

/// Adds further input to what is asked.
fn add_input(prompt: &mut Vec<Message>, further: String) {
    prompt.pop_if(|last| last.role == Role::User && last.content.trim().is_empty());
    match prompt.last_mut() {
        _ if further.trim().is_empty() || is_filler(&further) => {}
        // What the prompt says already.
        Some(last) if last.content.contains(further.trim()) => {}
        Some(last) if last.role != Role::Assistant && !last.content.trim().is_empty() => {
            last.content.push_str("\n\n");
            last.content.push_str(&further);
        }
        _ => prompt.push(Message::user(further)),
    }
}

/// Whether a text means that there is no further input.
fn is_filler(text: &str) -> bool {
    const FILLERS: &[&str] = &["n/a", "na", "none", "null", "nan", "<noinput>", "noinput", "-", "no input"];
    FILLERS.contains(&text.trim().to_lowercase().as_str())
}
