//! What reading gave: how much was read, how much was dropped and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One record that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drop {
    /// The file.
    pub source: String,
    /// Line or record number, counted from 1.
    pub record: u64,
    /// Reason, as counted in [`ReadSummary::dropped`].
    pub reason: String,
}

/// One input file and how it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceSummary {
    /// The file as the user named it.
    pub source: String,
    /// The format that read it.
    pub format: String,
    /// What in the file spoke for that format.
    pub evidence: String,
    /// Records read.
    pub rows: u64,
}

/// What an import read, kept and dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadSummary {
    /// Records read.
    pub rows: u64,
    /// Pairs kept.
    pub pairs: u64,
    /// Verdicts kept.
    pub verdicts: u64,
    /// Records or verdicts not used, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Records that only repeat what another holds, by kind: nothing of them is lost.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub merged: BTreeMap<String, u64>,
    /// The files.
    pub sources: Vec<SourceSummary>,
}
