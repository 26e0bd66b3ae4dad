//! What a PandaLM record says: an instruction with input, two responses and three people's labels; or one model's result.
//!
//! `annotator1` to `annotator3` (and any further `annotatorN`) are judges of those names: 1 is `response1` (A), 2 is `response2` (B), 0 a
//! tie; null means no verdict, anything else stops. `cmp_key` names both models if it has exactly one underscore, and stays in the metadata
//! in any case. Result files contain `idx` and `NAME_result` (`1`, `2`, `0` or `Tie`, `garbage` for what was not parsed): the judge is NAME
//! (`gpt`, `pandalm`), the record's other `NAME_` fields make up the receipt, and `idx` finds the pair, in the same folder first.

use predilect_types::{Message, Response};
use serde_json::{Map, Value};

use super::common::{Context, keep_rest, label};
use crate::draft::{Draft, Parsed};
use crate::error::RowError;
use crate::pieces::{Piece, Sidecar};
use crate::row::Row;

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    if !row.has("response1") && row.has("idx") {
        return sidecar(cx, row);
    }
    let instruction = row.text("instruction")?;
    let input = row.opt_text("input")?;
    let prompt = input.map_or_else(|| instruction.clone(), |input| format!("{instruction}\n\n{input}"));
    let models = row.get("cmp_key").and_then(Value::as_str).and_then(|key| key.split_once('_'));
    let models = models
        .filter(|(_, second)| !second.contains('_'))
        .map_or((None, None), |(first, second)| (Some(first.to_owned()), Some(second.to_owned())));
    let a = Response::new(row.text("response1")?, models.0);
    let b = Response::new(row.text("response2")?, models.1);
    let mut draft = Draft::new(vec![Message::user(prompt)], a, b);
    draft.key = row.get("idx").map(ToString::to_string);
    let judges: Vec<String> = row
        .names()
        .filter(|name| name.strip_prefix("annotator").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())))
        .map(str::to_owned)
        .collect();
    for judge in judges {
        let call = label(&judge, row.take(&judge), 1.0, 2.0, Some(0.0))?;
        draft.call(judge, call);
    }
    draft.pair.scenario = row.opt_text("motivation_app")?;
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

fn sidecar(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let key = row.require("idx")?.to_string();
    let field = row.names().find(|name| name.ends_with("_result")).map(str::to_owned);
    let field = field.ok_or_else(|| RowError::missing("gpt_result"))?;
    let judge = field.trim_end_matches("_result").to_owned();
    let call = label(&field, row.get(&field).cloned(), 1.0, 2.0, Some(0.0))?;
    let mut receipt = Map::new();
    let names: Vec<String> = row.names().map(str::to_owned).collect();
    for name in names {
        if let Some(value) = row.take(&name) {
            receipt.insert(name, value);
        }
    }
    let verdict = call.verdict(cx.judge_or(Some(judge))).map(|mut verdict| {
        verdict.receipt = Some(Value::Object(receipt));
        verdict
    });
    Ok(Piece::Sidecar(Sidecar { key, verdicts: verdict.into_iter().collect(), ..Sidecar::default() }).into())
}
