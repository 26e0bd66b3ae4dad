//! How is one property rated, and where are the steps of a rating?

use crate::document::Document;
use crate::signs::Sign;

/// How one property is rated from text alone.
pub(crate) struct Measure {
    /// The property's id in the catalogue.
    pub(crate) id: &'static str,
    /// What exactly is measured, with its scale.
    pub(crate) definition: &'static str,
    /// Where the measure is known to be wrong.
    pub(crate) blind_spots: &'static str,
    /// True if the measure is only a proxy of the property as named.
    pub(crate) proxy: bool,
    /// The rating; `None` if there is nothing to rate.
    pub(crate) rate: fn(&Document<'_>) -> Option<f64>,
    /// What it counts that can be pointed at in a response; empty if it is no sum of passages.
    pub(crate) signs: &'static [Sign],
}

/// A Likert rating in steps of a half: half the number of thresholds that the value reaches.
///
/// Steps keep responses that read alike tied: a comparison looks only at the sign of a difference.
pub(super) fn level(value: f64, thresholds: [f64; 6]) -> f64 {
    thresholds.iter().filter(|&&threshold| value >= threshold).count() as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_rise_by_halves() {
        let thresholds = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        for (value, expected) in [(0.0, 0.0), (0.99, 0.0), (1.0, 0.5), (3.5, 1.5), (6.0, 3.0), (60.0, 3.0)] {
            assert!((level(value, thresholds) - expected).abs() < 1e-12);
        }
    }
}
