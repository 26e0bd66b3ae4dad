//! What went wrong: in which file, at which line or record, in which field, with which value, and what to do.

use predilect_types::shown::{cut, printable, quoted};
use predilect_types::{Failure, Kind, Subject};

use crate::advice::{Advice, SKIP, Setting};
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use serde_json::Value;

/// What an error is about; a caller decides by it, never by the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The file system failed: reading, writing or renaming. May be worth another try.
    Io,
    /// The file is not one that this crate reads, or contains nothing to read.
    Input,
    /// One record cannot be used; [`crate::OnBadRow::Skip`] continues without it.
    Row(Reason),
    /// The study folder or one of its tables is not as this crate writes it.
    Study,
    /// The study was written by a later version of Predilect.
    LaterLayout,
    /// Another process has written the study while it was read.
    Changed,
    /// The caller's own sink refused a record.
    Sink,
}

/// Why a record cannot be used: the name under which [`predilect_types::ReadSummary::dropped`] counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Reason {
    /// The text ends inside a record.
    Truncated,
    /// The text is not JSON.
    InvalidJson,
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// The record is larger than the limit.
    TooLarge,
    /// A field that the format needs is not there.
    MissingField,
    /// A field has another type than the format requires.
    WrongType,
    /// A verdict that the format does not know.
    VerdictOutOfRange,
    /// Two things that the record says of its verdict contradict each other.
    Contradiction,
    /// A record says that its responses were shown the other way round, and not what its verdict refers to.
    OrderInDoubt,
    /// A weight or a number of votes that is not a number of 0 or more.
    BadWeight,
    /// A winner that is neither of the two, nor a tie.
    UnknownWinner,
    /// An id that another pair of the same file has.
    DuplicateId,
    /// A table row with more or fewer cells than the header.
    Columns,
}

impl Reason {
    /// The name under which the summary counts it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "record truncated",
            Self::InvalidJson => "record is not valid JSON",
            Self::InvalidUtf8 => "record is not valid UTF-8",
            Self::TooLarge => "record too large",
            Self::MissingField => "field missing",
            Self::WrongType => "field of the wrong type",
            Self::VerdictOutOfRange => "verdict out of range",
            Self::Contradiction => "verdicts contradict each other",
            Self::OrderInDoubt => "order of the responses in doubt",
            Self::BadWeight => "weight is not a number of 0 or more",
            Self::UnknownWinner => "winner is neither response",
            Self::DuplicateId => "id used twice for different pairs",
            Self::Columns => "wrong number of columns",
        }
    }
}

/// Where in a file: a line for line-based text, else a record; both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A line.
    Line(u64),
    /// A record.
    Record(u64),
}

/// An error with everything that is needed to act on it.
///
/// Displays as `FILE:LINE: field `x`: value ...: problem`; the remedy is separate, in [`DataError::remedy`].
#[derive(Debug)]
pub struct DataError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    source: String,
    at: Option<At>,
    field: Option<String>,
    value: Option<String>,
    problem: String,
    remedy: Option<Advice>,
    details: Vec<Advice>,
    cause: Option<io::Error>,
}

impl DataError {
    fn new(kind: ErrorKind, source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            source: source.into(),
            at: None,
            field: None,
            value: None,
            problem: printable(&problem.into()),
            remedy: None,
            details: Vec::new(),
            cause: None,
        }))
    }

    pub(crate) fn io(source: impl Into<String>, doing: &str, cause: io::Error) -> Self {
        let remedy = match cause.kind() {
            io::ErrorKind::NotFound => Some("check the path"),
            io::ErrorKind::PermissionDenied => Some("check the permissions of the file and its folder"),
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                Some("a file is in the way: give another path")
            }
            io::ErrorKind::IsADirectory => Some("this is a folder: give the name of a file"),
            io::ErrorKind::StorageFull => Some("free some space on the disk"),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Some("the compressed file is damaged or cut short: fetch it again")
            }
            _ => None,
        };
        let mut error = Self::new(ErrorKind::Io, source, format!("cannot {doing}: {cause}"));
        error.0.cause = Some(cause);
        error.0.remedy = remedy.map(Advice::of);
        error
    }

    pub(crate) fn path_io(path: &Path, doing: &str, cause: io::Error) -> Self {
        Self::io(path.display().to_string(), doing, cause)
    }

    pub(crate) fn input(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, source, problem)
    }

    pub(crate) fn study(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Study, source, problem)
    }

    pub(crate) fn changed(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Changed, source, problem)
    }

    /// For a sink that stops the reading for its own reason.
    pub fn sink(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Sink, "", problem)
    }

    pub(crate) fn row(source: &str, at: At, error: RowError) -> Self {
        Self(Box::new(Inner {
            kind: ErrorKind::Row(error.reason),
            source: source.to_owned(),
            at: Some(at),
            field: error.field.map(Cow::into_owned),
            value: error.value,
            problem: printable(&error.problem),
            remedy: Some(match error.remedy {
                Some(remedy) => Advice::of(&printable(&remedy)),
                None => Advice::of(&format!("correct the record, or leave out bad records with {SKIP}")),
            }),
            details: Vec::new(),
            cause: None,
        }))
    }

    /// Lines to show below the message: columns, readings, settings to start from.
    pub(crate) fn with_details(mut self, details: &[String]) -> Self {
        self.0.details = details.iter().map(|line| Advice::of(&printable(line))).collect();
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.0.remedy = Some(Advice::of(&printable(&remedy.into())));
        self
    }

    pub(crate) fn with_file(mut self, source: &str) -> Self {
        source.clone_into(&mut self.0.source);
        self
    }

    pub(crate) fn problem(&self) -> &str {
        &self.0.problem
    }

    /// The study was written by a later version.
    pub(crate) fn later_layout(source: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::LaterLayout, source, problem)
    }

    pub(crate) fn is_later_layout(&self) -> bool {
        self.0.kind == ErrorKind::LaterLayout
    }

    /// Whether the reader of the output has closed it: not a failure.
    pub fn is_closed_pipe(&self) -> bool {
        self.0.cause.as_ref().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What it is about.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What to do about it.
    pub fn remedy(&self) -> Option<&Advice> {
        self.0.remedy.as_ref()
    }

    /// Lines to show below the message, safe to print on a terminal.
    pub fn details(&self) -> &[Advice] {
        &self.0.details
    }

    /// The file, as the user named it; empty when no file is to blame.
    pub fn file(&self) -> &str {
        &self.0.source
    }

    /// The line or record.
    pub fn at(&self) -> Option<At> {
        self.0.at
    }

    /// The field, where one is to blame.
    pub fn field(&self) -> Option<&str> {
        self.0.field.as_deref()
    }

    /// The offending value, cut to about 80 characters, with control characters escaped.
    pub fn value(&self) -> Option<&str> {
        self.0.value.as_deref()
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { source, at, field, value, problem, .. } = &*self.0;
        if !source.is_empty() {
            write!(f, "{}", printable(source))?;
            match at {
                Some(At::Line(line)) => write!(f, ":{line}")?,
                Some(At::Record(record)) => write!(f, ": record {record}")?,
                None => {}
            }
            f.write_str(": ")?;
        }
        if let Some(field) = field {
            write!(f, "field `{field}`: ")?;
        }
        if let Some(value) = value {
            write!(f, "value {value}: ")?;
        }
        f.write_str(problem)
    }
}

impl Failure for DataError {
    fn kind(&self) -> Kind {
        match self.0.kind {
            ErrorKind::Changed => Kind::Stale,
            _ if self.is_closed_pipe() => Kind::ClosedPipe,
            _ => Kind::Refused,
        }
    }

    fn remedy_key(&self) -> Option<&'static str> {
        let remedy = self.remedy()?;
        Some(remedy.setting().map_or("as-said", Setting::key))
    }

    fn subject(&self) -> Subject {
        let (line, record) = match self.at() {
            Some(At::Line(line)) => (Some(line), None),
            Some(At::Record(record)) => (None, Some(record)),
            None => (None, None),
        };
        let file = (!self.file().is_empty()).then(|| printable(self.file()));
        let field = self.field().map(printable);
        Subject { file, line, record, field, value: self.value().map(str::to_owned), character: None }
    }
}

impl std::error::Error for DataError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause as _)
    }
}

/// A [`DataError`] before the file and the position are known.
#[derive(Debug, Clone)]
pub(crate) struct RowError {
    pub(crate) reason: Reason,
    field: Option<Cow<'static, str>>,
    value: Option<String>,
    problem: Cow<'static, str>,
    remedy: Option<Cow<'static, str>>,
}

impl RowError {
    pub(crate) fn new(reason: Reason, problem: impl Into<Cow<'static, str>>) -> Self {
        Self { reason, field: None, value: None, problem: problem.into(), remedy: None }
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::new(Reason::MissingField, "the field is missing or null").field(field)
    }

    pub(crate) fn wrong_type(field: &str, value: &Value, expected: &str) -> Self {
        Self::new(Reason::WrongType, format!("{expected} is expected, not {}", kind_of(value)))
            .field(field)
            .json(value)
    }

    pub(crate) fn field(mut self, field: &str) -> Self {
        self.field = Some(Cow::Owned(printable(field)));
        self
    }

    /// Puts the path of an object in front of the field within it, unless the field is named by its whole path.
    pub(crate) fn under(mut self, path: &str) -> Self {
        let path = format!("{}.", printable(path));
        self.field = self
            .field
            .map(|field| if field.starts_with(&path) { field } else { Cow::Owned(format!("{path}{field}")) });
        self
    }

    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = Some(quoted(value));
        self
    }

    pub(crate) fn json(mut self, value: &Value) -> Self {
        self.value = Some(match value {
            Value::String(text) => quoted(text),
            other => cut(&other.to_string()),
        });
        self
    }

    pub(crate) fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// A JSON value's type in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_file_line_field_value_and_problem() {
        let row =
            RowError::new(Reason::VerdictOutOfRange, "1 or 2 is expected").field("label").value("\u{1b}[2J");
        let error = DataError::row("a.jsonl", At::Line(3), row);
        assert_eq!(error.to_string(), "a.jsonl:3: field `label`: value \"\\u{1b}[2J\": 1 or 2 is expected");
        assert!(error.remedy().is_some_and(|remedy| remedy.to_string().contains("skip bad records")));
        assert_eq!(error.kind(), ErrorKind::Row(Reason::VerdictOutOfRange));
    }

    #[test]
    fn a_long_value_is_cut() {
        let row = RowError::new(Reason::WrongType, "x").value(&"é".repeat(500));
        let error = DataError::row("a", At::Record(1), row);
        assert_eq!(error.value().map(|v| v.chars().count()), Some(80 + 3));
    }
}
