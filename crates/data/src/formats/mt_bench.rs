//! What an MT-Bench record says: a question, an answer, a judgment of one or two answers, or a person's label.
//!
//! A human record has `conversation_a`, `conversation_b`, `winner` (`model_a`, `model_b`, `tie`), `judge` and `turn`: the conversations are
//! read up to that turn. A pair judgment has `model_1` (A), `model_2` (B), `g1_winner` and `g2_winner` (`model_1`, `model_2`, `tie`, both
//! in the unswapped sense; `error` is not a call): one verdict with order `both`. A single judgment scores one model's answer: every two
//! models that one judge scored on one turn are compared, where -1 means no score. `judge` is a name or a list whose first is the name.
//! Questions and answers give the texts; reference answers are read as answers of their model. The category is the scenario.

use predilect_types::{Response, Role};
use serde_json::{Value, json};

use super::arena_hard;
use super::common::{Context, both_orders, keep_rest, winner};
use crate::draft::{Draft, Parsed};
use crate::error::{Reason, RowError};
use crate::pieces::{Judgment, Piece, Score};
use crate::row::{Row, as_text};
use crate::texts::split_shared;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    if row.has("conversation_a") {
        return human(cx, row);
    }
    let key = row.text("question_id")?;
    if row.has("g1_winner") || row.has("model_1") {
        return pair(cx, key, row);
    }
    if row.has("score") {
        return single(cx, key, row);
    }
    if row.has("choices") {
        return arena_hard::answer(cx, key, row);
    }
    arena_hard::question(key, row)
}

fn human(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let turn = match row.get("turn") {
        Some(turn) => crate::row::number("turn", turn)?.map(|turn| turn.clamp(1.0, 1e6) as u64),
        None => None,
    };
    let judge = judge(cx, &mut row, Some("human"))?;
    let (mut draft, mut row) = battle(row, turn)?;
    call(&mut draft, &mut row, judge)?;
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// Two conversations as a pair; of a conversation judged at its first turn only that turn.
fn battle(mut row: Row, turn: Option<u64>) -> Result<(Draft, Row), RowError> {
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
fn call(draft: &mut Draft, row: &mut Row, judge: String) -> Result<(), RowError> {
    let a = draft.pair.response_a.model.clone().unwrap_or_default();
    let b = draft.pair.response_b.model.clone().unwrap_or_default();
    let call = winner("winner", row.take("winner"), &["model_a", &a], &["model_b", &b])?;
    draft.call(judge, call);
    Ok(())
}

/// `judge`: a name, or a list of a model and a prompt.
fn judge(cx: &Context, row: &mut Row, default: Option<&str>) -> Result<String, RowError> {
    let named = match row.take("judge") {
        Some(Value::Array(parts)) => {
            parts.into_iter().next().map(|part| as_text("judge", part)).transpose()?
        }
        Some(other) => Some(as_text("judge", other)?),
        None => None,
    };
    let named = named.or_else(|| default.map(str::to_owned));
    Ok(cx.judge_or_stem(named))
}

fn turns(row: &mut Row) -> Result<Option<usize>, RowError> {
    Ok(row.opt_number("turn")?.map(|turn| turn.clamp(1.0, 1e6) as usize))
}

fn pair(cx: &Context, key: String, mut row: Row) -> Result<Parsed, RowError> {
    let model_a = row.text("model_1")?;
    let model_b = row.text("model_2")?;
    let judge = judge(cx, &mut row, None)?;
    let turns = turns(&mut row)?;
    let mut calls = Vec::with_capacity(2);
    for field in ["g1_winner", "g2_winner"] {
        let value = row.get(field).cloned();
        calls.push(winner(field, value, &["model_1", &model_a], &["model_2", &model_b])?);
    }
    let receipt = row.receipt(&[
        "g1_winner",
        "g2_winner",
        "g1_judgment",
        "g2_judgment",
        "g1_user_prompt",
        "g2_user_prompt",
    ]);
    let verdict = match calls.as_slice() {
        [straight, swapped] => both_orders(&judge, *straight, *swapped, receipt.unwrap_or_else(|| json!({}))),
        _ => None,
    };
    Ok(Piece::Judgment(Judgment { key, model_a, model_b, turns, verdict }).into())
}

fn single(cx: &Context, key: String, mut row: Row) -> Result<Parsed, RowError> {
    let model = row.text("model")?;
    let judge = judge(cx, &mut row, None)?;
    let turns = turns(&mut row)?;
    let points = match row.opt_number("score")? {
        Some(-1.0) => None,
        Some(score) if score < 0.0 => {
            return Err(RowError::new(
                Reason::VerdictOutOfRange,
                "a score of 0 or more is expected, or -1 where none was read",
            )
            .field("score")
            .value(&score.to_string()));
        }
        points => points,
    };
    Ok(Piece::Score(Score { key, model, judge, turns, points }).into())
}

/// A response of several turns, with the user's turns between them.
pub(crate) fn response(questions: &[String], answers: &[String], model: &str) -> Response {
    let mut messages = Vec::with_capacity(answers.len() * 2);
    for (i, answer) in answers.iter().enumerate() {
        if i > 0 {
            messages.push(predilect_types::Message::user(questions.get(i).cloned().unwrap_or_default()));
        }
        messages.push(predilect_types::Message::assistant(answer.clone()));
    }
    Response { messages, model: Some(model.to_owned()) }
}
