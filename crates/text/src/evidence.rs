//! Where in a response is what a rating counts?
//!
//! Ratings themselves only count. Whoever wants to see what was counted has the response read once more, with a [`Trace`] that follows the
//! reader and knows for each word and element where in the source it is.

use std::ops::Range;

use crate::document::{Document, Structure, Surface};
use crate::phrases::{self, List};
use crate::properties::{contraction, repeated_runs};
use crate::words::{End, Piece, split};

/// A passage of a response that a rating counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Where it is, in bytes of the response.
    pub range: Range<usize>,
    /// What it counts as: `hedge`, `heading`, `question`, ...
    pub what: &'static str,
}

/// What a rating counts, as far as it can be pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Phrases of a list.
    Phrase(List),
    /// Markdown elements.
    Element(Element),
    /// Marks between and around words.
    Mark(Mark),
    /// Sentences that end so.
    Sentence(End),
    /// Words such as *isn't*.
    Contraction,
    /// Runs of words that occurred before.
    Repeated,
    /// Words that the request has.
    Asked,
    /// Words that the request does not have, where they first occur.
    New,
}

/// A field of [`Structure`] whose elements have a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Heading,
    Item,
    OrderedItem,
    Bold,
    Table,
    Code,
    Link,
    Image,
    Quote,
    Footnote,
}

/// A field of [`Surface`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Emoji,
    Emoticon,
    Figure,
    Quotation,
    Citation,
}

impl Sign {
    /// What one such passage is called.
    fn name(self) -> &'static str {
        match self {
            Self::Phrase(list) => list.name(),
            Self::Element(element) => element.name(),
            Self::Mark(mark) => mark.name(),
            Self::Sentence(End::Question) => "question",
            Self::Sentence(End::Exclamation) => "exclamation",
            Self::Sentence(End::Stop | End::Block) => "sentence",
            Self::Contraction => "contraction",
            Self::Repeated => "repeated run of words",
            Self::Asked => "word of the request",
            Self::New => "new word",
        }
    }
}

impl Element {
    const fn name(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::Item => "list item",
            Self::OrderedItem => "numbered item",
            Self::Bold => "bold",
            Self::Table => "table",
            Self::Code => "code block",
            Self::Link => "link",
            Self::Image => "image",
            Self::Quote => "block quote",
            Self::Footnote => "footnote",
        }
    }

    /// How often each was seen, but for links, which are also found between words.
    fn counts(seen: &Structure) -> [(Self, usize); 9] {
        [
            (Self::Heading, seen.headings),
            (Self::Item, seen.items),
            (Self::OrderedItem, seen.ordered_items),
            (Self::Bold, seen.bold),
            (Self::Table, seen.tables),
            (Self::Code, seen.code_blocks),
            (Self::Image, seen.images),
            (Self::Quote, seen.quotes),
            (Self::Footnote, seen.footnotes),
        ]
    }
}

impl Mark {
    const fn name(self) -> &'static str {
        match self {
            Self::Emoji => "emoji",
            Self::Emoticon => "emoticon",
            Self::Figure => "figure",
            Self::Quotation => "quotation",
            Self::Citation => "citation",
        }
    }

    fn counts(seen: &Surface) -> [(Self, usize); 5] {
        [
            (Self::Emoji, seen.emoji),
            (Self::Emoticon, seen.emoticons),
            (Self::Figure, seen.figures),
            (Self::Quotation, seen.quotations),
            (Self::Citation, seen.citations),
        ]
    }
}

/// A piece of the block that is being read, and where it is from.
#[derive(Debug)]
struct Segment {
    /// Where it begins in the block.
    at: usize,
    /// Where that is in what is read.
    read: Range<usize>,
}

/// Where in the source each word and element was read.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    words: Vec<Range<usize>>,
    elements: Vec<(Element, Range<usize>)>,
    marks: Vec<(Mark, Range<usize>)>,
    segments: Vec<Segment>,
    /// Where what is read goes on after a formula that was replaced, and where the source does.
    shifts: Vec<(usize, usize)>,
}

impl Trace {
    pub(crate) fn with_shifts(shifts: Vec<(usize, usize)>) -> Self {
        Self { shifts, ..Self::default() }
    }

    /// The block goes on with this piece of what is read.
    pub(crate) fn goes_on(&mut self, at: usize, read: &Range<usize>) {
        self.segments.push(Segment { at, read: read.clone() });
    }

    /// The block has ended.
    pub(crate) fn ended(&mut self) {
        self.segments.clear();
    }

    /// The elements that were counted between then and now are at `read`.
    pub(crate) fn elements(&mut self, before: &Structure, now: &Structure, read: &Range<usize>) {
        for ((element, before), (_, now)) in Element::counts(before).into_iter().zip(Element::counts(now)) {
            if now > before {
                self.element(element, read);
            }
        }
    }

    pub(crate) fn element(&mut self, element: Element, read: &Range<usize>) {
        self.elements.push((element, self.shifted(read.start)..self.shifted(read.end)));
    }

    /// An address stands in the block.
    pub(crate) fn address(&mut self, in_block: &Range<usize>) {
        let place = self.source(in_block);
        self.elements.push((Element::Link, place));
    }

    /// The words and marks of a piece between white space, which begins there in the block; `words` of it were taken.
    pub(crate) fn chunk(&mut self, chunk: &str, at: usize, words: usize, [before, now]: [&Surface; 2]) {
        let here = self.source(&(at..at + chunk.len()));
        for ((mark, before), (_, now)) in Mark::counts(before).into_iter().zip(Mark::counts(now)) {
            self.marks.extend((before..now).map(|_| (mark, here.clone())));
        }
        if words == 0 {
            return;
        }
        let mut done = 0;
        split(chunk, |piece| match piece {
            Piece::Word(word) => {
                let place = self.source(&(at + done..at + done + word.len()));
                self.words.push(place);
                done += word.len();
            }
            Piece::Gap(gap) => done += gap.len(),
        });
    }

    /// Where a part of the block is in the source.
    fn source(&self, part: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let next = self.segments.partition_point(|segment| segment.at <= at);
            let segment = &self.segments[next.checked_sub(1)?];
            let end = self.segments.get(next).map(|next| next.at);
            // Entities are shorter than what was written for them.
            let alike = end.is_none_or(|end| end - segment.at == segment.read.len());
            Some(if alike {
                let at = (segment.read.start + at - segment.at).min(segment.read.end);
                at..(at + 1).min(segment.read.end)
            } else {
                segment.read.clone()
            })
        };
        let first = place(part.start).map_or(0, |at| at.start);
        let last = place(part.end.saturating_sub(1)).map_or(first, |at| at.end);
        self.shifted(first)..self.shifted(last.max(first))
    }

    fn shifted(&self, read: usize) -> usize {
        let next = self.shifts.partition_point(|(in_read, _)| *in_read <= read);
        match next.checked_sub(1).map(|before| self.shifts[before]) {
            Some((in_read, in_source)) => read - in_read + in_source,
            None => read,
        }
    }

    /// From the first to the last of these words.
    fn words(&self, words: Range<usize>) -> Option<Range<usize>> {
        let first = self.words.get(words.start)?;
        let last = self.words.get(words.end.checked_sub(1)?)?;
        Some(first.start..last.end.max(first.end))
    }
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
    let of_words = |words: Range<usize>| trace.words(words);
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
