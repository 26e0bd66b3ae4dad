//! What published judges reward: posterior means, which came without intervals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What some published judges reward in a scenario, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedRewards {
    /// The scenario or case; `None`: the mean over the scenarios.
    pub scenario: Option<String>,
    /// The pairs on which the judges' verdicts were fitted.
    pub pairs: u64,
    /// How many scenarios there are.
    pub scenarios: u64,
    /// The judges, in the order in which they were asked for.
    pub judges: Vec<String>,
    /// One row for each property, in the order of the catalogue.
    pub rows: Vec<PublishedRow>,
}

/// How strongly the judges reward one property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedRow {
    /// The property.
    pub property: String,
    /// What each judge makes of it, in their order.
    pub cells: Vec<PublishedCell>,
    /// How the first judge differs from the second one; `None` with one judge.
    pub difference: Option<PublishedDifference>,
}

/// What a judge makes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedCell {
    /// The preference intensity: how often, in %, the response with more of the property wins, all else equal.
    pub intensity: f64,
    /// The published weight; `None` for the mean over the scenarios, which is one of intensities.
    pub weight: Option<f64>,
}

/// How one judge differs from another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedDifference {
    /// In percentage points of intensity.
    pub points: f64,
    /// In how many of the scenarios the difference has this sign.
    pub alike: u64,
}
