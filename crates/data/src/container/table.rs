//! Rows of any container whose records are not split by [`super::split`], a group at a time.

use std::io::Read;

pub(crate) use super::csv::Placed;
use super::csv::{CsvRows, GROUP};
use super::document::{Document, records};
use super::ipc::ArrowRows;
use super::parquet::ParquetRows;
use super::sniff::Container;
use super::source::Opened;
use crate::error::{At, DataError, Reason, RowError};
use crate::row::Row;

/// A document may be this much larger than a record.
const DOCUMENT: usize = 16;

/// An open table.
pub(crate) enum Table {
    Csv(Box<CsvRows>),
    Parquet(Box<ParquetRows>),
    Arrow(Box<ArrowRows>),
    /// Records that were read together, and the number of those handed on.
    Records(std::vec::IntoIter<Result<Row, RowError>>, u64),
}

impl Table {
    /// Opens what a file was recognised as; `None` if its records are to be split or a format splits it itself.
    ///
    /// `max` is the largest record in bytes.
    pub(crate) fn open(opened: Opened, container: Container, max: usize) -> Result<Option<Self>, DataError> {
        let label = opened.label.clone();
        Ok(Some(match container {
            Container::Csv(dialect) => {
                Self::Csv(Box::new(CsvRows::new(opened.into_reader(), dialect, max, &label)?))
            }
            Container::Parquet => {
                Self::Parquet(Box::new(ParquetRows::new(opened.into_file()?, max, &label)?))
            }
            Container::Arrow => {
                let shards = opened.shards.clone();
                Self::Arrow(Box::new(ArrowRows::new(opened.into_reader(), shards, max, &label)?))
            }
            Container::Records(_) => Self::Records(document_rows(opened, max)?.into_iter(), 0),
            Container::Json(_) | Container::Document => return Ok(None),
        }))
    }

    /// The next rows; empty at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        match self {
            Self::Csv(rows) => rows.next_group(label),
            Self::Parquet(rows) => rows.next_group(label),
            Self::Arrow(rows) => rows.next_group(label),
            Self::Records(rows, record) => {
                let number = |row| {
                    *record += 1;
                    (At::Record(*record), row)
                };
                Ok(rows.take(GROUP).map(number).collect())
            }
        }
    }

    /// The columns' names if the container gives them; else empty.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::Csv(rows) => rows.names(),
            Self::Parquet(rows) => rows.names(),
            Self::Arrow(rows) => rows.names(),
            Self::Records(..) => &[],
        }
    }

    /// Columns whose type is not read, with the type; they are missing from the rows.
    pub(crate) fn unread_columns(&self) -> Vec<(String, String)> {
        match self {
            Self::Parquet(rows) => rows.unread_columns().to_vec(),
            Self::Arrow(rows) => rows.unread_columns().to_vec(),
            Self::Csv(_) | Self::Records(..) => Vec::new(),
        }
    }

    /// What was done to read the rows.
    pub(crate) fn remarks(&self) -> Vec<String> {
        match self {
            Self::Csv(rows) => rows.remarks(),
            _ => Vec::new(),
        }
    }
}

/// A whole file up to a limit; the inner error is for a larger one.
pub(crate) fn whole(opened: Opened, max: usize) -> Result<Result<Vec<u8>, RowError>, DataError> {
    let max = max.saturating_mul(DOCUMENT);
    let label = opened.label.clone();
    let mut bytes = Vec::new();
    let read = opened.into_reader().take((max as u64).saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|e| DataError::io(&label, "read", e))?;
    Ok(if bytes.len() > max {
        let problem = format!("the file is one JSON value larger than {} MiB", max.div_ceil(1 << 20));
        Err(RowError::new(Reason::TooLarge, problem).remedy("write it as JSON Lines, one record a line"))
    } else {
        Ok(bytes)
    })
}

fn document_rows(opened: Opened, max: usize) -> Result<Vec<Result<Row, RowError>>, DataError> {
    let label = opened.label.clone();
    let found = whole(opened, max)?.and_then(|bytes| records(Document::parse(&bytes)?));
    match found {
        Ok(found) => Ok(found.into_iter().map(|record| record.and_then(Row::from_value)).collect()),
        Err(error) => Ok(vec![Err(error)]),
    }
    .map_err(|error: DataError| error.with_file(&label))
}
