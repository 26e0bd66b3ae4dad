//! What a Label Studio task says: two texts that people compared, and each person's choice.
//!
//! `data` holds the texts; a result of type `pairwise` names the two it compared in `to_name` and the better one as `left` or
//! `right`; one of type `choices` names it in words. Whoever completed an annotation is its annotator; cancelled ones count
//! as no verdict.

use predilect_types::Order;
use serde_json::Value;

use super::{Context, Draft, NO_VERDICT, Parsed};
use crate::error::RowError;
use crate::recipe::{Call, Plan, Sample, name_of, sides, words};
use crate::row::Row;

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let data = row.require("data")?;
    let Value::Object(fields) = data else {
        return Err(RowError::wrong_type("data", &data, "an object"));
    };
    let annotations = match row.take("annotations").or_else(|| row.take("completions")) {
        Some(Value::Array(list)) => list,
        Some(other) => return Err(RowError::wrong_type("annotations", &other, "a list of annotations")),
        None => Vec::new(),
    };
    let compared = annotations
        .iter()
        .filter_map(|annotation| annotation.get("result")?.as_array())
        .flatten()
        .find_map(|result| result.get("to_name")?.as_str()?.split_once(','))
        .map(|(a, b)| (a.trim().to_owned(), b.trim().to_owned()))
        .filter(|(a, b)| fields.contains_key(a) && fields.contains_key(b));
    let columns: Vec<String> = fields.keys().cloned().collect();
    let mut texts = Row::from_fields(fields);
    let sample = Sample { rows: vec![texts.clone()], columns, ..Sample::default() };
    let (a, b) = compared.or_else(|| sides(&sample)).ok_or_else(|| {
        RowError::missing("data").hint(
            "the task's data have no two texts by names such as answer1 and answer2; name them with --map",
        )
    })?;
    let mut texts_of = |name: &str| {
        texts.messages(name, predilect_types::Role::Assistant).map_err(|error| error.under("data"))
    };
    let (a, b) = (texts_of(&a)?, texts_of(&b)?);
    let prompt = crate::recipe::prompt_column(&sample).filter(|name| texts.has(name));
    let prompt = match prompt {
        Some(name) => {
            texts.messages(&name, predilect_types::Role::User).map_err(|error| error.under("data"))?
        }
        None => Vec::new(),
    };
    let response = |messages| predilect_types::Response { messages, model: None };
    let mut draft = Draft::new(prompt, response(a), response(b));
    for annotation in annotations {
        let cancelled = annotation.get("was_cancelled").and_then(Value::as_bool) == Some(true);
        let annotator = match annotation.get("completed_by") {
            Some(who) => name_of("completed_by", who.clone())?,
            None => None,
        };
        let results =
            annotation.get("result").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for result in results {
            let value = result.get("value");
            let said = value.and_then(|value| {
                value.get("selected").cloned().or_else(|| value.get("choices")?.get(0).cloned())
            });
            let Some(said) = said.filter(|_| !cancelled) else {
                draft.dropped.push(NO_VERDICT);
                continue;
            };
            let call = said.as_str().and_then(words);
            let Some(call) = call else {
                return Err(RowError::new(
                    crate::error::Reason::UnknownWinner,
                    "left, right or another word for one of the two is expected",
                )
                .field("annotations.result.value")
                .json(&said));
            };
            draft.noted.push((0, said.as_str().unwrap_or_default().to_owned(), call));
            match call {
                Call::Missing => draft.dropped.push(NO_VERDICT),
                call => {
                    if let Some(mut verdict) = call.verdict(cx.judge.clone()) {
                        verdict.annotator.clone_from(&annotator);
                        verdict.order = Order::Ab;
                        draft.verdicts.push(verdict);
                    }
                }
            }
        }
    }
    plan.finish(row, &mut draft)?;
    draft.pair.id.clear();
    texts.rest_into(&mut draft.pair.metadata);
    Ok(draft.into())
}
