//! How much of the request's wording does a response take up?

use super::measure::Measure;
use crate::document::Document;
use crate::signs::Sign;

pub(crate) static REQUEST_WORDS: Measure = Measure {
    id: "request_words",
    definition: "The share of the request's different content words (of three letters or more; English function words left out) that the \
        response has, times 3.",
    blind_spots: "This is not relevance: an answer to another question in the same words has as many of them (AUC .33 on pairs of which one is \
        plainly more relevant). Stems are not looked at. Longer responses have more. Not rated without a request.",
    proxy: false,
    signs: &[Sign::Asked],
    rate: |doc: &Document<'_>| {
        let request = doc.request.filter(|request| !request.content.is_empty())?;
        let own = doc.words.said(doc.english);
        let has = request.content.iter().filter(|word| own.binary_search(word).is_ok()).count();
        (!doc.words.is_empty()).then(|| 3.0 * has as f64 / request.content.len() as f64)
    },
};
