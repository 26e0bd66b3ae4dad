//! Who judges a record by which criterion, how much does it count, and which response was shown first?

use super::super::infer::turned;
use super::super::path::Column;
use super::super::plan::Plan;
use crate::error::{Reason, RowError};
use crate::row::{Row, as_text, number};
use serde_json::Value;

/// What a record says in addition to its pair: who judges it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Who {
    pub(crate) judge: Option<String>,
    pub(crate) annotator: Option<String>,
    pub(crate) criterion: Option<String>,
    pub(crate) weight: f64,
    /// Whether B was shown first, where the record says so.
    pub(crate) turned: Option<bool>,
    /// The field that says so, if it is not known whether verdicts are about the columns or what was shown.
    pub(crate) doubt: Option<String>,
}

impl Plan {
    pub(crate) fn who(&self, row: &mut Row) -> Result<Who, RowError> {
        let weight = match self.first(row, &self.weight) {
            Some((field, value)) => weight(&field, &value)?,
            None => 1.0,
        };
        Ok(Who {
            judge: self.name(row, &self.judge)?,
            annotator: self.name(row, &self.annotator)?,
            criterion: self.name(row, &self.criterion)?,
            weight,
            doubt: self.exchanged_by(row),
            turned: if self.recipe.shape == crate::recipe::Shape::Choice {
                None
            } else {
                self.said_swapped(row)?
            },
        })
    }

    /// The field that says that the two were shown the other way round, if it is not known what follows.
    fn exchanged_by(&self, row: &Row) -> Option<String> {
        let says = |column: &&Column| column.get(row).and_then(turned) == Some(true);
        self.exchange.iter().find(says).map(Column::shown)
    }

    pub(super) fn name(&self, row: &mut Row, columns: &[Column]) -> Result<Option<String>, RowError> {
        match self.first(row, columns) {
            Some((field, value)) => name_of(&field, value),
            None => Ok(None),
        }
    }
}

/// A judge's name with the criterion by which it judged.
pub(crate) fn judged(judge: String, criterion: Option<&str>) -> String {
    match criterion {
        Some(criterion) => format!("{judge} ({criterion})"),
        None => judge,
    }
}

/// A name written as text or number; of a list the first (a model and its prompt), of an object its `name` or `id`.
pub(crate) fn name_of(field: &str, value: Value) -> Result<Option<String>, RowError> {
    let value = match value {
        Value::Array(items) => items.into_iter().next().unwrap_or_default(),
        Value::Object(mut fields) => ["name", "id", "username", "email"]
            .iter()
            .find_map(|key| fields.remove(*key))
            .unwrap_or(Value::Object(fields)),
        other => other,
    };
    if value.is_null() {
        return Ok(None);
    }
    let text = as_text(field, value)?;
    let plain = text.trim();
    Ok((!plain.is_empty()).then(|| plain.to_owned()))
}

pub(crate) fn weight(field: &str, value: &Value) -> Result<f64, RowError> {
    let wrong = || {
        RowError::new(Reason::VerdictOutOfRange, "a weight is a number of 0 or more").field(field).json(value)
    };
    match number(field, value).map_err(|_| wrong())? {
        Some(weight) if weight >= 0.0 => Ok(weight),
        // NaN and blank text: a weight that is not a number does not count as 1.
        None if value.as_str().is_some_and(|text| text.trim().is_empty()) => Ok(1.0),
        _ => Err(wrong()),
    }
}
