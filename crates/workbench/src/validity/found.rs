//! Which ordered pairs can be rated, and what is found once they are?

use predilect_results::asked::{RaterValidity, Reversed};
use predilect_types::{Property, property};
use predilect_validity::{Ordered, Said, measure, score};

/// Parts pairs into those of properties that can be rated and the ids of the others.
pub(super) fn rateable(
    pairs: Vec<Ordered>,
    can: impl Fn(&'static Property) -> bool,
) -> (Vec<Ordered>, Vec<String>) {
    let mut not_rated: Vec<String> = Vec::new();
    let mut kept = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if property(&pair.property).is_some_and(&can) {
            kept.push(pair);
        } else if !not_rated.contains(&pair.property) {
            not_rated.push(pair.property);
        }
    }
    (kept, not_rated)
}

/// What is found once all is rated.
pub(super) fn found(
    annotator: &str,
    how: &str,
    rated: &[(Ordered, Said)],
    not_rated: Vec<String>,
) -> RaterValidity {
    let reversed = rated
        .iter()
        .filter(|(pair, said)| score(&pair.property, said.higher, said.lower) == Some(0.0))
        .map(|(pair, said)| Reversed {
            property: pair.property.clone(),
            set: pair.set.clone(),
            kind: pair.kind.clone(),
            request: pair.request.clone(),
            higher: pair.higher.clone(),
            lower: pair.lower.clone(),
            reason: pair.reason.clone(),
            rated_higher: said.higher,
            rated_lower: said.lower,
        })
        .collect();
    RaterValidity {
        annotator: annotator.to_owned(),
        how: how.to_owned(),
        rows: measure(annotator, rated.iter().map(|(pair, said)| (pair, *said))),
        not_rated,
        reversed,
        cost: None,
        remarks: Vec::new(),
    }
}
