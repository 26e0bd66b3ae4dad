//! Does a response lead to its result through ordered steps?

use super::{Measure, level};
use crate::document::Document;
use crate::phrases::List;

pub(crate) static STEP_BY_STEP: Measure = Measure {
    id: "step_by_step",
    definition: "Steps: 0.5 for each item of a numbered list (8 items at most), plus weighted words of order (step 1; \
        first, then, finally at a sentence's start; therefore). 0, then half a point at each of 1, 1.75, 2.5, 3.5, \
        5, 7. It is a number of steps, not a rate.",
    blind_spots: "A numbered list need not be steps: ten numbered tips count as ten steps, so a text that is not in \
        steps at all can reach 2. Steps in plain paragraphs without words of order are missed. Longer answers have \
        more steps. In other languages only numbered lists count.",
    proxy: true,
    rate: step_by_step,
};

fn step_by_step(doc: &Document<'_>) -> Option<f64> {
    if doc.words.is_empty() {
        return None;
    }
    let items = match doc.structure.ordered_items {
        0 | 1 => 0,
        items => items.min(8),
    };
    let points = 0.5 * items as f64 + doc.marks.weight(List::Sequence);
    Some(level(points, [1.0, 1.75, 2.5, 3.5, 5.0, 7.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_words_of_order_add_up() {
        let rate = |text| step_by_step(&Document::new(text, None));
        assert_eq!(rate(""), None);
        assert_eq!(rate("The door is open."), Some(0.0));
        // Three items: 1.5; "First" and "Finally": 2.
        assert_eq!(rate("1. Knock.\n2. Wait.\n3. Open.\n"), Some(0.5));
        assert_eq!(rate("First, knock. Finally, open the door."), Some(1.0));
        assert_eq!(rate("1. First, knock.\n2. Wait.\n3. Finally, open.\n"), Some(2.0));
    }
}
