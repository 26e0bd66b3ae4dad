//! How a verdict is written for TRL: a conversational prompt with a chosen and a rejected response.
//!
//! Ties and pairs without text or verdict cannot be represented; a soft preference becomes a hard one. `judge`, `swapped` (the chosen one
//! was B), `pair_id`, models, scenario, language and metadata are further columns that trainers ignore and that reading the file again
//! needs.

use predilect_types::{Order, Pair, Verdict};
use serde_json::json;

use super::writer::{Writer, messages, silent};
use crate::error::DataError;

#[expect(
    clippy::too_many_lines,
    reason = "one line of the format: what is written, and what of it the format has no place for"
)]
pub(super) fn write(writer: &mut Writer<'_>, pair: &Pair, verdicts: &[Verdict]) -> Result<(), DataError> {
    if silent(pair) {
        writer.summary.lose("pair without text");
        return Ok(());
    }
    if pair.identical() {
        writer.summary.lose("pair of identical responses");
        return Ok(());
    }
    let mut written = false;
    for verdict in verdicts {
        if verdict.p_a == 0.5 {
            writer.summary.lose("verdict that is a tie");
            continue;
        }
        let swapped = verdict.p_a < 0.5;
        if verdict.p_a != 0.0 && verdict.p_a != 1.0 {
            writer.summary.lose("how soft a preference is");
        }
        let (chosen, rejected) =
            if swapped { (&pair.response_b, &pair.response_a) } else { (&pair.response_a, &pair.response_b) };
        if verdict.weight != 1.0 {
            writer.summary.lose("weight of a verdict");
        }
        if verdict.order != Order::Unknown {
            writer.summary.lose("order in which a judge saw the responses");
        }
        if verdict.receipt.is_some() {
            writer.summary.lose("receipt of a verdict");
        }
        let mut line = json!({
            "prompt": messages(&pair.prompt),
            "chosen": messages(&chosen.messages),
            "rejected": messages(&rejected.messages),
            "judge": verdict.judge,
            "swapped": swapped,
            "pair_id": pair.id,
        });
        for (name, value) in [
            ("chosen_model", &chosen.model),
            ("rejected_model", &rejected.model),
            ("scenario", &pair.scenario),
            ("language", &pair.language),
        ] {
            if let Some(value) = value {
                line[name] = value.clone().into();
            }
        }
        for (name, value) in &pair.metadata {
            if line.get(name).is_some() || name == "messages" {
                writer.summary.lose("metadata field under a name that the format itself uses");
            } else {
                line[name.as_str()] = value.clone();
            }
        }
        writer.line(&line)?;
        written = true;
        writer.summary.verdicts += 1;
    }
    if verdicts.is_empty() {
        writer.summary.lose("pair without a verdict");
    }
    writer.summary.pairs += u64::from(written);
    Ok(())
}
