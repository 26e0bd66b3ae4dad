//! How pairs are written as AnnotatedPairs 2.0.
//!
//! Each judge is an annotator whose id is its name. What the format has no field for is written to additional fields that other tools
//! ignore: `p_a`, `order`, `tie`, `weight` and `receipt` next to `pref`, `messages` next to `text`, and `scenario`, `language`,
//! `prompt_messages` in a comparison's metadata. An annotator has one annotation on a pair, so a judge's further verdicts on it are lost.

use std::collections::BTreeSet;

use predilect_types::{Message, Order, Pair, Response, Role, Verdict};
use serde_json::{Map, Value, json};

use super::writer::{Writer, messages, single};
use crate::error::DataError;

pub(super) fn start<'a>(
    writer: &mut Writer<'_>,
    verdicts: impl Iterator<Item = &'a Verdict>,
    metadata_keys: &BTreeSet<String>,
) -> Result<(), DataError> {
    let judges: BTreeSet<&str> = verdicts.map(|verdict| verdict.judge.as_str()).collect();
    let annotators: Map<String, Value> = judges
        .iter()
        .map(|judge| ((*judge).to_owned(), json!({ "name": judge, "description": "", "type": "unknown" })))
        .collect();
    // The format wants the metadata first.
    writer.text("{\"metadata\": ")?;
    writer.json(&json!({
        "version": "2.0",
        "description": "Exported by Predilect",
        "dataset_name": "predilect",
        "default_annotator": judges.first(),
        "available_metadata_keys_per_comparison": metadata_keys,
    }))?;
    writer.text(",\n\"annotators\": ")?;
    writer.json(&Value::Object(annotators))?;
    writer.text(",\n\"comparisons\": [")
}

pub(super) fn write(
    writer: &mut Writer<'_>,
    pair: &Pair,
    verdicts: &[Verdict],
    first: &mut bool,
) -> Result<(), DataError> {
    let mut annotations = Map::new();
    for verdict in verdicts {
        if annotations.contains_key(&verdict.judge) {
            writer.summary.lose("further verdict of one judge on one pair");
            continue;
        }
        annotations.insert(verdict.judge.clone(), annotation(verdict));
        writer.summary.verdicts += 1;
    }
    let metadata = metadata(pair);
    writer.summary.pairs += 1;
    let prompt = if pair.prompt.is_empty() { Value::Null } else { json!(pair.prompt_text()) };
    writer.element(
        &json!({
            "id": pair.id,
            "prompt": prompt,
            "response_a": response(&pair.response_a),
            "response_b": response(&pair.response_b),
            "annotations": annotations,
            "metadata": metadata,
        }),
        first,
    )
}

/// What a comparison's `metadata` contains: the pair's own fields and those for which the format has no field.
pub(super) fn metadata(pair: &Pair) -> Map<String, Value> {
    let mut metadata: Map<String, Value> =
        pair.metadata.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in [("scenario", &pair.scenario), ("language", &pair.language)] {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), json!(value));
        }
    }
    if single(&pair.prompt, &Role::User).is_none() && !pair.prompt.is_empty() {
        metadata.insert("prompt_messages".to_owned(), messages(&pair.prompt));
    }
    metadata
}

fn response(response: &Response) -> Value {
    let turns: &[Message] = &response.messages;
    let mut record = json!({ "text": response.text(), "model": response.model });
    if let (None, Value::Object(fields)) = (single(turns, &Role::Assistant), &mut record) {
        fields.insert("messages".to_owned(), messages(turns));
    }
    record
}

fn annotation(verdict: &Verdict) -> Value {
    let mut record = Map::new();
    let hard = verdict.p_a == 0.0 || verdict.p_a == 1.0;
    let preferred = if verdict.p_a > 0.5 { Some("a") } else { Some("b").filter(|_| verdict.p_a < 0.5) };
    record.insert("pref".to_owned(), json!(preferred));
    if let Some(tie) = verdict.tie {
        record.insert("tie".to_owned(), json!(tie));
        if preferred.is_none() {
            record.insert("no_pref_reason".to_owned(), json!(tie));
        }
    }
    if !hard {
        record.insert("p_a".to_owned(), json!(verdict.p_a));
    }
    if verdict.order != Order::Unknown {
        record.insert("order".to_owned(), json!(verdict.order));
    }
    if verdict.weight != 1.0 {
        record.insert("weight".to_owned(), json!(verdict.weight));
    }
    if let Some(receipt) = &verdict.receipt {
        record.insert("receipt".to_owned(), receipt.clone());
    }
    Value::Object(record)
}
