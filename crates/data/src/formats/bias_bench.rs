//! What a BiasBench record says: a pair that tempts a judge by one bias, and which response is right.
//!
//! The file is one object: the bias's name, then its list of `instruction`, `response1`, `response2`, `label` (1 or 2;
//! null is no verdict, anything else stops). The bias is the scenario; the judge is `gold`. A flat list of such
//! records is read too. The file is held whole, since the name stands outside of its records.

use predilect_types::{Message, Response};
use serde_json::Value;

use super::{Context, Draft, Parsed, keep_rest, label};
use crate::error::RowError;
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let prompt = vec![Message::user(row.text("instruction")?)];
    let a = Response::new(row.text("response1")?, None);
    let b = Response::new(row.text("response2")?, None);
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.scenario = row.opt_text("bias")?;
    let call = label("label", row.take("label"), 1.0, 2.0, Some(0.0))?;
    draft.call(cx.judge_or(None, "gold"), call);
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// The records of all lists, each with its bias.
pub(super) fn document(value: Value) -> Result<Vec<Value>, RowError> {
    let Value::Object(lists) = value else { return Ok(vec![value]) };
    let mut records = Vec::new();
    for (bias, list) in lists {
        let Value::Array(list) = list else {
            return Err(RowError::wrong_type(&bias, &list, "a list of records"));
        };
        for mut record in list {
            if let Value::Object(fields) = &mut record {
                fields.entry("bias").or_insert_with(|| Value::String(bias.clone()));
            }
            records.push(record);
        }
    }
    Ok(records)
}
