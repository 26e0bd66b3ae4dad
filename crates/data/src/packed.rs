//! How a table of results becomes a Parquet file outside a study.

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::error::DataError;

/// Packs batches of one schema (at least one batch) into the bytes of a Parquet file.
///
/// # Errors
///
/// When there is no batch or the schemas differ.
pub fn parquet_bytes(batches: &[RecordBatch]) -> Result<Vec<u8>, DataError> {
    let fail = |e: parquet::errors::ParquetError| DataError::sink(format!("the table cannot be packed: {e}"));
    let first = batches
        .first()
        .ok_or_else(|| DataError::sink("a table needs at least one batch, if an empty one"))?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties)).map_err(fail)?;
    for batch in batches {
        writer.write(batch).map_err(fail)?;
    }
    writer.into_inner().map_err(fail)
}
