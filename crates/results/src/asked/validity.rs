//! Whether ratings put responses into an order that is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failures, Spent, Unread};

pub use predilect_types::WEAK_AUC;

/// How well an annotator rates one property, on pairs of one kind of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validity {
    /// Who rates.
    pub annotator: String,
    /// The property's id.
    pub property: String,
    /// The set of pairs.
    pub set: String,
    /// The kind of pairs: `every`, `held back` or one of the set's own.
    pub kind: String,
    /// Pairs.
    pub pairs: u64,
    /// Of these, rated in the order that is known.
    pub right: u64,
    /// Rated the other way round.
    pub wrong: u64,
    /// Rated equal.
    pub equal: u64,
    /// Of which a response was not rated.
    pub not_rated: u64,
    /// The share in the right order, equal and unrated ones half: the area under the ROC curve of the choice between the two.
    pub auc: f64,
    /// The lower end of its 95 % interval over sources (Wilson's, with as many independent draws as the clustered error is worth).
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The mean score (1 in the known order, 0 in the other) with the higher response shown first, less that with it shown second: above 0,
    /// the response shown first gets more. `None` if no pair was rated in both orders.
    pub order_effect: Option<f64>,
    /// Its standard error over sources.
    pub order_se: Option<f64>,
}

impl Validity {
    /// Whether the rating hardly measures its property.
    pub fn is_weak(&self) -> bool {
        self.auc < WEAK_AUC
    }
}

/// What was found of one annotator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RaterValidity {
    /// Who rates.
    pub annotator: String,
    /// How it was asked.
    pub how: String,
    /// Its figures by property, set and kind of pairs.
    pub rows: Vec<Validity>,
    /// Properties that it does not rate, though there are pairs of them.
    pub not_rated: Vec<String>,
    /// Pairs that it rated the wrong way round.
    pub reversed: Vec<Reversed>,
    /// What asking took, of a model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<RaterCost>,
    /// What to know of how the model was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// A pair that was rated the wrong way round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reversed {
    /// The property's id.
    pub property: String,
    /// The set of pairs.
    pub set: String,
    /// The kind of pairs.
    pub kind: String,
    /// The request.
    pub request: String,
    /// The response that has more of the property.
    pub higher: String,
    /// The one that has less.
    pub lower: String,
    /// Why.
    pub reason: String,
    /// The rating of the higher one.
    pub rated_higher: Option<f64>,
    /// The rating of the lower one.
    pub rated_lower: Option<f64>,
}

/// What asking a model took.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RaterCost {
    /// Calls, tokens and price.
    #[serde(flatten)]
    pub spent: Spent,
    /// Questions that failed.
    pub failures: Failures,
    /// Answers that could not be read, by the reason.
    pub unread: Unread,
    /// Of this run.
    pub seconds: f64,
}
