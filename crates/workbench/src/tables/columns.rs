//! How figures become columns, and where a table is written.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use predilect_data::Study;

use crate::error::{Error, Result};

/// The destination of tables: a study, or the caller.
pub trait Sink {
    /// Takes a table; all batches have the first one's schema.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<()>;
}

impl Sink for Study {
    fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<()> {
        Ok(Self::write_table(self, name, batches)?)
    }
}

pub(super) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    // Every column is nullable, so that the schema does not depend on the rows.
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true)))
        .map_err(|e| Error::new(format!("a table of results does not fit together: {e}")))
}

pub(super) fn text<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(super) fn float(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

pub(super) fn whole(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.collect::<UInt64Array>())
}
