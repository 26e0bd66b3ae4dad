//! Does a response lead to its result through ordered steps?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::seen::Element;
use crate::signs::Sign;

pub(crate) static STEP_BY_STEP: Measure = Measure {
    id: "step_by_step",
    definition: "Steps: 0.25 for each item of a numbered list and 0.5 for each sentence or item that begins with an order such as take, \
        add, press (8 of each at most; a single one does not count), plus weighted words of order (step 1; first, then, finally at a \
        sentence's start; therefore). 0, then half a point at each of 0.75, 1.5, 2.25, 3, 4, 6. It is a number of steps, not a rate.",
    blind_spots: "Advice in no order (avoid this, keep that) reads like steps, and a numbered list need not be steps. Steps that are narrated \
        (the chips are boiled) or calculated without words of order are missed. Longer answers have more steps. In languages other than English only numbered lists count.",
    proxy: true,
    signs: &[Sign::Element(Element::OrderedItem), Sign::Phrase(List::Order), Sign::Phrase(List::Sequence)],
    rate: step_by_step,
};

fn step_by_step(doc: &Document<'_>) -> Option<f64> {
    if doc.words.is_empty() {
        return None;
    }
    let several = |n: usize| if n < 2 { 0.0 } else { n.min(8) as f64 };
    let points = 0.25 * several(doc.structure.ordered_items)
        + 0.5 * several(doc.marks.count(List::Order))
        + doc.marks.weight(List::Sequence);
    Some(level(points, [0.75, 1.5, 2.25, 3.0, 4.0, 6.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_words_of_order_add_up() {
        let rate = |text| step_by_step(&Document::new(text, None));
        assert_eq!(rate(""), None);
        assert_eq!(rate("The door is open."), Some(0.0));
        // Three items: 0.75; two orders: 1; "First" and "Finally": 2.
        assert_eq!(rate("1. Water.\n2. Tea.\n3. Sugar.\n"), Some(0.5));
        assert_eq!(rate("Boil water. Pour it over the tea."), Some(0.5));
        assert_eq!(rate("First, the door is open. Finally, it is shut."), Some(1.0));
        assert_eq!(rate("1. First, knock.\n2. Wait.\n3. Finally, open.\n"), Some(1.5));
    }
}
