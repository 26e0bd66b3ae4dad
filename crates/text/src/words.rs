//! Where do words and sentences begin and end, and how many syllables does a word have?

use std::ops::Range;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

use crate::letters::{Look, look, unspaced};

/// Up to this many odd words are tolerated: names, abbreviations.
const MANY: usize = 10;

/// Common abbreviations whose full stop does not end a sentence.
const ABBREVIATIONS: [&str; 22] = [
    "dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "approx", "fig", "figs", "no", "vol",
    "jr", "sr", "inc", "ca", "cf", "al", "dept",
];

/// Hashes of English words that join others and have no content themselves, sorted.
static FUNCTION_WORDS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut hashes: Vec<u64> = include_str!("../lists/function.txt").split_whitespace().map(hash).collect();
    hashes.sort_unstable();
    hashes
});

/// FNV-1a over the bytes of a word.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// How a sentence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a full stop, an ellipsis or their like in other scripts.
    Stop,
    /// With a question mark, alone or with an exclamation mark.
    Question,
    /// With an exclamation mark.
    Exclamation,
    /// With its paragraph, heading, list item or table cell.
    Block,
}

/// One sentence: the words `first..last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sentence {
    /// Index of its first word.
    pub(crate) first: usize,
    /// One past the index of its last word.
    pub(crate) last: usize,
    /// How it ends.
    pub(crate) end: End,
}

/// The words of a text in lower case.
///
/// `text` contains them separated by single spaces, with the mark `^` before each sentence and its end (`.`, `?`, `!` or `;` for the end of
/// a block) after it, so that phrases can be looked up with plain string search: `" ^ sure ! ^ it is done . "`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    /// The normalised text.
    pub(crate) text: String,
    spans: Vec<(u32, u32)>,
    /// A hash of each word (FNV-1a over its bytes).
    hashes: Vec<u64>,
    looks: Vec<Look>,
    /// The sentences; every word is in exactly one.
    pub(crate) sentences: Vec<Sentence>,
    open: Option<usize>,
}

impl Words {
    /// An empty list with room for a text of that many bytes.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + bytes / 8 + 8);
        text.push(' ');
        Self {
            text,
            spans: Vec::with_capacity(bytes / 5),
            hashes: Vec::with_capacity(bytes / 5),
            looks: Vec::with_capacity(bytes / 5),
            sentences: Vec::new(),
            open: None,
        }
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are no words.
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The word of that index, in lower case.
    pub(crate) fn get(&self, index: usize) -> &str {
        self.spans.get(index).map_or("", |&(start, end)| &self.text[start as usize..end as usize])
    }

    /// All words in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().map(|&(start, end)| &self.text[start as usize..end as usize])
    }

    /// The words within a range of the normalised text.
    pub(crate) fn within(&self, place: Range<usize>) -> Range<usize> {
        let first = self.spans.partition_point(|&(start, _)| (start as usize) < place.start);
        first..self.spans.partition_point(|&(start, _)| (start as usize) < place.end).max(first)
    }

    /// The hash of each word.
    pub(crate) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// Hashes of the words in a range that are not English function words, of three letters or more.
    pub(crate) fn content(&self, range: Range<usize>) -> impl Iterator<Item = u64> {
        range
            .filter(|&at| self.looks[at] == Look::Word || self.looks[at] == Look::Unlikely)
            .map(|at| self.hashes[at])
            .filter(|word| FUNCTION_WORDS.binary_search(word).is_err())
    }

    /// What the words say: a hash of each different word of three letters or more, and of every two adjacent characters in scripts that put
    /// no spaces between words; sorted. With `english`, without words that are hardly English; empty if half of the words of letters or
    /// more are hardly words of any language in Latin script.
    pub(crate) fn said(&self, english: bool) -> Vec<u64> {
        let count = |wanted: Look| self.looks.iter().filter(|look| **look == wanted).count();
        let unlikely = count(Look::Unlikely);
        if unlikely > MANY && unlikely >= count(Look::Word) {
            return Vec::new();
        }
        let mut said = Vec::with_capacity(self.len());
        for sentence in &self.sentences {
            for at in sentence.first..sentence.last {
                match self.looks[at] {
                    Look::Word => said.push(self.hashes[at]),
                    Look::Unlikely if !english => said.push(self.hashes[at]),
                    Look::Character if at > sentence.first && self.looks[at - 1] == Look::Character => {
                        said.push(self.hashes[at - 1].rotate_left(23) ^ self.hashes[at]);
                    }
                    Look::Unlikely | Look::Character | Look::Other => {}
                }
            }
        }
        said.sort_unstable();
        said.dedup();
        if english {
            said.retain(|word| FUNCTION_WORDS.binary_search(word).is_err());
        }
        said
    }

    /// Appends a word, lower-cased, with straight apostrophes.
    pub(crate) fn push(&mut self, word: &str) {
        if self.open.is_none() {
            self.open = Some(self.spans.len());
            self.text.push_str("^ ");
        }
        let start = self.text.len();
        if word.is_ascii() {
            self.text.push_str(word);
            self.text[start..].make_ascii_lowercase();
        } else {
            for c in word.chars() {
                match c {
                    '\u{2019}' | '\u{2018}' => self.text.push('\''),
                    c => self.text.extend(c.to_lowercase()),
                }
            }
        }
        // Normalised texts are far below 4 GiB: documents are cut at `cut::CAP` bytes.
        self.spans.push((start as u32, self.text.len() as u32));
        let lower = &self.text[start..];
        self.looks.push(look(word, lower));
        self.hashes.push(hash(lower));
        self.text.push(' ');
    }

    /// Ends the current sentence, if one is open.
    pub(crate) fn end_sentence(&mut self, end: End) {
        let Some(first) = self.open.take() else { return };
        self.sentences.push(Sentence { first, last: self.spans.len(), end });
        self.text.push_str(match end {
            End::Stop => ". ",
            End::Question => "? ",
            End::Exclamation => "! ",
            End::Block => "; ",
        });
    }

    /// Whether a full stop after the last word may end its sentence: not after an abbreviation or an initial.
    pub(crate) fn may_stop(&self) -> bool {
        let last = self.get(self.len().wrapping_sub(1));
        let initial = last.len() == 1 && last.bytes().all(|b| b.is_ascii_alphabetic()) && last != "i";
        !initial && !ABBREVIATIONS.contains(&last)
    }
}

/// Calls `each` with every word of a text without white space, and `gap` with the text between.
///
/// Words are those of Unicode Standard Annex 29 that contain a letter or digit. ASCII, the common case, takes a shortcut that gives the
/// same words.
pub(crate) fn split<'t>(chunk: &'t str, mut each: impl FnMut(Piece<'t>)) {
    if !chunk.is_ascii() {
        let mut done = 0;
        for (start, word) in chunk.unicode_word_indices() {
            if start > done {
                each(Piece::Gap(&chunk[done..start]));
            }
            each(Piece::Word(word));
            done = start + word.len();
        }
        if done < chunk.len() {
            each(Piece::Gap(&chunk[done..]));
        }
        return;
    }
    let bytes = chunk.as_bytes();
    let mut gap = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !in_word(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        let mut real = false;
        while at < bytes.len() {
            let byte = bytes[at];
            if in_word(byte) {
                real |= byte != b'_';
                at += 1;
            } else if at > start && at + 1 < bytes.len() && joins(bytes[at - 1], byte, bytes[at + 1]) {
                at += 1;
            } else {
                break;
            }
        }
        if real {
            if start > gap {
                each(Piece::Gap(&chunk[gap..start]));
            }
            each(Piece::Word(&chunk[start..at]));
            gap = at;
        }
    }
    if gap < chunk.len() {
        each(Piece::Gap(&chunk[gap..]));
    }
}

/// What [`split`] finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// A word.
    Word(&'t str),
    /// Marks between words.
    Gap(&'t str),
}

fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a mark between two characters of a word belongs to the word (UAX 29, WB6, WB7, WB11 and WB12 on ASCII).
fn joins(before: u8, mark: u8, after: u8) -> bool {
    match mark {
        b'\'' | b'.' => {
            (before.is_ascii_alphabetic() && after.is_ascii_alphabetic())
                || (before.is_ascii_digit() && after.is_ascii_digit())
        }
        b':' => before.is_ascii_alphabetic() && after.is_ascii_alphabetic(),
        b',' | b';' => before.is_ascii_digit() && after.is_ascii_digit(),
        _ => false,
    }
}

/// The number of words as people count them: sequences without white space that contain a letter or digit; in scripts that put no spaces
/// between words (Chinese, Japanese, Thai, ...) the words of Unicode Standard Annex 29.
pub(crate) fn count(text: &str) -> usize {
    text.split_whitespace()
        .map(|chunk| {
            if chunk.is_ascii() {
                usize::from(chunk.bytes().any(|b| b.is_ascii_alphanumeric()))
            } else if chunk.chars().any(unspaced) {
                chunk.unicode_words().count()
            } else {
                usize::from(chunk.chars().any(char::is_alphanumeric))
            }
        })
        .sum()
}

/// An estimate of the syllables of a lower-case English word: its groups of vowels, without a silent final *e* and
/// without the silent *e* of *-es* and *-ed*; at least 1.
///
/// On a word with digits, 1. Letters beyond ASCII count as vowels: in English text they are accented ones.
pub(crate) fn syllables(word: &str) -> usize {
    let bytes = word.as_bytes();
    let (mut groups, mut vowel_before) = (0_usize, false);
    for &byte in bytes {
        if byte.is_ascii_digit() {
            return 1;
        }
        let vowel = is_vowel(byte);
        groups += usize::from(vowel && !vowel_before);
        vowel_before = vowel;
    }
    let n = bytes.len();
    let at = |back: usize| n.checked_sub(back).and_then(|i| bytes.get(i)).copied().unwrap_or(b' ');
    let consonant = |byte: u8| byte.is_ascii_alphabetic() && !is_vowel(byte);
    // "make", but "table" and "be".
    let silent_e = at(1) == b'e' && consonant(at(2)) && !(at(2) == b'l' && consonant(at(3)));
    // "asked", but "wanted"; "makes", but "houses".
    let silent_ed = at(1) == b'd' && at(2) == b'e' && consonant(at(3)) && !matches!(at(3), b't' | b'd');
    let silent_es = at(1) == b's'
        && at(2) == b'e'
        && consonant(at(3))
        && !matches!(at(3), b's' | b'z' | b'x' | b'c' | b'g' | b'h')
        && !(at(3) == b'l' && consonant(at(4)));
    if silent_e || silent_ed || silent_es {
        groups = groups.saturating_sub(1);
    }
    groups.max(1)
}

fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | 0x80..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for chunk in text.split_whitespace() {
            split(chunk, |piece| {
                if let Piece::Word(word) = piece {
                    found.push(word);
                }
            });
        }
        found
    }

    proptest! {
        #[test]
        fn the_short_cut_finds_the_words_of_the_standard(text in "[ -~]{0,60}|[a-c1-3 _.,:;'\"-]{0,40}") {
            // The plain twin: Unicode's rules on the whole text.
            prop_assert_eq!(words(&text), text.unicode_words().collect::<Vec<_>>());
        }

        #[test]
        fn pieces_cover_the_text(chunk in "\\S{0,40}") {
            let mut joined = String::new();
            split(&chunk, |piece| match piece {
                Piece::Word(part) | Piece::Gap(part) => joined.push_str(part),
            });
            prop_assert_eq!(joined, chunk);
        }
    }

    #[test]
    fn words_count_as_people_count_them() {
        assert_eq!(count(""), 0);
        assert_eq!(count("Don't - well-known, 3.5 %!"), 3);
        assert_eq!(count("# See https://example.org/a/b"), 2);
        assert_eq!(count("\u{4f60}\u{597d}"), 2);
    }

    #[test]
    fn syllables_of_known_words() {
        for (word, expected) in [
            ("the", 1),
            ("make", 1),
            ("makes", 1),
            ("table", 2),
            ("asked", 1),
            ("wanted", 2),
            ("houses", 2),
            ("information", 4),
            ("be", 1),
            ("rhythm", 1),
            ("beautiful", 3),
            ("b2b", 1),
            ("caf\u{e9}", 2),
            ("tables", 2),
            ("", 1),
        ] {
            assert_eq!(syllables(word), expected, "{word}");
        }
    }
}
