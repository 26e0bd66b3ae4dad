//! To which degree do the responses of a pair have each property: which questions make ratings, and which do the answers make?
//!
//! So far the twenty basic properties of Li et al. (2024): eighteen are judged without the request, so that what was asked
//! does not colour them, relevance and novelty with it. Each question shows both responses, as in the paper.

mod prompt;
mod read;

use predilect_llm::Request;
use predilect_types::{Applies, CATALOGUE, Pair, Property, Scale};

use crate::draw::drawn;
use crate::judge::Orders;

pub use read::{Rated, rated};

/// What a question shows beside the two responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing: the request stays hidden.
    WithoutRequest,
    /// The request.
    WithRequest,
}

/// How a model rates.
#[derive(Debug, Clone, PartialEq)]
pub struct RateOptions {
    /// What is rated, in the order of the catalogue.
    pub properties: Vec<&'static Property>,
    /// In which order the responses are shown.
    pub orders: Orders,
    /// Seed of the order drawn.
    pub seed: u64,
}

impl Default for RateOptions {
    fn default() -> Self {
        Self { properties: rateable().collect(), orders: Orders::Random, seed: 0 }
    }
}

/// One question about a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What it shows.
    pub step: Step,
    /// Whether B was shown first, under the letter A.
    pub swapped: bool,
    /// What it asks for.
    pub properties: Vec<&'static Property>,
    /// The request.
    pub request: Request,
}

/// The properties that a language model can be asked for.
pub fn rateable() -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(|p| p.scale == Scale::Likert && p.applies == Applies::Any && p.part_of.is_none())
}

/// What must be shown for a property: relevance and novelty are relations to the request.
fn step(property: &Property) -> Step {
    match property.id {
        "relevant" | "novel" => Step::WithRequest,
        _ => Step::WithoutRequest,
    }
}

/// The questions that make the ratings of one pair.
pub fn asks(pair: &Pair, options: &RateOptions) -> Vec<Ask> {
    let swapped: &[bool] = match options.orders {
        Orders::Both => &[false, true],
        Orders::Ab => &[false],
        Orders::Random if drawn(&pair.id, options.seed) => &[false],
        Orders::Random => &[true],
    };
    let mut asks = Vec::new();
    for which in [Step::WithoutRequest, Step::WithRequest] {
        let properties: Vec<&'static Property> =
            options.properties.iter().copied().filter(|p| step(p) == which).collect();
        if properties.is_empty() {
            continue;
        }
        for &swapped in swapped {
            let request = prompt::request(pair, which, swapped, &properties, options.seed);
            asks.push(Ask { step: which, swapped, properties: properties.clone(), request });
        }
    }
    asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twenty_basic_properties_are_asked_for_in_two_questions() {
        let pair = Pair { id: "1".to_owned(), ..Pair::default() };
        let options = RateOptions::default();
        assert_eq!(options.properties.len(), 20);
        let asks = asks(&pair, &options);
        assert_eq!(asks.iter().map(|ask| ask.properties.len()).collect::<Vec<_>>(), [18, 2]);
        assert_eq!(asks[0].swapped, asks[1].swapped);
        let both = super::asks(&pair, &RateOptions { orders: Orders::Both, ..options });
        assert_eq!(both.len(), 4);
    }
}
