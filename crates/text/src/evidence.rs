//! Where in a response is what a rating counts?
//!
//! Ratings themselves only count. Whoever wants to see what was counted has the response read once more, with a [`Trace`] that follows the
//! reader and knows for each word and element where in the source it is.

use std::ops::Range;

use crate::document::Document;
use crate::phrases;
use crate::properties::{contraction, repeated_runs};
use crate::seen::Element;
use crate::signs::Sign;
use crate::trace::Trace;
use crate::words::End;

/// A passage of a response that a rating counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it is, in bytes of the response.
    pub range: Range<usize>,
    /// What it counts as: `hedge`, `heading`, `question`, ...
    pub what: &'static str,
}

/// The passages that these signs point at, in the order of the text.
pub(crate) fn passages(text: &str, doc: &Document<'_>, trace: &Trace, signs: &[Sign]) -> Vec<Evidence> {
    let mut found: Vec<Evidence> = Vec::new();
    for &sign in signs {
        let places = places(text, doc, trace, sign);
        let whole = places.into_iter().filter_map(|range| trimmed(text, range));
        found.extend(whole.map(|range| Evidence { range, what: sign.name() }));
    }
    found.sort_by_key(|passage| (passage.range.start, passage.range.end));
    found
}

fn places(text: &str, doc: &Document<'_>, trace: &Trace, sign: Sign) -> Vec<Range<usize>> {
    let of_words = |words: Range<usize>| trace.of_words(words);
    let single = |wanted: &dyn Fn(usize) -> bool| {
        (0..doc.words.len()).filter(|at| wanted(*at)).filter_map(|at| of_words(at..at + 1)).collect()
    };
    match sign {
        Sign::Phrase(list) if doc.english => phrases::places(&doc.words.text, list)
            .into_iter()
            .filter_map(|place| of_words(doc.words.within(place)))
            .collect(),
        Sign::Phrase(_) => Vec::new(),
        Sign::Element(wanted) => {
            let of = trace.elements.iter().filter(|(element, _)| *element == wanted);
            of.map(|(element, range)| match element {
                // What is in an item is not an item.
                Element::Item | Element::OrderedItem => first_line(text, range.clone()),
                _ => range.clone(),
            })
            .collect()
        }
        Sign::Mark(wanted) => {
            trace.marks.iter().filter(|(mark, _)| *mark == wanted).map(|(_, range)| range.clone()).collect()
        }
        Sign::Sentence(end) => {
            let of = doc.words.sentences.iter().filter(|sentence| sentence.end == end);
            of.filter_map(|sentence| {
                // What is asked is the whole sentence; what is exclaimed shows at its end.
                let first = if end == End::Exclamation { sentence.last.max(1) - 1 } else { sentence.first };
                let words = of_words(first..sentence.last)?;
                Some(words.start..after_stop(text, words.end))
            })
            .collect()
        }
        Sign::Contraction => single(&|at| contraction(doc.words.get(at))),
        Sign::Repeated => repeated_runs(doc).into_iter().filter_map(of_words).collect(),
        Sign::Asked => {
            let asked = doc.request.map_or(&[][..], |request| &request.content);
            single(&|at| asked.binary_search(&doc.words.hashes()[at]).is_ok())
        }
        Sign::New => {
            let asked = doc.request.map_or(&[][..], |request| &request.said);
            let said = doc.words.said(doc.english);
            let mut seen = std::collections::HashSet::new();
            let new: Vec<bool> = doc
                .words
                .hashes()
                .iter()
                .map(|word| {
                    said.binary_search(word).is_ok()
                        && asked.binary_search(word).is_err()
                        && seen.insert(*word)
                })
                .collect();
            single(&|at| new[at])
        }
    }
}

/// A range without the white space around it; `None` if nothing is left.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let inside = text.get(range.clone())?;
    let start = range.start + inside.len() - inside.trim_start().len();
    let end = start + inside.trim().len();
    (start < end).then_some(start..end)
}

fn first_line(text: &str, range: Range<usize>) -> Range<usize> {
    let line = text.get(range.clone()).and_then(|inside| inside.find('\n'));
    range.start..line.map_or(range.end, |line| range.start + line)
}

/// The end of a sentence with its marks.
fn after_stop(text: &str, end: usize) -> usize {
    let rest = text.get(end..).unwrap_or("");
    end + rest.len()
        - rest
            .trim_start_matches(|c: char| {
                ".?!\u{2026}\u{3002}\u{FF1F}\u{FF01}\u{061F})\"'\u{201D}\u{2019}*".contains(c)
            })
            .len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phrases::List;
    use crate::seen::Mark;
    use crate::{Annotator, TextOptions};
    use proptest::prelude::*;

    fn of<'t>(property: &str, text: &'t str) -> Vec<(&'t str, &'static str)> {
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let found = annotator.evidence(text, "Why is the sky blue?", None);
        let (_, found) = found.into_iter().find(|(own, _)| *own == property).expect("it can be shown");
        found.into_iter().map(|passage| (&text[passage.range], passage.what)).collect()
    }

    #[test]
    fn passages_are_the_source_of_what_is_counted() {
        assert_eq!(
            of("informal", "I'm *gonna* open &amp; shut it! Yes :)"),
            [
                ("I'm", "contraction"),
                ("gonna", "informal wording"),
                ("it!", "exclamation"),
                (":)", "emoticon")
            ]
        );
        assert_eq!(
            of("authoritative", "# Maybe\n\nIt **must** be \\(x\\) always, I\nthink."),
            [
                ("Maybe", "hedge"),
                ("must", "mark of certainty"),
                ("always", "mark of certainty"),
                ("I\nthink", "hedge")
            ]
        );
        assert_eq!(
            of("headings", "# One\n\ntext\n\n## Two ##\n"),
            [("# One", "heading"), ("## Two ##", "heading")]
        );
        assert_eq!(
            of("lists", "- a\n  - b\n- c **d**\n"),
            [("- a", "list item"), ("- b", "list item"), ("- c **d**", "list item")]
        );
        assert_eq!(
            of("links", "See [this](https://a.org) or https://b.org."),
            [("[this](https://a.org)", "link"), ("https://b.org.", "link")]
        );
        assert_eq!(of("interactive", "\\(a\\) \\[b\\] Shall I go on?")[0], ("Shall I", "invitation"));
        assert_eq!(
            of("non_repetitive", "One two three four five six. And one two three four five."),
            [("one two three four five", "repeated run of words")]
        );
        assert_eq!(
            of("request_words", "The sky is blue, BLUE."),
            [
                ("sky", "word of the request"),
                ("blue", "word of the request"),
                ("BLUE", "word of the request")
            ]
        );
        assert_eq!(
            of("new_words", "The sky scatters light, and light is blue."),
            [("scatters", "new word"), ("light", "new word")]
        );
    }

    #[test]
    fn what_is_no_sum_of_passages_has_none() {
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let shown = annotator.evidence("A text.", "", None);
        assert_eq!(shown.len(), 20);
        for property in ["length", "complex", "paragraphs"] {
            assert!(shown.iter().all(|(own, _)| *own != property), "{property}");
        }
    }

    #[test]
    fn phrases_that_are_taken_back_are_not_shown() {
        assert!(of("admit_limits", "I can't wait.").is_empty());
        assert_eq!(of("admit_limits", "I can't wait. I can\u{2019}t say.").len(), 1);
        assert!(of("courtesies", "Le chat dort toute la journ\u{e9}e dans le jardin, please.").is_empty());
    }

    proptest! {
        #[test]
        fn there_are_as_many_passages_as_are_counted(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "thank you", "please", "I am sorry", "isn't", "maybe", "# Head\n\n", "\n\n- item\n", "**bold**", "\\(x+1\\)", "&lt;b&gt;", "`code`",
                "\n\n> quoted\n\n", "[1]", "really?", "wow!", "\n", "é“four words in quotes”", "\u{1F600}", "12.5 %", "https://x.org/a_b", "\\*", "![i](j)", "|a|b|\n|-|-|\n|c|d|\n"
            ]), 0..30)
        ) {
            let text = pieces.join(" ");
            let (doc, trace) = Document::traced(&text, None);
            prop_assert_eq!(trace.words.len(), doc.words.len());
            for (at, place) in trace.words.iter().enumerate() {
                prop_assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end), "{:?}", place);
                let word = text[place.clone()].to_lowercase().replace('\u{2019}', "'");
                prop_assert!(word == doc.words.get(at) || word.contains('&'), "{} {}", word, doc.words.get(at));
            }
            for (element, count) in Element::counts(&doc.structure) {
                let of = trace.elements.iter().filter(|(own, _)| *own == element).count();
                prop_assert_eq!(of, count, "{}", element.name());
            }
            prop_assert_eq!(trace.elements.iter().filter(|(own, _)| *own == Element::Link).count(), doc.structure.links);
            for (mark, count) in Mark::counts(&doc.surface) {
                prop_assert_eq!(trace.marks.iter().filter(|(own, _)| *own == mark).count(), count);
            }
            for list in List::ALL.into_iter().filter(|_| doc.english) {
                prop_assert_eq!(phrases::places(&doc.words.text, list).len(), doc.marks.count(list));
            }
            let again = Document::new(&text, None);
            prop_assert_eq!((again.words.text, again.structure, again.surface), (doc.words.text.clone(), doc.structure, doc.surface));
        }
    }
}
