//! Who judges a record by which criterion, how much does it count, and which response was shown first?

use super::super::calls::Names;
use super::super::declared::Shape;
use super::super::infer::{Shown, says_rejected};
use super::super::path::Column;
use super::super::plan::Plan;
use crate::advice::MAP;
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

/// By which names a record calls its sides.
pub(super) struct Called {
    columns: (String, String),
    models: (Option<String>, Option<String>),
}

impl Called {
    pub(super) fn names(&self) -> Names<'_> {
        Names {
            column_a: &self.columns.0,
            column_b: &self.columns.1,
            model_a: self.models.0.as_deref(),
            model_b: self.models.1.as_deref(),
            ..Names::default()
        }
    }
}

impl Plan {
    pub(crate) fn who(&self, row: &mut Row) -> Result<Who, RowError> {
        let weight = match self.first(row, &self.weight) {
            Some((field, value)) => weight(&field, &value)?,
            None => 1.0,
        };
        // The criterion first: it may be what follows the judge's name in a list.
        let criterion = self.name(row, &self.criterion)?;
        Ok(Who {
            judge: self.name(row, &self.judge)?,
            annotator: self.name(row, &self.annotator)?,
            criterion,
            weight,
            doubt: self.exchanged_by(row),
            turned: if self.recipe.shape == Shape::Choice { None } else { self.said_swapped(row)? },
        })
    }

    /// The field that says that the two were shown the other way round, if it is not known what follows.
    fn exchanged_by(&self, row: &Row) -> Option<String> {
        if self.exchange.is_empty() {
            return None;
        }
        let called = self.called(row);
        let names = called.names();
        let says =
            |shown: &&Shown| shown.column.get(row).and_then(|value| shown.turned(value, names)) == Some(true);
        self.exchange.iter().find(says).map(|shown| shown.column.shown())
    }

    /// By which names a record that was not taken apart yet calls its sides.
    pub(super) fn called(&self, row: &Row) -> Called {
        let text = |columns: &[Column]| {
            columns.iter().find_map(|column| column.get(row)).and_then(Value::as_str).map(str::to_owned)
        };
        let (a, b) = match self.recipe.shape {
            Shape::Votes => (&self.model_a, &self.model_b),
            _ => (&self.a, &self.b),
        };
        let column = |columns: &[Column]| columns.first().map(Column::shown).unwrap_or_default();
        Called { columns: (column(a), column(b)), models: (text(&self.model_a), text(&self.model_b)) }
    }

    /// Whether a choice may be that of the judge whom the record names: neither its scores nor its own call say otherwise.
    pub(super) fn credited(&self, row: &Row, who: &Who) -> Result<(), RowError> {
        let settled = self.recipe.settled.iter().any(|role| role == "winner" || role == "judge");
        if who.judge.is_none() || settled || self.given || self.recipe.gold {
            return Ok(());
        }
        let other = self.own_calls.iter().find(|column| column.get(row).is_some_and(says_rejected));
        let scores = match self.scores.as_slice() {
            [chosen, rejected] => {
                let of = |column: &Column| {
                    column.get(row).and_then(|value| number(&column.shown(), value).ok().flatten())
                };
                matches!((of(chosen), of(rejected)), (Some(x), Some(y)) if x < y).then_some(rejected)
            }
            _ => None,
        };
        let Some(column) = other.or(scores) else { return Ok(()) };
        Err(RowError::new(
            Reason::UnknownWinner,
            "the judge that the record names prefers the rejected response, so the choice is somebody else's",
        )
        .field(&column.shown())
        .json(column.get(row).unwrap_or(&Value::Null))
        .remedy(format!(
            "say whose verdicts these are: {MAP} judge=none, or {MAP} winner=COLUMN for what the judge said"
        )))
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
    let wrong =
        || RowError::new(Reason::BadWeight, "a weight is a number of 0 or more").field(field).json(value);
    match number(field, value).map_err(|_| wrong())? {
        Some(weight) if weight >= 0.0 => Ok(weight),
        // NaN and blank text: a weight that is not a number does not count as 1.
        None if value.as_str().is_some_and(|text| text.trim().is_empty()) => Ok(1.0),
        _ => Err(wrong()),
    }
}
