//! A log of calls that cannot be used.

use std::path::{Path, PathBuf};

use predilect_types::{Failure, Subject};
use rusqlite::ErrorCode;

/// A log that cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct LogError {
    path: PathBuf,
    problem: String,
    why: LogTrouble,
}

/// Why a log cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTrouble {
    /// Somebody else is using it, or it cannot be written.
    Busy,
    /// The file is no log, or is damaged.
    Damaged,
    /// It was written by a later version.
    Later,
}

impl LogError {
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let damaged =
            matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt));
        let why = if damaged { LogTrouble::Damaged } else { LogTrouble::Busy };
        Self { path: path.to_owned(), problem: error.to_string(), why }
    }

    pub(crate) fn other(path: &Path, problem: &(impl ToString + ?Sized)) -> Self {
        Self { path: path.to_owned(), problem: problem.to_string(), why: LogTrouble::Busy }
    }

    pub(crate) fn later(path: &Path, problem: String) -> Self {
        Self { path: path.to_owned(), problem, why: LogTrouble::Later }
    }

    /// Why it cannot be used.
    pub fn why(&self) -> LogTrouble {
        self.why
    }
}

impl Failure for LogError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some(match self.why {
            LogTrouble::Busy => "free-log",
            LogTrouble::Damaged => "damaged-log",
            LogTrouble::Later => "later-version",
        })
    }

    fn subject(&self) -> Subject {
        Subject::file(self.path.display().to_string())
    }
}
