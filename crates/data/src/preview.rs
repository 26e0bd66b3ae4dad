//! How the first records of some files are understood, before anything is imported.

use std::path::PathBuf;

use predilect_types::{Pair, ReadSummary, Verdict};
use serde::Serialize;

use crate::error::DataError;
use crate::options::{ReadOptions, Record};
use crate::read::read;

/// Pairs that a preview shows.
const SHOWN: u64 = 3;

/// The first pairs of some files as they are understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// What was read of the files, and how.
    pub read: ReadSummary,
    /// The first pairs with what is said of each.
    pub pairs: Vec<Previewed>,
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
/// Those of [`read`], but for pairs without a verdict: these are shown.
pub fn preview(inputs: &[PathBuf], options: &ReadOptions) -> Result<Preview, DataError> {
    let options = ReadOptions {
        limit: Some(options.limit.unwrap_or(SHOWN).min(50)),
        without_verdicts: true,
        ..options.clone()
    };
    let mut pairs: Vec<Previewed> = Vec::new();
    let read = read(inputs, &options, &mut |_| {}, &mut |record| {
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
    Ok(Preview { read, pairs })
}
