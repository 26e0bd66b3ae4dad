//! What the rows of an Arrow batch say, as records with fields: for Parquet and for Arrow's own format.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, types};
use arrow_schema::{DataType, Schema, TimeUnit};
use serde_json::{Map, Number, Value};

use super::csv::{GROUP, GROUP_BYTES, Placed};
use crate::error::{At, DataError, Reason, RowError};
use crate::row::{Name, Row, name_of};
use crate::weight;

/// Runs a decoder, which may panic on a file that was tampered with; that becomes an error like any other.
pub(super) fn guarded<T, E: ToString>(
    label: &str,
    kind: &str,
    work: impl FnOnce() -> Result<T, E>,
) -> Result<T, DataError> {
    let problem = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the decoder gave up on it".to_owned(),
    };
    Err(DataError::input(label, format!("the {kind} file cannot be read: {problem}"))
        .with_remedy("the file is damaged or cut short: fetch or write it again"))
}

/// The columns of a table, and which of them are read.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// All names, in order.
    pub(super) names: Vec<String>,
    /// Columns of types that are not read, with the type.
    pub(super) unread: Vec<(String, String)>,
    /// Places and names of those that are read.
    pub(super) read: Vec<(usize, Name)>,
}

impl Columns {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut columns = Self::default();
        for (i, field) in schema.fields().iter().enumerate() {
            columns.names.push(field.name().clone());
            match unread(field.data_type()) {
                Some(kind) => columns.unread.push((field.name().clone(), kind)),
                None => columns.read.push((i, name_of(field.name()))),
            }
        }
        columns
    }
}

/// A batch whose rows are taken a group at a time.
#[derive(Debug)]
pub(super) struct Batch {
    batch: RecordBatch,
    at: usize,
}

impl Batch {
    pub(super) fn new(batch: RecordBatch) -> Self {
        Self { batch, at: 0 }
    }

    /// The next rows, up to a limit of rows and bytes; empty at the end. A row over the size limit is replaced by an error.
    pub(super) fn next_group(&mut self, read: &[(usize, Name)], max: usize, record: &mut u64) -> Vec<Placed> {
        let mut rows = Vec::new();
        let names = weight::of_names(read.iter().map(|(_, name)| name.as_ref()));
        let mut bytes = 0;
        while self.at < self.batch.num_rows() && rows.len() < GROUP && bytes < GROUP_BYTES {
            let mut budget = Budget { left: max, over: false };
            let fields: Vec<(Name, Value)> = read
                .iter()
                .filter_map(|(i, name)| {
                    let column = self.batch.columns().get(*i)?;
                    Some((name.clone(), value(column.as_ref(), self.at, &mut budget)))
                })
                .collect();
            bytes += max - budget.left + names;
            self.at += 1;
            *record += 1;
            let row = if budget.over {
                let problem = format!("the record is larger than {} MiB", max.div_ceil(1 << 20));
                Err(RowError::new(Reason::TooLarge, problem)
                    .remedy("is this the right file? A record that large is hardly a pair of responses"))
            } else {
                Ok(Row::from_fields(fields))
            };
            rows.push((At::Record(*record), row));
        }
        rows
    }
}

/// The first type within a type whose values are not read.
fn unread(kind: &DataType) -> Option<String> {
    match kind {
        DataType::List(inner) | DataType::LargeList(inner) | DataType::FixedSizeList(inner, _) => {
            unread(inner.data_type())
        }
        DataType::Map(inner, _) => unread(inner.data_type()),
        DataType::Struct(fields) => fields.iter().find_map(|field| unread(field.data_type())),
        DataType::Dictionary(_, inner) => unread(inner),
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
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_)
        | DataType::Date32
        | DataType::Date64
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Timestamp(_, _)
        | DataType::Duration(_)
        | DataType::Decimal32(_, _)
        | DataType::Decimal64(_, _)
        | DataType::Decimal128(_, _)
        | DataType::Decimal256(_, _) => None,
        other => Some(other.to_string()),
    }
}

fn float(number: f64) -> Value {
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// Bytes as text; bytes that are not text (an image) are described by their number.
fn binary(bytes: &[u8]) -> Value {
    Value::String(
        std::str::from_utf8(bytes).map_or_else(|_| format!("[{} bytes]", bytes.len()), str::to_owned),
    )
}

/// Bytes of a fixed size (an id, a hash) in hexadecimal digits.
fn hex(bytes: &[u8]) -> Value {
    if bytes.len() > 64 {
        return binary(bytes);
    }
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    Value::String(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
}

/// What one record may still weigh, so that nothing larger is copied.
struct Budget {
    left: usize,
    over: bool,
}

impl Budget {
    fn allows(&mut self, bytes: usize) -> bool {
        // A value takes some bytes itself.
        match self.left.checked_sub(bytes.saturating_add(16)) {
            Some(left) if !self.over => {
                self.left = left;
                true
            }
            _ => {
                self.over = true;
                false
            }
        }
    }
}

/// One cell. Points in time are numbers in the column's own unit, decimals text.
#[expect(clippy::too_many_lines, reason = "one match, an arm for each type of Arrow")]
fn value(array: &dyn Array, i: usize, budget: &mut Budget) -> Value {
    if array.is_null(i) || budget.over {
        return Value::Null;
    }
    macro_rules! number {
        ($kind:ty) => {
            Value::from(array.as_primitive::<$kind>().value(i))
        };
    }
    macro_rules! bytes {
        ($make:expr, $cell:expr) => {{
            let cell = $cell;
            if budget.allows(cell.len()) { $make(cell) } else { Value::Null }
        }};
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
        DataType::Float16 => float(array.as_primitive::<types::Float16Type>().value(i).to_f64()),
        DataType::Float32 => float(f64::from(array.as_primitive::<types::Float32Type>().value(i))),
        DataType::Float64 => float(array.as_primitive::<types::Float64Type>().value(i)),
        DataType::Utf8 => bytes!(Value::from, array.as_string::<i32>().value(i)),
        DataType::LargeUtf8 => bytes!(Value::from, array.as_string::<i64>().value(i)),
        DataType::Utf8View => bytes!(Value::from, array.as_string_view().value(i)),
        DataType::Binary => bytes!(binary, array.as_binary::<i32>().value(i)),
        DataType::LargeBinary => bytes!(binary, array.as_binary::<i64>().value(i)),
        DataType::BinaryView => bytes!(binary, array.as_binary_view().value(i)),
        DataType::FixedSizeBinary(_) => bytes!(hex, array.as_fixed_size_binary().value(i)),
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
        DataType::Decimal32(_, _) => {
            Value::String(array.as_primitive::<types::Decimal32Type>().value_as_string(i))
        }
        DataType::Decimal64(_, _) => {
            Value::String(array.as_primitive::<types::Decimal64Type>().value_as_string(i))
        }
        DataType::Decimal128(_, _) => {
            Value::String(array.as_primitive::<types::Decimal128Type>().value_as_string(i))
        }
        DataType::Decimal256(_, _) => {
            Value::String(array.as_primitive::<types::Decimal256Type>().value_as_string(i))
        }
        DataType::List(_) => list(array.as_list::<i32>().value(i).as_ref(), budget),
        DataType::LargeList(_) => list(array.as_list::<i64>().value(i).as_ref(), budget),
        DataType::FixedSizeList(_, _) => list(array.as_fixed_size_list().value(i).as_ref(), budget),
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(array.as_struct().columns());
            Value::Object(
                columns.map(|(f, column)| (f.name().clone(), value(column.as_ref(), i, budget))).collect(),
            )
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(i);
            let (keys, values) = (entries.column(0), entries.column(1));
            let mut pairs = Map::new();
            for j in 0..entries.len() {
                let name = match value(keys.as_ref(), j, budget) {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                pairs.insert(name, value(values.as_ref(), j, budget));
                if !budget.allows(0) {
                    break;
                }
            }
            Value::Object(pairs)
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            match dictionary_key(dictionary.keys(), i) {
                Some(key) if key < dictionary.values().len() => {
                    value(dictionary.values().as_ref(), key, budget)
                }
                _ => Value::Null,
            }
        }
        _ => Value::Null,
    }
}

fn dictionary_key(keys: &dyn Array, i: usize) -> Option<usize> {
    macro_rules! key {
        ($kind:ty) => {
            usize::try_from(keys.as_primitive::<$kind>().value(i)).ok()
        };
    }
    match keys.data_type() {
        DataType::Int8 => key!(types::Int8Type),
        DataType::Int16 => key!(types::Int16Type),
        DataType::Int32 => key!(types::Int32Type),
        DataType::Int64 => key!(types::Int64Type),
        DataType::UInt8 => key!(types::UInt8Type),
        DataType::UInt16 => key!(types::UInt16Type),
        DataType::UInt32 => key!(types::UInt32Type),
        DataType::UInt64 => key!(types::UInt64Type),
        _ => None,
    }
}

fn list(items: &dyn Array, budget: &mut Budget) -> Value {
    let mut all = Vec::new();
    for i in 0..items.len() {
        if !budget.allows(0) {
            return Value::Null;
        }
        all.push(value(items, i, budget));
    }
    Value::Array(all)
}
