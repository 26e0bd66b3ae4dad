//! Rows of a Parquet file.

use std::fs::File;
use std::sync::Arc;

use arrow_array::StringViewArray;
use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Compression;
use parquet::file::metadata::RowGroupMetaData;

use super::arrow::{Batch, Columns, guarded};
use super::csv::Placed;
use crate::error::DataError;

/// What the rows of a batch may weigh together, going by what the file says of them.
const BATCH_BYTES: u64 = 16 << 20;
const BATCH_ROWS: u64 = 1024;

/// Rows of a Parquet file.
pub(crate) struct ParquetRows {
    reader: ParquetRecordBatchReader,
    columns: Columns,
    batch: Option<Batch>,
    record: u64,
    max: usize,
}

impl ParquetRows {
    pub(crate) fn new(file: File, max: usize, label: &str) -> Result<Self, DataError> {
        let (builder, mut columns) = guarded(label, "Parquet", || {
            let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
            let columns = Columns::of(plain.schema());
            // Texts of a dictionary are read in place: a page of a few bytes may repeat one a million times.
            let viewed = ArrowReaderOptions::new().with_schema(as_views(plain.schema()));
            let metadata = ArrowReaderMetadata::load(&file, viewed).unwrap_or(plain);
            Ok::<_, parquet::errors::ParquetError>((
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata),
                columns,
            ))
        })?;
        let groups = builder.metadata().row_groups();
        let packed =
            groups.iter().flat_map(RowGroupMetaData::columns).find(|c| c.compression() == Compression::LZO);
        if let Some(column) = packed {
            let name = column.column_path().string();
            return Err(DataError::input(
                label,
                format!("column `{name}` is compressed with LZO, which is not supported"),
            )
            .with_remedy("write the file again with zstd or snappy"));
        }
        let per_row = |group: &RowGroupMetaData| {
            let bytes = u64::try_from(group.total_byte_size()).unwrap_or(0);
            bytes / u64::try_from(group.num_rows()).unwrap_or(1).max(1)
        };
        let heaviest = groups.iter().map(per_row).max().unwrap_or(0).max(1);
        let rows = (BATCH_BYTES / heaviest).clamp(1, BATCH_ROWS);
        let reader = guarded(label, "Parquet", || {
            let mask = ProjectionMask::roots(builder.parquet_schema(), columns.read.iter().map(|(i, _)| *i));
            builder.with_batch_size(rows as usize).with_projection(mask).build()
        })?;
        // Columns that are not read are not in the batches either.
        for (place, (i, _)) in columns.read.iter_mut().enumerate() {
            *i = place;
        }
        Ok(Self { reader, columns, batch: None, record: 0, max })
    }

    /// The columns' names, in order.
    pub(crate) fn names(&self) -> &[String] {
        &self.columns.names
    }

    /// Columns whose type is not read, with the type; they are missing from the rows.
    pub(crate) fn unread_columns(&self) -> &[(String, String)] {
        &self.columns.unread
    }

    /// The next rows; empty at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        loop {
            if let Some(batch) = &mut self.batch {
                let (read, record) = (&self.columns.read, &mut self.record);
                let rows =
                    guarded(label, "Parquet", || Ok::<_, String>(batch.next_group(read, self.max, record)))?;
                if !rows.is_empty() {
                    return Ok(rows);
                }
            }
            self.batch = guarded(label, "Parquet", || self.reader.next().transpose())?.map(Batch::new);
            if self.batch.is_none() {
                return Ok(Vec::new());
            }
        }
    }
}

/// Columns of texts of a Parquet file, many rows at a time; `None` if one of them is not text.
pub(crate) struct TextColumns {
    reader: ParquetRecordBatchReader,
    /// Where each column that is wanted is in a batch.
    places: Vec<usize>,
}

impl TextColumns {
    pub(crate) fn open(file: File, wanted: &[&str], label: &str) -> Result<Option<Self>, DataError> {
        /// What the rows of a batch may weigh together.
        const BYTES: u64 = 32 << 20;
        const ROWS: u64 = 64 * 1024;
        guarded(label, "Parquet", || {
            let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
            let viewed = ArrowReaderOptions::new().with_schema(as_views(plain.schema()));
            let Ok(metadata) = ArrowReaderMetadata::load(&file, viewed) else { return Ok(None) };
            let schema = Arc::clone(metadata.schema());
            let mut roots: Vec<usize> = Vec::new();
            for name in wanted {
                match schema.index_of(name) {
                    Ok(at) if *schema.field(at).data_type() == DataType::Utf8View => roots.push(at),
                    _ => return Ok(None),
                }
            }
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
            let groups = builder.metadata().row_groups();
            let heaviest = groups
                .iter()
                .map(|group| {
                    let bytes = u64::try_from(group.total_byte_size()).unwrap_or(0);
                    bytes / u64::try_from(group.num_rows()).unwrap_or(1).max(1)
                })
                .max()
                .unwrap_or(0)
                .max(1);
            // A dictionary does not show how long its texts are: long ones are read the other way.
            if heaviest > 512 {
                return Ok(None);
            }
            let mask = ProjectionMask::roots(builder.parquet_schema(), roots.iter().copied());
            let rows = (BYTES / heaviest).clamp(1, ROWS) as usize;
            let mut sorted = roots.clone();
            sorted.sort_unstable();
            sorted.dedup();
            let places = roots.iter().filter_map(|root| sorted.iter().position(|at| at == root)).collect();
            let reader = builder.with_batch_size(rows).with_projection(mask).build()?;
            Ok::<_, parquet::errors::ParquetError>(Some(Self { reader, places }))
        })
    }

    /// The next rows of every column that is wanted, in the order of the names; `None` at the end.
    pub(crate) fn next(&mut self, label: &str) -> Result<Option<Vec<StringViewArray>>, DataError> {
        let batch = guarded(label, "Parquet", || self.reader.next().transpose())?;
        Ok(batch.map(|batch| {
            self.places
                .iter()
                .filter_map(|place| batch.column(*place).as_string_view_opt().cloned())
                .collect()
        }))
    }
}

/// The same columns with texts as views, at any depth.
fn as_views(schema: &SchemaRef) -> SchemaRef {
    let fields: Vec<Field> = schema.fields().iter().map(|field| viewed(field)).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn viewed(field: &Field) -> Field {
    let kind = view(field.data_type());
    Field::clone(field).with_data_type(kind)
}

fn view(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Dictionary(_, inner) => match view(inner) {
            text @ (DataType::Utf8View | DataType::BinaryView) => text,
            _ => kind.clone(),
        },
        DataType::List(item) => DataType::List(Arc::new(viewed(item))),
        DataType::LargeList(item) => DataType::LargeList(Arc::new(viewed(item))),
        DataType::FixedSizeList(item, n) => DataType::FixedSizeList(Arc::new(viewed(item)), *n),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(|field| viewed(field)).collect()),
        DataType::Map(entries, sorted) => DataType::Map(Arc::new(viewed(entries)), *sorted),
        other => other.clone(),
    }
}
