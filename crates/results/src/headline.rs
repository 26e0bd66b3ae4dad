//! In what does one judge depart from another on the same pairs?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What two judges differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Habit {
    /// Which share of decided verdicts prefers the response shown first.
    First,
    /// Which share of decided verdicts prefers the longer response.
    Longer,
    /// Which share of verdicts is a tie.
    Ties,
}

/// A departure of one judge from another on the same pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Headline {
    /// The judge.
    pub judge: String,
    /// The judge it is compared with: one that several people are, where there is one.
    pub reference: String,
    /// In what they differ.
    pub habit: Habit,
    /// The judge's share.
    pub share: f64,
    /// The reference's share.
    pub reference_share: f64,
    /// The difference of the shares.
    pub difference: f64,
    /// The lower bound of its 90 % interval over prompts.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
    /// Prompts that both have verdicts on.
    pub prompts: usize,
    /// Pairs that both have verdicts on.
    pub pairs: usize,
}
