//! What an Arena-Hard record says: a question, a model's answer, or a judgment of two games.
//!
//! Questions have `question_id` or `uid` with `turns` or `prompt`; answers `choices` or `messages` with `model_id` or `model`; judgments
//! `model`, `judge`, `baseline` and `games`, whose `score` is one of `A>>B, A>B, A=B, B>A, B>>A`. The baseline is A in the first game and B
//! in the second, so pairs have the baseline as A. A judge's two games make one verdict: the mean, a strong win counting three times (as
//! the benchmark does), order `both`, scores in the receipt. A score that is null or `error` is not a call. Without judgments every two
//! models' answers become a pair.

use predilect_types::{Message, Order, TieKind, Verdict};
use serde_json::{Value, json};

use super::common::Context;
use crate::draft::Parsed;
use crate::error::{Reason, RowError};
use crate::pieces::{Answer, Judgment, Piece, Question};
use crate::row::{Row, as_text};

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let key = row.first_of(&["question_id", "uid"]);
    let key = row.text(key)?;
    if row.has("games") {
        return judgment(cx, key, row);
    }
    if row.has("messages") || row.has("choices") {
        return answer(cx, key, row);
    }
    question(key, row)
}

/// A question of Arena-Hard or MT-Bench.
pub(super) fn question(key: String, mut row: Row) -> Result<Parsed, RowError> {
    let turns = match row.take("turns") {
        Some(turns) => turns_of("turns", turns)?,
        None => vec![row.text("prompt")?],
    };
    let scenario = match row.opt_text("cluster")? {
        Some(cluster) => Some(cluster),
        None => match row.opt_text("subcategory")? {
            Some(subcategory) => Some(subcategory),
            None => row.opt_text("category")?,
        },
    };
    Ok(Piece::Question(Question { key, turns, scenario }).into())
}

/// A list of turns: text, or objects with `content`.
fn turns_of(field: &str, value: Value) -> Result<Vec<String>, RowError> {
    let Value::Array(turns) = value else {
        return Err(RowError::wrong_type(field, &value, "a list of turns"));
    };
    turns
        .into_iter()
        .map(|turn| match turn {
            Value::Object(mut turn) => as_text(field, turn.remove("content").unwrap_or(Value::Null)),
            other => as_text(field, other),
        })
        .collect()
}

/// An answer of Arena-Hard or MT-Bench.
pub(super) fn answer(cx: &Context, key: String, mut row: Row) -> Result<Parsed, RowError> {
    let model = row.first_of(&["model_id", "model"]);
    let model = row.opt_text(model)?.unwrap_or_else(|| cx.stem.clone());
    let (prompt, turns) = if row.has("messages") {
        let messages = row.messages("messages", predilect_types::Role::User)?;
        let prompt: Vec<Message> =
            messages.iter().take_while(|m| m.role != predilect_types::Role::Assistant).cloned().collect();
        let answers = messages
            .into_iter()
            .filter(|m| m.role == predilect_types::Role::Assistant)
            .map(|m| m.content)
            .collect();
        (Some(prompt).filter(|prompt| !prompt.is_empty()), answers)
    } else {
        let choices = row.require("choices")?;
        let turns = choices.get(0).and_then(|choice| choice.get("turns")).cloned();
        let turns =
            turns.ok_or_else(|| RowError::wrong_type("choices", &choices, "a list whose first has turns"))?;
        (None, turns_of("choices[0].turns", turns)?)
    };
    Ok(Piece::Answer(Answer { key, model, prompt, turns }).into())
}

fn judgment(cx: &Context, key: String, mut row: Row) -> Result<Parsed, RowError> {
    let model = row.text("model")?;
    let baseline = row.opt_text("baseline")?.unwrap_or_else(|| "gpt-4-0314".to_owned());
    let judge = cx.judge_or_stem(row.opt_text("judge")?);
    let games = row.require("games")?;
    let Value::Array(games) = games else {
        return Err(RowError::wrong_type("games", &games, "a list of games"));
    };
    let mut points = Vec::new();
    let mut scores = Vec::new();
    for (i, game) in games.iter().enumerate() {
        let field = format!("games[{i}].score");
        let raw = game.get("score").cloned().unwrap_or(Value::Null);
        if let Some((p_a, times)) = score(&field, &raw)? {
            // The second game shows the baseline as B.
            points.push((if i % 2 == 1 { 1.0 - p_a } else { p_a }, times, i));
        }
        scores.push(raw);
    }
    let total: f64 = points.iter().map(|(_, times, _)| times).sum();
    let p_a = points.iter().map(|(p, times, _)| p * times).sum::<f64>() / total;
    let order = match (points.iter().any(|p| p.2 % 2 == 0), points.iter().any(|p| p.2 % 2 == 1)) {
        (true, false) => Order::Ab,
        (false, true) => Order::Ba,
        _ => Order::Both,
    };
    let tie = points.iter().all(|(p, _, _)| *p == 0.5).then_some(TieKind::Tie);
    let receipt = Some(json!({ "scores": scores, "games": games }));
    let verdict =
        (!points.is_empty()).then(|| Verdict { order, tie, receipt, ..Verdict::new("", judge, p_a) });
    Ok(Piece::Judgment(Judgment { key, model_a: baseline, model_b: model, turns: None, verdict }).into())
}

/// A game's score as (A's share, how often it counts); `None` if there was no call.
fn score(field: &str, value: &Value) -> Result<Option<(f64, f64)>, RowError> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim(),
        other => return Err(RowError::wrong_type(field, other, "a score such as A>B")),
    };
    Ok(Some(match text {
        "A>>B" | "B<<A" => (1.0, 3.0),
        "A>B" | "B<A" => (1.0, 1.0),
        "A=B" | "B=A" => (0.5, 1.0),
        "B>A" | "A<B" => (0.0, 1.0),
        "B>>A" | "A<<B" => (0.0, 3.0),
        "" | "error" | "None" => return Ok(None),
        _ => {
            return Err(RowError::new(
                Reason::VerdictOutOfRange,
                "one of A>>B, A>B, A=B, B>A, B>>A is expected",
            )
            .field(field)
            .value(text));
        }
    }))
}
