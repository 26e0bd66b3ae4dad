//! Does a response back what it says with explicit evidence?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::seen::{Element, Mark};
use crate::signs::Sign;

pub(crate) static SUPPORTED: Measure = Measure {
    id: "supported",
    definition: "Evidence per 100 words (at least 50 assumed): 2 for each link, image, footnote, numbered citation \
        and block quote, 2 for a statement given to a source (according to, studies show), 1 for an example that is \
        announced and for a quoted passage of four words or more, 0.5 for a figure (a number of two digits or more, \
        a decimal, percentage or price). 0, then half a point at each of 0.5, 1, 1.8, 2.8, 4, 6.",
    blind_spots: "Whether a source exists, or says so, is not checked: invented citations count in full. Figures of \
        a calculation count as evidence, named authors and titles without a formula are missed, and so are \
        announcements in other languages, where only links, citations, quotations and figures count.",
    proxy: true,
    signs: &[
        Sign::Element(Element::Link),
        Sign::Element(Element::Image),
        Sign::Element(Element::Footnote),
        Sign::Element(Element::Quote),
        Sign::Mark(Mark::Citation),
        Sign::Mark(Mark::Quotation),
        Sign::Mark(Mark::Figure),
        Sign::Phrase(List::Evidence),
    ],
    rate: supported,
};

fn supported(doc: &Document<'_>) -> Option<f64> {
    if doc.words.is_empty() && doc.structure.links + doc.structure.images == 0 {
        return None;
    }
    let (seen, marks) = (&doc.structure, &doc.surface);
    let sources = seen.links + seen.images + seen.footnotes + marks.citations + seen.quotes;
    let points = 2.0 * sources as f64
        + doc.marks.weight(List::Evidence)
        + marks.quotations as f64
        + 0.5 * marks.figures as f64;
    Some(level(doc.per_hundred(points), [0.5, 1.0, 1.8, 2.8, 4.0, 6.0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_weighed() {
        let rate = |text| supported(&Document::new(text, None));
        assert_eq!(rate(""), None);
        assert_eq!(rate("The door is open."), Some(0.0));
        // 0.5 in 50 words: 1 per 100.
        assert_eq!(rate("The door opened in 1987."), Some(1.0));
        assert_eq!(rate("The door costs $5."), Some(1.0));
        assert_eq!(rate("There are 5 doors."), Some(0.0));
        // 2 in 50 words: 4 per 100.
        assert_eq!(rate("The door is open [1]."), Some(2.5));
        assert_eq!(rate("He said \"the door is open\" to me."), Some(1.5));
        assert_eq!(rate("See https://door.example for the door."), Some(2.5));
    }
}
