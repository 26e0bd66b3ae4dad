//! How is a text shown that is too long for a page?

use maud::{Markup, html};

use crate::format;
use crate::html::parts::texts;
use crate::text;

/// A piece of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The text.
    pub text: String,
    /// Whether it is marked, and why.
    pub mark: Mark,
}

/// Why a piece of a response is marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// It is not.
    None,
    /// The other response does not have it there.
    Own,
    /// A rating counts it: as what.
    Counted(String),
}

/// One response of a pair.
#[derive(Debug, Clone)]
pub struct Side {
    /// The model, where it is named.
    pub model: Option<String>,
    /// Its words in pieces, some of them marked.
    pub words: Vec<Words>,
    /// How many words it has.
    pub count: u64,
}

/// Characters of a text that a page shows: ten megabytes in one page would keep a browser busy for minutes.
const SHOWN: usize = 20_000;

/// The end of what is shown of a text, in bytes; `None`: all of it is.
fn end(text: &str) -> Option<usize> {
    if text.len() <= SHOWN {
        return None;
    }
    text.char_indices().nth(SHOWN).map(|(at, _)| at)
}

/// Says that a text goes on, and leads to the whole of it.
fn more(text: &str, whole: &str) -> Markup {
    html! {
        p.hint {
            "The first " (format::count(SHOWN as u64)) " of " (format::count(text.chars().count() as u64)) " characters. "
            a href=(whole) data-plain { "Show all" }
        }
    }
}

/// A text from the data, with its line breaks; `empty` replaces one without a word, and `whole` is the address of all of it.
pub(super) fn long(from_data: &str, empty: &str, whole: &str) -> Markup {
    let end = end(from_data);
    let shown = end.map_or(from_data, |end| &from_data[..end]);
    html! {
        (texts(from_data, empty, &html! { (text::visible(shown)) }))
        @if end.is_some() { (more(from_data, whole)) }
    }
}

/// The words of a response, some of them marked.
pub(super) fn words(side: &Side, empty: &str, whole: &str) -> Markup {
    let all: String = side.words.iter().map(|piece| piece.text.as_str()).collect();
    let end = end(&all);
    let mut left = end.unwrap_or(all.len());
    let pieces = side.words.iter().map(|Words { text, mark }| {
        let piece = &text[..left.min(text.len())];
        left -= piece.len();
        (text::visible(piece), mark)
    });
    let pieces: Vec<_> = pieces.filter(|(piece, _)| !piece.is_empty()).collect();
    let shown = html! {
        @for (piece, why) in &pieces { @match why {
            Mark::None => (piece),
            Mark::Own => { mark { (piece) } }
            Mark::Counted(what) => { mark.counted title=(what) { (piece) } }
        } }
    };
    html! {
        (texts(&all, empty, &shown))
        @if end.is_some() { (more(&all, whole)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_leads_to_all_of_it() {
        let text = "é".repeat(SHOWN + 5);
        let page = long(&text, "(empty)", "/all").into_string();
        assert_eq!(page.matches('é').count(), SHOWN);
        assert!(
            page.contains("The first 20,000 of 20,005 characters. <a href=\"/all\" data-plain>Show all</a>"),
            "{page}"
        );
        assert!(!long(&"é".repeat(SHOWN), "(empty)", "/all").into_string().contains("Show all"));
        assert!(long(" ", "(empty)", "/all").into_string().contains("(empty)"));
    }

    #[test]
    fn marked_words_are_cut_as_plain_ones() {
        let piece = |text: &str, mark| Words { text: text.repeat(SHOWN / 2 + 1), mark };
        let side = Side {
            model: None,
            words: vec![piece("a", Mark::None), piece("b", Mark::Own), piece("c", Mark::None)],
            count: 3,
        };
        let page = words(&side, "(empty)", "/all").into_string();
        let of = |letter| page.matches(letter).count();
        assert!(page.contains("<mark>b") && page.contains("Show all"));
        assert_eq!((of("bbbb") > 0, page.contains("cc")), (true, false));
    }
}
