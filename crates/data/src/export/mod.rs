//! What another tool reads of a study: its pairs and verdicts in that tool's format.
//!
//! Reading an exported file again gives what was exported, as far as the format has a place for it; what it has no
//! place for is counted in [`ExportSummary::lost`]. Ratings and where a pair was read from stay in the study.

mod alpaca_eval;
mod annotated_pairs;
mod pairs;
mod trl;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use predilect_types::{Message, Pair, Response, Role, Verdict};
use serde_json::{Value, json};

use crate::error::DataError;
use crate::format::UnknownFormat;
use crate::study::Study;

/// A format that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "ALL describes each")]
pub enum ExportFormat {
    Pairs,
    AnnotatedPairs,
    Trl,
    AlpacaEval,
}

impl ExportFormat {
    /// Every format with what it is, in one line.
    pub const ALL: &[(Self, &'static str)] = &[
        (Self::Pairs, "Predilect's own JSON Lines: everything but ratings"),
        (Self::AnnotatedPairs, "AnnotatedPairs 2.0: one JSON object for other annotation tools"),
        (Self::Trl, "TRL: conversational prompt, chosen, rejected as JSON Lines, one line a verdict"),
        (Self::AlpacaEval, "AlpacaEval annotations: one JSON list, one record a verdict"),
    ];

    /// The name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::AnnotatedPairs => "annotated_pairs",
            Self::Trl => "trl",
            Self::AlpacaEval => "alpaca_eval",
        }
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ExportFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = name.to_ascii_lowercase().replace('-', "_");
        let names = || Self::ALL.iter().map(|(format, _)| format.as_str()).collect::<Vec<_>>().join(", ");
        Self::ALL
            .iter()
            .map(|(format, _)| *format)
            .find(|format| format.as_str() == plain)
            .ok_or_else(|| UnknownFormat::new(name, names()))
    }
}

/// What was written, and what the format had no place for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportSummary {
    /// Pairs written.
    pub pairs: u64,
    /// Verdicts written.
    pub verdicts: u64,
    /// What the format had no place for, by kind.
    pub lost: BTreeMap<String, u64>,
}

impl ExportSummary {
    fn lose(&mut self, what: &str) {
        *self.lost.entry(what.to_owned()).or_default() += 1;
    }
}

/// Writes a study in another format. The verdicts are held in memory, the pairs are not.
///
/// # Errors
///
/// When the study cannot be read or the output cannot be written.
pub fn export(
    study: &Study,
    format: ExportFormat,
    takes: Takes<'_>,
    out: &mut dyn Write,
) -> Result<ExportSummary, DataError> {
    let mut verdicts: HashMap<String, Vec<Verdict>> = HashMap::new();
    for batch in study.verdicts()? {
        for verdict in batch? {
            verdicts.entry(verdict.pair.clone()).or_default().push(verdict);
        }
    }
    let mut writer = Writer { out, summary: ExportSummary::default() };
    match format {
        ExportFormat::Pairs => each(study, verdicts, takes, |pair, on| pairs::write(&mut writer, pair, on))?,
        ExportFormat::Trl => each(study, verdicts, takes, |pair, on| trl::write(&mut writer, pair, on))?,
        ExportFormat::AlpacaEval => {
            writer.text("[")?;
            let mut first = true;
            each(study, verdicts, takes, |pair, on| alpaca_eval::write(&mut writer, pair, on, &mut first))?;
            writer.text("\n]\n")?;
        }
        ExportFormat::AnnotatedPairs => {
            annotated_pairs::start(&mut writer, verdicts.values().flatten(), &metadata_keys(study)?)?;
            let mut first = true;
            each(study, verdicts, takes, |pair, on| {
                annotated_pairs::write(&mut writer, pair, on, &mut first)
            })?;
            writer.text("\n]}\n")?;
        }
    }
    writer.out.flush().map_err(failed)?;
    Ok(writer.summary)
}

/// The names of all metadata fields of annotated pairs, which that format lists first.
fn metadata_keys(study: &Study) -> Result<BTreeSet<String>, DataError> {
    let mut keys = BTreeSet::new();
    for batch in study.pairs()? {
        for pair in batch? {
            keys.extend(annotated_pairs::metadata(&pair).into_iter().map(|(name, _)| name));
        }
    }
    Ok(keys)
}

/// Calls for every pair with its verdicts.
/// Whether the pair of that number is written, and whether a verdict on it is.
pub type Takes<'a> = &'a dyn Fn(u32, Option<&Verdict>) -> bool;

fn each(
    study: &Study,
    mut verdicts: HashMap<String, Vec<Verdict>>,
    takes: Takes<'_>,
    mut write: impl FnMut(&Pair, &[Verdict]) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut row = 0;
    for batch in study.pairs()? {
        for pair in batch? {
            let mut on = verdicts.remove(&pair.id).unwrap_or_default();
            if takes(row, None) {
                let judged = !on.is_empty();
                on.retain(|verdict| takes(row, Some(verdict)));
                // A pair of which no verdict is wanted is not wanted either.
                if !judged || !on.is_empty() {
                    write(&pair, &on)?;
                }
            }
            row += 1;
        }
    }
    Ok(())
}

fn failed(error: io::Error) -> DataError {
    DataError::io("", "write the export", error)
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    summary: ExportSummary,
}

impl Writer<'_> {
    fn text(&mut self, text: &str) -> Result<(), DataError> {
        self.out.write_all(text.as_bytes()).map_err(failed)
    }

    fn json(&mut self, value: &Value) -> Result<(), DataError> {
        serde_json::to_writer(&mut *self.out, value).map_err(|e| failed(e.into()))
    }

    fn line(&mut self, value: &Value) -> Result<(), DataError> {
        self.json(value)?;
        self.text("\n")
    }

    /// An element of a list.
    fn element(&mut self, value: &Value, first: &mut bool) -> Result<(), DataError> {
        self.text(if std::mem::take(first) { "\n" } else { ",\n" })?;
        self.json(value)
    }
}

/// The text of a single turn of that role, unless it could be taken for a list of messages.
fn single(turns: &[Message], role: &Role) -> Option<String> {
    match turns {
        [only] if only.role == *role && crate::texts::is_plain(&only.content) => Some(only.content.clone()),
        _ => None,
    }
}

fn messages(turns: &[Message]) -> Value {
    turns.iter().map(|turn| json!({ "role": turn.role.as_str(), "content": turn.content })).collect()
}

fn text_or_messages(turns: &[Message], role: &Role) -> Value {
    single(turns, role).map_or_else(|| messages(turns), Value::String)
}

fn silent(pair: &Pair) -> bool {
    let empty = |response: &Response| response.messages.is_empty();
    pair.prompt.is_empty() || empty(&pair.response_a) || empty(&pair.response_b)
}
