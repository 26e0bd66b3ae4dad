//! Why one verdict came out as it did.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What moved one judge's probability for A away from one half.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    /// The judge.
    pub judge: String,
    /// The group of the fit.
    pub group: String,
    /// The judge's verdict on this pair, where there is one (the mean of several).
    pub p_a: Option<f64>,
    /// Whether it was among the verdicts of the fit.
    pub fitted: bool,
    /// The probability without any difference: 1/2.
    pub base: f64,
    /// The fitted probability that A is preferred, at the posterior mean of the weights.
    pub value: f64,
    /// 5 % quantile over posterior draws.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// Properties and terms that differ, the largest first; their values add up to `value` - `base`.
    pub contributions: Vec<Contribution>,
}

/// One property's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// The property's id, or the term.
    pub property: String,
    /// Its comparison: above 0 where A has more of it.
    pub comparison: f64,
    /// Its Shapley value in probability, at the posterior mean of the weights.
    pub shap: f64,
    /// 5 % quantile of the Shapley value over posterior draws.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
}
