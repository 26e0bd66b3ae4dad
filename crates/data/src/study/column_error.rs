//! Why rows and columns of a table do not become each other.

use std::fmt;

use arrow_schema::{ArrowError, DataType};
use predilect_types::{Failure, Subject};

/// What is wrong with a column of a table.
#[derive(Debug)]
#[non_exhaustive]
pub enum ColumnError {
    /// It is not there.
    Missing {
        /// Its name.
        column: String,
    },
    /// It is of a type that cannot be read.
    OtherType {
        /// Its name.
        column: String,
        /// Its type.
        found: DataType,
    },
    /// A row has no value where one is needed.
    Null {
        /// Its name.
        column: String,
        /// What should be there, in words.
        expected: Option<String>,
    },
    /// A number that cannot be meant.
    Number {
        /// Its name.
        column: String,
        /// The number.
        found: f64,
        /// What should be there, in words.
        expected: Option<String>,
    },
    /// A text that is empty where a name is needed.
    Empty {
        /// Its name.
        column: String,
    },
    /// A value of two rows that only one row may have.
    Repeated {
        /// Its name.
        column: String,
        /// The value.
        found: String,
    },
    /// An unknown word.
    Word {
        /// Its name.
        column: &'static str,
        /// The word.
        found: String,
    },
    /// A text that should be JSON.
    Json {
        /// Its name.
        column: &'static str,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// Columns that do not fit together.
    Unfit(ArrowError),
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let but = |f: &mut fmt::Formatter<'_>, expected: &Option<String>| match expected {
            Some(expected) => write!(f, "; {expected} is expected"),
            None => Ok(()),
        };
        match self {
            Self::Missing { column } => write!(f, "it has no column `{column}`"),
            Self::OtherType { column, found } => write!(f, "column `{column}` has the type {found}"),
            Self::Null { column, expected } => {
                write!(f, "column `{column}` is null in a row")?;
                but(f, expected)
            }
            Self::Number { column, found, expected } => {
                write!(f, "column `{column}` contains {found}")?;
                but(f, expected)
            }
            Self::Empty { column } => write!(f, "column `{column}` is empty in a row"),
            Self::Repeated { column, found } => {
                write!(f, "column `{column}` contains `{found}` in more than one row")
            }
            Self::Word { column, found } => write!(f, "column `{column}` contains `{found}`"),
            Self::Json { column, source } => write!(f, "column `{column}`: {source}"),
            Self::Unfit(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for ColumnError {}

impl Failure for ColumnError {
    fn subject(&self) -> Subject {
        let (field, value) = match self {
            Self::Missing { column }
            | Self::OtherType { column, .. }
            | Self::Null { column, .. }
            | Self::Empty { column } => (column.as_str(), None),
            Self::Repeated { column, found } => (column.as_str(), Subject::value(found).value),
            Self::Number { column, found, .. } => (column.as_str(), Some(found.to_string())),
            Self::Word { column, found } => (*column, Subject::value(found).value),
            Self::Json { column, .. } => (*column, None),
            Self::Unfit(_) => return Subject::default(),
        };
        Subject { field: Some(field.to_owned()), value, ..Subject::default() }
    }
}
