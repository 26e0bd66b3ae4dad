//! What an Auto-J test record says: a scenario, a prompt, two responses and people's label.
//!
//! `label` is 0 for `response 1` (A), 1 for `response 2` (B), 2 for a tie; null is no verdict, anything else stops.
//! The judge is `human`.

use predilect_types::{Response, Role};

use super::{Context, Draft, Parsed, keep_rest, label};
use crate::error::RowError;
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let prompt = row.messages("prompt", Role::User)?;
    let a = Response::new(row.text("response 1")?, None);
    let b = Response::new(row.text("response 2")?, None);
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.scenario = row.opt_text("scenario")?;
    let call = label("label", row.take("label"), 0.0, 1.0, Some(2.0))?;
    draft.call(cx.judge_or(None, "human"), call);
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}
