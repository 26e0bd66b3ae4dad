//! Does a response say what it does not know, cannot do or got wrong?

use super::measure::{Measure, level};
use crate::phrases::List;
use crate::signs::Sign;

pub(crate) static ADMIT_LIMITS: Measure = Measure {
    id: "admit_limits",
    definition: "Weighted admissions in the first person (I do not know, I cannot, I got that wrong, as an AI; half weight for vaguer ones \
        such as hard to say; I cannot wait and similar phrases do not count) per root of 100 words, from 50 words up: 0, then half a point at each \
        of 0.4, 0.8, 1.3, 2, 3, 4.5.",
    blind_spots: "A refusal on grounds of safety reads like an admission of not being able. A character in a story who cannot sleep counts \
        too, and so do quotations of somebody else. Admissions in words other than ours are missed. English lists only: not rated \
        in other languages.",
    proxy: true,
    signs: &[Sign::Phrase(List::Limits)],
    rate: |doc| {
        doc.ratable()
            .then(|| level(doc.density(doc.marks.weight(List::Limits)), [0.4, 0.8, 1.3, 2.0, 3.0, 4.5]))
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn admissions_are_weighed() {
        let rate = |text| (ADMIT_LIMITS.rate)(&Document::new(text, None));
        assert_eq!(rate("The door is open."), Some(0.0));
        // 2 / sqrt(0.5) = 2.83.
        assert_eq!(rate("I don't know whether the door is open."), Some(2.0));
        assert_eq!(rate("As an AI, I cannot open the door, and I do not know who can."), Some(3.0));
    }
}
