//! What a vote without text says: two names and which of them won.
//!
//! `left` and `right` are the models A and B, shown in that order; `winner` is `left`, `right` or one of the two names,
//! `tie`; blank is no verdict, any other stops. `weight` (0 or more) counts the vote. Each record is a pair of its own
//! with empty texts, its id the file's name and the record's number. The judge is `human`; all other columns (a
//! worker, a prompt's number) go to the metadata.

use predilect_types::{Order, Response};

use super::{Context, Draft, Parsed, keep_rest, winner};
use crate::error::{Reason, RowError};
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row, record: u64) -> Result<Parsed, RowError> {
    let left = row.text("left")?;
    let right = row.text("right")?;
    let call = winner("winner", row.take("winner"), &["left", &left], &["right", &right])?;
    let weight = row.opt_number("weight")?.unwrap_or(1.0);
    if weight < 0.0 {
        return Err(RowError::new(Reason::VerdictOutOfRange, "a weight is never negative")
            .field("weight")
            .value(&weight.to_string()));
    }
    let silent = |name: String| Response { messages: Vec::new(), model: Some(name) };
    let mut draft = Draft::new(Vec::new(), silent(left), silent(right));
    draft.pair.id = format!("{}-{record}", cx.tag);
    draft.call(cx.judge_or(row.opt_text("judge")?, "human"), call);
    for verdict in &mut draft.verdicts {
        verdict.weight = weight;
        verdict.order = Order::Ab;
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}
