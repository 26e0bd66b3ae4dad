//! What do ratings count that can be pointed at?

use crate::phrases::List;
use crate::seen::{Element, Mark};
use crate::words::End;

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

impl Sign {
    /// What one such passage is called.
    pub(crate) fn name(self) -> &'static str {
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
