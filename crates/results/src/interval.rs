//! An estimate and how sure it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An estimate with its 90 % interval: bootstrap over prompts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// 5 % quantile over resamples of the prompts.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
}
