//! What every error of the library can be asked: its kind, what it is about, and the key of what helps.

use std::error::Error;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shown;

/// What kind of failure it is: what a program does next depends on this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The data, the question or the place must change first.
    Refused,
    /// The reader of the output has closed it.
    ClosedPipe,
    /// It was stopped from outside.
    Cancelled,
    /// Not a failure: something else has to be done first.
    Waiting,
    /// What was read no longer matches the files, or cannot be read: it must be read again.
    Stale,
    /// There are pairs, but no verdicts on them.
    NoVerdicts,
}

/// What a failure is about, as far as it is known. Everything counts from 1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The file, as the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of a file of lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The record of any other file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The field of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The value found there, cut where it is long, with control characters escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The character of an expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub character: Option<usize>,
}

impl Subject {
    /// Whether no part is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A file only.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self { file: Some(name.into()), ..Self::default() }
    }

    /// A line.
    #[must_use]
    pub fn line(line: u64) -> Self {
        Self { line: Some(line), ..Self::default() }
    }

    /// A value.
    #[must_use]
    pub fn value(found: &str) -> Self {
        Self { value: Some(shown::quoted(found)), ..Self::default() }
    }

    /// A place in an expression.
    #[must_use]
    pub fn character(character: usize) -> Self {
        Self { character: Some(character), ..Self::default() }
    }
}

/// An error of the library. Its message is what it displays.
pub trait Failure: Error {
    /// What kind it is.
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    /// The key of what helps, e.g. `name-judge`, the same in every version; each front end puts it into its own words.
    fn remedy_key(&self) -> Option<&'static str> {
        None
    }

    /// What it is about.
    fn subject(&self) -> Subject {
        Subject::default()
    }
}
