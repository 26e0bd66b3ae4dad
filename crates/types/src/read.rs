//! What reading gave: how much was read, how much was dropped and why.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One record that was not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// The file.
    pub source: String,
    /// Line or record number, counted from 1.
    pub record: u64,
    /// Reason, as counted in [`ReadSummary::dropped`].
    pub reason: String,
}

/// One input file and how it was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SourceSummary {
    /// The file as the user named it.
    pub source: String,
    /// The format that read it.
    pub format: String,
    /// What in the file spoke for that format.
    pub evidence: String,
    /// Records read.
    pub rows: u64,
    /// What each column was taken for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnUse>,
    /// How the values that name a winner were understood.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<VerdictUse>,
    /// Who judges, and why it is called that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// What was repaired or looked odd.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// What a column of a file was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ColumnUse {
    /// The column, or a place within one.
    pub column: String,
    /// The role it has: `prompt`, `response A`, `verdict`, `metadata`, `left out`, ...
    pub used_as: String,
}

/// How a field that names the winner was understood.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct VerdictUse {
    /// The field, or the fields.
    pub field: String,
    /// How they indicate the winner, if they do not name one: `the larger one wins`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Its values, the most frequent first.
    pub values: Vec<ValueUse>,
}

/// What one value was taken for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ValueUse {
    /// The value as the file has it.
    pub value: String,
    /// A, B, tie, both bad, a probability, or no verdict; for a choice A is the chosen response.
    pub means: String,
    /// How many records have it.
    pub count: u64,
}

/// What an import read, kept and dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ReadSummary {
    /// Records read.
    pub rows: u64,
    /// Pairs kept.
    pub pairs: u64,
    /// Verdicts kept.
    pub verdicts: u64,
    /// Records or verdicts not used, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Records that only repeat what another contains, by kind: nothing of them is lost.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub merged: BTreeMap<String, u64>,
    /// The judges, with the number of verdicts, limited to a few entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<JudgeUse>,
    /// Further judges, which are not listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more_judges: u64,
    /// What a reader should know of the whole: people who were pooled, files given twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The files.
    pub sources: Vec<SourceSummary>,
}

/// A judge that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JudgeUse {
    /// The judge's name.
    pub judge: String,
    /// Its verdicts.
    pub verdicts: u64,
    /// The annotators among them, where they are named and pooled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub annotators: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
