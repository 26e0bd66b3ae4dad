//! What an AlpacaEval record says: an annotation of two outputs, or one output of one model.
//!
//! `instruction` is the prompt, `output_1`/`generator_1` response A, `output_2`/`generator_2` response B, `annotator` the judge.
//! `preference` runs from 1 (A) to 2 (B), so `p_a = 2 - preference`; 1.5 and 0 are ties, null and NaN mean no verdict, anything else stops.
//! `raw_completion`, price, time and `referenced_models` make up the receipt; `dataset` and `datasplit` go to the metadata. Records with
//! one `output` and its `generator` are answers: every two models' answers to an instruction become a pair.

use predilect_types::{Message, Order, Response, TieKind, Verdict};

use super::common::{Context, keep_rest};
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::pieces::{Answer, Piece};
use crate::row::Row;

const RECEIPT: &[&str] = &["raw_completion", "price_per_example", "time_per_example", "referenced_models"];

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let instruction = row.text("instruction")?;
    if row.has("output") && !row.has("output_1") {
        let text = row.text("output")?;
        let model = row.opt_text("generator")?.unwrap_or_else(|| cx.stem.clone());
        return Ok(Piece::Answer(Answer {
            key: instruction.clone(),
            model,
            prompt: Some(vec![Message::user(instruction)]),
            turns: vec![text],
        })
        .into());
    }
    let mut a = Response::new(row.text("output_1")?, None);
    let mut b = Response::new(row.text("output_2")?, None);
    a.model = row.opt_text("generator_1")?;
    b.model = row.opt_text("generator_2")?;
    let mut draft = Draft::new(vec![Message::user(instruction)], a, b);
    let judge = cx.judge_or(row.opt_text("annotator")?);
    let receipt = row.receipt(RECEIPT);
    match p_a(&mut row)? {
        Some((p_a, tie)) => {
            draft.verdicts.push(Verdict {
                order: Order::Unknown,
                tie,
                receipt,
                ..Verdict::new("", judge, p_a)
            });
        }
        None => draft.dropped.push(NO_VERDICT),
    }
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

fn p_a(row: &mut Row) -> Result<Option<(f64, Option<TieKind>)>, RowError> {
    let Some(preference) = row.opt_number("preference")? else { return Ok(None) };
    if preference == 0.0 || preference == 1.5 {
        return Ok(Some((0.5, Some(TieKind::Tie))));
    }
    if !(1.0..=2.0).contains(&preference) {
        return Err(RowError::new(
            Reason::VerdictOutOfRange,
            "a preference runs from 1 (output_1) to 2 (output_2), with 1.5 or 0 for a tie",
        )
        .field("preference")
        .value(&preference.to_string()));
    }
    Ok(Some((2.0 - preference, None)))
}
