//! Where in a record something is found: a column, or a place within its objects and lists.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::spelling::normal;
use super::spelt::ColumnNames;
use crate::row::{Name, Row, name_of};

/// A place in a record as people write it: `winner`, `input.messages`, `votes[0].worker`.
///
/// A column whose whole name is the path (`Input.prompt`) comes first; if no column has exactly that name, case and the characters between
/// words do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Path(String);

impl Path {
    /// A path from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The column with this path among those of a file, and what is left of the path within it.
    pub(crate) fn resolve(&self, columns: &ColumnNames) -> Option<Column> {
        if let Some(literal) = self.literal() {
            return Some(literal);
        }
        if let Some(name) = self.0.strip_prefix('=') {
            return columns.has(name).then(|| Column::whole(name));
        }
        if let Some(name) = find(columns, &self.0) {
            return Some(Column { name, steps: Vec::new(), literal: None });
        }
        let cuts = self.0.match_indices(['.', '[']).map(|(at, _)| at);
        // The longest column name first: `a.b.c` may be a field `c` within a column `a.b`.
        for at in cuts.collect::<Vec<_>>().into_iter().rev() {
            let (head, rest) = self.0.split_at(at);
            if let Some(name) = find(columns, head) {
                return Some(Column { name, steps: steps(rest), literal: None });
            }
        }
        None
    }

    /// The path as a separate column, if the file's columns are not known.
    pub(crate) fn plain(&self) -> Column {
        if let Some(literal) = self.literal() {
            return literal;
        }
        let at = self.0.find(['.', '[']).unwrap_or(self.0.len());
        let (head, rest) = self.0.split_at(at);
        Column { name: name_of(head), steps: steps(rest), literal: None }
    }

    /// Text in quotes means itself.
    fn literal(&self) -> Option<Column> {
        let text = self.0.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(Column { name: name_of(""), steps: Vec::new(), literal: Some(Value::String(text.to_owned())) })
    }

    /// Looks at the value at this path of an element.
    pub(crate) fn within<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        if self.0.is_empty() {
            return Some(value);
        }
        if let Some(found) = member(value, &self.0) {
            return Some(found).filter(|found| !found.is_null());
        }
        let mut at = value;
        for step in steps(&self.0) {
            at = step.of(at)?;
        }
        Some(at).filter(|found| !found.is_null())
    }

    /// Takes the value at this path of an element; null stays in its place.
    pub(crate) fn take_within(&self, value: &mut Value) -> Option<Value> {
        if self.0.is_empty() {
            return Some(std::mem::take(value)).filter(|value| !value.is_null());
        }
        let mut at = value;
        if member(at, &self.0).is_some() {
            at = Step::Key(self.0.clone()).of_mut(at)?;
        } else {
            for step in steps(&self.0) {
                at = step.of_mut(at)?;
            }
        }
        Some(std::mem::take(at)).filter(|value| !value.is_null())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

/// The column's own spelling: the very name, else the only one that differs in case and marks alone.
fn find(columns: &ColumnNames, name: &str) -> Option<Name> {
    if columns.has(name) {
        return Some(name_of(name));
    }
    let mut alike = columns.with_name(name);
    let only = alike.next()?;
    alike.next().is_none().then(|| name_of(only))
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    At(usize),
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Key(key) => member(value, key),
            Self::At(at) => value.get(at),
        }
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        match self {
            Self::Key(key) => {
                let own = match member_name(value, key)? {
                    Cow::Borrowed(own) => own.to_owned(),
                    Cow::Owned(own) => own,
                };
                value.get_mut(&own)
            }
            Self::At(at) => value.get_mut(at),
        }
    }
}

/// A member of an object by its name, upper and lower case aside.
fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    fields.get(key).or_else(|| {
        let plain = normal(key);
        fields.iter().find(|(name, _)| normal(name) == plain).map(|(_, value)| value)
    })
}

fn member_name<'a>(value: &'a Value, key: &str) -> Option<Cow<'a, str>> {
    let fields = value.as_object()?;
    if fields.contains_key(key) {
        return Some(Cow::Owned(key.to_owned()));
    }
    let plain = normal(key);
    fields.keys().find(|name| normal(name) == plain).map(|name| Cow::Borrowed(name.as_str()))
}

fn steps(text: &str) -> Vec<Step> {
    text.split(['.', '['])
        .map(|part| part.trim_end_matches(']'))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().map_or_else(|_| Step::Key(part.to_owned()), Step::At))
        .collect()
}

/// A path within the columns of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: Name,
    steps: Vec<Step>,
    /// The value itself, where the path is text in quotes.
    literal: Option<Value>,
}

impl Column {
    /// A whole column, whatever is in its name.
    pub(crate) fn whole(name: &str) -> Self {
        Self { name: name_of(name), steps: Vec::new(), literal: None }
    }

    /// Looks at the value; null and blank text of a table count as not there.
    pub(crate) fn get<'a>(&'a self, row: &'a Row) -> Option<&'a Value> {
        if self.literal.is_some() {
            return self.literal.as_ref();
        }
        let mut at = row.get(&self.name)?;
        for step in &self.steps {
            at = step.of(at)?;
        }
        Some(at).filter(|value| !value.is_null())
    }

    /// Takes the value.
    pub(crate) fn take(&self, row: &mut Row) -> Option<Value> {
        if self.literal.is_some() {
            return self.literal.clone();
        }
        if self.steps.is_empty() {
            return row.take(&self.name);
        }
        let mut at = row.get_mut(&self.name)?;
        for step in &self.steps {
            at = step.of_mut(at)?;
        }
        let taken = std::mem::take(at);
        Some(taken).filter(|value| !value.is_null())
    }

    /// Whether it is a place within a column, not a whole one.
    pub(crate) fn is_within(&self) -> bool {
        !self.steps.is_empty()
    }

    /// The path in words, for messages.
    pub(crate) fn shown(&self) -> String {
        let mut shown = self.name.to_string();
        for step in &self.steps {
            match step {
                Step::Key(key) => {
                    shown.push('.');
                    shown.push_str(key);
                }
                Step::At(at) => shown.extend(["[", &at.to_string(), "]"]),
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(names: &[&str]) -> ColumnNames {
        names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_column_of_just_that_name_comes_first() {
        let found = |path: &str, names: &[&str]| Path::new(path).resolve(&columns(names)).map(|c| c.shown());
        assert_eq!(found("Input.prompt", &["Input.prompt", "Input"]).as_deref(), Some("Input.prompt"));
        assert_eq!(found("input.messages", &["input"]).as_deref(), Some("input.messages"));
        assert_eq!(found("response_a", &["Response A"]).as_deref(), Some("Response A"));
        assert_eq!(found("response_a", &["Response A", "RESPONSE_A"]), None);
        assert_eq!(found("votes[0].who", &["votes"]).as_deref(), Some("votes[0].who"));
    }

    #[test]
    fn values_are_taken_from_within() {
        let mut row = Row::from_fields([("a", json!({"b": [{"c": 1}, {"c": null}]}))]);
        let column = Path::new("a.b[0].c").resolve(&columns(&["a"])).expect("a column");
        assert_eq!(column.get(&row), Some(&json!(1)));
        assert_eq!(column.take(&mut row), Some(json!(1)));
        assert_eq!(column.take(&mut row), None);
        assert_eq!(Path::new("a.b[1].c").within(&json!({"a": {"b": [0, {"C": 2}]}})), Some(&json!(2)));
    }
}
