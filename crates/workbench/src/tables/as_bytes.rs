//! A table in the format that a client asks for: CSV, JSON, Parquet or an Arrow stream.

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use arrow_array::{Array, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use predilect_results::{Comparison, SCHEMA, Standings};
use serde_json::{Value, json};

use super::columns::Sink;
use super::comparison::write_comparison;
use super::leaderboards::write_leaderboards;
use crate::error::{Error, Result};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// Comma separated, with a line of names; cells that a spreadsheet would run as a formula have an apostrophe in front.
    Csv,
    /// An object with the names of the table and its columns, and one object a row.
    Json,
    /// Parquet.
    Parquet,
    /// A stream of Arrow batches (IPC).
    Arrow,
}

impl TableFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Parquet, Self::Arrow];

    /// The name, which a file ends with too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TableFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or(())
    }
}

/// A table with its name.
#[derive(Debug, Clone)]
pub struct Table {
    /// The name, as a study's folder has it.
    pub name: String,
    batches: Vec<RecordBatch>,
}

/// Tables that are kept in memory.
#[derive(Default)]
struct Collected(RefCell<Vec<Table>>);

impl Sink for Collected {
    fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<()> {
        self.0.borrow_mut().push(Table { name: name.to_owned(), batches: batches.to_vec() });
        Ok(())
    }
}

impl Table {
    pub(super) fn new(name: &str, batch: RecordBatch) -> Self {
        Self { name: name.to_owned(), batches: vec![batch] }
    }

    /// The tables of a comparison: those that `compare -o STUDY` writes.
    ///
    /// # Errors
    ///
    /// When a table does not fit together.
    pub fn of_comparison(found: &Comparison) -> Result<Vec<Self>> {
        let all = Collected::default();
        write_comparison(&all, found)?;
        Ok(all.0.into_inner())
    }

    /// The tables of leaderboards: those that `rank -o STUDY` writes.
    ///
    /// # Errors
    ///
    /// When a table does not fit together.
    pub fn of_standings(found: &Standings) -> Result<Vec<Self>> {
        let all = Collected::default();
        let held = found.controlled.as_ref().map(|board| ("controlled", board));
        let boards: Vec<_> = [("raw", &found.raw)].into_iter().chain(held).collect();
        write_leaderboards(&all, &boards)?;
        Ok(all.0.into_inner())
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The table as a file.
    ///
    /// # Errors
    ///
    /// When it cannot be encoded.
    pub fn bytes(&self, format: TableFormat) -> Result<Vec<u8>> {
        match format {
            TableFormat::Csv => Ok(self.csv().into_bytes()),
            TableFormat::Json => serde_json::to_vec(&self.json())
                .map_err(|e| Error::new(format!("the table {} cannot be written: {e}", self.name))),
            TableFormat::Parquet => Ok(predilect_data::parquet_bytes(&self.batches)?),
            TableFormat::Arrow => Ok(predilect_data::arrow_bytes(&self.batches)?),
        }
    }

    fn csv(&self) -> String {
        let mut out = String::new();
        for (nth, batch) in self.batches.iter().enumerate() {
            let columns: Vec<Column<'_>> = batch.columns().iter().map(|column| Column::of(column)).collect();
            if nth == 0 {
                let names: Vec<String> =
                    batch.schema().fields().iter().map(|field| cell(field.name())).collect();
                out.push_str(&names.join(","));
                out.push('\n');
            }
            for row in 0..batch.num_rows() {
                let cells: Vec<String> = columns.iter().map(|column| column.cell(row)).collect();
                out.push_str(&cells.join(","));
                out.push('\n');
            }
        }
        out
    }

    fn json(&self) -> Value {
        let mut rows = Vec::with_capacity(self.rows());
        for batch in &self.batches {
            let (schema, columns) = (batch.schema(), batch.columns());
            let columns: Vec<Column<'_>> = columns.iter().map(|column| Column::of(column)).collect();
            for row in 0..batch.num_rows() {
                let named = schema.fields().iter().zip(&columns);
                rows.push(
                    named.map(|(field, column)| (field.name().clone(), column.value(row))).collect::<Value>(),
                );
            }
        }
        json!({"schema": SCHEMA, "table": self.name, "rows": rows})
    }
}

/// The kinds of columns that tables of results have.
enum Column<'a> {
    Text(&'a StringArray),
    Float(&'a Float64Array),
    Whole(&'a UInt64Array),
    Truth(&'a BooleanArray),
    /// Any other type, which no table has.
    Other,
}

impl<'a> Column<'a> {
    fn of(array: &'a dyn Array) -> Self {
        let any = array.as_any();
        None.or_else(|| any.downcast_ref().map(Self::Text))
            .or_else(|| any.downcast_ref().map(Self::Float))
            .or_else(|| any.downcast_ref().map(Self::Whole))
            .or_else(|| any.downcast_ref().map(Self::Truth))
            .unwrap_or(Self::Other)
    }

    /// A value; what is missing or not a number is null.
    fn value(&self, row: usize) -> Value {
        match self {
            Self::Text(column) if column.is_valid(row) => column.value(row).into(),
            Self::Float(column) if column.is_valid(row) => column.value(row).into(),
            Self::Whole(column) if column.is_valid(row) => column.value(row).into(),
            Self::Truth(column) if column.is_valid(row) => column.value(row).into(),
            _ => Value::Null,
        }
    }

    fn cell(&self, row: usize) -> String {
        match self.value(row) {
            Value::Null => String::new(),
            Value::String(text) => cell(&text),
            other => other.to_string(),
        }
    }
}

/// A cell of text: in quotation marks where it needs them, and never a formula that a spreadsheet would run.
fn cell(text: &str) -> String {
    let text =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::columns::{batch, float, text, whole};
    use super::*;

    fn table() -> Table {
        let rows = batch(vec![
            ("judge", text([Some("=1+1"), Some("a, \"b\""), None].into_iter())),
            ("mean", float([Some(0.5), Some(f64::NAN), None].into_iter())),
            ("rows", whole([Some(1), None, Some(3)].into_iter())),
        ]);
        Table::new("weights", rows.expect("a batch"))
    }

    #[test]
    fn a_table_is_text_that_no_spreadsheet_runs() {
        let csv = String::from_utf8(table().bytes(TableFormat::Csv).expect("CSV")).expect("UTF-8");
        assert_eq!(csv, "judge,mean,rows\n'=1+1,0.5,1\n\"a, \"\"b\"\"\",,\n,,3\n");
        let json: Value =
            serde_json::from_slice(&table().bytes(TableFormat::Json).expect("JSON")).expect("JSON");
        assert_eq!(json["rows"][1], json!({"judge": "a, \"b\"", "mean": null, "rows": null}));
        assert_eq!(json["table"], "weights");
    }

    #[test]
    fn binary_forms_begin_as_they_must() {
        assert!(table().bytes(TableFormat::Parquet).expect("Parquet").starts_with(b"PAR1"));
        let stream = table().bytes(TableFormat::Arrow).expect("Arrow");
        // A continuation mark, the message of the schema, and at the end the mark of the end.
        assert!(stream.starts_with(&[0xff; 4]) && stream.ends_with(&[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]));
        for format in TableFormat::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
    }
}
