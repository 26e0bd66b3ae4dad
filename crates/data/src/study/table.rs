//! How rows become a Parquet file and back, in bounded memory.

use crate::advice;
use std::borrow::Borrow;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use foldhash::quality::FixedState;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::KeyValue;
use predilect_types::{Pair, Rating, Verdict};

use super::bound::Bound;
use super::column_error::ColumnError;
use super::conform::conform;
use super::encoder::Encoder;
use super::folder::Study;
use super::heavy::rows_at_once;
use super::imported::{IMPORT, IMPORTED, import_of};
use crate::error::DataError;
use crate::files::NewFile;

/// Rows are encoded and read at most this many at a time.
pub(super) const BATCH: usize = 4096;
/// Rows are encoded once their text is this large: little enough that it is in the processor's caches still.
pub(super) const BATCH_BYTES: usize = 384 << 10;
/// Rows are read until their text is this large, going by what the table says of it.
pub(super) const BATCH_TEXT: u64 = 64 << 20;
/// The columns of texts.
pub(super) const TEXTS: [&str; 3] = ["prompt", "response_a", "response_b"];
/// What can be a row of a table.
pub trait TableRow: Sized + Clone + Send + Sync + 'static {
    /// The table's name.
    const TABLE: &'static str;
    /// Its columns.
    fn schema() -> SchemaRef;
    /// About how many bytes it takes with all that it carries.
    fn size(&self) -> usize;
    /// Rows as columns.
    ///
    /// # Errors
    ///
    /// When they do not fit the schema.
    fn encode<R: Borrow<Self>>(rows: &[R]) -> Result<RecordBatch, ColumnError>;
    /// Adds what an import is known by.
    fn digest(&self, _: &mut impl Hasher) {}
    /// Columns as rows.
    ///
    /// # Errors
    ///
    /// When a column is missing or of another type.
    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, ColumnError>;
}

/// Writes one table; it is not visible before [`TableWriter::finish`].
///
/// Encoding and compression run in parallel to the caller, on all cores. A writer that is dropped leaves the old table. Rows may come
/// boxed: large ones are then never moved.
#[derive(Debug)]
pub struct TableWriter<T: TableRow, R: Held<T> = T> {
    rows: Vec<R>,
    bytes: usize,
    count: u64,
    path: PathBuf,
    channel: Option<SyncSender<Vec<R>>>,
    encoder: Option<JoinHandle<Result<(Encoder, u64), String>>>,
    /// What has encoded all rows, and the digest of these.
    ended: Option<(Encoder, u64)>,
    /// The import that the rows belong to.
    import: Option<String>,
    /// What was read of the study before: with new pairs it is another one.
    bound: Bound,
    row: PhantomData<T>,
}

/// A row as a writer stores it: itself, or boxed.
pub trait Held<T>: Borrow<T> + From<T> + Send + Sync + 'static {}

impl<T, R: Borrow<T> + From<T> + Send + Sync + 'static> Held<T> for R {}

/// Batches that may wait to be encoded.
const WAITING: usize = 1;

impl<T: TableRow, R: Held<T>> TableWriter<T, R> {
    /// Starts a table of rows that belong to the pairs that are there.
    pub(super) fn start(study: &Study) -> Result<Self, DataError> {
        let path = study.table_path(T::TABLE);
        let file = NewFile::of(&path)?;
        let (channel, batches) = sync_channel::<Vec<R>>(WAITING);
        let encoder = std::thread::spawn(move || {
            let text = |e: parquet::errors::ParquetError| e.to_string();
            let mut encoder = Encoder::new(file, T::schema()).map_err(text)?;
            let mut digest = FixedState::default().build_hasher();
            for rows in batches {
                // Within the pool at once, so that its threads share the work without waiting for this one.
                rayon::scope(|_| {
                    let batch = T::encode(&rows).map_err(|e| e.to_string())?;
                    for row in &rows {
                        row.borrow().digest(&mut digest);
                    }
                    drop(rows);
                    encoder.write(&batch).map_err(text)
                })?;
            }
            Ok((encoder, digest.finish()))
        });
        Ok(Self {
            rows: Vec::new(),
            bytes: 0,
            count: 0,
            path,
            channel: Some(channel),
            encoder: Some(encoder),
            ended: None,
            import: import_of(&study.table_path(Pair::TABLE)),
            bound: study.bound.clone(),
            row: PhantomData,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// When the encoder has failed, e.g. because the disk is full.
    pub fn push(&mut self, row: &T) -> Result<(), DataError> {
        self.push_owned(row.clone())
    }

    /// Adds a row without copying it.
    ///
    /// # Errors
    ///
    /// As [`TableWriter::push`].
    pub fn push_owned(&mut self, row: impl Into<R>) -> Result<(), DataError> {
        let row = row.into();
        self.bytes += row.borrow().size();
        self.count += 1;
        self.rows.push(row);
        if self.rows.len() >= BATCH || self.bytes >= BATCH_BYTES { self.send() } else { Ok(()) }
    }

    fn send(&mut self) -> Result<(), DataError> {
        self.bytes = 0;
        let room = Vec::with_capacity(self.rows.len());
        let rows = std::mem::replace(&mut self.rows, room);
        let sent = self.channel.as_ref().is_some_and(|channel| channel.send(rows).is_ok());
        if sent {
            Ok(())
        } else {
            Err(self.join().err().unwrap_or_else(|| self.failed("the encoder has ended")))
        }
    }

    fn failed(&self, problem: &str) -> DataError {
        DataError::study(self.path.display().to_string(), format!("the table cannot be written: {problem}"))
            .with_remedy("is there room on the disk?")
    }

    fn join(&mut self) -> Result<(Encoder, u64), DataError> {
        self.channel = None;
        match self.encoder.take().map(JoinHandle::join) {
            Some(Ok(Ok(encoder))) => Ok(encoder),
            Some(Ok(Err(problem))) => Err(self.failed(&problem)),
            Some(Err(_)) | None => Err(self.failed("the encoder has ended")),
        }
    }

    /// Encodes what is left, after which there are no more rows; gives the digest of all.
    pub(super) fn end(&mut self) -> Result<u64, DataError> {
        if let Some((_, digest)) = self.ended {
            return Ok(digest);
        }
        if !self.rows.is_empty() {
            self.send()?;
        }
        let ended = self.join()?;
        Ok(self.ended.insert(ended).1)
    }

    /// Writes what is left and flushes it to the disk, under its temporary name.
    pub(super) fn stage(mut self) -> Result<NewFile, DataError> {
        self.end()?;
        let import = self.import.take().map(|import| KeyValue::new(IMPORT.to_owned(), import));
        let Some((encoder, _)) = self.ended.take() else { return Err(self.failed("the encoder has ended")) };
        let file = encoder.end(import).map_err(|problem| self.failed(&problem))?;
        file.flush_to_disk()?;
        Ok(file)
    }

    /// The rows belong to an import that is under way.
    pub(super) fn of_import(&mut self, import: &str) {
        self.import = Some(import.to_owned());
    }

    /// Puts the table in place of the old one; gives its number of rows.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the old table is then still there.
    pub fn finish(self) -> Result<u64, DataError> {
        let (count, bound) = (self.count, self.bound.clone());
        self.stage()?.finish()?;
        if T::TABLE == Pair::TABLE {
            bound.forget();
        }
        Ok(count)
    }
}

impl<T: TableRow, R: Held<T>> Drop for TableWriter<T, R> {
    fn drop(&mut self) {
        // The temporary file is deleted with the encoder.
        if self.encoder.is_some() {
            let _ = self.join();
        }
    }
}

/// Writes the table of pairs.
pub type PairWriter = TableWriter<Pair, Box<Pair>>;
/// Writes the table of verdicts.
pub type VerdictWriter = TableWriter<Verdict>;
/// Writes the table of ratings.
pub type RatingWriter = TableWriter<Rating>;

/// Reads one table, some thousand rows at a time.
pub struct TableReader<T> {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
    /// Whether the columns of texts were left out.
    bare: bool,
    row: PhantomData<T>,
}

impl<T: TableRow> TableReader<T> {
    pub(super) fn open(study: &Study) -> Result<Self, DataError> {
        let file = study.open_table(T::TABLE)?;
        Self::of(file, &study.shown_path(T::TABLE))
    }

    /// A reader of some of a table's rows or columns.
    pub(super) fn over(reader: ParquetRecordBatchReader, path: PathBuf, bare: bool) -> Self {
        Self { reader, path, bare, row: PhantomData }
    }

    /// Reads a table from an open file; the path is for messages.
    pub(super) fn of(file: File, path: &Path) -> Result<Self, DataError> {
        // Plain Arrow types, whichever tool wrote the file.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
            .and_then(|builder| {
                let rows = rows_at_once(builder.metadata(), BATCH_TEXT, BATCH);
                builder.with_batch_size(rows).build()
            })
            .map_err(|e| damaged(path, &e.to_string()))?;
        Ok(Self::over(reader, path.to_owned(), false))
    }
}

pub(super) fn damaged(path: &Path, problem: &str) -> DataError {
    let remedy = if path.file_stem().is_some_and(|name| IMPORTED.iter().any(|table| name == *table)) {
        format!("import the files again ({})", advice::IMPORT)
    } else {
        "remove this file, and run the step that writes it again".to_owned()
    };
    DataError::study(path.display().to_string(), format!("the table cannot be read: {problem}"))
        .with_remedy(remedy)
}

impl<T: TableRow> Iterator for TableReader<T> {
    type Item = Result<Vec<T>, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        Some(match batch {
            Ok(batch) => {
                let batch = if self.bare { with_no_texts(batch) } else { batch };
                T::decode(&conform(batch, &T::schema()))
                    .map_err(|problem| damaged(&self.path, &problem.to_string()))
            }
            Err(error) => Err(damaged(&self.path, &error.to_string())),
        })
    }
}

impl<T> std::fmt::Debug for TableReader<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TableReader").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The batch with columns of no texts.
fn with_no_texts(batch: RecordBatch) -> RecordBatch {
    let wanted = Pair::schema();
    let own = batch.schema();
    let mut fields: Vec<Arc<Field>> = own.fields().iter().cloned().collect();
    let mut columns = batch.columns().to_vec();
    for name in TEXTS {
        if let (Ok(field), Err(_)) = (wanted.field_with_name(name), own.field_with_name(name)) {
            columns.push(new_null_array(field.data_type(), batch.num_rows()));
            fields.push(Arc::new(Field::new(name, field.data_type().clone(), true)));
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or(batch)
}
