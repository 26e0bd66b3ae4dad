//! Which columns are there when the objects within columns are opened, too?

use super::super::sample::Sample;
use crate::row::Row;
use serde_json::Value;
use std::collections::HashSet;

/// The columns of a file and the fields within them.
pub(crate) fn places(sample: &Sample) -> Vec<String> {
    let inner = opened(sample).map(|inner| inner.columns).unwrap_or_default();
    sample.columns.iter().chain(&inner).cloned().collect()
}

/// The sample with the objects of its columns opened, three deep: a field of one is a column `data.prompt`.
pub(super) fn opened(sample: &Sample) -> Option<Sample> {
    let objects = sample
        .rows
        .iter()
        .take(64)
        .any(|row| row.names().any(|name| row.get(name).is_some_and(Value::is_object)));
    if !objects {
        return None;
    }
    let mut seen: HashSet<String> = HashSet::new();
    let mut inner =
        Sample { whole: sample.whole, cells: sample.cells, key: sample.key.clone(), ..Sample::default() };
    for row in sample.rows.iter().take(500) {
        let mut fields = Vec::new();
        let names: Vec<&str> = row.names().collect();
        for name in names {
            if let Some(value) = row.get(name) {
                open_value(name.to_owned(), value, 0, &mut fields);
            }
        }
        for (name, _) in &fields {
            if seen.insert(name.clone()) {
                inner.columns.push(name.clone());
            }
        }
        inner.rows.push(Row::from_fields(fields));
    }
    (inner.columns.len() <= 400).then_some(inner)
}

fn open_value(name: String, value: &Value, depth: usize, fields: &mut Vec<(String, Value)>) {
    match value {
        // A turn is a text, not a place for others.
        Value::Object(inner) if depth < 3 && !(inner.contains_key("role") || inner.contains_key("from")) => {
            for (key, value) in inner {
                open_value(format!("{name}.{key}"), value, depth + 1, fields);
            }
        }
        value => fields.push((name, value.clone())),
    }
}
