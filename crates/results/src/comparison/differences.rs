//! Where judges, or parts of a study, differ: in weights, in deeds, in the strength of models.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fit::Skipped;
use crate::interval::Interval;

/// The difference of two judges' weights of one property in one group: the first judge's less the second's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contrast {
    /// The two.
    pub judges: [String; 2],
    /// The group.
    pub group: String,
    /// The property's id.
    pub property: String,
    /// Posterior mean of the difference, in log-odds.
    pub mean: f64,
    /// 5 % quantile.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// P(difference > 0).
    pub p_positive: f64,
    /// Prompts (or other units) on which both judged, whose difficulties the difference does not suffer from; 0 where they share too
    /// few, or verdicts count as independent: then the two posteriors are taken as independent of each other.
    pub shared_units: u64,
    /// The false discovery rate if this contrast and all that are at least as sure were called differences (Benjamini & Hochberg 1995,
    /// with p-values `2 min(P, 1 - P)`), 0..1.
    pub q_value: f64,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How often it is on the side of the reference, a tie of one of them half.
    Accuracy,
    /// How often its answers favour the response shown first, a tie half.
    First,
    /// How often it prefers the longer response, ties left out.
    Longer,
    /// How often it calls a tie.
    Ties,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::First, Self::Longer, Self::Ties];
}

/// The difference of two judges in one measure, over the pairs that both have judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HabitDifference {
    /// The two.
    pub judges: [String; 2],
    /// In what.
    pub measure: Measure,
    /// Pairs that both judged.
    pub pairs: u64,
    /// Prompts of these.
    pub prompts: u64,
    /// The first one's share on them, 0..1.
    pub first: f64,
    /// The second one's.
    pub second: f64,
    /// The first one's less the second one's, with its 90 % interval over prompts.
    pub difference: Interval,
    /// P-value of no difference, two-sided.
    pub p_value: f64,
    /// The false discovery rate if this and all surer ones were called differences (Benjamini & Hochberg 1995).
    pub q_value: f64,
}

/// The difference of two judges in the strength of one model, over the pairs that both have judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StrengthDifference {
    /// The two.
    pub judges: [String; 2],
    /// The model.
    pub model: String,
    /// Pairs of named models that both judged.
    pub pairs: u64,
    /// Prompts of those with the model.
    pub prompts: u64,
    /// Bradley-Terry points by the first one's verdicts on them: 400 are odds of ten, 1000 the mean of the models, each with the weight of
    /// its pairs up to that of the median model.
    pub first: f64,
    /// By the second one's.
    pub second: f64,
    /// 1 + how many models have more points, by each.
    pub ranks: [usize; 2],
    /// How many models there are.
    pub models: usize,
    /// The first one's less the second one's, with its 90 % interval over prompts.
    pub difference: Interval,
    /// P-value of no difference, two-sided.
    pub p_value: f64,
    /// The false discovery rate if this and all surer ones were called differences (Benjamini & Hochberg 1995).
    pub q_value: f64,
    /// Precision of the normal prior on scores, 0: none. A prior is used if a model has won or lost all its verdicts by one of the judges.
    pub prior: f64,
}

/// Two judges whose leaderboards are not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotRanked {
    /// The two.
    pub judges: [String; 2],
    /// Why not.
    pub why: Why,
}

/// Why two leaderboards are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The models of their common pairs fall into groups that never met.
    NeverMet,
    /// There are too many models.
    ManyModels,
    /// The verdicts do not determine scores.
    NoScores,
}

/// Two parts of the data, by what each judge rewards in them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Versus {
    /// Differences, the surest first.
    pub differences: Vec<Difference>,
    /// The data that each judge's comparison is based on.
    pub judges: Vec<Parts>,
    /// Judges that could not be fitted in one of the parts, and why.
    pub skipped: Vec<Skipped>,
}

/// The verdicts of one judge in both parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parts {
    /// The judge.
    pub judge: String,
    /// Its verdicts in the slice and in the other part.
    pub verdicts: [u64; 2],
    /// Their prompts.
    pub prompts: [u64; 2],
    /// Prompts that both have, by which differences are paired; 0: the two are taken as independent of each other.
    pub shared_units: u64,
}

/// The difference of one judge's weights of one property: those in the slice less those in the other part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    /// The judge.
    pub judge: String,
    /// The property's id.
    pub property: String,
    /// Posterior mean of the weight in the slice, in log-odds.
    pub inside: f64,
    /// The same in the other part.
    pub outside: f64,
    /// Posterior mean of the difference, in log-odds.
    pub mean: f64,
    /// 5 % quantile.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// P(difference > 0).
    pub p_positive: f64,
    /// The false discovery rate if this difference and all that are at least as sure were called differences, over all judges and
    /// properties, 0..1 (Benjamini & Hochberg 1995).
    pub q_value: f64,
}

/// What is rewarded otherwise in a slice than elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceVersus {
    /// The slice.
    pub filter: String,
    /// What it is set against: `rest` or another filter.
    pub versus: String,
    /// Pairs of the slice and of the other part.
    pub pairs: [u64; 2],
    /// How many of each were counted, drawn at random, where not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<[u64; 2]>,
    /// Pairs that both parts have.
    pub shared_pairs: u64,
    /// Whether some of the data are simulated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simulated: bool,
    /// The differences.
    #[serde(flatten)]
    pub found: Versus,
}
