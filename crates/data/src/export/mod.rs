//! What another tool reads of a study: its pairs and verdicts in that tool's format.
//!
//! Reading an exported file again gives what was exported, as far as the format can represent it; what it cannot is counted in
//! [`ExportSummary::lost`]. Ratings and where a pair was read from stay in the study.

mod alpaca_eval;
mod annotated_pairs;
mod pairs;
mod trl;
mod writer;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::io::Write;
use std::str::FromStr;

use predilect_types::{Pair, Verdict};

use crate::error::DataError;
use crate::format::UnknownFormat;
use crate::study::Study;
use writer::{Writer, failed};

pub use writer::ExportSummary;

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

/// Writes a study in another format. The verdicts are kept in memory, the pairs are not.
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

/// Whether the pair of that number is written, and whether a verdict on it is.
pub type Takes<'a> = &'a dyn Fn(u32, Option<&Verdict>) -> bool;

/// Calls for every pair with its verdicts.
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
                // A pair without any wanted verdict is left out too.
                if !judged || !on.is_empty() {
                    write(&pair, &on)?;
                }
            }
            row += 1;
        }
    }
    Ok(())
}
