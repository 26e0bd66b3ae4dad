//! How a table of results becomes a Parquet file, batch by batch, in a study or anywhere else.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;

use super::encoder;
use crate::error::DataError;
use crate::files::OutFile;

/// A Parquet file being written: it is not visible before [`BatchFile::finish`], and one that is dropped leaves the old file.
pub struct BatchFile {
    writer: ArrowWriter<BufWriter<OutFile>>,
    path: PathBuf,
}

impl BatchFile {
    /// Starts a file of that schema.
    ///
    /// # Errors
    ///
    /// When no file can be made in its folder.
    pub fn create(path: &Path, schema: SchemaRef) -> Result<Self, DataError> {
        Self::to(OutFile::at(path)?, path, schema)
    }

    /// Starts a table of a study: a link in its place is replaced.
    ///
    /// # Errors
    ///
    /// When no file can be made in its folder.
    pub fn of_study(path: &Path, schema: SchemaRef) -> Result<Self, DataError> {
        Self::to(OutFile::own(path)?, path, schema)
    }

    fn to(file: OutFile, path: &Path, schema: SchemaRef) -> Result<Self, DataError> {
        let file = BufWriter::with_capacity(1 << 20, file);
        let writer = ArrowWriter::try_new(file, schema, Some(encoder::properties()))
            .map_err(|problem| failed(path, &problem))?;
        Ok(Self { writer, path: path.to_owned() })
    }

    /// Adds rows and hands what is full to the disk.
    ///
    /// # Errors
    ///
    /// When the batch has another schema or the disk is full.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), DataError> {
        self.writer.write(batch).map_err(|problem| failed(&self.path, &problem))
    }

    /// Flushes the file to the disk and gives it its name.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the old file is then still there.
    pub fn finish(self) -> Result<(), DataError> {
        let path = self.path;
        let file = self.writer.into_inner().map_err(|problem| failed(&path, &problem))?;
        let file = file.into_inner().map_err(|e| DataError::path_io(&path, "write", e.into_error()))?;
        file.finish()
    }
}

impl std::fmt::Debug for BatchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchFile").field("path", &self.path).finish_non_exhaustive()
    }
}

fn failed(path: &Path, problem: &parquet::errors::ParquetError) -> DataError {
    DataError::study(path.display().to_string(), format!("the table cannot be written: {problem}"))
}

/// A table as a Parquet file in memory.
///
/// # Errors
///
/// When there is no batch, or the batches differ in their schemas.
pub fn parquet_bytes(batches: &[RecordBatch]) -> Result<Vec<u8>, DataError> {
    let path = Path::new("table");
    let schema = first(batches)?.schema();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(encoder::properties()))
        .map_err(|problem| failed(path, &problem))?;
    for batch in batches {
        writer.write(batch).map_err(|problem| failed(path, &problem))?;
    }
    writer.into_inner().map_err(|problem| failed(path, &problem))
}

/// A table as a stream of Arrow batches.
///
/// # Errors
///
/// When there is no batch, or the batches differ in their schemas.
pub fn arrow_bytes(batches: &[RecordBatch]) -> Result<Vec<u8>, DataError> {
    let problem =
        |e: arrow_schema::ArrowError| DataError::study("table", format!("the table cannot be written: {e}"));
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(Vec::new(), &first(batches)?.schema()).map_err(problem)?;
    for batch in batches {
        writer.write(batch).map_err(problem)?;
    }
    writer.finish().map_err(problem)?;
    writer.into_inner().map_err(problem)
}

fn first(batches: &[RecordBatch]) -> Result<&RecordBatch, DataError> {
    batches
        .first()
        .ok_or_else(|| DataError::study("table", "a table needs at least one batch, even if it is empty"))
}
