//! How batches become a Parquet file: columns in parallel on all cores, one row group in memory.

use std::io::BufWriter;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use crate::files::NewFile;

/// A row group is the most that a reader must keep in memory.
const GROUP_ROWS: usize = 16 * 1024;
const GROUP_BYTES: usize = 64 << 20;
/// The same before it is packed: a long text that repeats is next to nothing in a dictionary, and has its full length for each of its rows
/// when it is read.
const GROUP_TEXT: usize = 256 << 20;
/// A page is the least that a reader must decompress, for a single text too; Snappy compresses no more than this at once anyway.
const PAGE_BYTES: usize = 64 << 10;

pub(super) fn properties() -> WriterProperties {
    let builder = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_max_row_group_bytes(Some(GROUP_BYTES));
    UNIQUE
        .iter()
        .fold(builder, |builder, path| {
            let parts = path.split('.').map(str::to_owned).collect::<Vec<_>>();
            let path = ColumnPath::new(parts);
            builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path, EnabledStatistics::None)
        })
        .build()
}

/// Columns whose values hardly repeat and whose order is irrelevant: a dictionary would hash and copy every text in vain, minimum and
/// maximum would compare each.
const UNIQUE: [&str; 6] = [
    "id",
    "record",
    "receipt",
    "prompt.list.element.content",
    "response_a.list.element.content",
    "response_b.list.element.content",
];

/// A Parquet file in the making.
pub(super) struct Encoder {
    file: SerializedFileWriter<BufWriter<NewFile>>,
    groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    /// The writers of the current row group, field by field; empty between groups.
    columns: Vec<ArrowColumnWriter>,
    rows: usize,
    /// Bytes of these rows before they are packed.
    text: usize,
}

impl Encoder {
    pub(super) fn new(file: NewFile, schema: SchemaRef) -> Result<Self, ParquetError> {
        let file = BufWriter::with_capacity(1 << 20, file);
        let (file, groups) = ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties()))?
            .into_serialized_writer()?;
        Ok(Self { file, groups, schema, columns: Vec::new(), rows: 0, text: 0 })
    }

    /// Adds rows; a group ends before it outgrows its rows, and once it has outgrown its bytes.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        let text = batch.get_array_memory_size();
        if self.rows + batch.num_rows() > GROUP_ROWS || self.text + text > GROUP_TEXT {
            self.end_group()?;
        }
        if self.columns.is_empty() {
            self.columns = self.groups.create_column_writers(self.file.flushed_row_groups().len())?;
        }
        self.rows += batch.num_rows();
        self.text += text;
        let mut left = self.columns.as_mut_slice();
        let mut work: Vec<(&Field, &ArrayRef, &mut [ArrowColumnWriter])> = Vec::new();
        for (field, array) in self.schema.fields().iter().zip(batch.columns()) {
            let (own, others) = left.split_at_mut(leaves(field.data_type()).min(left.len()));
            work.push((field, array, own));
            left = others;
        }
        work.into_par_iter().try_for_each(|(field, array, columns)| {
            compute_leaves(field, array)?
                .iter()
                .zip(columns)
                .try_for_each(|(leaf, column)| column.write(leaf))
        })?;
        let bytes: usize = self.columns.iter().map(ArrowColumnWriter::memory_size).sum();
        if bytes >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        (self.rows, self.text) = (0, 0);
        if self.columns.is_empty() {
            return Ok(());
        }
        let columns = std::mem::take(&mut self.columns);
        let chunks: Vec<_> =
            columns.into_par_iter().map(ArrowColumnWriter::close).collect::<Result<_, _>>()?;
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group)?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file, with something said about it by key.
    pub(super) fn end(mut self, said: Option<KeyValue>) -> Result<NewFile, String> {
        self.end_group().map_err(|e| e.to_string())?;
        if let Some(said) = said {
            self.file.append_key_value_metadata(said);
        }
        let file = self.file.into_inner().map_err(|e| e.to_string())?;
        file.into_inner().map_err(|e| e.to_string())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// How many columns of Parquet a field becomes.
fn leaves(kind: &DataType) -> usize {
    match kind {
        DataType::List(item) => leaves(item.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| leaves(field.data_type())).sum(),
        _ => 1,
    }
}
