//! An unknown word.

use std::fmt;

use predilect_types::{Failure, Subject};

/// A word that is not one of the known ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// The word.
    pub given: String,
    /// What it should be, with its article: `an engine`.
    pub what: &'static str,
    /// The words that are known, where the message lists them.
    pub known: Option<&'static str>,
}

impl UnknownWord {
    pub(crate) fn new(given: &str, what: &'static str, known: &'static str) -> Self {
        Self { given: given.to_owned(), what, known: Some(known) }
    }
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.given, self.what)?;
        self.known.map_or(Ok(()), |known| write!(f, ": {known}"))
    }
}

impl std::error::Error for UnknownWord {}

impl Failure for UnknownWord {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("choose-among")
    }

    fn subject(&self) -> Subject {
        Subject::value(&self.given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_named_with_those_that_are_known() {
        let error = "x".parse::<crate::Engine>().unwrap_err();
        assert_eq!(error.to_string(), "`x` is not an engine: auto, ep or nuts");
        assert_eq!(error.subject().value.as_deref(), Some("\"x\""));
        let error = "x".parse::<crate::ranking::RankMethod>().unwrap_err();
        assert_eq!(error.to_string(), "`x` is not a method of ranking");
    }
}
