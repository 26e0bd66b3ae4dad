//! Where a filter cannot be read, and what helps.

use std::fmt::{self, Display, Formatter};

use predilect_types::{Failure, Subject};

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where, in characters from the beginning.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What helps.
    pub remedy: String,
}

impl Display for FilterError {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "the filter cannot be read at character {}: {}; {}",
            self.at + 1,
            self.problem,
            self.remedy
        )
    }
}

impl std::error::Error for FilterError {}

impl Failure for FilterError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("filter")
    }

    fn subject(&self) -> Subject {
        Subject::character(self.at + 1)
    }
}
