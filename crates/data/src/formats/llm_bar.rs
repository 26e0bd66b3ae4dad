//! What an LLMBar record says: an instruction, two outputs, the right one, and a judge's calls in both orders.
//!
//! `label` is 1 or 2 (judge `gold`); null means no verdict, anything else stops. Result files add `results`: a list with `swap = False` and
//! `swap = True`, whose `winner` is already in the unswapped sense. The judge is the file's name without its extension; both calls make one
//! verdict with order `both` and are kept in the receipt with the completions. A winner that is null was not parsed and is not a call.

use predilect_types::{Message, Response};
use serde_json::{Value, json};

use super::common::{Context, both_orders, keep_rest, label};
use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::RowError;
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let prompt = vec![Message::user(row.text("input")?)];
    let a = Response::new(row.text("output_1")?, None);
    let b = Response::new(row.text("output_2")?, None);
    let mut draft = Draft::new(prompt, a, b);
    let results = row.take("results");
    let value = row.take("label");
    if value.is_some() || results.is_none() {
        let gold = label("label", value, 1.0, 2.0, Some(0.0))?;
        draft.gold("gold", gold);
    }
    match results {
        None => {}
        Some(Value::Array(results)) => {
            let judge = cx.judge_or_stem(None);
            for result in results {
                let straight = call(&result, "swap = False")?;
                let swapped = call(&result, "swap = True")?;
                match both_orders(&judge, straight, swapped, json!({ "results": result })) {
                    Some(verdict) => draft.verdicts.push(verdict),
                    None => draft.dropped.push(NO_VERDICT),
                }
            }
        }
        Some(other) => return Err(RowError::wrong_type("results", &other, "a list of results")),
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

fn call(result: &Value, order: &'static str) -> Result<Call, RowError> {
    let winner = result.get(order).and_then(|r| r.get("winner")).cloned().filter(|w| !w.is_null());
    label(&format!("results.{order}.winner"), winner, 1.0, 2.0, Some(0.0))
}
