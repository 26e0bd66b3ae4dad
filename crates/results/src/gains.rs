//! What each property adds on verdicts that a fit has not seen, and the weight of length with and without information.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::weight::Weight;

/// The held-out gains of one fit, in nats a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gains {
    /// Mean log-loss on held-out verdicts without any property: of the nuisance terms, or of one half without terms.
    pub without: f64,
    /// With all properties.
    pub with: f64,
    /// One for each property, in the order of the fit.
    pub properties: Vec<PropertyGain>,
    /// What properties of one kind add, as Shapley values of the gain: they add up to `without - with`.
    pub themes: Vec<ThemeGain>,
    /// Two properties whose comparisons can hardly be distinguished.
    pub alike: Vec<Alike>,
}

/// What one property adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PropertyGain {
    /// The property's id.
    pub property: String,
    /// How much higher the log-loss is without it, all others there.
    pub beside: f64,
    /// Its standard error over prompts; `None` of one prompt.
    pub beside_se: Option<f64>,
    /// How much lower the log-loss is with it alone than without any.
    pub alone: f64,
    /// Its standard error over prompts.
    pub alone_se: Option<f64>,
}

/// What properties of one kind add together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ThemeGain {
    /// The kind.
    pub theme: String,
    /// Its properties.
    pub properties: Vec<String>,
    /// The mean over all orders of kinds of what it adds to those before it.
    pub gain: f64,
}

/// Two properties that vary together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alike {
    /// The two.
    pub properties: [String; 2],
    /// Correlation of their comparisons over the verdicts of the fit (around no difference).
    pub correlation: f64,
}

/// The weight of length in the same fit without information, and what information takes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LengthAlone {
    /// The weight of length where information is not in the fit.
    pub length: Weight,
    /// That less the weight of length together with information, in log-odds.
    pub taken: f64,
    /// The lower end of its 90 % interval, paired by prompt (or another unit).
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// What that says of length.
    pub says: LengthSays,
}

/// What a fit without information and one with it say of length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LengthSays {
    /// A sure direction alone, of which information surely takes a part, by the estimate at least half.
    Information,
    /// A sure direction with and without information, which surely takes a part.
    Partly,
    /// A sure direction with and without information, which surely takes less than half.
    Length,
    /// A sure direction with and without information, and surely a stronger one with it: information hid a part.
    Hidden,
    /// A sure direction alone, and it is not sure what information takes of it: the two cannot be distinguished.
    Unclear,
    /// A sure direction only together with information.
    Beside,
    /// No sure direction either way.
    Nothing,
}
