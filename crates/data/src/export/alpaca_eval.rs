//! How a verdict is written as an AlpacaEval annotation.
//!
//! A pair without a verdict is a record whose `preference` is null. Several turns become one text; the presentation order, a weight, a
//! tie's kind, scenario and language cannot be represented. Metadata is written next to the format's own fields.

use predilect_types::{Order, Pair, Role, TieKind, Verdict};
use serde_json::{Map, Value, json};

use super::writer::{Writer, silent, single};
use crate::error::DataError;

/// Fields that metadata must not take the place of.
const OWN: &[&str] = &[
    "instruction",
    "output",
    "output_1",
    "output_2",
    "generator",
    "generator_1",
    "generator_2",
    "annotator",
    "preference",
    "raw_completion",
    "price_per_example",
    "time_per_example",
    "referenced_models",
];

#[expect(
    clippy::too_many_lines,
    reason = "one record of the format: what is written, and what of it the format has no place for"
)]
pub(super) fn write(
    writer: &mut Writer<'_>,
    pair: &Pair,
    verdicts: &[Verdict],
    first: &mut bool,
) -> Result<(), DataError> {
    if silent(pair) {
        writer.summary.lose("pair without text");
        return Ok(());
    }
    let turns = [
        (&pair.prompt, Role::User),
        (&pair.response_a.messages, Role::Assistant),
        (&pair.response_b.messages, Role::Assistant),
    ];
    if turns.iter().any(|(turns, role)| turns.len() != 1 || turns.iter().any(|turn| turn.role != *role)) {
        writer.summary.lose("turns of a conversation, written as one text");
    }
    for (field, value) in [("scenario", &pair.scenario), ("language", &pair.language)] {
        if value.is_some() {
            writer.summary.lose(field);
        }
    }
    let mut record = Map::new();
    for (name, value) in &pair.metadata {
        if OWN.contains(&name.as_str()) {
            writer.summary.lose("metadata under a name that the format itself uses");
        } else {
            record.insert(name.clone(), value.clone());
        }
    }
    let prompt = single(&pair.prompt, &Role::User).unwrap_or_else(|| pair.prompt_text().into_owned());
    record.insert("instruction".to_owned(), json!(prompt));
    record.insert("output_1".to_owned(), json!(pair.response_a.text()));
    record.insert("output_2".to_owned(), json!(pair.response_b.text()));
    record.insert("generator_1".to_owned(), json!(pair.response_a.model));
    record.insert("generator_2".to_owned(), json!(pair.response_b.model));
    writer.summary.pairs += 1;
    if verdicts.is_empty() {
        record.insert("annotator".to_owned(), Value::Null);
        record.insert("preference".to_owned(), Value::Null);
        return writer.element(&Value::Object(record), first);
    }
    for verdict in verdicts {
        let mut record = record.clone();
        record.insert("annotator".to_owned(), json!(verdict.judge));
        record.insert("preference".to_owned(), json!(2.0 - verdict.p_a));
        match &verdict.receipt {
            Some(Value::Object(receipt))
                if receipt.keys().all(|name| OWN.iter().skip(9).any(|own| own == name)) =>
            {
                record.extend(receipt.clone());
            }
            Some(_) => writer.summary.lose("receipt of another shape"),
            None => {}
        }
        if verdict.order != Order::Unknown {
            writer.summary.lose("order of presentation");
        }
        if verdict.weight != 1.0 {
            writer.summary.lose("weight");
        }
        if (verdict.p_a == 0.5) != (verdict.tie == Some(TieKind::Tie)) {
            writer.summary.lose("kind of tie");
        }
        writer.summary.verdicts += 1;
        writer.element(&Value::Object(record), first)?;
    }
    Ok(())
}
