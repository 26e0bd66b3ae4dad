//! What a study gives and takes: its tables, read and written.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use predilect_types::{Pair, Rating, Verdict};

use super::column_error::ColumnError;
use super::folder::Study;
use super::manifest::StudyToml;
use super::results::BatchFile;
use super::table::{PairWriter, RatingWriter, TableReader, TableWriter, VerdictWriter, damaged};
use crate::advice::IMPORT_INTO;
use crate::error::DataError;

/// Rows that are read at once.
const BATCH: usize = 16_384;

impl Study {
    /// Opens a study that is there.
    ///
    /// # Errors
    ///
    /// When the folder contains no table of pairs.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, DataError> {
        let study = Self::at(folder.into());
        study.finish_import();
        if study.table_path("pairs").is_file() {
            // What a later version wrote may mean something else; a file that cannot be read is its reader's affair.
            return match StudyToml::load_or_new(&study) {
                Err(error) if error.is_later_layout() => Err(error),
                _ => Ok(study),
            };
        }
        let shown = study.folder().display().to_string();
        let problem = if study.folder().is_dir() {
            "the folder contains no pairs.parquet"
        } else if study.folder().exists() {
            "it is a file, not a folder"
        } else {
            "there is no such folder"
        };
        Err(DataError::study(shown.clone(), format!("this is not a study: {problem}"))
            .with_remedy(format!("make one first: {IMPORT_INTO} {shown}")))
    }

    /// The error for a table whose rows are well-formed, but cannot be meant together or in this study.
    pub fn refused(&self, table: &str, why: &ColumnError) -> DataError {
        damaged(&self.shown_path(table), &why.to_string())
    }

    /// Starts to write the table of pairs.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_pairs(&self) -> Result<PairWriter, DataError> {
        TableWriter::start(self)
    }

    /// Starts to write the table of verdicts.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_verdicts(&self) -> Result<VerdictWriter, DataError> {
        TableWriter::start(self)
    }

    /// Starts to write the table of ratings.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_ratings(&self) -> Result<RatingWriter, DataError> {
        TableWriter::start(self)
    }

    /// The pairs, some thousand at a time.
    ///
    /// # Errors
    ///
    /// When the table does not exist or was not written by this crate; each batch may fail too.
    pub fn pairs(&self) -> Result<TableReader<Pair>, DataError> {
        TableReader::open(self)
    }

    /// The verdicts, some thousand at a time.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn verdicts(&self) -> Result<TableReader<Verdict>, DataError> {
        TableReader::open(self)
    }

    /// The ratings, some thousand at a time.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn ratings(&self) -> Result<TableReader<Rating>, DataError> {
        TableReader::open(self)
    }

    /// Writes a table of results at once; all batches must have the first one's schema.
    ///
    /// # Errors
    ///
    /// When the name is not a plain word, there is no batch, the schemas differ, or the file cannot be written.
    pub fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<(), DataError> {
        let path = self.table_path(name);
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(DataError::study(
                path.display().to_string(),
                "a table's name has only a-z, 0-9 and _",
            ));
        }
        let Some(first) = batches.first() else {
            return Err(DataError::study(
                path.display().to_string(),
                "a table needs at least one batch, even if it is empty",
            ));
        };
        let mut file = BatchFile::of_study(&path, first.schema())?;
        for batch in batches {
            file.write(batch)?;
        }
        file.finish()
    }

    /// Reads a table of results unchanged, with the marks of its schema.
    ///
    /// # Errors
    ///
    /// When the table is not there or is damaged.
    pub fn read_table(&self, name: &str) -> Result<Vec<RecordBatch>, DataError> {
        self.read_columns(name, None)
    }

    /// Some columns of a table of results, as far as it has them, with the marks of its schema; `None`: all.
    ///
    /// # Errors
    ///
    /// As [`Study::read_table`].
    pub fn read_columns(&self, name: &str, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, DataError> {
        let path = self.table_path(name);
        let fail = |problem: String| {
            DataError::study(path.display().to_string(), problem)
                .with_remedy("run the step that writes this table again")
        };
        let file = File::open(&path).map_err(|e| DataError::path_io(&path, "open", e))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| fail(e.to_string()))?;
        // Its batches come without the marks of the table.
        let mut schema = Arc::clone(builder.schema());
        let builder = match columns {
            None => builder,
            Some(wanted) => {
                let fields = schema.fields().iter().enumerate();
                let kept: Vec<usize> = fields
                    .filter(|(_, field)| wanted.contains(&field.name().as_str()))
                    .map(|(at, _)| at)
                    .collect();
                schema = Arc::new(schema.project(&kept).map_err(|e| fail(e.to_string()))?);
                let mask = ProjectionMask::roots(builder.parquet_schema(), kept);
                builder.with_projection(mask)
            }
        };
        let reader = builder.with_batch_size(BATCH).build().map_err(|e| fail(e.to_string()))?;
        reader
            .map(|batch| batch.and_then(|batch| batch.with_schema(Arc::clone(&schema))))
            .map(|batch| batch.map_err(|e| fail(e.to_string())))
            .collect()
    }
}
