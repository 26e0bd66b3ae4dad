//! How biased each judge is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;

/// What is known of a judge's way of answering.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BiasCard {
    /// Who.
    pub judge: String,
    /// Whether the others are measured by it.
    pub reference: bool,
    /// Its verdicts.
    pub verdicts: u64,
    /// Pairs with a verdict of it.
    pub pairs: u64,
    /// Share of pairs with a verdict by any judge on which this one has none, whether it was asked about them or not.
    pub missing: f64,
    /// Share of verdicts of exactly one half.
    pub ties: Option<Interval>,
    /// Share of answers for the response shown first, a tie half; 0.5 means no bias.
    pub prefers_first: Option<Interval>,
    /// Where that comes from: `both orders` (each pair in both, so quality cancels) or `varied orders` (quality may remain in part).
    pub orders: Option<String>,
    /// Share of pairs answered in both orders whose answers favour different responses.
    pub inconsistent: Option<Interval>,
    /// Share of verdicts, without ties, for the response with more words: as AlpacaEval's "Proba. prefer longer", which counts characters
    /// and takes differences above 30.
    pub prefers_longer: Option<Interval>,
    /// How often it would prefer the longer of two responses that the reference finds equally good: sigmoid of the weight of length
    /// in a logistic regression of its verdict on the reference's (2 p - 1) and the sign of the difference in words.
    pub longer_at_equal_quality: Option<Interval>,
    /// Share of verdicts, without ties, for the response with a list where only one has any: as its "Proba. prefer lists".
    pub prefers_lists: Option<Interval>,
    /// The same at equal quality.
    pub lists_at_equal_quality: Option<Interval>,
    /// How much more often than the reference (or than the other judges, without one) it prefers responses of its own model.
    pub own_model: Option<Excess>,
    /// The same for responses of its family, its own model's too.
    pub own_family: Option<Excess>,
    /// Mean agreement of one verdict with the majority of the reference, a tie on one side half: "Human agreement", where a soft verdict
    /// counts as the side it favours. A reference judge is measured by the other ones, and without others by its own other verdicts on the
    /// pair.
    pub agreement: Option<Interval>,
    /// 1 less the agreement of its majority with the reference's, where it has judged pairs more than once: "Bias".
    pub bias: Option<Interval>,
    /// 1 less the agreement of one verdict with the majority of its other ones on the pair: "Variance".
    pub variance: Option<Interval>,
    /// Share of probability on the letters A and B, of a judge read by them.
    pub mean_mass: Option<f64>,
}

/// A preference beyond what a reference has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Excess {
    /// For which models.
    pub models: Vec<String>,
    /// Pairs with exactly one response of theirs.
    pub pairs: u64,
    /// Mean preference for them less the mean of the reference on the same pairs, -1..1; 0 means no bias.
    pub excess: Interval,
    /// Whose mean: `reference` or `other judges`.
    pub beside: String,
}
