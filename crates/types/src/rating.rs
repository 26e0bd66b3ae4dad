//! What is a rating: the degree to which one response has one property.

use serde::{Deserialize, Serialize};

/// Which response of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Response A.
    A,
    /// Response B.
    B,
}

impl Side {
    /// The side as files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Below this AUC on pairs whose order is known, ratings hardly measure the property they are named after.
pub const WEAK_AUC: f64 = 0.6;

/// One annotator's rating of one property on both responses of a pair.
///
/// A missing rating is `None`, never zero.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Rating {
    /// The pair.
    pub pair: String,
    /// The property's id in the catalogue.
    pub property: String,
    /// Who rated.
    pub annotator: String,
    /// Response A's rating on the property's scale.
    pub a: Option<f64>,
    /// Response B's rating on the property's scale.
    pub b: Option<f64>,
    /// If the annotator reports how sure it is: probabilities of equally spaced levels from the lowest to the highest of the scale, for
    /// response A; more levels than the scale has if several ratings were averaged. Their mean is the rating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels_a: Option<Vec<f64>>,
    /// The same for response B.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels_b: Option<Vec<f64>>,
    /// Its receipt where a language model rated: the keys of the calls it rests on, in the study's log of calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
}

/// What an annotator says about one property: how well its number represents the property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// The property's id in the catalogue.
    pub property: String,
    /// Who rates it.
    pub annotator: String,
    /// What exactly is measured.
    pub definition: String,
    /// Where the measure is known to be wrong.
    pub blind_spots: String,
    /// True if the measure is only a proxy of the property as named.
    pub proxy: bool,
}
