//! Which responses does a record contain, and what is said of each?

use predilect_types::{Response, Role};
use serde_json::{Value, json};

use super::super::apply::score;
use super::super::path::Path;
use super::super::plan::Plan;
use crate::error::{Reason, RowError};
use crate::row::{Row, as_text};
use crate::texts::conversation;

/// One response with what is said of it.
#[derive(Debug, Default, Clone)]
pub(super) struct Candidate {
    pub(super) response: Response,
    /// Its column, if each response has a separate one.
    pub(super) column: String,
    pub(super) score: Option<f64>,
    pub(super) rank: Option<f64>,
    pub(super) chosen: Option<bool>,
    pub(super) criteria: Vec<(String, f64)>,
}

pub(super) fn read(plan: &Plan, row: &mut Row) -> Result<Vec<Candidate>, RowError> {
    let (Some(declared), Some(columns)) = (&plan.recipe.candidates, &plan.candidates) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    if columns.texts.len() > 1 {
        for (at, column) in columns.texts.iter().enumerate() {
            let Some(value) = column
                .take(row)
                .filter(|value| value.as_str().is_none_or(|text| !plan.cells || !text.trim().is_empty()))
            else {
                continue;
            };
            let mut candidate = one(plan, &column.shown(), value)?;
            if let Some(name) = declared.names.get(at) {
                candidate.response.model = Some(name.clone());
            }
            if let Some(column) = columns.scores.get(at) {
                let (field, value) = (column.shown(), column.take(row));
                if declared.scores_are_ranks {
                    candidate.rank = score(&field, value.as_ref())?;
                } else {
                    candidate.score = plan.score(&field, value.as_ref())?;
                }
            }
            found.push(candidate);
        }
        return Ok(found);
    }
    let Some(column) = columns.texts.first() else { return Ok(found) };
    let shown = column.shown();
    let list = match column.take(row) {
        Some(Value::Array(items)) => items,
        Some(Value::Object(fields)) => fields
            .into_iter()
            .map(|(model, value)| match value {
                Value::Object(mut value) => {
                    value.entry("model").or_insert(Value::String(model));
                    Value::Object(value)
                }
                text => json!({ "model": model, "text": text }),
            })
            .collect(),
        Some(Value::String(text)) => list_of(&text).ok_or_else(|| {
            RowError::new(Reason::WrongType, "a list of responses is expected").field(&shown).value(&text)
        })?,
        Some(other) => return Err(RowError::wrong_type(&shown, &other, "a list of responses")),
        None => return Err(RowError::missing(&shown)),
    };
    for (i, value) in list.into_iter().enumerate() {
        found.push(one(plan, &format!("{shown}[{i}]"), value)?);
    }
    Ok(found)
}

/// A list that a table cell contains as JSON or as Python writes it.
fn list_of(text: &str) -> Option<Vec<Value>> {
    match crate::texts::structured(text) {
        Some(Value::Array(items)) => Some(items),
        _ => None,
    }
}

/// The numbers or names that a text lists: `2,1,3`, `B; A; C`, `B A C`.
pub(crate) fn items_of(text: &str) -> Option<Vec<Value>> {
    if let Some(items) = list_of(text) {
        return Some(items);
    }
    let mark = [',', ';', '|', '/', '→'].into_iter().find(|mark| text.contains(*mark));
    let parts: Vec<&str> = match mark {
        Some(mark) => text.split(mark).map(str::trim).collect(),
        None => text.split_whitespace().collect(),
    };
    let item = |part: &&str| part.parse::<u64>().map_or_else(|_| Value::from(*part), Value::from);
    (parts.len() > 1 && parts.iter().all(|part| !part.is_empty())).then(|| parts.iter().map(item).collect())
}

/// One response from its element.
fn one(plan: &Plan, field: &str, mut value: Value) -> Result<Candidate, RowError> {
    let Some(declared) = &plan.recipe.candidates else { return Ok(Candidate::default()) };
    let mut candidate = Candidate { column: field.to_owned(), ..Candidate::default() };
    if value.is_object() {
        let own =
            |path: &Option<Path>, value: &Value| path.as_ref().and_then(|path| path.within(value)).cloned();
        if let Some(found) = own(&declared.score, &value) {
            candidate.score = plan.score(field, Some(&found))?;
        }
        if let Some(found) = own(&declared.rank, &value) {
            candidate.rank = score(field, Some(&found))?;
        }
        if let Some(found) = own(&declared.chosen, &value) {
            candidate.chosen = Some(truth(field, &found)?);
        }
        if let Some(Value::Object(criteria)) = own(&declared.criteria, &value) {
            for (criterion, said) in criteria {
                let said = match &declared.criterion_score {
                    Some(path) => path.within(&said).cloned(),
                    None => Some(said),
                };
                if let Some(points) = said.as_ref().and_then(|said| score(field, Some(said)).ok()).flatten() {
                    candidate.criteria.push((criterion, points));
                }
            }
        }
        let model = own(&declared.model, &value)
            .or_else(|| value.get("model").filter(|name| name.is_string()).cloned());
        if let Some(model) = model {
            candidate.response.model = Some(as_text(field, model)?);
        }
        if let Some(path) = &declared.text {
            value =
                path.take_within(&mut value).ok_or_else(|| RowError::missing(&format!("{field}.{path}")))?;
        }
    }
    candidate.response.messages = conversation(field, value, Role::Assistant)?;
    Ok(candidate)
}

pub(crate) fn truth(field: &str, value: &Value) -> Result<bool, RowError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(RowError::wrong_type(field, other, "true or false")),
    }
}
