//! Is a response laid out for easy reading?

use super::measure::Measure;
use crate::document::Document;
use crate::seen::Element;
use crate::signs::Sign;

const MARKDOWN: &str = "Text that only looks like markdown counts: a paragraph indented by four spaces is a code \
    block, a line that starts with a number and a full stop a list item. Layout by plain text alone (capitals, \
    rows of dashes, lettered lists) is not seen.";

macro_rules! count {
    ($id:literal, $definition:literal, $field:ident, $signs:expr) => {
        Measure {
            id: $id,
            definition: concat!(
                $definition,
                ", counted in the parsed markdown (GitHub flavour). 0 when there are none."
            ),
            blind_spots: MARKDOWN,
            proxy: false,
            signs: $signs,
            rate: |doc: &Document<'_>| Some(doc.structure.$field as f64),
        }
    };
}

pub(crate) static HEADINGS: Measure =
    count!("headings", "Headings of any level", headings, &[Sign::Element(Element::Heading)]);
pub(crate) static LISTS: Measure = count!(
    "lists",
    "Items of bulleted and numbered lists, nested ones included",
    items,
    &[Sign::Element(Element::Item)]
);
pub(crate) static BOLD: Measure = count!("bold", "Spans set in bold", bold, &[Sign::Element(Element::Bold)]);
pub(crate) static TABLES: Measure = count!("tables", "Tables", tables, &[Sign::Element(Element::Table)]);
pub(crate) static CODE_BLOCKS: Measure =
    count!("code_blocks", "Fenced and indented code blocks", code_blocks, &[Sign::Element(Element::Code)]);
pub(crate) static LINKS: Measure = count!(
    "links",
    "Links, and bare web addresses (http, https, www) outside code",
    links,
    &[Sign::Element(Element::Link)]
);

pub(crate) static PARAGRAPHS: Measure =
    count!("paragraphs", "Paragraphs, headings, list items and table cells with words", blocks, &[]);

pub(crate) static WELL_FORMATTED: Measure = Measure {
    id: "well_formatted",
    definition: "0 to 3 by half points: 1 when no paragraph or list item is longer than 120 words, half when none is \
        longer than 200, else 0; plus 1 for a list of two items or more; half each for headings and for bold; 1 for \
        a table; half for a code block; capped at 3. A response without words or code is not rated.",
    blind_spots: "Whether a device helps is not judged: a list where prose would read better gains as much as one \
        in its place, and a one-line answer, which needs none, gets 1. Text that only looks like markdown counts, \
        layout by plain text alone does not.",
    proxy: true,
    signs: &[
        Sign::Element(Element::Heading),
        Sign::Element(Element::Item),
        Sign::Element(Element::Bold),
        Sign::Element(Element::Table),
        Sign::Element(Element::Code),
    ],
    rate: well_formatted,
};

fn well_formatted(doc: &Document<'_>) -> Option<f64> {
    let seen = &doc.structure;
    if doc.words.is_empty() && seen.code_blocks == 0 {
        return None;
    }
    let broken = match seen.longest {
        0..=120 => 1.0,
        121..=200 => 0.5,
        _ => 0.0,
    };
    let device = |present: bool, points: f64| if present { points } else { 0.0 };
    let devices = device(seen.items >= 2, 1.0)
        + device(seen.headings > 0, 0.5)
        + device(seen.bold > 0, 0.5)
        + device(seen.tables > 0, 1.0)
        + device(seen.code_blocks > 0, 0.5);
    Some((broken + devices).min(3.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(measure: &Measure, text: &str) -> Option<f64> {
        (measure.rate)(&Document::new(text, None))
    }

    #[test]
    fn elements_are_counted_in_the_parsed_markdown() {
        let text = "# One\n\nTwo\n===\n\n- a **b** `**c**`\n  1. d\n- [e](https://e.org) and https://f.org\n\n\
            | g | h |\n|---|---|\n| i | **j** |\n\n```\n# no heading\n- no item\nhttps://no.link\n```\n";
        assert_eq!(rate(&HEADINGS, text), Some(2.0));
        assert_eq!(rate(&LISTS, text), Some(3.0));
        assert_eq!(rate(&BOLD, text), Some(2.0));
        assert_eq!(rate(&TABLES, text), Some(1.0));
        assert_eq!(rate(&CODE_BLOCKS, text), Some(1.0));
        assert_eq!(rate(&LINKS, text), Some(2.0));
        assert_eq!(rate(&LINKS, "[https://a.org](https://a.org) <https://b.org>"), Some(2.0));
        assert_eq!(rate(&HEADINGS, ""), Some(0.0));
    }

    #[test]
    fn layout_adds_up() {
        assert_eq!(rate(&WELL_FORMATTED, ""), None);
        assert_eq!(rate(&WELL_FORMATTED, "Yes."), Some(1.0));
        assert_eq!(rate(&WELL_FORMATTED, "Take:\n\n- salt\n- **oil**\n"), Some(2.5));
        assert_eq!(rate(&WELL_FORMATTED, &"word ".repeat(150)), Some(0.5));
        assert_eq!(rate(&WELL_FORMATTED, &"word ".repeat(201)), Some(0.0));
        assert_eq!(rate(&WELL_FORMATTED, "# A\n\n**b**\n\n- c\n- d\n\n|e|\n|-|\n|f|\n"), Some(3.0));
    }
}
