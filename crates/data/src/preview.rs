//! How the first records of some files are understood, before anything is imported.

use std::path::PathBuf;

use predilect_types::{Pair, ReadSummary, Verdict};
use serde::{Serialize, Serializer};

use crate::error::DataError;
use crate::options::{ReadOptions, Record};
use crate::read::read_first;

/// Pairs that a preview shows.
const SHOWN: u64 = 3;

/// The first pairs of some files as they are understood.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// What was read of the files, and how.
    pub read: ReadSummary,
    /// The first pairs with what is said of each.
    pub pairs: Vec<Previewed>,
    /// Why an import would stop: none of these pairs has a verdict.
    #[serde(serialize_with = "in_words", skip_serializing_if = "Option::is_none")]
    pub stops: Option<DataError>,
}

#[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
fn in_words<S: Serializer>(error: &Option<DataError>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&error.as_ref().map(ToString::to_string).unwrap_or_default())
}

/// One pair with its verdicts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Previewed {
    /// The pair.
    pub pair: Pair,
    /// The verdicts on it.
    pub verdicts: Vec<Verdict>,
}

/// Reads the first pairs of files.
///
/// # Errors
///
/// Those of [`crate::read()`], except that pairs without a verdict are shown.
pub fn preview(inputs: &[PathBuf], options: &ReadOptions) -> Result<Preview, DataError> {
    let options = ReadOptions { limit: Some(options.limit.unwrap_or(SHOWN).min(50)), ..options.clone() };
    let mut pairs: Vec<Previewed> = Vec::new();
    let found = read_first(inputs, &options, &mut |record| {
        match record {
            Record::Pair(pair) => pairs.push(Previewed { pair: *pair, verdicts: Vec::new() }),
            Record::Verdict(verdict) => {
                if let Some(shown) = pairs.iter_mut().find(|shown| shown.pair.id == verdict.pair) {
                    shown.verdicts.push(verdict);
                }
            }
            Record::Rating(_) => {}
        }
        Ok(())
    })?;
    Ok(Preview { read: found.summary, pairs, stops: found.stops })
}
