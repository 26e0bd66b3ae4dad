//! What a model returns when it is asked to judge, before a run is paid for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failures, Unread};

/// What was found of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// The model.
    pub model: String,
    /// The ways in which it was asked.
    pub ways: Vec<Way>,
    /// What it does with schemas and seeds; `None` if the probe was stopped.
    pub habits: Option<Habits>,
    /// What it is asked without, or otherwise, in sentences.
    pub remarks: Vec<String>,
    /// The method that a run should use; `None` if no answer could be read.
    pub method: Option<String>,
    /// Why.
    pub because: String,
    /// What speaks against this judge, in sentences.
    pub cautions: Vec<String>,
    /// Of judging a thousand pairs of about this size in both orders, where prices are known.
    pub price_of_thousand: Option<f64>,
    /// What all of this took, in US dollars, where prices are known.
    #[serde(default)]
    pub price: Option<f64>,
}

/// What a model does with one way of asking.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Way {
    /// How verdicts were asked for.
    pub method: String,
    /// Questions asked.
    pub questions: u64,
    /// Of these, with an answer that could be read.
    pub read: u64,
    /// Pairs whose good response won, of those with a verdict.
    pub right: u64,
    /// Pairs with a verdict.
    pub verdicts: u64,
    /// Verdicts for the response shown first, of those that could be read.
    pub first: u64,
    /// Verdicts for the response shown second; the others are ties, or belong to no order.
    #[serde(default)]
    pub second: u64,
    /// The mean share of probability on the letters.
    pub mass: Option<f64>,
    /// Why it cannot be asked in this way.
    pub refused: Option<String>,
    /// Answers that could not be read, by the reason.
    pub unread: Unread,
    /// Questions that failed.
    pub failures: Failures,
    /// Calls that were made.
    pub calls: u64,
    /// Tokens read and written.
    pub tokens: u64,
    /// In US dollars, where prices are known.
    pub price: Option<f64>,
    /// How long it took.
    pub seconds: f64,
}

/// What a model does with schemas, seeds and reasoning; a value is `None` if it could not be determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Habits {
    /// What becomes of a schema that the question contradicts.
    pub schema: Option<SchemaHabit>,
    /// What a seed does at temperature 1.
    pub seed: Option<SeedHabit>,
    /// Tokens before or in addition to an answer in one question, at most: reasoning.
    pub reasoning_tokens: u64,
}

/// What becomes of a schema that the question contradicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaHabit {
    /// The answer has its form all the same.
    Enforced,
    /// The answer is what the question asked for.
    Ignored,
    /// Asked for and refused.
    Refused,
}

/// What a seed does at temperature 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeedHabit {
    /// The same seed gives the same text, another one another.
    Taken,
    /// The same seed gives different texts.
    Ignored,
    /// Whatever the seed and the temperature, the same text.
    AlwaysTheSame,
    /// Asked for and refused.
    Refused,
}
