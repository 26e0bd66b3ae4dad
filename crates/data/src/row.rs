//! The fields of a record, taken one by one with errors that name field and value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::fmt;

use predilect_types::shown::printable;
use predilect_types::{Message, Response, Role};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{Reason, RowError};
use crate::wide::{Field, Index};

/// A field's name; names used by formats are not allocated.
pub(crate) type Name = Cow<'static, str>;

/// The names that most records have, so that a million records do not allocate each of them a million times.
const COMMON: &[&str] = &[
    "id",
    "prompt",
    "response_a",
    "response_b",
    "model_a",
    "model_b",
    "scenario",
    "language",
    "metadata",
    "verdicts",
    "judge",
    "p_a",
    "preferred",
    "order",
    "tie",
    "weight",
    "receipt",
    "winner",
    "question_id",
    "conversation_a",
    "conversation_b",
    "turn",
    "anony",
    "tstamp",
    "instruction",
    "output_1",
    "output_2",
    "generator_1",
    "generator_2",
    "dataset",
    "annotator",
    "preference",
    "chosen",
    "rejected",
    "left",
    "right",
    "label",
    "source",
    "format",
    "record",
];

/// A name, without a copy where it is common.
pub(crate) fn name_of(name: &str) -> Name {
    // Length and first letter distinguish nearly all, and need no call.
    let alike = |common: &str| {
        common.len() == name.len() && common.as_bytes().first() == name.as_bytes().first() && common == name
    };
    match COMMON.iter().find(|common| alike(common)) {
        Some(common) => Cow::Borrowed(common),
        None => Cow::Owned(name.to_owned()),
    }
}

/// One record: its fields in the order of the file. A field that was taken is gone.
#[derive(Debug, Default, Clone)]
pub(crate) struct Row {
    fields: Vec<Field>,
    index: Index,
}

impl Row {
    pub(crate) fn from_fields<N: Into<Name>>(fields: impl IntoIterator<Item = (N, Value)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), Some(value))).collect();
        Self { fields, index: Index::default() }
    }

    /// A value that must be an object.
    pub(crate) fn from_value(value: Value) -> Result<Self, RowError> {
        match value {
            Value::Object(fields) => Ok(Self::from_fields(fields)),
            other => {
                Err(RowError::new(Reason::WrongType, "the record is not an object with fields").json(&other))
            }
        }
    }

    /// Looks at a field; null counts as not there.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let is_there = |at: usize| self.fields.get(at).is_some_and(|(_, value)| value.is_some());
        let found = match self.index.of(&self.fields) {
            Some(index) => index.last(&self.fields, name, is_there),
            None => self.fields.iter().rposition(|(field, value)| field == name && value.is_some()),
        };
        found
            .and_then(|at| self.fields.get(at))
            .and_then(|(_, value)| value.as_ref())
            .filter(|value| !value.is_null())
    }

    /// The value of a field, to take a part of it; null counts as not there.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let Self { fields, index } = self;
        let found = match index.to_take(fields) {
            Some(index) => {
                index.last(fields, name, |at| fields.get(at).is_some_and(|(_, value)| value.is_some()))
            }
            None => fields.iter().rposition(|(field, value)| field == name && value.is_some()),
        };
        found
            .and_then(|at| fields.get_mut(at))
            .and_then(|(_, value)| value.as_mut())
            .filter(|value| !value.is_null())
    }

    /// Whether every field is blank text or null.
    pub(crate) fn is_blank(&self) -> bool {
        self.fields.iter().all(|(_, value)| match value {
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(value) => value.is_null(),
            None => true,
        })
    }

    /// Adds a field.
    pub(crate) fn put(&mut self, name: &Name, value: Value) {
        self.index = Index::default();
        self.fields.push((name.clone(), Some(value)));
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Takes a field; if a name occurs twice, the last. Null counts as missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let Self { fields, index } = self;
        let mut found = None;
        if let Some(index) = index.to_take(fields) {
            for at in index.all(fields, name) {
                let value = fields.get_mut(*at as usize).and_then(|(_, value)| value.take());
                found = value.or(found);
            }
        } else {
            for (field, value) in fields {
                if field == name && value.is_some() {
                    found = value.take();
                }
            }
        }
        found.filter(|value| !value.is_null())
    }

    pub(crate) fn require(&mut self, name: &str) -> Result<Value, RowError> {
        self.take(name).ok_or_else(|| RowError::missing(name))
    }

    /// Text that must be there; it may be empty. Numbers and truth values are written out.
    pub(crate) fn text(&mut self, name: &str) -> Result<String, RowError> {
        let value = self.require(name)?;
        as_text(name, value)
    }

    /// The first of several names of one field.
    pub(crate) fn first_of(&self, names: &[&'static str]) -> &'static str {
        names
            .iter()
            .copied()
            .find(|name| self.has(name))
            .unwrap_or_else(|| names.first().copied().unwrap_or(""))
    }

    /// Text that may be missing; blank counts as missing.
    pub(crate) fn opt_text(&mut self, name: &str) -> Result<Option<String>, RowError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let text = as_text(name, value)?;
        Ok(Some(text).filter(|text| !text.trim().is_empty()))
    }

    /// A number that may be missing, written as text or not; blank text and NaN count as missing.
    pub(crate) fn opt_number(&mut self, name: &str) -> Result<Option<f64>, RowError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        number(name, &value)
    }

    /// Messages: a list of them, or plain text, which becomes one turn of the role given.
    pub(crate) fn messages(&mut self, name: &str, role: Role) -> Result<Vec<Message>, RowError> {
        let value = self.require(name)?;
        messages(name, value, role)
    }

    /// Moves what is left into the metadata.
    pub(crate) fn rest_into(self, metadata: &mut BTreeMap<String, Value>) {
        for (name, value) in self.fields {
            if let Some(value) = value.filter(|value| !value.is_null()) {
                metadata.insert(name.into_owned(), value);
            }
        }
    }

    /// Moves some fields into one object, for a receipt; `None` if none of them exists.
    pub(crate) fn receipt(&mut self, names: &[&str]) -> Option<Value> {
        let fields: serde_json::Map<String, Value> =
            names.iter().filter_map(|name| Some(((*name).to_owned(), self.take(name)?))).collect();
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    /// Takes blank text out: a blank cell of a table is missing.
    pub(crate) fn drop_blanks(&mut self) {
        for (_, value) in &mut self.fields {
            if value.as_ref().and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
                *value = None;
            }
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name.as_ref())
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with fields")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut fields = Vec::with_capacity(12);
                while let Some((name, value)) =
                    map.next_entry_seed(ReadName, std::marker::PhantomData::<Value>)?
                {
                    fields.push((name, Some(value)));
                }
                // Two values for one field: neither can be dropped silently.
                if let Some(name) = given_twice(&fields) {
                    return Err(A::Error::custom(format!("the field `{}` has two values", printable(name))));
                }
                Ok(Row { fields, index: Index::default() })
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// The name of two fields that differ in their values.
fn given_twice(fields: &[(Name, Option<Value>)]) -> Option<&Name> {
    const FEW: usize = 48;
    if fields.len() > FEW {
        let mut seen: HashMap<&str, &Option<Value>> = HashMap::with_capacity(fields.len());
        for (name, value) in fields {
            if seen.insert(name, value).is_some_and(|before| before != value) {
                return Some(name);
            }
        }
        return None;
    }
    // Names almost always differ in length, first or last letter, which is quick to check.
    let mut marks = 0_u64;
    fields.iter().enumerate().find_map(|(at, (name, value))| {
        let letter = |byte: Option<&u8>| usize::from(byte.copied().unwrap_or_default());
        let bytes = name.as_bytes();
        let mark = 1 << ((bytes.len() * 7 + letter(bytes.first()) * 31 + letter(bytes.last()) * 3) % 64);
        let fresh = marks & mark == 0;
        marks |= mark;
        let again = || fields.iter().take(at).any(|(other, before)| other == name && before != value);
        (!fresh && again()).then_some(name)
    })
}

/// Reads a field's name.
struct ReadName;

impl<'de> DeserializeSeed<'de> for ReadName {
    type Value = Name;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Name, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ReadName {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
        Ok(name_of(name))
    }
}

/// A value as text: text itself, a number or truth value written out.
pub(crate) fn as_text(name: &str, value: Value) -> Result<String, RowError> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(RowError::wrong_type(name, &other, "text")),
    }
}

/// A value as a finite number; `None` for blank text and the usual words for a missing number.
pub(crate) fn number(name: &str, value: &Value) -> Result<Option<f64>, RowError> {
    let parsed = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.trim() {
            "" | "nan" | "NaN" | "null" | "None" | "NA" | "N/A" => return Ok(None),
            plain => plain.parse::<f64>().ok(),
        },
        _ => None,
    };
    match parsed {
        Some(number) if number.is_nan() => Ok(None),
        Some(number) if number.is_finite() => Ok(Some(number)),
        _ if value.as_str().is_some_and(decimal_comma) => {
            Err(RowError::wrong_type(name, value, "a finite number")
                .remedy("write a decimal point instead of the decimal comma"))
        }
        _ => Err(RowError::wrong_type(name, value, "a finite number")),
    }
}

/// `0,7` as some spreadsheets write it.
fn decimal_comma(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.trim()
        .trim_start_matches('-')
        .split_once(',')
        .is_some_and(|(whole, rest)| digits(whole) && digits(rest))
}

/// A value as messages, however the file writes a conversation; plain text becomes one turn of the role given.
pub(crate) fn messages(name: &str, value: Value, role: Role) -> Result<Vec<Message>, RowError> {
    crate::texts::conversation(name, value, role)
}

/// A response: messages, or text as one assistant turn.
pub(crate) fn response(row: &mut Row, name: &str, model: Option<String>) -> Result<Response, RowError> {
    Ok(Response { messages: row.messages(name, Role::Assistant)?, model })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_read_from_text_and_missing_words() {
        assert_eq!(number("x", &json!("1.5")).unwrap(), Some(1.5));
        assert_eq!(number("x", &json!("NaN")).unwrap(), None);
        assert_eq!(number("x", &json!("inf")).map_err(|e| e.reason), Err(Reason::WrongType));
        assert_eq!(number("x", &json!([1])).map_err(|e| e.reason), Err(Reason::WrongType));
    }

    #[test]
    fn a_wide_record_is_read_as_a_narrow_one() {
        let fields = |many: usize| (0..many).map(|i| (format!("f{}", i % 150), json!(i)));
        let (mut wide, narrow) = (Row::from_fields(fields(200)), Row::from_fields(fields(200)));
        let plain = |name: &str| {
            narrow.fields.iter().rev().find(|(own, _)| own == name).and_then(|(_, value)| value.as_ref())
        };
        for _ in 0..4 {
            for i in 0..160 {
                let name = format!("f{i}");
                assert_eq!(wide.get(&name), plain(&name), "{name}");
                assert_eq!(wide.get_mut(&name).map(|value| &*value), plain(&name), "{name}");
            }
        }
        // The later one of two is taken first, and what is added is found.
        assert_eq!((wide.take("f3"), wide.get("f3")), (Some(json!(153)), None));
        wide.put(&name_of("new"), json!("x"));
        assert_eq!(wide.get("new"), Some(&json!("x")));
    }

    #[test]
    fn two_values_of_one_field_are_refused() {
        let read = serde_json::from_str::<Row>;
        assert!(read(r#"{"a": 1, "b": 0, "a": 2}"#).is_err());
        assert_eq!(read(r#"{"a": 1, "a": 1}"#).ok().and_then(|mut row| row.take("a")), Some(json!(1)));
        let many: Vec<String> = (0..100).map(|i| format!("\"f{}\": {i}", i % 99)).collect();
        assert!(read(&format!("{{{}}}", many.join(","))).is_err());
    }
}
