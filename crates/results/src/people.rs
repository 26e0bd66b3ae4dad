//! How far the people who are one judge together agree.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The people of one judge, and what they say of a ceiling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct People {
    /// The judge that they are together.
    pub judge: String,
    /// One entry for each person, the most compared votes first.
    pub annotators: Vec<Reliability>,
    /// One person against the others: the share of all compared votes that agree, with an interval over prompts.
    pub agreement: Share,
    /// How far other judges agree with the majority of these people on the same pairs, by judge, with intervals over prompts.
    pub judges: Vec<(String, Share)>,
}

/// One person among the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reliability {
    /// The name.
    pub annotator: String,
    /// All votes.
    pub votes: u64,
    /// Agreement with the others left out, over the votes that can be compared.
    pub agreement: Share,
    /// Share of votes that are ties.
    pub ties: f64,
    /// Of the decided votes on pairs of different length: the share for the longer response.
    pub longer: Option<f64>,
    /// Of the decided votes whose order is known: the share for the response shown first.
    pub first: Option<f64>,
    /// Whether the rule above calls this person unreliable.
    pub unreliable: bool,
}

/// A share with Wilson's 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Share {
    /// How many agree.
    pub agree: u64,
    /// Of how many.
    pub of: u64,
    /// The share; `None` if nothing was counted.
    pub share: Option<f64>,
    /// The lower bound.
    pub low: Option<f64>,
    /// The upper bound.
    pub high: Option<f64>,
}
