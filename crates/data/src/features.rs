//! Reads a table of numeric features: any table whose columns were computed elsewhere.

use crate::advice::{DISSECT, SKIP};
use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use crate::container::input::Input;
use crate::container::sniff::{Container, recognise};
use crate::container::source::open;
use crate::container::table::{Placed, Table};
use crate::error::{At, DataError, Reason, RowError};
use crate::options::{OnBadRow, ReadOptions};
use crate::recipe::plain_words;
use crate::row::{Row, as_text, number};

/// Which columns are not features.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureColumns {
    /// The verdict, a number in 0..=1.
    pub label: String,
    /// Row weight, 0 or more.
    pub weight: Option<String>,
    /// Who judged.
    pub judge: Option<String>,
    /// Group.
    pub group: Option<String>,
    /// What rows must share to stay in one fold (the prompt).
    pub cluster: Option<String>,
}

/// A table of features.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Features {
    /// Names of the numeric columns, in the order of the file.
    pub names: Vec<String>,
    /// Columns that contain text and were passed over.
    pub ignored: Vec<String>,
    /// Row-major.
    pub values: Vec<f64>,
    /// One per row.
    pub labels: Vec<f64>,
    /// One per row, if asked for.
    pub weights: Option<Vec<f64>>,
    /// One per row, if asked for.
    pub judges: Option<Vec<String>>,
    /// One per row, if asked for.
    pub groups: Option<Vec<String>>,
    /// One per row, if asked for.
    pub clusters: Option<Vec<String>>,
    /// Rows left out, by reason.
    pub dropped: std::collections::BTreeMap<String, u64>,
}

/// Reads a table of features: CSV, TSV, Parquet or Arrow, plain or compressed, `-` for standard input.
///
/// A column is a feature when its first cell is a number; every cell below must then be one. Columns whose first cell is text are passed
/// over and named. Empty cells are bad rows: a missing number is not a zero.
///
/// # Errors
/// A file that cannot be read or is not a table, a column that is not there, and the first bad row (unless [`OnBadRow::Skip`]).
pub fn read_features(
    path: &Path,
    columns: &FeatureColumns,
    options: &ReadOptions,
) -> Result<Features, DataError> {
    let label = path.display().to_string();
    let mut opened = open(&Input::named(path))?;
    let kind = recognise(&mut opened, &label.to_ascii_lowercase())?
        .map_err(|(problem, remedy)| DataError::input(&label, problem).with_remedy(remedy))?;
    let mut reading = Reading { columns, options, label: &label, out: Features::default(), features: None };
    let table = match kind {
        Container::Csv(_) | Container::Parquet | Container::Arrow => {
            Table::open(opened, kind, options.max_record_bytes)?
        }
        _ => None,
    };
    let Some(mut rows) = table else {
        return Err(DataError::input(&label, format!("{} is not a table of features", kind.describe()))
            .with_remedy(format!("give CSV, Parquet or Arrow; for preference data use {DISSECT}")));
    };
    reading.check_columns(rows.names())?;
    while reading.group(rows.next_group(&label)?)? {}
    let out = reading.out;
    if out.labels.is_empty() {
        return Err(DataError::input(&label, "the table has no usable rows")
            .with_remedy("check that rows follow the header"));
    }
    Ok(out)
}

struct Reading<'a> {
    columns: &'a FeatureColumns,
    options: &'a ReadOptions,
    label: &'a str,
    out: Features,
    features: Option<Vec<String>>,
}

impl Reading<'_> {
    fn special(&self) -> impl Iterator<Item = &str> {
        let c = self.columns;
        [Some(&c.label), c.weight.as_ref(), c.judge.as_ref(), c.group.as_ref(), c.cluster.as_ref()]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    fn check_columns(&mut self, names: &[String]) -> Result<(), DataError> {
        if let Some(missing) = self.special().find(|wanted| !names.iter().any(|name| name == wanted)) {
            return Err(DataError::input(self.label, format!("there is no column `{missing}`"))
                .with_remedy(format!("the columns are: {}", predilect_types::shown::list(names))));
        }
        let mut known = HashSet::with_capacity(names.len());
        if let Some(name) = names.iter().find(|name| !known.insert(name.as_str())) {
            return Err(DataError::input(self.label, format!("two columns are called `{name}`"))
                .with_remedy("rename one of them"));
        }
        Ok(())
    }

    /// Takes a group of rows; false at the end.
    fn group(&mut self, rows: Vec<Placed>) -> Result<bool, DataError> {
        let more = !rows.is_empty();
        for (at, row) in rows {
            if let Err(error) = row.and_then(|row| self.row(row)) {
                self.bad(at, error)?;
            }
        }
        Ok(more)
    }

    fn bad(&mut self, at: At, error: RowError) -> Result<(), DataError> {
        if self.options.on_bad_row == OnBadRow::Stop {
            return Err(DataError::row(self.label, at, error));
        }
        *self.out.dropped.entry(error.reason.as_str().to_owned()).or_default() += 1;
        Ok(())
    }

    fn row(&mut self, mut row: Row) -> Result<(), RowError> {
        let c = self.columns;
        let label = verdict(&mut row, &c.label)?;
        if !(0.0..=1.0).contains(&label) {
            return Err(RowError::new(Reason::VerdictOutOfRange, "the label is not a number from 0 to 1")
                .field(&c.label)
                .value(&label.to_string())
                .remedy("1 means that A is preferred, 0 that B is, 0.5 a tie; rescale the column"));
        }
        let weight = c.weight.as_ref().map(|name| numeric(&mut row, name)).transpose()?;
        if let (Some(weight), Some(name)) = (weight, &c.weight)
            && weight < 0.0
        {
            return Err(RowError::new(Reason::BadWeight, "a weight below 0")
                .field(name)
                .value(&weight.to_string()));
        }
        let mut text =
            |name: &Option<String>| name.as_ref().map(|name| as_text(name, row.require(name)?)).transpose();
        let (judge, group, cluster) = (text(&c.judge)?, text(&c.group)?, text(&c.cluster)?);
        if self.features.is_none() {
            self.choose_features(&row);
        }
        let names = self.features.as_deref().unwrap_or_default();
        let start = self.out.values.len();
        for name in names {
            match numeric(&mut row, name) {
                Ok(value) => self.out.values.push(value),
                Err(error) => {
                    self.out.values.truncate(start);
                    return Err(error);
                }
            }
        }
        self.out.labels.push(label);
        push(&mut self.out.weights, weight);
        push(&mut self.out.judges, judge);
        push(&mut self.out.groups, group);
        push(&mut self.out.clusters, cluster);
        Ok(())
    }

    /// By the first row that is otherwise good.
    fn choose_features(&mut self, row: &Row) {
        let special: Vec<&str> = self.special().collect();
        let (mut features, mut ignored) = (Vec::new(), Vec::new());
        for name in row.names().filter(|name| !special.contains(name)) {
            let is_number = row.get(name).is_some_and(|value| !blank(value) && number(name, value).is_ok());
            let list =
                if is_number || row.get(name).is_none_or(blank) { &mut features } else { &mut ignored };
            list.push(name.to_owned());
        }
        self.out.names.clone_from(&features);
        self.out.ignored = ignored;
        self.features = Some(features);
    }
}

fn blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn push<T>(list: &mut Option<Vec<T>>, value: Option<T>) {
    if let Some(value) = value {
        list.get_or_insert_with(Vec::new).push(value);
    }
}

const LABELS: &str =
    "1 means that A is preferred, 0 that B is, 0.5 a tie; the words A, B and tie are read too";

/// A label: a number, or a verdict in words such as `A`, `model_b` and `tie`.
fn verdict(row: &mut Row, name: &str) -> Result<f64, RowError> {
    let Some(Value::String(text)) = row.get(name) else { return numeric(row, name) };
    if !text.chars().any(char::is_alphabetic) {
        return numeric(row, name);
    }
    match plain_words(text) {
        Some(call) => call.p_a().ok_or_else(|| {
            RowError::new(Reason::MissingField, "the row has no verdict")
                .field(name)
                .value(text)
                .remedy(format!("leave such rows out with {SKIP}"))
        }),
        None => {
            Err(RowError::wrong_type(name, &Value::String(text.clone()), "a number or a verdict")
                .remedy(LABELS))
        }
    }
}

fn numeric(row: &mut Row, name: &str) -> Result<f64, RowError> {
    let value = row.take(name).unwrap_or(Value::Null);
    number(name, &value)?.ok_or_else(|| {
        RowError::new(Reason::MissingField, "the number is missing")
            .field(name)
            .remedy(format!("a missing number is not zero: fill it in, or leave such rows out with {SKIP}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(text: &str, on_bad_row: OnBadRow) -> Result<Features, DataError> {
        let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let columns =
            FeatureColumns { label: "y".into(), judge: Some("who".into()), ..FeatureColumns::default() };
        read_features(file.path(), &columns, &ReadOptions { on_bad_row, ..ReadOptions::default() })
    }

    #[test]
    fn numeric_columns_are_features_and_text_is_named() {
        let table = read("y,who,a,note,b\n1,x,0.5,hello,-1\n0,z,2,you,0\n", OnBadRow::Stop).unwrap();
        assert_eq!(table.names, ["a", "b"]);
        assert_eq!(table.ignored, ["note"]);
        assert_eq!(table.values, [0.5, -1.0, 2.0, 0.0]);
        assert_eq!(table.judges.unwrap(), ["x", "z"]);
    }

    #[test]
    fn a_table_of_very_many_columns_is_read_once() {
        let columns = 20_000;
        let header = (0..columns).map(|i| format!(",x{i}")).collect::<Vec<_>>().concat();
        let row = format!("1,j{}\n", ",2".repeat(columns));
        let table = read(&format!("y,who{header}\n{}", row.repeat(20)), OnBadRow::Stop).unwrap();
        assert_eq!((table.names.len(), table.values.len()), (columns, 20 * columns));
        let error = read(&format!("y,who{header},x7\n{}\n", row.trim()), OnBadRow::Stop);
        assert!(error.is_err());
    }

    #[test]
    fn bad_cells_are_named_or_counted() {
        let text = "y,who,a\n1,x,1\n0,x,oops\n3,x,1\n0,x,\n0,x,2\n";
        let error = read(text, OnBadRow::Stop).unwrap_err();
        assert!(error.to_string().contains(":3") && error.to_string().contains("oops"), "{error}");
        let table = read(text, OnBadRow::Skip).unwrap();
        assert_eq!(table.values, [1.0, 2.0]);
        assert_eq!(table.dropped.values().sum::<u64>(), 3);
        // Not A, B or a tie.
        let error = read("y,who,a\n1,x,1\nc,x,2\n", OnBadRow::Stop).unwrap_err();
        assert!(error.to_string().contains("\"c\""), "{error}");
        let error = read("a,who\n1,x\n", OnBadRow::Stop).unwrap_err();
        assert!(
            error.to_string().contains("no column `y`")
                && error.remedy().unwrap().to_string().contains("a, who")
        );
    }
}
