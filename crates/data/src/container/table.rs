//! What the rows of a table hold: CSV and Parquet as records with fields.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, types};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use serde_json::{Map, Number, Value};

use crate::error::{At, DataError, Reason, RowError};
use crate::row::{Name, Row, name_of};

/// Rows are handed on in groups of this many, or once their text reaches [`GROUP_BYTES`].
const GROUP: usize = 4096;
const GROUP_BYTES: usize = 4 << 20;

/// A row with its place.
pub(crate) type Placed = (At, Result<Row, RowError>);

/// Rows of text with a header line.
pub(crate) struct CsvRows {
    reader: csv::Reader<Budget<Box<dyn Read + Send>>>,
    spent: Rc<Cell<usize>>,
    ends: Rc<Cell<Ends>>,
    header: Vec<String>,
    names: Vec<Name>,
    max: usize,
    over: bool,
}

/// Ends the reading of one record that never ends (an open quote swallows a whole file).
struct Budget<R> {
    inner: R,
    spent: Rc<Cell<usize>>,
    ends: Rc<Cell<Ends>>,
    max: usize,
}

/// How lines end, which the parser does not tell and line numbers need: of CR LF it takes the CR with its record, but the
/// LF, which it counts lines by, with the next.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    /// Whether the first line ends with CR LF; `None` before it ends.
    crlf: Option<bool>,
    last: u8,
    /// Whether the file was read to its end.
    over: bool,
}

impl Ends {
    fn see(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else {
            self.over = true;
            return;
        };
        if self.crlf.is_none()
            && let Some(at) = memchr::memchr(b'\n', bytes)
        {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(self.last);
            self.crlf = Some(before == b'\r');
        }
        self.last = last;
    }

    /// The line on which a record begins that was just read, from the parser's line and the line ends within the record.
    fn first_line(self, now: u64, within: u64) -> u64 {
        let unended = self.over && self.last != b'\n';
        let counted = u64::from(self.crlf != Some(true) && !unended);
        now.saturating_sub(within + counted).max(1)
    }
}

const OVER: &str = "record over budget";

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.spent.get() > self.max {
            return Err(io::Error::other(OVER));
        }
        let n = self.inner.read(buffer)?;
        let mut ends = self.ends.get();
        ends.see(buffer.get(..n).unwrap_or_default());
        self.ends.set(ends);
        self.spent.set(self.spent.get().saturating_add(n));
        Ok(n)
    }
}

impl CsvRows {
    pub(crate) fn new(
        reader: Box<dyn Read + Send>,
        delimiter: u8,
        max: usize,
        label: &str,
    ) -> Result<Self, DataError> {
        let spent = Rc::new(Cell::new(0));
        let ends = Rc::new(Cell::new(Ends::default()));
        let reader = Budget {
            inner: reader,
            spent: Rc::clone(&spent),
            ends: Rc::clone(&ends),
            max: max.saturating_add(256 * 1024),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .buffer_capacity(128 * 1024)
            .from_reader(reader);
        let header: Vec<String> = match reader.byte_headers() {
            Ok(header) => header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect(),
            Err(error) => return Err(DataError::row(label, At::Line(1), too_large_or(error, max)?)),
        };
        let names = header.iter().map(|name| name_of(name)).collect();
        Ok(Self { reader, spent, ends, header, names, max, over: false })
    }

    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// The next rows; none at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        let mut rows = Vec::new();
        let mut bytes = 0;
        let mut record = csv::ByteRecord::new();
        while !self.over && rows.len() < GROUP && bytes < GROUP_BYTES {
            self.spent.set(0);
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let within = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
                    let line = self.ends.get().first_line(self.reader.position().line(), within);
                    bytes += record.as_slice().len();
                    rows.push((At::Line(line), self.row(&record)));
                }
                Err(error) => {
                    let line = self.reader.position().line();
                    self.over = true;
                    rows.push((
                        At::Line(line),
                        Err(too_large_or(error, self.max).map_err(|e| e.with_file(label))?),
                    ));
                }
            }
        }
        Ok(rows)
    }

    fn row(&self, record: &csv::ByteRecord) -> Result<Row, RowError> {
        if record.as_slice().len() > self.max {
            return Err(RowError::new(Reason::TooLarge, "the row is larger than the limit"));
        }
        if record.len() != self.header.len() {
            return Err(RowError::new(
                Reason::Columns,
                format!("the row has {} cells and the header {}", record.len(), self.header.len()),
            )
            .value(&String::from_utf8_lossy(record.get(0).unwrap_or_default()))
            .hint(
                "is a quote missing or doubled? Cells with line ends, quotes or delimiters must be quoted",
            ));
        }
        let mut fields = Vec::with_capacity(record.len());
        for (name, cell) in self.names.iter().zip(record) {
            let text = std::str::from_utf8(cell).map_err(|_| {
                RowError::new(Reason::InvalidUtf8, "the cell is no valid UTF-8")
                    .field(name)
                    .value(&String::from_utf8_lossy(cell))
                    .hint("convert the file to UTF-8, e.g. iconv -f LATIN1 -t UTF-8")
            })?;
            fields.push((name.clone(), Value::String(text.to_owned())));
        }
        Ok(Row::from_fields(fields))
    }
}

/// A row error for a record past the limit, else the reading's own failure.
fn too_large_or(error: csv::Error, max: usize) -> Result<RowError, DataError> {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.to_string() == OVER => Ok(RowError::new(
            Reason::TooLarge,
            format!("the record is larger than {} MiB; the file is not read further", max.div_ceil(1 << 20)),
        )
        .hint("is a quote left open? It swallows all that follows")),
        csv::ErrorKind::Io(error) => Err(DataError::io("", "read", error)),
        _ => Ok(RowError::new(Reason::Columns, "the row cannot be split into cells")),
    }
}

/// Rows of a Parquet file.
pub(crate) struct ParquetRows {
    reader: ParquetRecordBatchReader,
    names: Vec<String>,
    record: u64,
}

/// Runs the decoder, which may panic on a file that was tampered with; that becomes an error like any other.
fn guarded<T, E: ToString>(label: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, DataError> {
    let problem = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the decoder gave up on it".to_owned(),
    };
    Err(DataError::input(label, format!("the Parquet file cannot be read: {problem}"))
        .with_hint("the file is damaged, cut short, or packed in a way that is not read: write it again"))
}

impl ParquetRows {
    pub(crate) fn new(file: File, label: &str) -> Result<Self, DataError> {
        let reader = guarded(label, || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
            builder.with_batch_size(1024).build()
        })?;
        let schema = arrow_array::RecordBatchReader::schema(&reader);
        for field in schema.fields() {
            if let Some(kind) = unread(field.data_type()) {
                return Err(DataError::input(
                    label,
                    format!("column `{}` has the type {kind}, which is not read", field.name()),
                )
                .with_hint("cast the column to text, or leave it out"));
            }
        }
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { reader, names, record: 0 })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The next rows; none at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        let batch = guarded(label, || self.reader.next().transpose())?;
        let Some(batch) = batch else { return Ok(Vec::new()) };
        let rows = guarded(label, || Ok::<_, String>(rows_of(&batch)))?;
        Ok(rows
            .into_iter()
            .map(|row| {
                self.record += 1;
                (At::Record(self.record), Ok(row))
            })
            .collect())
    }
}

/// A batch's rows.
pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let schema = batch.schema();
    (0..batch.num_rows())
        .map(|i| {
            let fields = schema.fields().iter().zip(batch.columns());
            Row::from_fields(fields.map(|(field, column)| (field.name().clone(), value(column.as_ref(), i))))
        })
        .collect()
}

/// The first type within a type that [`value`] does not read.
fn unread(kind: &DataType) -> Option<String> {
    match kind {
        DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            unread(inner.data_type())
        }
        DataType::Map(inner, _) => unread(inner.data_type()),
        DataType::Struct(fields) => fields.iter().find_map(|field| unread(field.data_type())),
        DataType::Dictionary(key, inner) => {
            if **key == DataType::Int32 {
                unread(inner)
            } else {
                Some(kind.to_string())
            }
        }
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(_, _)
        | DataType::Duration(_)
        | DataType::Decimal128(_, _) => None,
        other => Some(other.to_string()),
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Bytes as text; bytes that are none (an image) are told by their number.
fn binary(bytes: &[u8]) -> Value {
    Value::String(
        std::str::from_utf8(bytes).map_or_else(|_| format!("[{} bytes]", bytes.len()), str::to_owned),
    )
}

/// One cell. Points in time are numbers in the column's own unit, decimals text.
fn value(array: &dyn Array, i: usize) -> Value {
    if array.is_null(i) {
        return Value::Null;
    }
    macro_rules! number {
        ($kind:ty) => {
            Value::from(array.as_primitive::<$kind>().value(i))
        };
    }
    match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(i)),
        DataType::Int8 => number!(types::Int8Type),
        DataType::Int16 => number!(types::Int16Type),
        DataType::Int32 => number!(types::Int32Type),
        DataType::Int64 => number!(types::Int64Type),
        DataType::UInt8 => number!(types::UInt8Type),
        DataType::UInt16 => number!(types::UInt16Type),
        DataType::UInt32 => number!(types::UInt32Type),
        DataType::UInt64 => number!(types::UInt64Type),
        DataType::Float32 => float(f64::from(array.as_primitive::<types::Float32Type>().value(i))),
        DataType::Float64 => float(array.as_primitive::<types::Float64Type>().value(i)),
        DataType::Utf8 => Value::from(array.as_string::<i32>().value(i)),
        DataType::LargeUtf8 => Value::from(array.as_string::<i64>().value(i)),
        DataType::Utf8View => Value::from(array.as_string_view().value(i)),
        DataType::Binary => binary(array.as_binary::<i32>().value(i)),
        DataType::LargeBinary => binary(array.as_binary::<i64>().value(i)),
        DataType::BinaryView => binary(array.as_binary_view().value(i)),
        DataType::Date32 => number!(types::Date32Type),
        DataType::Date64 => number!(types::Date64Type),
        DataType::Time32(TimeUnit::Second) => number!(types::Time32SecondType),
        DataType::Time32(_) => number!(types::Time32MillisecondType),
        DataType::Time64(TimeUnit::Microsecond) => number!(types::Time64MicrosecondType),
        DataType::Time64(_) => number!(types::Time64NanosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => number!(types::TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => number!(types::TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => number!(types::TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => number!(types::TimestampNanosecondType),
        DataType::Duration(TimeUnit::Second) => number!(types::DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => number!(types::DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => number!(types::DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => number!(types::DurationNanosecondType),
        DataType::Decimal128(_, _) => {
            Value::String(array.as_primitive::<types::Decimal128Type>().value_as_string(i))
        }
        DataType::List(_) => list(array.as_list::<i32>().value(i).as_ref()),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(i).as_ref()),
        DataType::FixedSizeList(_, _) => list(array.as_fixed_size_list().value(i).as_ref()),
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(array.as_struct().columns());
            Value::Object(columns.map(|(f, column)| (f.name().clone(), value(column.as_ref(), i))).collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(i);
            let (keys, values) = (entries.column(0), entries.column(1));
            let name = |key: Value| match key {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let pairs =
                (0..entries.len()).map(|j| (name(value(keys.as_ref(), j)), value(values.as_ref(), j)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_dictionary::<types::Int32Type>();
            dictionary.key(i).map_or(Value::Null, |key| value(dictionary.values().as_ref(), key))
        }
        _ => Value::Null,
    }
}

fn list(items: &dyn Array) -> Value {
    Value::Array((0..items.len()).map(|i| value(items, i)).collect())
}
