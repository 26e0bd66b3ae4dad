//! What a Chatbot Arena battle says: two conversations and a winner.
//!
//! `conversation_a` and `conversation_b` begin with the same turns, which are the prompt; the rest are the responses.
//! `winner` is `model_a`, `model_b` or a model's name, `tie`, `tie (bothbad)` or `both_bad`; null is no verdict, any
//! other stops. Model A stood on the left, so the order is `ab`. Voters are strangers to each other: the judge is
//! `human` and the voter's name (`judge`, where the release has it) goes to the receipt. `question_id` or `id` is the
//! pair's id. In the release of 140k votes content is a list of parts: their text is joined, an image stands as
//! `[image]`. `full_conversation` only repeats the turns and is left out; all other fields go to the metadata.

use predilect_types::{Order, Response, Role};
use serde_json::json;

use super::{Context, Draft, Parsed, keep_rest, winner};
use crate::error::RowError;
use crate::row::{Row, split_shared};

pub(super) fn parse(cx: &Context, row: Row) -> Result<Parsed, RowError> {
    let (mut draft, mut row) = battle(row, None)?;
    draft.pair.id = match row.opt_text("question_id")? {
        Some(id) => id,
        None => row.opt_text("id")?.unwrap_or_default(),
    };
    drop(row.take("full_conversation"));
    let voter = row.opt_text("judge")?;
    let judge = cx.judge_or(None, "human");
    call(&mut draft, &mut row, judge)?;
    if let Some(verdict) = draft.verdicts.last_mut() {
        verdict.order = Order::Ab;
        verdict.receipt = voter.map(|name| json!({ "judge": name }));
    }
    draft.pair.language = row.opt_text("language")?;
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// Two conversations as a pair; of a conversation judged at its first turn only that turn.
pub(super) fn battle(mut row: Row, turn: Option<u64>) -> Result<(Draft, Row), RowError> {
    let mut sides = Vec::with_capacity(2);
    for name in ["conversation_a", "conversation_b"] {
        let mut turns = row.messages(name, Role::User)?;
        if let Some(turn) = turn {
            let answers = turns.iter().enumerate().filter(|(_, m)| m.role == Role::Assistant);
            if let Some((last, _)) = answers.take(turn.max(1) as usize).last() {
                turns.truncate(last + 1);
            }
        }
        sides.push(turns);
    }
    let b = sides.pop().unwrap_or_default();
    let a = sides.pop().unwrap_or_default();
    let (prompt, a, b) = split_shared(a, b).map_err(|error| error.field("conversation_b"))?;
    let a = Response { messages: a, model: row.opt_text("model_a")? };
    let b = Response { messages: b, model: row.opt_text("model_b")? };
    Ok((Draft::new(prompt, a, b), row))
}

/// Reads `winner`.
pub(super) fn call(draft: &mut Draft, row: &mut Row, judge: String) -> Result<(), RowError> {
    let a = draft.pair.response_a.model.clone().unwrap_or_default();
    let b = draft.pair.response_b.model.clone().unwrap_or_default();
    let call = winner("winner", row.take("winner"), &["model_a", &a], &["model_b", &b])?;
    draft.call(judge, call);
    Ok(())
}
