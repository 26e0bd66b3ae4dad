//! Does a response ask what is meant, or say how it understood?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::signs::Sign;
use crate::words::End;

pub(crate) static CLARIFY_INTENT: Measure = Measure {
    id: "clarify_intent",
    definition: "Weighted questions about what is meant and words on how it was understood (do you mean, which one, if you mean, I take it), \
        plus 0.7 for each question to the reader (with you or your) and 1 for each that names alternatives (or), per root of 100 words, from \
        50 words up: 0, then half a point at each of 0.5, 1, 1.7, 2.5, 3.5, 5.",
    blind_spots: "Text alone cannot show whether a request is unclear, so all responses are rated. Offers at the end (would you like more?) read \
        like questions about what is meant; a reading that is stated in words other than ours is missed. English lists only: not rated in \
        other languages.",
    proxy: true,
    signs: &[Sign::Phrase(List::Clarify), Sign::Sentence(End::Question)],
    rate,
};

fn rate(doc: &Document<'_>) -> Option<f64> {
    doc.ratable().then(|| {
        let questions = doc.words.sentences.iter().filter(|sentence| sentence.end == End::Question);
        let asked: f64 = questions
            .map(|sentence| {
                let has = |wanted: &[&str]| {
                    (sentence.first..sentence.last).any(|at| wanted.contains(&doc.words.get(at)))
                };
                f64::from(has(&["or"])) + 0.7 * f64::from(has(&["you", "your", "you're"]))
            })
            .sum();
        level(doc.density(doc.marks.weight(List::Clarify) + asked), [0.5, 1.0, 1.7, 2.5, 3.5, 5.0])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_what_is_meant_count() {
        let rate = |text| (CLARIFY_INTENT.rate)(&Document::new(text, None));
        assert_eq!(rate("The door is open."), Some(0.0));
        assert_eq!(rate("Is the door open?"), Some(0.0));
        // (2 + 0.7 + 1) / sqrt(0.5) = 5.2.
        assert_eq!(rate("Do you mean the front door or the back door?"), Some(3.0));
        // 2 / sqrt(0.5) = 2.8.
        assert_eq!(rate("If you mean the front door, it is open."), Some(2.0));
        assert_eq!(rate(""), None);
    }
}
