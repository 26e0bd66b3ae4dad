//! What the formats have in common: what a parser knows in addition to the record, and the words for a winner.

use std::collections::BTreeMap;
use std::sync::Arc;

use predilect_types::{Provenance, TieKind, Verdict};
use serde_json::{Value, json};

use super::annotators::Annotators;
use crate::call::Call;
use crate::error::{Reason, RowError};
use crate::row::Row;

/// What a parser knows in addition to the record.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The file as messages name it.
    pub(crate) source: String,
    /// The recipe's name.
    pub(crate) format: String,
    /// The judge that the user named.
    pub(crate) given: Option<String>,
    /// The judge of verdicts without a judge.
    pub(crate) judge: String,
    /// Whether several judge prompts of one model are among the files, so that the model alone does not name a judge.
    pub(crate) by_prompt: bool,
    /// The file's name without folders and endings.
    pub(crate) stem: String,
    /// A name for the file that is unique among the inputs.
    pub(crate) tag: String,
    /// For `annotated_pairs`: who annotates.
    pub(crate) annotators: Annotators,
}

impl Context {
    /// Where records are, with names that are allocated separately: threads that counted references to the same ones would wait for each
    /// other at every record.
    pub(crate) fn apart(&self) -> Provenance {
        Provenance {
            source: Arc::from(self.source.as_str()),
            format: Arc::from(self.format.as_str()),
            record: 0,
        }
    }

    /// The judge's name: the user's, else the file's own, else the file's default.
    pub(crate) fn judge_or(&self, named: Option<String>) -> String {
        self.given.clone().or(named).unwrap_or_else(|| self.judge.clone())
    }

    /// The judge's name for files of one judge: the user's, else the file's own, else the file's name.
    pub(crate) fn judge_or_stem(&self, named: Option<String>) -> String {
        self.given.clone().or(named).unwrap_or_else(|| self.stem.clone())
    }
}

/// Reads a winner in words: the names given for A and B, a tie and its two kinds, and what means no verdict.
///
/// There is no guessing: what the formats do not define (`c`, `both`, `draw`) stops.
pub(crate) fn winner(
    field: &str,
    value: Option<Value>,
    names_a: &[&str],
    names_b: &[&str],
) -> Result<Call, RowError> {
    let Some(value) = value else { return Ok(Call::Missing) };
    let text = crate::row::as_text(field, value)?;
    let plain = text.trim();
    let named =
        |names: &[&str]| names.iter().any(|name| !name.is_empty() && name.eq_ignore_ascii_case(plain));
    if named(names_a) && !names_b.contains(&plain) {
        return Ok(Call::A);
    }
    if named(names_b) && !names_a.contains(&plain) {
        return Ok(Call::B);
    }
    Ok(match plain.to_ascii_lowercase().as_str() {
        "tie" => Call::Tie(TieKind::Tie),
        "tie (bothbad)" | "tie (both bad)" | "bothbad" | "both_bad" => Call::Tie(TieKind::BothBad),
        "tie (bothgood)" | "tie (both good)" | "bothgood" | "both_good" => Call::Tie(TieKind::BothGood),
        "" | "none" | "null" | "nan" | "n/a" | "error" | "garbage" | "invalid" | "unknown" => Call::Missing,
        _ => {
            let one = |names: &[&str]| names.first().copied().unwrap_or_default().to_owned();
            return Err(RowError::new(
                Reason::UnknownWinner,
                "the winner is neither of the two responses, nor a tie",
            )
            .field(field)
            .value(plain)
            .remedy(format!(
                "write {}, {} or tie, or leave the field empty for no verdict",
                one(names_a),
                one(names_b)
            )));
        }
    })
}

/// Reads a label that is a number: the numbers for A, for B and for a tie.
pub(crate) fn label(
    field: &str,
    value: Option<Value>,
    a: f64,
    b: f64,
    tie: Option<f64>,
) -> Result<Call, RowError> {
    let Some(value) = value else { return Ok(Call::Missing) };
    if let Value::String(text) = &value {
        match text.trim().to_ascii_lowercase().as_str() {
            "tie" => return Ok(Call::Tie(TieKind::Tie)),
            "garbage" | "error" | "invalid" => return Ok(Call::Missing),
            _ => {}
        }
    }
    let Some(number) = crate::row::number(field, &value)? else { return Ok(Call::Missing) };
    if number == a {
        Ok(Call::A)
    } else if number == b {
        Ok(Call::B)
    } else if tie == Some(number) {
        Ok(Call::Tie(TieKind::Tie))
    } else {
        let also = tie.map_or(String::new(), |tie| format!(" or {tie} for a tie"));
        Err(RowError::new(
            Reason::VerdictOutOfRange,
            format!("{a} for the first or {b} for the second{also} is expected"),
        )
        .field(field)
        .json(&value))
    }
}

/// One verdict from a judge asked in both orders.
///
/// `p_a` is the mean of what could be parsed, the order says which were, the receipt keeps both calls as the
/// file writes them, and as preferences for A under `orders`. Two equal ties are a tie; two opposite calls are 0.5 without being one.
pub(crate) fn both_orders(judge: &str, straight: Call, swapped: Call, mut receipt: Value) -> Option<Verdict> {
    use predilect_types::Order;
    let (p_a, order) = match (straight.p_a(), swapped.p_a()) {
        (Some(x), Some(y)) => (f64::midpoint(x, y), Order::Both),
        (Some(x), None) => (x, Order::Ab),
        (None, Some(y)) => (y, Order::Ba),
        (None, None) => return None,
    };
    if let Some(receipt) = receipt.as_object_mut() {
        receipt.insert("orders".to_owned(), json!({ "ab": straight.p_a(), "ba": swapped.p_a() }));
    }
    let tie = match (straight, swapped) {
        (Call::Tie(x), Call::Tie(y)) => Some(if x == y { x } else { TieKind::Tie }),
        (Call::Tie(x), Call::Missing) | (Call::Missing, Call::Tie(x)) => Some(x),
        _ => None,
    };
    Some(Verdict { order, tie, receipt: Some(receipt), ..Verdict::new("", judge, p_a) })
}

/// Moves what is left of a record into the pair's metadata.
pub(super) fn keep_rest(row: Row, metadata: &mut BTreeMap<String, Value>) {
    row.rest_into(metadata);
}
