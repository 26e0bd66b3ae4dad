//! How a model that was asked for ratings has rated.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failures, Spent, Unread};

/// Values of one property that were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// How many.
    pub values: u64,
    /// Of these, the ones without a rating on the scale.
    pub missing: u64,
}

impl std::ops::AddAssign for Asked {
    fn add_assign(&mut self, other: Self) {
        self.values += other.values;
        self.missing += other.missing;
    }
}

/// How often ratings find an order that is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnownValidity {
    /// The share of pairs put into their order, equal ones half.
    pub auc: f64,
    /// The number of pairs.
    pub pairs: u64,
}

/// What is said of one annotator after a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AnnotatorRun {
    /// The annotator's name in the study.
    pub annotator: String,
    /// The model behind it.
    pub model: String,
    /// How ratings were read.
    pub method: String,
    /// Pairs that were rated.
    pub pairs: u64,
    /// Properties that were asked for.
    pub properties: usize,
    /// Ratings that were read.
    pub ratings: u64,
    /// Answers with ratings by how they could be read.
    pub answers: BTreeMap<String, u64>,
    /// Share of them that could be read.
    pub parse_rate: Option<f64>,
    /// Values asked for that are missing or off the scale.
    pub missing_values: u64,
    /// The same for each property.
    pub values: BTreeMap<String, Asked>,
    /// Analyses of requests by how they could be read.
    pub analyses: BTreeMap<String, u64>,
    /// Requests in each query-specific case.
    pub cases: BTreeMap<String, u64>,
    /// Requests sorted into each scenario in this run.
    pub scenarios: BTreeMap<String, u64>,
    /// Pairs with an answer of reference.
    pub references: u64,
    /// Share of responses to which accuracy does not apply.
    pub not_applicable: Option<f64>,
    /// What it took.
    #[serde(flatten)]
    pub spent: Spent,
    /// Questions that failed.
    pub failures: Failures,
    /// Answers that could not be read, by the reason.
    pub unread: Unread,
    /// How often each property's ratings find an order that is known (AUC), where that was measured.
    pub validity: BTreeMap<String, KnownValidity>,
    /// What to know of how the models were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Why the run ended early.
    pub stopped: Option<String>,
}
