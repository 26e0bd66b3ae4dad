//! How a verdict is written for TRL: a conversational prompt with a chosen and a rejected response.
//!
//! Ties and pairs without text or verdict have no place; a soft preference becomes a hard one. `judge` and `swapped`
//! (the chosen one was B) are further columns that trainers leave alone and that reading the file again needs.

use predilect_types::{Pair, Verdict};
use serde_json::json;

use super::{Writer, messages, silent};
use crate::error::DataError;

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
        writer.line(&json!({
            "prompt": messages(&pair.prompt),
            "chosen": messages(&chosen.messages),
            "rejected": messages(&rejected.messages),
            "judge": verdict.judge,
            "swapped": swapped,
        }))?;
        written = true;
        writer.summary.verdicts += 1;
    }
    if verdicts.is_empty() {
        writer.summary.lose("pair without a verdict");
    }
    writer.summary.pairs += u64::from(written);
    Ok(())
}
