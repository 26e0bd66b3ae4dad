//! What a record of Predilect's own format says: a pair and any number of verdicts on it.
//!
//! `prompt`, `response_a` and `response_b` are text or messages; `id`, `model_a`, `model_b`, `scenario`, `language` and `metadata` (an
//! object) are optional. Verdicts are in `verdicts`, a list of `{judge, annotator, pool, criterion, p_a, order, tie, weight, receipt}`, or
//! flat: the same fields in the record; `preferred` (`a`, `b`, `tie`, `both_bad`, `both_good`; blank for no verdict) may replace `p_a`. In
//! tables the lists and objects are JSON text. `winner` (`model_a`, `model_b`, `tie`, `tie (bothbad)`) is read as well, as flat releases of
//! arena votes write it, with `human` as the judge; else a judge without a name is `unnamed`. A `p_a` that is null means no verdict; one
//! outside of 0 to 1, a negative weight, an unknown order or tie, and any other word in `preferred` or `winner` stop. Unknown fields go to
//! the metadata.

use predilect_types::{Order, Role, TieKind, Verdict};
use serde_json::Value;

use super::common::{Context, keep_rest, winner};
use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{judged, weight};
use crate::row::{Row, response};

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    // An empty list is a prompt without text, as a table of votes gives.
    let prompt = row.messages("prompt", Role::User)?;
    let model_a = row.opt_text("model_a")?;
    let model_b = row.opt_text("model_b")?;
    let a = response(&mut row, "response_a", model_a)?;
    let b = response(&mut row, "response_b", model_b)?;
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.id = row.opt_text("id")?.unwrap_or_default();
    draft.pair.scenario = row.opt_text("scenario")?;
    draft.pair.language = row.opt_text("language")?;
    if let Some(value) = json_field(&mut row, "metadata")? {
        let Value::Object(fields) = value else {
            return Err(RowError::wrong_type("metadata", &value, "an object"));
        };
        draft.pair.metadata.extend(fields);
    }
    match json_field(&mut row, "verdicts")? {
        None => flat(cx, &mut row, &mut draft)?,
        Some(_) if ["p_a", "preferred", "winner"].into_iter().any(|name| row.has(name)) => {
            return Err(RowError::new(
                Reason::Contradiction,
                "the record has both `verdicts` and a separate verdict",
            )
            .field("verdicts")
            .remedy("move the record's own verdict into `verdicts`, or leave one of them out"));
        }
        Some(Value::Array(verdicts)) => {
            for (i, verdict) in verdicts.into_iter().enumerate() {
                let Value::Object(fields) = verdict else {
                    return Err(RowError::wrong_type(&format!("verdicts[{i}]"), &verdict, "an object"));
                };
                let mut verdict = Row::from_fields(fields);
                one(cx, &mut verdict, &mut draft).map_err(|error| error.under(&format!("verdicts[{i}]")))?;
            }
        }
        Some(other) => return Err(RowError::wrong_type("verdicts", &other, "a list of verdicts")),
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// A list or object, in tables as JSON text; blank text counts as missing.
fn json_field(row: &mut Row, name: &str) -> Result<Option<Value>, RowError> {
    match row.take(name) {
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| RowError::wrong_type(name, &Value::String(text), "JSON text")),
        other => Ok(other),
    }
}

/// The verdict written in the record itself.
fn flat(cx: &Context, row: &mut Row, draft: &mut Draft) -> Result<(), RowError> {
    let flat = row.names().any(|name| name == "p_a" || name == "preferred");
    if flat || (row.has("tie") && !row.has("winner")) {
        return one(cx, row, draft);
    }
    if row.names().any(|name| name == "winner") {
        let a = draft.pair.response_a.model.clone().unwrap_or_default();
        let b = draft.pair.response_b.model.clone().unwrap_or_default();
        let call = winner("winner", row.take("winner"), &["model_a", "a", &a], &["model_b", "b", &b])?;
        draft.call(cx.judge_or(row.opt_text("judge")?), call);
    } else if row.has("judge") {
        draft.dropped.push(NO_VERDICT);
    }
    Ok(())
}

/// One verdict.
fn one(cx: &Context, row: &mut Row, draft: &mut Draft) -> Result<(), RowError> {
    let judge = cx.judge_or(row.opt_text("judge")?);
    let stated = !row.has("p_a");
    let (order, tie, weight) = rest_of_verdict(row)?;
    let receipt = row.take("receipt");
    let preferred = row.take("preferred");
    let mut verdict = if let Some(p_a) = p_a(row)? {
        let said = winner("preferred", preferred, &["a", "response_a"], &["b", "response_b"])?;
        let agrees = match said {
            Call::A => p_a >= 0.5,
            Call::B => p_a <= 0.5,
            Call::Tie(_) => p_a == 0.5,
            Call::Soft(_) | Call::Missing => true,
        };
        if !agrees {
            return Err(RowError::new(
                Reason::Contradiction,
                format!("`p_a` is {p_a} and `preferred` says otherwise: they contradict each other"),
            )
            .field("preferred")
            .remedy("leave one of them out"));
        }
        Verdict::new("", judge, p_a)
    } else {
        let call = match (winner("preferred", preferred, &["a", "response_a"], &["b", "response_b"])?, tie) {
            (Call::Missing, Some(kind)) if stated => Call::Tie(kind),
            (call, _) => call,
        };
        let Some(verdict) = call.verdict(judge) else {
            draft.dropped.push(NO_VERDICT);
            return Ok(());
        };
        verdict
    };
    verdict.annotator = row.opt_text("annotator")?;
    verdict.criterion = row.opt_text("criterion")?;
    // The criterion is part of the judge's name, where it is not yet.
    if let Some(criterion) = &verdict.criterion
        && !verdict.judge.ends_with(&format!(" ({criterion})"))
    {
        verdict.judge = judged(verdict.judge, Some(criterion));
    }
    verdict.pool = row.opt_text("pool")?;
    verdict.order = order;
    if tie.is_some() && verdict.p_a != 0.5 && stated {
        verdict.p_a = 0.5;
    }
    verdict.tie = tie.or(verdict.tie);
    verdict.weight = weight;
    verdict.receipt = receipt;
    draft.verdicts.push(verdict);
    Ok(())
}

/// `p_a`, between 0 and 1.
pub(super) fn p_a(row: &mut Row) -> Result<Option<f64>, RowError> {
    let percent = row.get("p_a").and_then(Value::as_str).and_then(|text| text.trim().strip_suffix('%'));
    let percent = percent.and_then(|text| text.trim().parse::<f64>().ok());
    if let Some(percent) = percent {
        drop(row.take("p_a"));
        row.put(&crate::row::name_of("p_a"), Value::from(percent / 100.0));
    }
    match row.opt_number("p_a")? {
        Some(p_a) if !(0.0..=1.0).contains(&p_a) => Err(RowError::new(
            Reason::VerdictOutOfRange,
            "a number from 0 (B wins) to 1 (A wins) is expected",
        )
        .field("p_a")
        .json(&Value::from(p_a))),
        p_a => Ok(p_a),
    }
}

/// Order, kind of tie and weight.
pub(super) fn rest_of_verdict(row: &mut Row) -> Result<(Order, Option<TieKind>, f64), RowError> {
    let order = match row.opt_text("order")? {
        None => Order::Unknown,
        Some(text) => Order::parse(&text).ok_or_else(|| {
            RowError::new(Reason::WrongType, "ab, ba, both or unknown is expected")
                .field("order")
                .value(&text)
        })?,
    };
    let tie = match row.opt_text("tie")? {
        None => None,
        Some(text) if text.eq_ignore_ascii_case("false") || text == "0" => None,
        Some(text) if text.eq_ignore_ascii_case("true") || text == "1" => Some(TieKind::Tie),
        Some(text) => Some(TieKind::parse(&text).ok_or_else(|| {
            RowError::new(Reason::WrongType, "tie, both_bad or both_good is expected")
                .field("tie")
                .value(&text)
        })?),
    };
    let weight = row.take("weight").map_or(Ok(1.0), |value| weight("weight", &value))?;
    Ok((order, tie, weight))
}

/// Reads a call as [`Call`] from `a`, `b`, `tie` and their kin, for formats that share these words.
pub(super) fn preferred(field: &str, value: Option<Value>) -> Result<Call, RowError> {
    winner(field, value, &["a", "text_a", "response_a"], &["b", "text_b", "response_b"])
}
