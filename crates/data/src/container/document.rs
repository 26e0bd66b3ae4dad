//! How the records are stored in one JSON value that contains them all.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json};

use super::json::string_end;
use crate::error::{Reason, RowError};
use around::{ABOUT, are_kept_by_name, field_of_names, lists_within, named_lists, said_of_all, says_of_all};
use fields::{Fields, LISTS, OWN, PARTS, is_record, is_records, take};

pub(crate) use around::key_column;

/// Where the records are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// In one list, among other fields.
    List,
    /// In a list for each split.
    Splits,
    /// In a list for each column, all of one length.
    Columns,
    /// In an object for each column, by the row's number (pandas).
    PandasColumns,
    /// In a list of rows of cells and a list of columns (pandas, `orient="split"`).
    PandasSplit,
    /// Each under its own id.
    ById,
    /// Each as `row` in a list of `rows` (the Hub's data set viewer).
    Viewer,
    /// In a list of lists whose first is the header.
    Table,
}

impl Shape {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::List => "a JSON object with a list of records",
            Self::Splits => "a JSON object with a list of records for each split",
            Self::Columns => "a JSON object with a list for each column",
            Self::PandasColumns => "a JSON object with an object for each column",
            Self::PandasSplit => "a JSON object with columns and rows of cells",
            Self::ById => "a JSON object of records by id",
            Self::Viewer => "rows of the Hub's data set viewer",
            Self::Table => "a JSON list of rows of cells",
        }
    }

    /// At which depth of nesting the fields' names are, where they are names.
    pub(crate) fn names_at(self) -> usize {
        match self {
            Self::List | Self::Splits => 3,
            Self::Viewer => 4,
            Self::ById => 2,
            Self::Columns | Self::PandasColumns | Self::PandasSplit | Self::Table => 1,
        }
    }
}

/// A whole value, with the fields of an object in their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Document {
    List(Vec<Value>),
    Object(Fields),
    Other(Value),
}

impl From<Value> for Document {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items),
            Value::Object(fields) => Self::Object(fields.into_iter().collect()),
            other => Self::Other(other),
        }
    }
}

impl Document {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, RowError> {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if text.trim_ascii_start().starts_with(b"{")
            && let Ok(InOrder(fields)) = serde_json::from_slice(text)
        {
            return Ok(Self::Object(fields));
        }
        super::json::document(bytes).map(Self::from)
    }
}

/// An object's fields in the order of the text.
struct InOrder(Fields);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = InOrder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(InOrder(fields))
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

/// How records are stored in a value; `None` if it is a record itself or not a known container.
pub(crate) fn shape(value: &Document) -> Option<Shape> {
    match value {
        Document::List(rows) => is_table(rows).then_some(Shape::Table),
        Document::Object(fields) => of_object(fields),
        Document::Other(_) => None,
    }
}

fn get<'a>(fields: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

fn is_table(rows: &[Value]) -> bool {
    let Some((Value::Array(header), rest)) = rows.split_first() else { return false };
    let named = |cell: &Value| cell.as_str().is_some_and(|name| !name.trim().is_empty() && name.len() < 100);
    header.len() > 1
        && header.iter().all(named)
        && !rest.is_empty()
        && rest.iter().take(100).all(|row| row.as_array().is_some_and(|row| row.len() == header.len()))
}

fn of_object(fields: &[(String, Value)]) -> Option<Shape> {
    let about_all = says_of_all(fields) || named_lists(fields).is_some();
    let has_own = fields.iter().any(|(name, value)| {
        let own = OWN.contains(&name.as_str()) && !(about_all && ABOUT.contains(&name.as_str()));
        own && !value.is_array() && !value.is_object()
    });
    let rows = get(fields, "rows").and_then(Value::as_array);
    if let Some(rows) = rows
        && rows.first().is_some_and(|row| row.get("row").is_some_and(Value::is_object))
    {
        return Some(Shape::Viewer);
    }
    if let (Some(Value::Array(columns)), Some(Value::Array(data))) =
        (get(fields, "columns"), get(fields, "data"))
        && columns.iter().all(Value::is_string)
        && data.first().is_some_and(Value::is_array)
    {
        return Some(Shape::PandasSplit);
    }
    let lists: Vec<&(String, Value)> =
        fields.iter().filter(|(name, value)| is_records(value) && !PARTS.contains(&name.as_str())).collect();
    let all_lists = fields.len() == lists.len();
    match lists.as_slice() {
        [(name, list)] if !has_own => {
            // A list of many with a few words about it; two or three items are parts of one record.
            let about = fields
                .iter()
                .filter(|(field, _)| field != name)
                .all(|(_, value)| !value.is_object() && !value.is_array());
            let known = |item: &Value| {
                item.as_object().is_some_and(|f| f.keys().any(|key| OWN.contains(&key.as_str())))
            };
            let many = about
                && list
                    .as_array()
                    .is_some_and(|items| items.len() > 3 || (items.len() > 1 && items.iter().all(known)));
            if all_lists || LISTS.contains(&name.as_str()) || many {
                return Some(Shape::List);
            }
        }
        [_, _, ..] if all_lists || (!has_own && are_kept_by_name(fields)) => return Some(Shape::Splits),
        [] if !has_own && named_lists(fields).is_some() => return Some(Shape::Splits),
        _ => {}
    }
    if has_own && !lists.is_empty() {
        return None;
    }
    if is_columns(fields, has_own) {
        return Some(Shape::Columns);
    }
    of_objects(fields)
}

/// Whether every field is a column, a list as long as the others.
fn is_columns(fields: &[(String, Value)], has_own: bool) -> bool {
    let values = || fields.iter().map(|(_, value)| value);
    let lengths: Vec<usize> = values().filter_map(|value| value.as_array().map(Vec::len)).collect();
    let Some((&length, others)) = lengths.split_first() else { return false };
    !others.is_empty()
        && others.iter().all(|other| *other == length)
        && length > 0
        && (!has_own || (lengths.len() > 2 && length > 4))
        && values().all(|value| !value.is_object())
        && !values().any(is_turns)
        && (length > 1 || fields.len() == lengths.len())
}

/// The shape of an object that contains only objects: columns by row number, or records by id.
fn of_objects(fields: &[(String, Value)]) -> Option<Shape> {
    let objects: Vec<&Map<String, Value>> =
        fields.iter().filter_map(|(_, value)| value.as_object()).collect();
    let first = objects.first().filter(|first| objects.len() == fields.len() && !first.is_empty())?;
    let same = objects
        .iter()
        .all(|other| other.len() == first.len() && other.keys().all(|key| first.contains_key(key)));
    let numbers = first.keys().all(|key| key.parse::<u64>().is_ok());
    if numbers && same {
        return Some(Shape::PandasColumns);
    }
    let known = fields.iter().any(|(name, _)| OWN.contains(&name.as_str()) || PARTS.contains(&name.as_str()));
    let common = objects.iter().filter(|other| other.keys().any(|key| first.contains_key(key))).count();
    let by_id = fields.len() > 1 && !known && common == objects.len() && objects.iter().all(|o| o.len() > 1);
    by_id.then_some(Shape::ById)
}

/// A list of turns, which is one cell.
fn is_turns(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object) && !items.iter().all(is_record))
}

/// The records of a value, in its order; `None` if it is not a container.
pub(crate) fn records(value: Document) -> Result<Vec<Result<Value, RowError>>, RowError> {
    let Some(shape) = shape(&value) else {
        return Err(RowError::new(Reason::WrongType, "the JSON contains no list of records")
            .remedy("write one record a line (JSON Lines), or one list of records"));
    };
    match (shape, value) {
        (Shape::Table, Document::List(rows)) => {
            let mut rows = rows.into_iter();
            let header = rows.next().map(names).unwrap_or_default();
            Ok(rows.map(|row| Ok(cells(&header, row))).collect())
        }
        (Shape::List, Document::Object(fields)) => {
            let said = said_of_all(&fields);
            let list =
                fields.into_iter().find(|(name, value)| is_records(value) && !PARTS.contains(&name.as_str()));
            Ok(items(list.map(|(_, list)| list)).map(|record| Ok(with_all(record, &said))).collect())
        }
        (Shape::Splits, Document::Object(fields)) => {
            let (said, fields) = (said_of_all(&fields), lists_within(fields));
            let field = field_of_names(&fields);
            let of_list = |(name, list): (String, Value)| {
                let said = &said;
                items(Some(list)).map(move |record| Ok(with_all(with(record, field, &name), said)))
            };
            Ok(fields.into_iter().flat_map(of_list).collect())
        }
        (Shape::Viewer, Document::Object(fields)) => Ok(items(take(fields, "rows")).map(viewed).collect()),
        (Shape::PandasSplit, Document::Object(fields)) => {
            let header = get(&fields, "columns").cloned().map(names).unwrap_or_default();
            Ok(items(take(fields, "data")).map(|row| Ok(cells(&header, row))).collect())
        }
        (Shape::ById, Document::Object(fields)) => {
            Ok(fields.into_iter().map(|(id, record)| Ok(with(record, "id", &id))).collect())
        }
        (Shape::Columns, Document::Object(fields)) => Ok(columns(fields)),
        (_, Document::Object(fields)) => Ok(pandas(fields)),
        (_, Document::List(items)) => Ok(items.into_iter().map(Ok).collect()),
        (_, Document::Other(value)) => Ok(vec![Ok(value)]),
    }
}

fn items(list: Option<Value>) -> impl Iterator<Item = Value> {
    match list {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
    .into_iter()
}

fn names(header: Value) -> Vec<String> {
    items(Some(header)).map(|name| name.as_str().map(str::to_owned).unwrap_or_default()).collect()
}

fn cells(header: &[String], row: Value) -> Value {
    Value::Object(header.iter().cloned().zip(items(Some(row))).collect())
}

/// A record with a field that it does not have yet.
fn with(mut record: Value, name: &str, text: &str) -> Value {
    if let Value::Object(fields) = &mut record
        && !fields.contains_key(name)
    {
        fields.insert(name.to_owned(), json!(text));
    }
    record
}

/// A record with what the document says of all.
fn with_all(record: Value, said: &Fields) -> Value {
    said.iter().fold(record, |record, (name, value)| with(record, name, value.as_str().unwrap_or_default()))
}

/// A row as the viewer gives it; texts that it cut off are not data.
fn viewed(mut row: Value) -> Result<Value, RowError> {
    let cut: Vec<String> = row.get("truncated_cells").cloned().map(names).unwrap_or_default();
    if let Some(first) = cut.first() {
        return Err(RowError::new(Reason::Truncated, "the viewer shows only the beginning of this cell")
            .field(first)
            .remedy("download the data set's files instead of the viewer's answer"));
    }
    Ok(row.get_mut("row").map(Value::take).unwrap_or(row))
}

fn columns(fields: Fields) -> Vec<Result<Value, RowError>> {
    let length = fields.iter().find_map(|(_, value)| value.as_array().map(Vec::len)).unwrap_or(0);
    let mut rows = vec![Map::new(); length];
    for (name, value) in fields {
        if let Value::Array(cells) = value {
            for (row, cell) in rows.iter_mut().zip(cells) {
                row.insert(name.clone(), cell);
            }
        } else {
            for row in &mut rows {
                row.insert(name.clone(), value.clone());
            }
        }
    }
    rows.into_iter().map(|row| Ok(Value::Object(row))).collect()
}

fn pandas(fields: Fields) -> Vec<Result<Value, RowError>> {
    let mut rows: std::collections::BTreeMap<u64, Map<String, Value>> = std::collections::BTreeMap::new();
    for (name, value) in fields {
        let Value::Object(cells) = value else { continue };
        for (row, cell) in cells {
            if let Ok(row) = row.parse() {
                rows.entry(row).or_default().insert(name.clone(), cell);
            }
        }
    }
    rows.into_values().map(|row| Ok(Value::Object(row))).collect()
}

/// The beginning of a text as a value: what is open where it ends is closed, what is half there is left out.
pub(crate) fn mended(text: &[u8]) -> Option<Document> {
    let mut open: Vec<u8> = Vec::new();
    // Where the text could end, and what would have to be closed there.
    let mut end = (0, Vec::new());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => match string_end(text, at) {
                Some(after) if after <= text.len() => at = after,
                _ => break,
            },
            b'{' | b'[' => {
                // Deeper than any data.
                if open.len() > 100 {
                    return None;
                }
                open.push(if byte == b'{' { b'}' } else { b']' });
                end = (at, open.clone());
            }
            b'}' | b']' => {
                open.pop();
                end = (at, open.clone());
            }
            b',' => end = (at - 1, open.clone()),
            _ => {}
        }
    }
    let mut whole = text.get(..end.0)?.to_vec();
    whole.extend(end.1.iter().rev());
    Document::parse(&whole).ok()
}

mod around;
mod fields;
#[cfg(test)]
mod tests;
