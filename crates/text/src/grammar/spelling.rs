//! Which words are in no English dictionary?

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use harper_core::spell::{Dictionary, FstDictionary};

use crate::words::{Piece, split};

/// Words remembered per thread; beyond that, the memory is cleared.
const REMEMBER: usize = 1 << 16;

struct Speller {
    dictionary: Arc<FstDictionary>,
    known: HashMap<String, bool>,
}

thread_local! {
    static SPELLER: RefCell<Option<Speller>> = const { RefCell::new(None) };
}

/// The number of distinct misspelt words.
///
/// Only words of three letters or more, all of them small ASCII letters, are looked up: no names, identifiers, numbers,
/// accented words or parts of hyphenated ones. Every spelling that is right in American, British, Canadian, Australian
/// or Indian English is right.
pub(super) fn count(text: &str) -> usize {
    SPELLER.with_borrow_mut(|slot| {
        let speller = slot
            .get_or_insert_with(|| Speller { dictionary: FstDictionary::curated(), known: HashMap::new() });
        let mut wrong: HashSet<&str> = HashSet::new();
        for chunk in text.split_whitespace() {
            if chunk.contains(['-', '\u{2010}', '\u{2011}', '.']) && !chunk.ends_with('.') {
                continue;
            }
            split(chunk, |piece| {
                if let Piece::Word(word) = piece
                    && plain(word)
                    && !speller.knows(word)
                {
                    wrong.insert(word);
                }
            });
        }
        wrong.len()
    })
}

/// Whether a word can be looked up.
pub(super) fn plain(word: &str) -> bool {
    word.len() >= 3 && word.bytes().all(|b| b.is_ascii_lowercase())
}

impl Speller {
    fn knows(&mut self, word: &str) -> bool {
        if let Some(&known) = self.known.get(word) {
            return known;
        }
        if self.known.len() >= REMEMBER {
            self.known.clear();
        }
        let compound = || {
            PREFIXES
                .iter()
                .filter_map(|prefix| word.strip_prefix(prefix))
                .any(|rest| rest.len() >= 5 && self.dictionary.contains_word_str(rest))
        };
        let known =
            OURS.lines().any(|ours| ours == word) || self.dictionary.contains_word_str(word) || compound();
        self.known.insert(word.to_owned(), known);
        known
    }
}

/// Beginnings that make new learned words out of known ones of five letters or more.
const PREFIXES: &[&str] = &[
    "bio", "cyber", "electro", "geo", "hydro", "hyper", "immuno", "inter", "macro", "micro", "multi", "nano",
    "neuro", "photo", "poly", "pseudo", "psycho", "socio", "thermo", "video",
];

/// Words of today's technical prose that the dictionary lacks, in alphabetical order, one a line.
const OURS: &str = include_str!("../../lists/known.txt");
