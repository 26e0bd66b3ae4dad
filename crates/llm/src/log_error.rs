//! A log of calls that cannot be used.

use std::path::PathBuf;

use predilect_types::{Failure, Subject};

/// A log that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct LogError {
    pub(crate) path: PathBuf,
    pub(crate) problem: String,
    /// It was written by a later version.
    pub(crate) later: bool,
}

impl LogError {
    /// Whether a later version has written the log.
    pub fn is_later(&self) -> bool {
        self.later
    }
}

impl Failure for LogError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some(if self.later { "later-version" } else { "free-log" })
    }

    fn subject(&self) -> Subject {
        Subject::file(self.path.display().to_string())
    }
}
