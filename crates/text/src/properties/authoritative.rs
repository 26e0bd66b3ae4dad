//! Does a response speak with certainty?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::signs::Sign;

pub(crate) static AUTHORITATIVE: Measure = Measure {
    id: "authoritative",
    definition: "Weighted marks of certainty and instruction (must, always, in fact) minus hedges and personal \
        opinions (maybe, I think, it depends), per 100 words (at least 50 assumed): from 0 up by half a point at \
        each of -2, -0.8, -0.2, 0.4, 1.2, 2.4; a neutral text gets 1.5.",
    blind_spots: "Certainty is not expertise: a plain statement of fact, the expert's usual tone, is neutral, and \
        honest hedging lowers the rating. English lists only: not rated in other languages.",
    proxy: true,
    signs: &[Sign::Phrase(List::Certain), Sign::Phrase(List::Hedge)],
    rate: authoritative,
};

fn authoritative(doc: &Document<'_>) -> Option<f64> {
    doc.ratable().then(|| {
        let net = doc.marks.weight(List::Certain) - doc.marks.weight(List::Hedge);
        level(doc.per_hundred(net), [-2.0, -0.8, -0.2, 0.4, 1.2, 2.4])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_and_hedges_cancel() {
        let rate = |text| authoritative(&Document::new(text, None));
        assert_eq!(rate("The door is open."), Some(1.5));
        // 1 in 50 words: 2 per 100.
        assert_eq!(rate("The door is always open."), Some(2.5));
        assert_eq!(rate("Perhaps the door is always open."), Some(1.5));
        // -2 in 50 words: -4 per 100.
        assert_eq!(rate("I think the door is perhaps open."), Some(0.0));
    }
}
