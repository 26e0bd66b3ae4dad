//! Everything that one run of `dissect` found.

use predilect_types::ReadSummary;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cautions::Caution;
use crate::comparison::Comparison;
use crate::data::DataSummary;
use crate::explanation::Explanation;
use crate::findings::Finding;
use crate::fit::{Fit, Skipped};
use crate::headline::Headline;
use crate::people::People;
use crate::ranking::Leaderboard;

/// Everything that one run of `dissect` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dissection {
    /// What was read and what was dropped.
    pub read: ReadSummary,
    /// What to know before any figure.
    #[serde(default)]
    pub cautions: Vec<Caution>,
    /// What the data look like.
    pub data: DataSummary,
    /// One fit per judge and group, in the order: judges by number of verdicts, groups "all" first, then by rows.
    pub fits: Vec<Fit>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// The properties that were fitted, in catalogue order.
    pub properties: Vec<PropertyNote>,
    /// Pairs worth reading, per property.
    pub examples: Vec<Examples>,
    /// The judges compared; `None` if nothing was compared.
    pub comparison: Option<Comparison>,
    /// The finding that can be said in a sentence; `None` if none is sure.
    pub headline: Option<Headline>,
    /// What can be said in a sentence, or the reason that nothing can.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// The people of each judge that has several: how far they agree, and who of them does not.
    pub people: Vec<People>,
    /// The models compared; `None` if fewer than two are named.
    pub ranking: Option<Standings>,
    /// How it was done: enough to run it again.
    pub settings: Settings,
}

/// Leaderboards by one set of verdicts, raw and with properties held equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Standings {
    /// What can be said in a sentence.
    #[serde(default)]
    pub findings: Vec<Finding>,
    /// From how many pairs, drawn at random, where not from all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u64>,
    /// Whose verdicts.
    pub judges: Vec<String>,
    /// As the verdicts are.
    pub raw: Leaderboard,
    /// With properties held equal; `None` if none of them differs or the verdicts do not determine it.
    pub controlled: Option<Leaderboard>,
}

/// A property in this study: who rated it and what to know about that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PropertyNote {
    /// The property's id (or column).
    pub id: String,
    /// The name in a table.
    pub label: String,
    /// The name in a plot.
    pub short: String,
    /// What it means.
    pub description: String,
    /// Who rated it.
    pub annotator: String,
    /// What exactly was measured.
    pub definition: String,
    /// Where the measure is known to be wrong.
    pub blind_spots: String,
    /// True if the measure is only a proxy of the property.
    pub proxy: bool,
    /// How often it puts texts into an order that is known, in a sentence; empty where that was not looked at.
    #[serde(default)]
    pub validity: String,
    /// The share of pairs written for Predilect that it puts into their order, equal ones half (AUC): .5 is chance; `None` if that is not
    /// known.
    #[serde(default)]
    pub auc: Option<f64>,
    /// Share of pairs with a rating on both sides, 0..1.
    pub coverage: f64,
    /// Share of pairs in which the two sides differ, 0..1.
    pub differs: f64,
    /// Mean rating over all rated responses.
    pub mean_rating: Option<f64>,
}

/// Pairs that show a property at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Examples {
    /// The property's id.
    pub property: String,
    /// The pairs: some where the verdict follows the property, one where it does not, if there are such.
    pub pairs: Vec<ExamplePair>,
}

/// One pair to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExamplePair {
    /// The pair's id.
    pub id: String,
    /// The prompt (may be cut; then it ends with an ellipsis).
    pub prompt: String,
    /// Response A (may be cut).
    pub response_a: String,
    /// Response B (may be cut).
    pub response_b: String,
    /// Model of A.
    pub model_a: Option<String>,
    /// Model of B.
    pub model_b: Option<String>,
    /// Rating of A on this property.
    pub rating_a: Option<f64>,
    /// Rating of B on this property.
    pub rating_b: Option<f64>,
    /// 1 when A has more of the property, -1 when B has.
    pub comparison: i8,
    /// The judge whose verdict is shown.
    pub judge: String,
    /// The verdict.
    pub p_a: f64,
    /// Whether the verdict prefers the side that has more of the property.
    pub follows: bool,
    /// Why the judge's fit expects what it expects of this pair.
    pub explanation: Option<Explanation>,
}

/// How a dissection was made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Settings {
    /// Predilect's version.
    pub version: String,
    /// The command, as words.
    pub command: Vec<String>,
    /// The engine asked for.
    pub engine: String,
    /// The prior on property weights, in words with its scale.
    pub prior: String,
    /// The nuisance terms asked for.
    pub terms: String,
    /// The encoding of rating differences.
    pub encoding: String,
    /// How soft verdicts count: `soft` or `hard`.
    #[serde(default)]
    pub verdicts: String,
    /// The field groups come from.
    pub group_by: String,
    /// Smallest group that is fitted.
    pub min_rows: u64,
    /// Folds of the held-out check.
    pub folds: u64,
    /// Seed.
    pub seed: u64,
    /// NUTS: chains, draws and tuning steps.
    pub nuts: String,
    /// True when the data are simulated; every view then says so.
    pub simulated: bool,
    /// The options themselves, with which the same can be run again; what is left out is as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<serde_json::Value>,
}
