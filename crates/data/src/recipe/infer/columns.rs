//! Which columns have a name, and what do their names and values say of themselves?

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::path::Path;
use super::super::sample::Sample;
use super::super::spelling::{normal, tokens};
use crate::row::Row;

pub(super) fn path(column: &str) -> Path {
    Path::new(column)
}

/// The columns with one of these names, in the order of the names.
pub(super) fn named(sample: &Sample, names: &[&str], used: &BTreeSet<String>) -> Vec<String> {
    // The words of each name once: a table may have thousands of columns.
    let spelt: Vec<(&String, String, String)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .map(|column| (column, tokens(column).join("_"), normal(column)))
        .collect();
    let of = |name: &str| {
        let within = format!("_{name}");
        let is = |(column, words, plain): &&(&String, String, String)| {
            words == name || plain == name || (column.contains(['.', ':']) && plain.ends_with(&within))
        };
        spelt.iter().filter(is).map(|(column, ..)| (*column).clone()).collect::<Vec<_>>()
    };
    names.iter().flat_map(|name| of(name)).collect()
}

/// Whether the first line of a table is a record and not the names of columns: two of its cells are values of their columns too, or one is and
/// another is a sentence. The first cell that says so. A line of names that comes again, where tables were put one behind another, is no record.
pub(crate) fn headless(sample: &Sample) -> Option<String> {
    if !sample.cells || sample.rows.len() < 2 {
        return None;
    }
    let is_name = |row: &Row, column: &String| {
        row.get(column).and_then(Value::as_str).is_some_and(|text| text.trim() == column.trim())
    };
    let records: Vec<&Row> =
        sample.rows.iter().filter(|row| !sample.columns.iter().all(|column| is_name(row, column))).collect();
    let again = |column: &&String| records.iter().any(|row| is_name(row, column));
    let found: Vec<&String> = sample.columns.iter().filter(again).collect();
    let sentence = |column: &String| {
        let words = column.split_whitespace().count();
        words > 6 || (words > 1 && column.trim_end().ends_with(['?', '.', '!']))
    };
    let first = found.first()?;
    let sure = found.len() > 1 || sample.columns.iter().any(|column| column != *first && sentence(column));
    sure.then(|| (*first).clone())
}

/// Whether a value is a sentence or a number with a fraction, and not a name.
pub(super) fn is_sentence(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.split_whitespace().count() > 4 || text.trim_end().ends_with(['?', '.', '!'])
        }
        Value::Number(number) => number.as_f64().is_some_and(|number| number.fract() != 0.0),
        _ => false,
    }
}

/// Whether most values of a column are whole sentences or longer texts: remarks, and not the names of anybody.
pub(super) fn remarks(sample: &Sample, column: &str) -> bool {
    let remark = |value: &&Value| {
        value.as_str().map(str::trim).is_some_and(|text| {
            let words = text.split_whitespace().count();
            words > 12 || text.contains('\n') || (words > 3 && text.ends_with(['.', '!', '?', '。']))
        })
    };
    let values = || sample.values(column).take(200);
    values().filter(remark).count() * 2 > values().count()
}

/// Whether a column of an id is one of the pair, and not `worker.id`.
pub(super) fn is_id(column: &str) -> bool {
    const OF: &[&str] = &[
        "pair",
        "comparison",
        "item",
        "example",
        "sample",
        "record",
        "data",
        "task",
        "row",
        "meta",
        "metadata",
        "fields",
    ];
    match column.rsplit_once('.') {
        Some((within, _)) => OF.contains(&normal(within.rsplit('.').next().unwrap_or(within)).as_str()),
        None => true,
    }
}
