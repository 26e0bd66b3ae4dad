//! How a pair is written in Predilect's own format.

use predilect_types::{Order, Pair, Role, Verdict};
use serde_json::{Map, Value, json};

use super::writer::{Writer, text_or_messages};
use crate::error::DataError;

pub(super) fn write(writer: &mut Writer<'_>, pair: &Pair, verdicts: &[Verdict]) -> Result<(), DataError> {
    let mut record = Map::new();
    record.insert("id".to_owned(), json!(pair.id));
    record.insert("prompt".to_owned(), text_or_messages(&pair.prompt, &Role::User));
    record.insert("response_a".to_owned(), text_or_messages(&pair.response_a.messages, &Role::Assistant));
    record.insert("response_b".to_owned(), text_or_messages(&pair.response_b.messages, &Role::Assistant));
    let fields = [
        ("model_a", &pair.response_a.model),
        ("model_b", &pair.response_b.model),
        ("scenario", &pair.scenario),
        ("language", &pair.language),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            record.insert(name.to_owned(), json!(value));
        }
    }
    if !pair.metadata.is_empty() {
        record.insert("metadata".to_owned(), json!(pair.metadata));
    }
    record.insert("verdicts".to_owned(), verdicts.iter().map(verdict).collect());
    writer.summary.pairs += 1;
    writer.summary.verdicts += verdicts.len() as u64;
    writer.line(&Value::Object(record))
}

fn verdict(verdict: &Verdict) -> Value {
    let mut record = Map::new();
    record.insert("judge".to_owned(), json!(verdict.judge));
    record.insert("p_a".to_owned(), json!(verdict.p_a));
    if verdict.order != Order::Unknown {
        record.insert("order".to_owned(), json!(verdict.order));
    }
    if let Some(tie) = verdict.tie {
        record.insert("tie".to_owned(), json!(tie));
    }
    if verdict.weight != 1.0 {
        record.insert("weight".to_owned(), json!(verdict.weight));
    }
    for (name, value) in
        [("annotator", &verdict.annotator), ("pool", &verdict.pool), ("criterion", &verdict.criterion)]
    {
        if let Some(value) = value {
            record.insert(name.to_owned(), json!(value));
        }
    }
    if let Some(receipt) = &verdict.receipt {
        record.insert("receipt".to_owned(), receipt.clone());
    }
    Value::Object(record)
}
