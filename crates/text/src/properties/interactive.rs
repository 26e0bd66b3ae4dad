//! Does a response draw the reader into a dialogue?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::signs::Sign;
use crate::words::End;

pub(crate) static INTERACTIVE: Measure = Measure {
    id: "interactive",
    definition: "Weighted invitations (let me know, would you like me to), plus 1 for each question and 0.15 for each \
        second person pronoun, per root of 100 words, from 50 words up: 0, then half a point at each of 0.3, 0.7, \
        1.2, 1.8, 2.6, 4.",
    blind_spots: "Rhetorical questions, questions in dialogues or exam papers written on request, and a general \
        'you' count like an address to the reader. English lists only: not rated in other languages.",
    proxy: true,
    signs: &[Sign::Phrase(List::Invite), Sign::Phrase(List::Address), Sign::Sentence(End::Question)],
    rate: interactive,
};

fn interactive(doc: &Document<'_>) -> Option<f64> {
    doc.ratable().then(|| {
        let questions = doc.words.sentences.iter().filter(|s| s.end == End::Question).count();
        let address = doc.marks.count(List::Address);
        let points = doc.marks.weight(List::Invite) + questions as f64 + 0.15 * address as f64;
        level(doc.density(points), [0.3, 0.7, 1.2, 1.8, 2.6, 4.0])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_invitations_count() {
        let rate = |text| interactive(&Document::new(text, None));
        assert_eq!(rate("The door is open."), Some(0.0));
        // 1 / sqrt(0.5) = 1.41.
        assert_eq!(rate("Is the door open?"), Some(1.5));
        // (2 + 1 + 2 x 0.15) / sqrt(0.5) = 4.67.
        assert_eq!(rate("Would you like me to open your door?"), Some(3.0));
        assert_eq!(rate(""), None);
    }
}
