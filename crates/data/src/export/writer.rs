//! Where an export is written, and how turns are written in it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use predilect_types::{Message, Pair, Response, Role};
use serde_json::{Value, json};

use crate::error::DataError;

/// What was written, and what the format cannot represent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportSummary {
    /// Pairs written.
    pub pairs: u64,
    /// Verdicts written.
    pub verdicts: u64,
    /// What the format cannot represent, by kind.
    pub lost: BTreeMap<String, u64>,
}

impl ExportSummary {
    pub(super) fn lose(&mut self, what: &str) {
        *self.lost.entry(what.to_owned()).or_default() += 1;
    }
}

pub(super) fn failed(error: io::Error) -> DataError {
    DataError::io("", "write the export", error)
}

pub(super) struct Writer<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) summary: ExportSummary,
}

impl Writer<'_> {
    pub(super) fn text(&mut self, text: &str) -> Result<(), DataError> {
        self.out.write_all(text.as_bytes()).map_err(failed)
    }

    pub(super) fn json(&mut self, value: &Value) -> Result<(), DataError> {
        serde_json::to_writer(&mut *self.out, value).map_err(|e| failed(e.into()))
    }

    pub(super) fn line(&mut self, value: &Value) -> Result<(), DataError> {
        self.json(value)?;
        self.text("\n")
    }

    /// An element of a list.
    pub(super) fn element(&mut self, value: &Value, first: &mut bool) -> Result<(), DataError> {
        self.text(if std::mem::take(first) { "\n" } else { ",\n" })?;
        self.json(value)
    }
}

/// The text of a single turn of that role, unless it could be taken for a list of messages.
pub(super) fn single(turns: &[Message], role: &Role) -> Option<String> {
    match turns {
        [only] if only.role == *role && crate::texts::is_plain(&only.content) => Some(only.content.clone()),
        _ => None,
    }
}

pub(super) fn messages(turns: &[Message]) -> Value {
    turns.iter().map(|turn| json!({ "role": turn.role.as_str(), "content": turn.content })).collect()
}

pub(super) fn text_or_messages(turns: &[Message], role: &Role) -> Value {
    single(turns, role).map_or_else(|| messages(turns), Value::String)
}

pub(super) fn silent(pair: &Pair) -> bool {
    let empty = |response: &Response| response.messages.is_empty();
    pair.prompt.is_empty() || empty(&pair.response_a) || empty(&pair.response_b)
}
