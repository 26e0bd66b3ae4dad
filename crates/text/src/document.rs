//! Extracts what a response contains once its markdown is parsed: structure, prose, words, marks.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::cut::{CAP, cut};
use crate::language;
use crate::phrases::{self, Marks};
use crate::request::Request;
use crate::seen::{Element, Structure, Surface};
use crate::trace::Trace;
use crate::words::{End, Piece, Words, split};

/// Represents in the prose what is not prose: inline code, a formula, an address, an image.
pub(crate) const OBJECT: char = '\u{FFFC}';

/// A response, parsed once and read by every annotator.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document<'t> {
    /// The whole text as written.
    pub(crate) raw: &'t str,
    /// The prose: no code, formulas, addresses or markdown marks; [`OBJECT`] in their place if they were inside a sentence; a blank line
    /// between blocks.
    pub(crate) prose: String,
    /// The words of the prose.
    pub(crate) words: Words,
    /// The phrases found in them.
    pub(crate) marks: Marks,
    /// Its markdown.
    pub(crate) structure: Structure,
    /// Its marks.
    pub(crate) surface: Surface,
    /// The language of the prose, if there is enough of it to detect one.
    pub(crate) language: Option<&'static str>,
    /// Whether English word lists and rules apply: the prose is English, or there is too little of it to detect the language and the prompt
    /// is not known to be in another language.
    pub(crate) english: bool,
    /// What is asked for, where that is known.
    pub(crate) request: Option<&'t Request>,
}

impl<'t> Document<'t> {
    /// Parses a response; the request's language is assumed if the text is too short to detect it.
    pub(crate) fn new(raw: &'t str, request: Option<&'t Request>) -> Self {
        let (read, _) = without_formulas(cut(raw, CAP));
        Self::of(raw, &read, request, None).0
    }

    /// The same, with where in the response everything is.
    pub(crate) fn traced(raw: &'t str, request: Option<&'t Request>) -> (Self, Trace) {
        let (read, shifts) = without_formulas(cut(raw, CAP));
        let (doc, trace) = Self::of(raw, &read, request, Some(Box::new(Trace::with_shifts(shifts))));
        (doc, trace.map_or_else(Trace::default, |trace| *trace))
    }

    fn of(
        raw: &'t str,
        read: &str,
        request: Option<&'t Request>,
        trace: Option<Box<Trace>>,
    ) -> (Self, Option<Box<Trace>>) {
        let mut builder =
            Builder { doc: Document { raw, request, ..Document::default() }, trace, ..Builder::default() };
        builder.doc.prose.reserve(read.len());
        builder.doc.words = Words::with_capacity(read.len());
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_MATH;
        for (event, place) in Parser::new_ext(read, options).into_offset_iter() {
            if builder.trace.is_some() {
                builder.traced(event, &place);
            } else {
                builder.event(event);
            }
        }
        builder.flush(false);
        let Builder { mut doc, trace, .. } = builder;
        doc.language = language::detect_language(&doc.prose);
        let fallback = request.and_then(|request| request.language.as_deref());
        doc.english = doc.language.or(fallback).is_none_or(|code| code == "en");
        if doc.english {
            doc.marks = phrases::find(&doc.words.text);
        }
        (doc, trace)
    }

    /// How often something occurs per 100 words of prose; texts below 50 words count as 50, so that one mark in a
    /// short answer does not weigh as much as ten in a long one.
    pub(crate) fn per_hundred(&self, hits: f64) -> f64 {
        hits * 100.0 / self.words.len().max(50) as f64
    }

    /// How often something occurs, per root of 100 words of prose, from 50 words up.
    ///
    /// Courtesies, invitations and disclaimers are at the opening and the close: their number grows more slowly than the length, and a
    /// plain rate would call every long answer curt.
    pub(crate) fn density(&self, hits: f64) -> f64 {
        hits / (self.words.len().max(50) as f64 / 100.0).sqrt()
    }

    /// Whether there is English prose to rate.
    pub(crate) fn ratable(&self) -> bool {
        self.english && !self.words.is_empty()
    }
}

/// Replaces formulas between `\(` and `\)` or `\[` and `\]` by [`OBJECT`]: markdown takes their marks for escapes.
///
/// A formula ends within 2,000 bytes and contains neither a blank line nor a code fence. Beside the text: for each formula where it goes on
/// after it, there and in the text as it was.
fn without_formulas(text: &str) -> (Cow<'_, str>, Vec<(usize, usize)>) {
    const REACH: usize = 2000;
    let mut shifts = Vec::new();
    if !text.contains("\\(") && !text.contains("\\[") {
        return (Cow::Borrowed(text), shifts);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let closer = match rest.as_bytes().get(at + 1) {
            Some(b'(') => "\\)",
            Some(b'[') => "\\]",
            // A doubled backslash hides what follows.
            Some(b'\\') => {
                out.push_str(&rest[..at + 2]);
                rest = &rest[at + 2..];
                continue;
            }
            _ => "",
        };
        let inner = rest.get(at + 2..).map_or("", |inner| cut(inner, REACH));
        let found = if closer.is_empty() { None } else { inner.find(closer) };
        if let Some(len) =
            found.filter(|&len| !inner[..len].contains("\n\n") && !inner[..len].contains("```"))
        {
            out.push_str(&rest[..at]);
            out.push(OBJECT);
            rest = &rest[at + 2 + len + 2..];
            shifts.push((out.len(), text.len() - rest.len()));
        } else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    (Cow::Owned(out), shifts)
}

/// Collects a document from the events of the markdown parser.
#[derive(Default)]
struct Builder<'t> {
    doc: Document<'t>,
    /// The text of the block that is being read.
    block: String,
    /// For each open list, whether it is numbered.
    lists: Vec<bool>,
    code: bool,
    links: usize,
    images: usize,
    quotes: usize,
    /// Where everything is, for whoever asks.
    trace: Option<Box<Trace>>,
}

impl Builder<'_> {
    /// Takes an event, and remembers where it was.
    fn traced(&mut self, event: Event<'_>, place: &Range<usize>) {
        let link = matches!(event, Event::Start(Tag::Link { .. }));
        let before = self.doc.structure.clone();
        let at = self.block.len();
        if let Some(trace) = &mut self.trace {
            trace.goes_on(at, place);
        }
        self.event(event);
        let Some(trace) = &mut self.trace else { return };
        trace.elements(&before, &self.doc.structure, place);
        if link {
            trace.element(Element::Link, place);
        }
        // A block that has begun with this event.
        if self.block.is_empty() {
            trace.ended();
        }
    }

    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if !self.code && self.images == 0 => {
                if self.links > 0 && address(&text) {
                    self.block.push(OBJECT);
                } else {
                    self.block.push_str(&text);
                }
            }
            // "$5-$10" is not a formula.
            Event::InlineMath(inner) if inner.bytes().all(|b| b" 0123456789.,-+".contains(&b)) => {
                self.block.push('$');
                self.block.push_str(&inner);
                self.block.push('$');
            }
            Event::SoftBreak | Event::HardBreak => self.block.push('\n'),
            Event::InlineHtml(tag) => self.block.push(if tag.starts_with("<br") { '\n' } else { OBJECT }),
            Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) => self.block.push(OBJECT),
            Event::FootnoteReference(_) => self.doc.structure.footnotes += 1,
            Event::Text(_) | Event::Html(_) | Event::Rule | Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let seen = &mut self.doc.structure;
        match tag {
            Tag::Heading { .. } => seen.headings += 1,
            Tag::List(first) => self.lists.push(first.is_some()),
            Tag::Item => {
                seen.items += 1;
                seen.ordered_items += usize::from(self.lists.last() == Some(&true));
            }
            Tag::Table(_) => seen.tables += 1,
            Tag::CodeBlock(_) => {
                seen.code_blocks += 1;
                self.code = true;
            }
            Tag::BlockQuote(_) => {
                seen.quotes += usize::from(self.quotes == 0);
                self.quotes += 1;
            }
            Tag::Strong => seen.bold += 1,
            Tag::Link { .. } => {
                seen.links += 1;
                self.links += 1;
            }
            Tag::Image { .. } => {
                seen.images += 1;
                self.images += 1;
                self.block.push(OBJECT);
            }
            _ => {}
        }
        if !matches!(
            tag,
            Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
        ) {
            self.flush(false);
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough => return,
            TagEnd::Link => {
                self.links = self.links.saturating_sub(1);
                return;
            }
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                return;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.code = false,
            TagEnd::BlockQuote(_) => self.quotes = self.quotes.saturating_sub(1),
            _ => {}
        }
        self.flush(matches!(tag, TagEnd::Heading(_)));
    }

    /// Reads the words of the finished block.
    fn flush(&mut self, heading: bool) {
        if self.block.is_empty() {
            return;
        }
        let block = std::mem::take(&mut self.block);
        let before = self.doc.words.len();
        let mut reader = BlockReader { doc: &mut self.doc, pending: None, quote: None };
        let mut done = 0;
        let start = block.as_ptr() as usize;
        for chunk in block.split_ascii_whitespace() {
            let from = chunk.as_ptr() as usize - start;
            if let Some(trace) = &mut self.trace {
                let (words, surface) = (reader.doc.words.len(), reader.doc.surface.clone());
                if address(chunk) {
                    trace.address(&(from..from + chunk.len()));
                } else {
                    reader.chunk(chunk);
                    let taken = reader.doc.words.len() - words;
                    trace.chunk(chunk, from, taken, [&surface, &reader.doc.surface]);
                    continue;
                }
            }
            if address(chunk) {
                reader.doc.prose.push_str(&block[done..from]);
                reader.doc.prose.push(OBJECT);
                done = from + chunk.len();
                reader.doc.structure.links += 1;
                reader.pending = chunk.ends_with('.').then_some(End::Stop);
            } else {
                reader.chunk(chunk);
            }
        }
        self.doc.prose.push_str(&block[done..]);
        self.doc.prose.push_str("\n\n");
        let ended = block_end(&block);
        self.doc.words.end_sentence(ended);
        let words = self.doc.words.len() - before;
        if words > 0 {
            self.doc.structure.blocks += 1;
            if !heading {
                self.doc.structure.longest = self.doc.structure.longest.max(words);
            }
        }
        self.block = block;
        self.block.clear();
    }
}

/// How the last sentence of a block ends.
fn block_end(block: &str) -> End {
    let tail = block.trim_end_matches(|c: char| c.is_whitespace() || ")\"'\u{201D}\u{2019}*]".contains(c));
    terminator(tail.chars().next_back().unwrap_or(' ')).unwrap_or(End::Block)
}

fn terminator(c: char) -> Option<End> {
    match c {
        '.' | '\u{2026}' | '\u{3002}' | '\u{0964}' => Some(End::Stop),
        '?' | '\u{FF1F}' | '\u{061F}' => Some(End::Question),
        '!' | '\u{FF01}' => Some(End::Exclamation),
        _ => None,
    }
}

/// Whether a piece of text without white space is a web address.
fn address(chunk: &str) -> bool {
    let bare = chunk.trim_start_matches(['(', '<', '[', '"', '\'']);
    bare.starts_with("www.") || bare.starts_with("http://") || bare.starts_with("https://")
}

/// Reads one block, chunk by chunk between white space.
struct BlockReader<'d, 't> {
    doc: &'d mut Document<'t>,
    /// How the sentence ends, if the next chunk confirms it.
    pending: Option<End>,
    /// The number of words before the open quotation mark.
    quote: Option<usize>,
}

impl BlockReader<'_, '_> {
    fn chunk(&mut self, chunk: &str) {
        let ascii = chunk.is_ascii();
        if ascii && EMOTICONS.contains(&chunk) {
            self.doc.surface.emoticons += 1;
            return;
        }
        if let Some(end) = self.pending.take() {
            let next = chunk.chars().find(|c| c.is_alphanumeric());
            if end != End::Stop || (!next.is_some_and(char::is_lowercase) && self.doc.words.may_stop()) {
                self.doc.words.end_sentence(end);
            }
        }
        if chunk.contains('[') {
            self.doc.surface.citations += citations(chunk);
        }
        let mut currency = false;
        let mut number = false;
        split(chunk, |piece| match piece {
            Piece::Word(word) => {
                self.pending = None;
                self.doc.words.push(word);
                number = word.as_bytes()[0].is_ascii_digit();
                if number {
                    let digits = word.bytes().take_while(|b| b.is_ascii_digit() || b".,".contains(b)).count();
                    if digits >= 2 || currency {
                        self.doc.surface.figures += 1;
                        number = false;
                    }
                }
                currency = false;
            }
            Piece::Gap(gap) => {
                for c in gap.chars() {
                    match c {
                        '"' | '\u{201C}' | '\u{201D}' => self.quotation(),
                        '$' | '\u{20AC}' | '\u{A3}' => currency = true,
                        '%' if number => self.doc.surface.figures += 1,
                        '\u{3002}' | '\u{FF01}' | '\u{FF1F}' => {
                            self.doc.words.end_sentence(terminator(c).unwrap_or(End::Stop));
                        }
                        c if emoji(c) => self.doc.surface.emoji += 1,
                        c => {
                            if let Some(end) = terminator(c) {
                                // "?!" asks.
                                if self.pending != Some(End::Question) {
                                    self.pending = Some(end);
                                }
                            }
                        }
                    }
                }
                number = false;
            }
        });
    }

    fn quotation(&mut self) {
        let here = self.doc.words.len();
        match self.quote.take() {
            Some(open) => self.doc.surface.quotations += usize::from(here >= open + 4),
            None => self.quote = Some(here),
        }
    }
}

const EMOTICONS: [&str; 12] = [":)", ":-)", ";)", ";-)", ":(", ":-(", ":D", ":-D", ":P", ":-P", "<3", ":')"];

fn emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F300..=0x1F64F | 0x1F680..=0x1FAFF | 0x2764 | 0x263A | 0x2728)
}

/// Counts `[n]`, n of one to three digits and not 0.
fn citations(chunk: &str) -> usize {
    chunk
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split_once(']'))
        .filter(|(inner, _)| {
            (1..=3).contains(&inner.len())
                && inner.bytes().all(|b| b.is_ascii_digit())
                && !inner.starts_with('0')
        })
        .count()
}
