//! Browsing pair by pair: which pairs there are, what was said of them, what a fit makes of that.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cautions::Caution;
use crate::comparison::SliceVersus;
use crate::fit::{Fit, Skipped};
use crate::interval::Interval;

/// Which part of a study an answer is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceInfo {
    /// The filter in a form that can be passed again; `None`: everything.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    /// Pairs of the slice.
    pub pairs: u64,
    /// Pairs of the study.
    pub of: u64,
    /// Verdicts on them that were fitted.
    pub verdicts: u64,
    /// Whether all of them were counted, not a sample.
    pub exact: bool,
    /// Pairs of the sample, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u64>,
}

/// The posteriors of a slice, as a page or a program asks for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveDissectJson {
    /// Which part of the study.
    pub slice: SliceInfo,
    /// What to know before any figure.
    #[serde(default)]
    pub cautions: Vec<Caution>,
    /// One posterior for each judge, of all its verdicts and of those in each group; unchecked.
    pub fits: Vec<Fit>,
    /// Judges and groups that cannot be fitted, and why.
    pub skipped: Vec<Skipped>,
    /// What is rewarded otherwise than in another part, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versus: Option<SliceVersus>,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// A pair in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairRow {
    /// The pair's id.
    pub pair: String,
    /// Its number in the study, from 1.
    pub number: u64,
    /// The beginning of the prompt.
    pub prompt: String,
    /// The model of A.
    pub model_a: Option<String>,
    /// The model of B.
    pub model_b: Option<String>,
    /// What each judge said: the probability that A is better, the mean of several verdicts.
    pub verdicts: BTreeMap<String, f64>,
    /// What the fit of each judge makes of it, at the posterior mean of the weights.
    pub fitted: BTreeMap<String, f64>,
    /// The largest distance between a verdict and what is fitted, over judges; `None` without a verdict.
    pub surprise: Option<f64>,
}

/// Some pairs of a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairsPage {
    /// The judges that have a verdict in the slice, those with the most first: the same on each of its pages.
    #[serde(default)]
    pub judges: Vec<String>,
    /// The pairs.
    pub rows: Vec<PairRow>,
    /// How many there are in the slice.
    pub total: u64,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<u64>,
}

/// The pair that a labeller is to judge next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelJson {
    /// The judge that their verdicts are of.
    pub judge: String,
    /// How many they have given.
    pub votes: u64,
    /// Pairs of the slice that are left, the next one included.
    pub left: u64,
    /// Whether votes are kept in a study; else they are lost when the server ends.
    pub kept: bool,
    /// The next pair; `None` if all are judged.
    pub next: Option<LabelPair>,
}

/// A pair as shown to a labeller, without the names of models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelPair {
    /// The pair's id.
    pub pair: String,
    /// The request.
    pub prompt: String,
    /// The response to show first.
    pub first: String,
    /// The response to show second.
    pub second: String,
    /// Which response that is: `ab` where A comes first, else `ba`.
    pub shown: String,
    /// Why it comes next: `information`, if its verdict is expected to be the most informative, or `random`.
    pub drawn: String,
    /// By how much its verdict is expected to shrink log det of the posterior covariance.
    pub gain: f64,
}

/// The similarity of a labeller's weights to those of another judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alike {
    /// The other judge.
    pub judge: String,
    /// The correlation of the weights over properties, with the 90 % interval that both posteriors leave.
    pub correlation: Interval,
}

/// How often values of one number occur in a slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// The number, as a filter writes it: `words(a) - words(b)`.
    pub field: String,
    /// The edges of the bins, one more than there are bins; values beyond the first and the last are counted in the outer bins.
    pub edges: Vec<f64>,
    /// Pairs of the whole study in each bin.
    pub all: Vec<u64>,
    /// Pairs of the slice in each bin.
    pub slice: Vec<u64>,
}
