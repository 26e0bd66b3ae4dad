//! What the first records of a file contain, for detecting its format.

use serde_json::Value;

use super::spelt::ColumnNames;
use crate::row::Row;

/// The columns of a file and its first records.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// The names of all columns, in the order in which they appear.
    pub(crate) columns: ColumnNames,
    /// The first whole records.
    pub(crate) rows: Vec<Row>,
    /// Whether these are all records of the file.
    pub(crate) whole: bool,
    /// What was repaired while reading.
    pub(crate) remarks: Vec<String>,
    /// Whether cells are text, so that a blank one is missing.
    pub(crate) cells: bool,
    /// The column with the name of the list that each record has in a document, unless the lists are parts of a data set.
    pub(crate) key: Option<String>,
}

impl Sample {
    /// The values of a column that are there: null and blank text are not.
    pub(crate) fn values<'a>(&'a self, column: &'a str) -> impl Iterator<Item = &'a Value> {
        self.rows
            .iter()
            .filter_map(move |row| row.get(column))
            .filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    /// Whether a column contains texts or conversations rather than numbers and labels.
    pub(crate) fn texts(&self, column: &str) -> bool {
        let (mut texts, mut all) = (0, 0);
        for value in self.values(column).take(200) {
            all += 1;
            texts += usize::from(match value {
                Value::String(text) => text.parse::<f64>().is_err(),
                Value::Array(items) => !items.is_empty() && !items.iter().all(Value::is_number),
                Value::Object(_) => true,
                _ => false,
            });
        }
        all > 0 && texts * 2 > all
    }

    /// The different values of a column, as far as they are words or numbers and at most `most`.
    pub(crate) fn distinct(&self, column: &str, most: usize) -> Option<Vec<Value>> {
        let mut found: Vec<Value> = Vec::new();
        for value in self.values(column) {
            let value = match value {
                Value::Array(items) if items.len() == 1 => items.first().unwrap_or(value),
                other => other,
            };
            if value.is_array() || value.is_object() {
                return None;
            }
            if !found.contains(value) {
                if found.len() == most {
                    return None;
                }
                found.push(value.clone());
            }
        }
        Some(found)
    }

    /// A value of a column, cut short, for messages.
    pub(crate) fn example(&self, column: &str) -> String {
        let Some(value) = self.values(column).next() else { return "(empty)".to_owned() };
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = line.chars().take(48).collect();
        if short.len() < line.len() {
            short.push('…');
        }
        short
    }
}
