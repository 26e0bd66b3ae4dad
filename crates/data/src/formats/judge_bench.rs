//! What a JudgeBench record says: a question, two responses, the right label, and a judge's two decisions.
//!
//! `label` is `A>B` or `B>A` (judge `gold`). Output files add `judge_name` and `judgments`, whose `decision` is in the sense of what was
//! shown: the second was shown with the responses swapped. The judge is the `judge_model` found anywhere within them; `judge_name` only
//! says how it was asked. Both make one verdict with order `both`; decisions that are null or `error` are not calls, any other word stops.
//! `pair_id` is the pair's id, `source` the scenario, `response_model` the model of both.

use predilect_types::{Message, Response, TieKind};
use serde_json::{Value, json};

use super::common::{Context, both_orders, keep_rest};
use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let prompt = vec![Message::user(row.text("question")?)];
    let model = row.opt_text("response_model")?;
    let a = Response::new(row.text("response_A")?, model.clone());
    let b = Response::new(row.text("response_B")?, model);
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.id = row.opt_text("pair_id")?.unwrap_or_default();
    draft.pair.scenario = row.opt_text("source")?;
    let gold = decision("label", row.take("label").as_ref())?;
    draft.gold("gold", gold);
    let method = row.opt_text("judge_name")?;
    if let Some(judgments) = row.take("judgments") {
        let Value::Array(judgments) = judgments else {
            return Err(RowError::wrong_type("judgments", &judgments, "a list of judgments"));
        };
        let judge = cx.judge_or_stem(judge_of(&judgments, method, cx.by_prompt));
        let mut calls = Vec::new();
        for (i, judgment) in judgments.iter().take(2).enumerate() {
            let field = format!("judgments[{i}].decision");
            calls.push(decision(&field, judgment.get("decision"))?);
        }
        let first = calls.first().copied().unwrap_or(Call::Missing);
        let second = calls.get(1).copied().unwrap_or(Call::Missing).flipped();
        match both_orders(&judge, first, second, json!({ "judgments": judgments })) {
            Some(verdict) => draft.verdicts.push(verdict),
            None => draft.dropped.push(NO_VERDICT),
        }
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// Who judged: the model that the judgments name, at any depth; the judge's method if they name none, and after the model's name if one
/// model judged by several methods.
pub(crate) fn judge_of(judgments: &[Value], method: Option<String>, by_method: bool) -> Option<String> {
    match (judgments.iter().find_map(|judgment| model_of(judgment, 0)), method) {
        (Some(model), Some(method)) if by_method => Some(format!("{model} ({method})")),
        (Some(model), _) => Some(model),
        (None, method) => method,
    }
}

fn model_of(value: &Value, depth: usize) -> Option<String> {
    let fields = value.as_object()?;
    let named =
        ["judge_model", "reward_model", "judge_model_name"].iter().find_map(|key| fields.get(*key)?.as_str());
    match named.map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => Some(name.to_owned()),
        None if depth < 4 => fields.values().find_map(|inner| model_of(inner, depth + 1)),
        None => None,
    }
}

fn decision(field: &str, value: Option<&Value>) -> Result<Call, RowError> {
    let text = match value {
        None | Some(Value::Null) => return Ok(Call::Missing),
        Some(Value::String(text)) => text.trim(),
        Some(other) => return Err(RowError::wrong_type(field, other, "A>B or B>A")),
    };
    Ok(match text {
        "A>B" | "A>>B" => Call::A,
        "B>A" | "B>>A" => Call::B,
        "A=B" | "A==B" | "A<=>B" | "tie" => Call::Tie(TieKind::Tie),
        "" | "None" | "error" => Call::Missing,
        _ => {
            return Err(RowError::new(Reason::VerdictOutOfRange, "A>B or B>A is expected")
                .field(field)
                .value(text));
        }
    })
}
