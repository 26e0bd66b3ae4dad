//! To which degree do the responses of a pair have each property: which questions make ratings, and which do the answers make?
//!
//! The five steps of Li et al. (2024): the request is analysed alone ([`ask_analysis`]); query-specific properties are asked
//! for where it has what they are about; eighteen basic properties are judged without the request, so that what was asked
//! does not colour them, relevance and novelty with it; errors are counted against a reference answer. A pair's responses
//! are shown together, as in the paper, or each alone.
//!
//! A rating is *generated*, a form in JSON for many properties at once, or *scored*: one question for each property and
//! response, the expected value over the probabilities of the scale's levels as the next token. Scored ratings keep their
//! distribution, and cost a model in this process little: all questions about a pair begin with its responses.

mod analysis;
mod options;
mod prompt;
mod read;
mod rubric;
mod scenario;

use predilect_types::{Applies, Pair, Property, Side};

use crate::draw::drawn;
use crate::judge::Orders;
use options::step;

pub use analysis::{Analysis, ask_analysis, ask_reference, read_analysis};
pub use options::{Ask, Kind, Known, Method, RateOptions, Shown, Step, asked_with, is_rateable, rateable};
pub use predilect_results::asked::Asked;
pub use read::{Rated, rated};
pub use scenario::{SCENARIOS, ScenarioMethod, ask_scenario, read_scenario};

/// The questions that make the ratings of one pair.
pub fn asks(pair: &Pair, known: &Known, options: &RateOptions) -> Vec<Ask> {
    let both = |swapped| Shown::Both { swapped };
    let shown = match options.orders {
        _ if options.single => vec![Shown::One(Side::A), Shown::One(Side::B)],
        Orders::Both => vec![both(false), both(true)],
        Orders::Ab => vec![both(false)],
        Orders::Random => vec![both(!drawn(&pair.id, options.seed))],
    };
    let mut asks = Vec::new();
    for wanted in [Step::WithoutRequest, Step::WithRequest, Step::Specific, Step::Errors] {
        let properties: Vec<&'static Property> = options
            .properties
            .iter()
            .copied()
            .filter(|p| step(p) == wanted)
            .filter(|p| p.applies == Applies::Any || known.analysis.as_ref().is_some_and(|a| a.items(p) > 0))
            .collect();
        if properties.is_empty() || (wanted == Step::Errors && known.reference.is_none()) {
            continue;
        }
        for &shown in &shown {
            let kinds = match (wanted, options.method) {
                (Step::Errors, _) => vec![Kind::Errors],
                (_, Method::Generated) => {
                    let list = |p: &Property| known.analysis.as_ref().map_or(0, |a| a.list(p).len());
                    vec![Kind::Form(properties.iter().map(|&p| (p, list(p))).collect())]
                }
                (_, Method::Scored) => levels(&properties, known.analysis.as_ref(), shown),
            };
            for kind in kinds {
                let about = prompt::About { pair, known, step: wanted, shown };
                let request = prompt::request(&about, &kind, options.seed);
                asks.push(Ask { shown, step: wanted, kind, request });
            }
        }
    }
    asks
}

/// One question for each property, item and response.
fn levels(properties: &[&'static Property], analysis: Option<&Analysis>, shown: Shown) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for &property in properties {
        let items =
            if property.applies == Applies::Any { 1 } else { analysis.map_or(0, |a| a.items(property)) };
        for item in 0..items {
            kinds.extend(shown.letters().into_iter().map(|(side, _)| Kind::Level { property, item, side }));
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_ask_for_what_can_be_known() {
        let pair = Pair { id: "1".to_owned(), ..Pair::default() };
        let options = RateOptions::default();
        assert_eq!(options.properties.len(), 28);
        assert!(options.needs_analysis() && options.needs_reference());
        let sizes = |known: &Known, options: &RateOptions| -> Vec<(Step, usize)> {
            asks(&pair, known, options)
                .iter()
                .map(|ask| (ask.step, if let Kind::Form(p) = &ask.kind { p.len() } else { 1 }))
                .collect()
        };
        let none = Known::default();
        assert_eq!(sizes(&none, &options), [(Step::WithoutRequest, 18), (Step::WithRequest, 2)]);
        let constraints = vec!["a".to_owned(), "b".to_owned()];
        let analysis = Analysis { intent_clear: true, constraints, ..Analysis::default() };
        let known = Known { analysis: Some(analysis), reference: Some("so".to_owned()) };
        assert_eq!(sizes(&known, &options)[2..], [(Step::Specific, 1), (Step::Errors, 1)]);
        let both = RateOptions { orders: Orders::Both, ..options.clone() };
        assert_eq!(sizes(&known, &both).len(), 8);
        // Scored: a question for each level of each response.
        let scored = RateOptions { method: Method::Scored, ..options.clone() };
        assert_eq!(sizes(&known, &scored).len(), 2 * (18 + 2 + 2) + 1);
        let alone = RateOptions { single: true, ..scored };
        assert_eq!(sizes(&known, &alone).len(), 2 * (18 + 2 + 2) + 2);
        let asked = asks(&pair, &known, &alone);
        assert_eq!(asked[0].shown, Shown::One(Side::A));
        // All questions about a pair show it in the same order.
        let asked = asks(&pair, &known, &options);
        assert!(asked.iter().all(|ask| ask.shown == asked[0].shown));
    }
}
