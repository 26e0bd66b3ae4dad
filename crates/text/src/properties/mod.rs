//! Which properties can be rated, and by which measure?
//!
//! To add a property, write a file next to this one with its [`Measure`] and name it in [`MEASURES`].

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
mod measure;
mod repetition;
mod steps;
mod supported;
mod taken_up;

pub(crate) use manners::contraction;
pub(crate) use measure::Measure;
pub(crate) use repetition::repeated_runs;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_stand_in_the_order_of_the_catalogue() {
        let places: Vec<usize> = MEASURES
            .iter()
            .map(|m| predilect_types::CATALOGUE.iter().position(|p| p.id == m.id).expect(m.id))
            .collect();
        assert!(places.is_sorted_by(|a, b| a < b));
    }
}
