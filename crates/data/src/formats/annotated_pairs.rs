//! What an AnnotatedPairs file says: comparisons, and each annotator's preference on them.
//!
//! The JSON form (2.0) is one object with `metadata`, `annotators` and `comparisons` and is loaded whole, because the annotators may come
//! after the comparisons that refer to them. A judge is the annotator's `name` if no other shares it, else its id; type and description go
//! to the receipt. `pref` is `a`, `b`, or null: null with a `no_pref_reason` that names a tie is a tie, any other null means no verdict,
//! other words stop. Extra fields of an annotation that Predilect writes (`p_a`, `order`, `tie`, `weight`, `receipt`) win over `pref`. A
//! comparison's `metadata` becomes the pair's; `scenario`, `language` and `prompt_messages` in it are taken as such.
//!
//! The table form has `text_a`, `text_b`, `preferred_text` (`text_a`, `text_b`), `input` or `prompt`, `model_a`,
//! `model_b`. Texts that are whole conversations contain the prompt.

use predilect_types::{Response, Role, TieKind, Verdict};
use serde_json::{Map, Value};

use super::annotators::Annotators;
use super::common::{Context, keep_rest};
use super::pairs;
use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::RowError;
use crate::row::{Row, as_text, messages};
use crate::texts::{conversation, is_whole, merge_prompt, split_shared};

/// The comparisons and the annotators of the JSON form.
pub(super) fn document(value: Value) -> Result<(Vec<Value>, Annotators), RowError> {
    let Value::Object(mut fields) = value else { return Ok((vec![value], Annotators::default())) };
    let annotators = Annotators::read(fields.remove("annotators"))?;
    match fields.remove("comparisons") {
        Some(Value::Array(comparisons)) => Ok((comparisons, annotators)),
        Some(other) => Err(RowError::wrong_type("comparisons", &other, "a list of comparisons")),
        None => Err(RowError::missing("comparisons")),
    }
}

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    if row.has("text_a") {
        return table(cx, row);
    }
    let a = side(&mut row, "response_a")?;
    let b = side(&mut row, "response_b")?;
    let mut metadata = match row.take("metadata") {
        None => Map::new(),
        Some(Value::Object(metadata)) => metadata,
        Some(other) => return Err(RowError::wrong_type("metadata", &other, "an object")),
    };
    let prompt = match metadata.remove("prompt_messages") {
        Some(turns) => {
            row.take("prompt");
            messages("metadata.prompt_messages", turns, Role::User)?
        }
        // The format allows a comparison without a prompt.
        None => match row.take("prompt") {
            Some(prompt) => messages("prompt", prompt, Role::User)?,
            None => Vec::new(),
        },
    };
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.id = row.opt_text("id")?.unwrap_or_default();
    for (name, slot) in [("scenario", &mut draft.pair.scenario), ("language", &mut draft.pair.language)] {
        if let Some(Value::String(text)) = metadata.get(name) {
            *slot = Some(text.clone());
            metadata.remove(name);
        }
    }
    draft.pair.metadata.extend(metadata.into_iter().filter(|(_, value)| !value.is_null()));
    match row.take("annotations") {
        None => {}
        Some(Value::Object(annotations)) => {
            for (id, annotation) in annotations {
                annotate(cx, &mut draft, &id, annotation)
                    .map_err(|error| error.under(&format!("annotations.{id}")))?;
            }
        }
        Some(other) => return Err(RowError::wrong_type("annotations", &other, "an object of annotations")),
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

fn side(row: &mut Row, name: &str) -> Result<Response, RowError> {
    match row.require(name)? {
        Value::Object(mut side) => {
            let model = match side.remove("model") {
                Some(Value::Null) | None => None,
                Some(model) => Some(as_text(&format!("{name}.model"), model)?),
            };
            let text = match side.remove("messages") {
                Some(turns) => turns,
                None => side.remove("text").ok_or_else(|| RowError::missing(&format!("{name}.text")))?,
            };
            Ok(Response { messages: messages(&format!("{name}.text"), text, Role::Assistant)?, model })
        }
        other => Ok(Response { messages: messages(name, other, Role::Assistant)?, model: None }),
    }
}

fn annotate(cx: &Context, draft: &mut Draft, id: &str, annotation: Value) -> Result<(), RowError> {
    let Value::Object(fields) = annotation else {
        return Err(RowError::wrong_type(id, &annotation, "an object"));
    };
    let mut row = Row::from_fields(fields);
    let (judge, about) = match cx.annotators.0.get(id) {
        Some((name, about)) => (name.clone(), about.clone()),
        None => (id.to_owned(), Map::new()),
    };
    let (order, tie, weight) = pairs::rest_of_verdict(&mut row)?;
    let receipt = row.take("receipt");
    let call = match row.take("pref") {
        Some(value) => pairs::preferred("pref", Some(value))?,
        None => match row.opt_text("no_pref_reason")?.as_deref() {
            Some("tie" | "equal" | "same" | "draw") => Call::Tie(TieKind::Tie),
            Some("both_bad" | "neither") => Call::Tie(TieKind::BothBad),
            Some("both_good" | "both") => Call::Tie(TieKind::BothGood),
            _ => Call::Missing,
        },
    };
    let verdict = match pairs::p_a(&mut row)? {
        Some(p_a) => Some(Verdict::new("", judge, p_a)),
        None => call.verdict(judge),
    };
    let Some(mut verdict) = verdict else {
        draft.dropped.push(NO_VERDICT);
        return Ok(());
    };
    verdict.order = order;
    verdict.tie = tie.or(verdict.tie);
    verdict.weight = weight;
    verdict.receipt = receipt.or((!about.is_empty()).then_some(Value::Object(about)));
    draft.verdicts.push(verdict);
    Ok(())
}

fn table(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let field = row.first_of(&["input", "prompt"]);
    let prompt = match row.take(field) {
        Some(prompt) => messages(field, prompt, Role::User)?,
        None => Vec::new(),
    };
    let mut a = conversation("text_a", row.require("text_a")?, Role::Assistant)?;
    let mut b = conversation("text_b", row.require("text_b")?, Role::Assistant)?;
    let (mut prompt, mut odd) = (prompt, None);
    // Whole conversations contain the prompt.
    if is_whole(&a) && is_whole(&b) {
        let (shared, own_a, own_b) = split_shared(a, b)?;
        match merge_prompt(prompt, shared.clone()) {
            Ok(merged) => prompt = merged,
            Err(given) => {
                let given: Vec<&str> = given.iter().map(|turn| turn.content.as_str()).collect();
                odd = Some(given.join("\n"));
                prompt = shared;
            }
        }
        (a, b) = (own_a, own_b);
    }
    let a = Response { messages: a, model: row.opt_text("model_a")? };
    let b = Response { messages: b, model: row.opt_text("model_b")? };
    let mut draft = Draft::new(prompt, a, b);
    draft.pair.id = row.opt_text("comparison_id")?.unwrap_or_default();
    draft.meta("prompt_column", odd.map(Value::String));
    let call = pairs::preferred("preferred_text", row.take("preferred_text"))?;
    let judge = row.first_of(&["judge", "annotator"]);
    draft.call(cx.judge_or(row.opt_text(judge)?), call);
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}
