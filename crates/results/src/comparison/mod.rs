//! Judges side by side.

mod agreement;
mod biases;
mod differences;
mod judge_table;
mod pooling;
mod similarity;
mod stand_ins;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cautions::Caution;
use crate::findings::Finding;
use crate::fit::Skipped;
pub use crate::interval::Interval;
pub use agreement::{AgreementMatrices, JudgeAgreement};
pub use biases::{BiasCard, Excess};
pub use differences::{
    Contrast, Difference, HabitDifference, Measure, NotRanked, Parts, SliceVersus, StrengthDifference,
    Versus, Why,
};
pub use judge_table::{
    BIASED, End, Figure, JudgeColumn, JudgeKind, JudgeRow, JudgeTable, JudgeUnit, accuracy_in,
};
pub use pooling::{PooledCell, PooledWeight, Pooling};
pub use similarity::{
    AmongPublished, ClusterGroup, Clusters, Intensity, Place, Profile, Similarity, TreeJoin,
};
pub use stand_ins::{CorrectedRate, GroupAccuracy, StandIn, StandIns};

/// Everything that one run of `compare` found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// What can be said in a sentence.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// From how many pairs, drawn at random, where not from all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u64>,
    /// What to know before any figure.
    pub cautions: Vec<Caution>,
    /// What intervals of all that follows from verdicts are over: `prompt`, a field's name, or `pair` where every pair counts as
    /// independent.
    pub unit: String,
    /// Properties whose ratings are only proxies of what they name.
    pub proxies: Vec<String>,
    /// How good and how biased each judge is, in one table.
    #[serde(default)]
    pub judge_table: JudgeTable,
    /// Who rewards alike.
    #[serde(flatten)]
    pub similarity: Similarity,
    /// How alike each judge is to the published ones; empty where these are compared themselves, and where too few properties are shared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among_published: Vec<AmongPublished>,
    /// What each judge rewards.
    pub dissections: Vec<Profile>,
    /// How far judges of the same pairs agree.
    pub agreement: Vec<JudgeAgreement>,
    /// The same as matrices.
    pub agreement_matrices: AgreementMatrices,
    /// How biased each judge is.
    pub biases: Vec<BiasCard>,
    /// How they differ in what they do on the same pairs, the surest first.
    pub habits: Vec<HabitDifference>,
    /// How they differ in the strength of models on the same pairs, the surest first.
    pub strengths: Vec<StrengthDifference>,
    /// Judges whose leaderboards are not compared, and why.
    pub strengths_left_out: Vec<NotRanked>,
    /// Judges that can stand in for people; `None` without people to stand in for.
    pub stand_ins: Option<StandIns>,
    /// Fits of judges and groups that learn from each other; `None` if there are too few.
    pub pooling: Option<Pooling>,
    /// Where they differ, the surest first.
    pub contrasts: Vec<Contrast>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// Verdicts that do not count, by reason.
    pub left_out: BTreeMap<String, u64>,
}
