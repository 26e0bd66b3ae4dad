//! What do numbers that stand for the two responses call: scores, ranks, votes?

use super::super::calls::graded;
use super::super::path::Column;
use super::super::plan::Plan;
use crate::call::Call;
use crate::error::{Reason, RowError};
use crate::row::{Row, number};
use predilect_types::TieKind;
use serde_json::{Map, Value, json};

/// A score that may be missing; text such as `N/A` is.
pub(in crate::recipe) fn score(field: &str, value: Option<&Value>) -> Result<Option<f64>, RowError> {
    match value {
        None => Ok(None),
        Some(Value::Array(items)) if items.len() == 1 => score(field, items.first()),
        Some(value) => number(field, value),
    }
}

impl Plan {
    /// A score that may be missing, which that of a call that failed is too.
    pub(in crate::recipe) fn score(
        &self,
        field: &str,
        value: Option<&Value>,
    ) -> Result<Option<f64>, RowError> {
        Ok(score(field, value)?.filter(|number| !(self.recipe.failed && *number == -1.0)))
    }

    /// The larger of two scores wins, or the smaller of two ranks; both are the receipt.
    pub(super) fn compared(
        &self,
        row: &Row,
        (a, b): (&Column, Option<&Column>),
        lower: bool,
        receipt: &mut Map<String, Value>,
    ) -> Result<Call, RowError> {
        let (x, y) = if let Some(b) = b {
            (a.get(row).cloned(), b.get(row).cloned())
        } else {
            let list = a.get(row).and_then(Value::as_array);
            let at = |i: usize| list.and_then(|list| list.get(i)).cloned();
            (at(0), at(1))
        };
        let field_b = b.map_or_else(|| a.shown(), Column::shown);
        let (sx, sy) = (self.score(&a.shown(), x.as_ref())?, self.score(&field_b, y.as_ref())?);
        if let (Some(x), Some(y)) = (x, y) {
            if b.is_some() {
                receipt.insert(a.shown(), x);
                receipt.insert(field_b, y);
            } else {
                receipt.insert(field_b, json!([x, y]));
            }
        }
        Ok(match (sx, sy) {
            (Some(x), Some(y)) if lower => Call::larger(y, x),
            (Some(x), Some(y)) => Call::larger(x, y),
            _ => Call::Missing,
        })
    }
}

/// The share of the votes that A has, a tie counting half; their numbers are the receipt.
pub(super) fn shared(
    row: &Row,
    columns: &[Column],
    receipt: &mut Map<String, Value>,
) -> Result<Call, RowError> {
    let mut votes = [0.0; 4];
    for (column, votes) in columns.iter().zip(&mut votes) {
        let value = column.get(row);
        *votes = score(&column.shown(), value)?.unwrap_or(0.0);
        if *votes < 0.0 {
            return Err(RowError::new(Reason::BadWeight, "a number of votes is 0 or more")
                .field(&column.shown())
                .json(value.unwrap_or(&Value::Null)));
        }
        if let Some(value) = value {
            receipt.insert(column.shown(), value.clone());
        }
    }
    let [a, b, tie, bad] = votes;
    let tie = tie + bad;
    let all = a + b + tie;
    Ok(match all {
        0.0 => Call::Missing,
        _ if tie == all => Call::Tie(TieKind::Tie),
        _ => graded((a + tie / 2.0) / all),
    })
}
