//! What ratings from text alone say of ordered pairs.

use predilect_results::asked::RaterValidity;
use predilect_text::{Annotator, TextOptions};
use predilect_types::parts_of;
use predilect_validity::{Ordered, Said};
use rayon::prelude::*;

use super::found::{found, rateable};
use crate::error::{Error, Result};
use crate::figures::TEXT;

pub(super) fn rate(pairs: Vec<Ordered>) -> Result<RaterValidity> {
    let annotator = Annotator::new(&TextOptions::default());
    let place = |id: &str| annotator.properties().iter().position(|known| *known == id);
    let pairs = with_parts(pairs, |id| place(id).is_some());
    let (pairs, not_rated) = rateable(pairs, |property| place(property.id).is_some());
    if pairs.is_empty() {
        return Err(Error::new(format!("text alone does not rate {}", not_rated.join(", ")))
            .words(format!("properties rated from text are {}", annotator.properties().join(", "))));
    }
    let one = |pair: Ordered| {
        let at = place(&pair.property).unwrap_or_default();
        let rate = |text: &str| annotator.rate_answer(text, &pair.request, None).values[at];
        let said = Said { higher: rate(&pair.higher), lower: rate(&pair.lower), by_order: None };
        (pair, said)
    };
    let rated: Vec<(Ordered, Said)> = pairs.into_par_iter().map(one).collect();
    Ok(found(annotator.name(), TEXT, &rated, not_rated))
}

/// Of a property that is not rated but some of whose parts are, each part is put to its pairs: is the part the property after all?
fn with_parts(pairs: Vec<Ordered>, rated: impl Fn(&str) -> bool) -> Vec<Ordered> {
    let mut out = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if !rated(&pair.property) {
            for part in parts_of(&pair.property).filter(|part| rated(part.id)) {
                out.push(Ordered { property: part.id.to_owned(), ..pair.clone() });
            }
        }
        out.push(pair);
    }
    out
}
