//! Tables that another tool wrote again: their columns converted to the schema, and values that are not allowed in a table.
//!
//! pandas gives a column without any value the type Null, and numbers that happen to be whole the type of integers.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::column_error::ColumnError;

/// The batch with columns of the null type and of other number types converted to the types of the schema; what does not fit stays
/// unchanged.
pub(super) fn conform(batch: RecordBatch, wanted: &SchemaRef) -> RecordBatch {
    let own = batch.schema();
    let fits = |field: &Arc<Field>| {
        wanted.field_with_name(field.name()).is_ok_and(|wanted| {
            wanted.data_type() == field.data_type() || !convertible(field.data_type(), wanted.data_type())
        })
    };
    if own.fields().iter().all(fits) {
        return batch;
    }
    let mut fields = Vec::with_capacity(own.fields().len());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(own.fields().len());
    for (field, column) in own.fields().iter().zip(batch.columns()) {
        let kind = wanted.field_with_name(field.name()).map(Field::data_type);
        let made = kind.ok().and_then(|kind| converted(column, kind));
        let column = made.unwrap_or_else(|| Arc::clone(column));
        fields.push(Field::new(field.name(), column.data_type().clone(), true));
        columns.push(column);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap_or(batch)
}

fn convertible(from: &DataType, to: &DataType) -> bool {
    from.is_null() || (*to == DataType::Float64 && from.is_numeric())
}

#[allow(
    clippy::cast_lossless,
    clippy::cast_precision_loss,
    clippy::unnecessary_cast,
    reason = "one conversion for all types of numbers; integers beyond 2^53 are no probability, weight or rating"
)]
fn converted(column: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    if column.data_type().is_null() {
        return Some(new_null_array(to, column.len()));
    }
    if *to != DataType::Float64 {
        return None;
    }
    macro_rules! numbers {
        ($($kind:ident $of:ty),*) => {
            match column.data_type() {
                $(DataType::$kind => {
                    let values = column.as_primitive::<$of>().iter();
                    values.map(|value| value.map(|value| value as f64)).collect::<Float64Array>()
                })*
                _ => return None,
            }
        };
    }
    let numbers = numbers!(
        Float64 Float64Type, Float32 Float32Type, Int8 Int8Type, Int16 Int16Type, Int32 Int32Type, Int64 Int64Type,
        UInt8 UInt8Type, UInt16 UInt16Type, UInt32 UInt32Type, UInt64 UInt64Type
    );
    Some(Arc::new(numbers))
}

/// A number that must be there and within these ends.
pub(super) fn within(name: &str, value: Option<f64>, (low, high): (f64, f64)) -> Result<f64, ColumnError> {
    let expected = if high.is_finite() {
        format!("a number from {low} to {high}")
    } else {
        format!("a number of {low} or more")
    };
    match value {
        Some(value) if value.is_finite() && (low..=high).contains(&value) => Ok(value),
        Some(found) => Err(ColumnError::Number { column: name.to_owned(), found, expected: Some(expected) }),
        None => Err(ColumnError::Null { column: name.to_owned(), expected: Some(expected) }),
    }
}

/// A rating; tools without nulls write NaN for one that is not there.
pub(super) fn rating(column: &str, value: Option<f64>) -> Result<Option<f64>, ColumnError> {
    match value.filter(|value| !value.is_nan()) {
        Some(found) if found.is_infinite() => {
            Err(ColumnError::Number { column: column.to_owned(), found, expected: None })
        }
        value => Ok(value),
    }
}

/// A probability of a level; NaN where there is none.
pub(super) fn probability(column: &str, value: Option<f64>) -> Result<f64, ColumnError> {
    match value {
        Some(found) if !found.is_nan() && !(-1e-6..=1.0 + 1e-6).contains(&found) => {
            let expected = Some("a probability from 0 to 1".to_owned());
            Err(ColumnError::Number { column: column.to_owned(), found, expected })
        }
        value => Ok(value.unwrap_or(f64::NAN)),
    }
}

/// A name that must be there, and not empty.
pub(super) fn name(column: &str, value: Option<String>) -> Result<String, ColumnError> {
    let column = || column.to_owned();
    match value {
        Some(name) if !name.trim().is_empty() => Ok(name),
        Some(_) => Err(ColumnError::Empty { column: column() }),
        None => Err(ColumnError::Null { column: column(), expected: None }),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Int64Array, NullArray, StringArray};
    use predilect_types::Verdict;

    use super::super::table::TableRow;
    use super::*;

    /// A table of verdicts as pandas writes it: whole numbers are integers, columns without a value have the type Null.
    fn edited(p_a: ArrayRef, weight: ArrayRef) -> Result<Vec<Verdict>, String> {
        let rows = p_a.len();
        let text = |value: &str| Arc::new(StringArray::from(vec![value; rows])) as ArrayRef;
        let nothing = Arc::new(NullArray::new(rows)) as ArrayRef;
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("pair", text("p1"), true),
            ("judge", text("j"), true),
            ("p_a", p_a, true),
            ("order", text("ab"), true),
            ("tie", Arc::clone(&nothing), true),
            ("weight", weight, true),
            ("receipt", nothing, true),
        ]);
        Verdict::decode(&conform(batch.map_err(|e| e.to_string())?, &Verdict::schema()))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn a_table_that_pandas_wrote_is_read() {
        let whole = Arc::new(Int64Array::from(vec![1, 0]));
        let verdicts = edited(Arc::clone(&whole) as ArrayRef, whole).expect("verdicts");
        let seen: Vec<_> = verdicts.iter().map(|v| (v.p_a, v.weight, v.tie, v.receipt.is_some())).collect();
        assert_eq!(seen, [(1.0, 1.0, None, false), (0.0, 0.0, None, false)]);
    }

    #[test]
    fn what_is_no_probability_or_weight_is_refused() {
        let number = |value: Option<f64>| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
        for wrong in [Some(2.0), Some(-0.1), Some(f64::NAN), Some(f64::INFINITY), None] {
            let error = edited(number(wrong), number(Some(1.0))).expect_err("no probability");
            assert!(error.contains("`p_a`") && error.contains("from 0 to 1"), "{error}");
        }
        for wrong in [Some(-1.0), Some(f64::NAN), Some(f64::INFINITY), None] {
            let error = edited(number(Some(0.5)), number(wrong)).expect_err("no weight");
            assert!(error.contains("`weight`") && error.contains("0 or more"), "{error}");
        }
        assert!(edited(number(Some(1.0)), number(Some(0.0))).is_ok());
    }

    #[test]
    fn what_names_nobody_is_refused_and_nan_is_no_rating() {
        let wrong =
            |value: Option<&str>| name("judge", value.map(str::to_owned)).expect_err("no name").to_string();
        assert_eq!(wrong(Some(" ")), "column `judge` is empty in a row");
        assert_eq!(wrong(None), "column `judge` is null in a row");
        assert!(name("judge", Some("j".to_owned())).is_ok());
        assert_eq!(rating("a", Some(f64::NAN)).expect("a rating"), None);
        assert!(rating("a", Some(f64::NEG_INFINITY)).is_err());
    }
}
