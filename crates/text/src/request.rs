//! What is known of the request that a response answers.

use crate::compress::Known;
use crate::constraints::{self, Constraint};
use crate::cut::{CAP, cut};
use crate::language;
use crate::words::{End, Piece, Words, split};

/// A request, read once for all responses to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    /// Hashes of what it says ([`Words::said`]), sorted.
    pub(crate) said: Vec<u64>,
    /// The same without English function words.
    pub(crate) content: Vec<u64>,
    /// Its words, to be compressed against.
    pub(crate) known: Known,
    /// What it explicitly demands.
    pub(crate) constraints: Vec<Constraint>,
    /// Its language, if given or detected.
    pub(crate) language: Option<String>,
}

impl Request {
    /// Reads a request; `language` is its ISO 639-1 code or English name, where it is known.
    pub(crate) fn new(text: &str, language: Option<&str>) -> Self {
        let text = cut(text, CAP);
        let mut words = Words::with_capacity(text.len());
        for line in text.lines() {
            for chunk in line.split_whitespace() {
                split(chunk, |piece| {
                    if let Piece::Word(word) = piece {
                        words.push(word);
                    }
                });
            }
            words.end_sentence(End::Block);
        }
        let language =
            language.and_then(language::code).or_else(|| language::detect_language(text)).map(str::to_owned);
        Self {
            said: words.said(false),
            content: words.said(true),
            known: Known::of(&words),
            constraints: constraints::find(text),
            language,
        }
    }
}
