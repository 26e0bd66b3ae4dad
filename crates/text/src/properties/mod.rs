//! Which properties can be rated, and by which measure?
//!
//! To add a property, write a file beside this one with its [`Measure`] and name it in [`MEASURES`].

use crate::document::Document;

mod authoritative;
mod clarify;
mod complexity;
mod constraints;
mod formatting;
#[cfg(feature = "grammar")]
mod grammatical;
mod information;
mod interactive;
mod length;
mod limits;
mod manners;
mod repetition;
mod steps;
mod supported;
mod taken_up;

/// How one property is rated from text alone.
pub(crate) struct Measure {
    /// The property's id in the catalogue.
    pub(crate) id: &'static str,
    /// What exactly is measured, with its scale.
    pub(crate) definition: &'static str,
    /// Where the measure is known to be wrong.
    pub(crate) blind_spots: &'static str,
    /// True when the measure only stands in for the property as named.
    pub(crate) proxy: bool,
    /// The rating; `None` where there is nothing to rate.
    pub(crate) rate: fn(&Document<'_>) -> Option<f64>,
}

/// All measures, in the order of the catalogue.
pub(crate) static MEASURES: &[&Measure] = &[
    #[cfg(feature = "grammar")]
    &grammatical::GRAMMATICAL,
    &interactive::INTERACTIVE,
    &authoritative::AUTHORITATIVE,
    &complexity::COMPLEX,
    &supported::SUPPORTED,
    &formatting::WELL_FORMATTED,
    &limits::ADMIT_LIMITS,
    &steps::STEP_BY_STEP,
    &manners::INFORMAL,
    &repetition::NON_REPETITIVE,
    &information::INFORMATION,
    &clarify::CLARIFY_INTENT,
    &constraints::SATISFIES_CONSTRAINTS,
    &length::LENGTH,
    &formatting::HEADINGS,
    &formatting::LISTS,
    &formatting::BOLD,
    &formatting::TABLES,
    &formatting::CODE_BLOCKS,
    &formatting::LINKS,
    &formatting::PARAGRAPHS,
    &information::NEW_WORDS,
    &information::DISTINCT_WORDS,
    &information::BITS_GIVEN_PROMPT,
    &manners::COURTESIES,
    &manners::WARM_WORDS,
    &taken_up::REQUEST_WORDS,
];

/// A Likert rating in steps of a half: half the number of thresholds that the value reaches.
///
/// Steps keep responses that read alike tied: a comparison looks only at the sign of a difference.
fn level(value: f64, thresholds: [f64; 6]) -> f64 {
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

    #[test]
    fn measures_stand_in_the_order_of_the_catalogue() {
        let places: Vec<usize> = MEASURES
            .iter()
            .map(|m| predilect_types::CATALOGUE.iter().position(|p| p.id == m.id).expect(m.id))
            .collect();
        assert!(places.is_sorted_by(|a, b| a < b));
    }
}
