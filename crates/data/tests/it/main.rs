//! What this crate promises, tested through its public face.
//!
//! `formats` reads an invented file of each format that needs code and of common ones (`samples`), `layouts` the files of
//! `tests/layouts` (public data sets, tools, people's own), `bad_input` every kind of bad record, `recipes` what is declared and
//! mapped, `doubts` what can be read in one way or in two, `whose` several verdicts on one pair, `containers` and `tables` whatever records may be packed in (`packing`),
//! `hostile` arbitrary and mutated bytes, `round_trip` what export and import lose, `study` the folder, `messages` what is said of
//! what cannot be read, `real` the files of ../shared (skipped where they are missing).

#![allow(clippy::too_many_lines, reason = "one case after the other")]
#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::format_collect,
    reason = "a test fails where it stands; verdicts are compared as written"
)]

mod bad_input;
mod containers;
mod doubts;
mod formats;
mod hostile;
mod layouts;
mod messages;
mod packing;
mod real;
mod recipes;
mod round_trip;
mod samples;
mod several;
mod singly;
mod some_pairs;
mod study;
mod tables;
mod whose;

use std::fs;
use std::path::PathBuf;

use predilect_data::{DataError, ReadOptions, Record, read};
use predilect_types::{Pair, Rating, ReadSummary, Verdict};
use tempfile::TempDir;

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct All {
    pub(crate) summary: ReadSummary,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) ratings: Vec<Rating>,
}

impl All {
    /// Judge and `p_a` of each verdict.
    pub(crate) fn calls(&self) -> Vec<(&str, f64)> {
        self.verdicts.iter().map(|v| (v.judge.as_str(), v.p_a)).collect()
    }

    pub(crate) fn dropped(&self, reason: &str) -> u64 {
        let counts = |map: &std::collections::BTreeMap<String, u64>| map.get(reason).copied().unwrap_or(0);
        counts(&self.summary.dropped) + counts(&self.summary.merged)
    }
}

pub(crate) fn read_paths(paths: &[PathBuf], options: &ReadOptions) -> Result<All, DataError> {
    let mut all = All::default();
    let summary = read(paths, options, &mut |_| {}, &mut |record| {
        match record {
            Record::Pair(pair) => all.pairs.push(*pair),
            Record::Verdict(verdict) => all.verdicts.push(verdict),
            Record::Rating(rating) => all.ratings.push(rating),
        }
        Ok(())
    })?;
    all.summary = summary;
    Ok(all)
}

/// Files in a new folder, named in the order given.
pub(crate) fn lay(files: &[(&str, &[u8])]) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths = files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    (folder, paths)
}

pub(crate) fn read_bytes(name: &str, bytes: &[u8], options: &ReadOptions) -> Result<All, DataError> {
    let (_folder, paths) = lay(&[(name, bytes)]);
    read_paths(&paths, options)
}

/// Options for files whose pairs are all that is wanted.
pub(crate) fn without_verdicts() -> ReadOptions {
    ReadOptions { without_verdicts: true, ..ReadOptions::default() }
}

/// Reads one text with the default options.
pub(crate) fn read_text(name: &str, text: &str) -> Result<All, DataError> {
    read_bytes(name, text.as_bytes(), &ReadOptions::default())
}
