//! What a record of each format says: one file per format, and the words they share.

mod alpaca_eval;
mod annotated_pairs;
mod arena;
mod arena_hard;
mod auto_j;
mod bias_bench;
mod chosen;
mod judge_bench;
mod llm_bar;
mod mt_bench;
mod pairs;
mod panda_lm;
mod preference_dissection;
mod votes;
mod wide;

use std::collections::BTreeMap;

use predilect_types::{Message, Pair, Rating, Response, TieKind, Verdict};
use serde_json::{Value, json};

pub(crate) use annotated_pairs::Annotators;
pub(crate) use chosen::from_completions;
pub(crate) use mt_bench::response as mt_bench_response;
pub(crate) use wide::model_columns;

use crate::error::{Reason, RowError};
use crate::format::Format;
use crate::join::Piece;
use crate::row::Row;

/// Counted when a record has a place for a verdict and none in it.
pub(crate) const NO_VERDICT: &str = "verdict missing or not parsed";

/// What a parser knows besides the record.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The judge that the user named for files that name none.
    pub(crate) judge: Option<String>,
    /// The file's name without folders and endings.
    pub(crate) stem: String,
    /// A name for the file that no other input has.
    pub(crate) tag: String,
    /// For `wide`: the columns that hold responses.
    pub(crate) models: Vec<String>,
    /// For `annotated_pairs`: who annotates.
    pub(crate) annotators: Annotators,
}

impl Context {
    /// The judge's name: the file's own, else the user's, else the format's.
    pub(crate) fn judge_or(&self, named: Option<String>, default: &str) -> String {
        named.or_else(|| self.judge.clone()).unwrap_or_else(|| default.to_owned())
    }
}

/// A pair with what is said about it; the ids of verdicts and ratings follow the pair's.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// With an empty id where the content is to give one.
    pub(crate) pair: Box<Pair>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) ratings: Vec<Rating>,
    /// Reasons for verdicts or ratings left out.
    pub(crate) dropped: Vec<&'static str>,
    /// A hash of the id.
    pub(crate) id: u64,
    /// A hash of prompt, responses and models.
    pub(crate) content: u64,
    /// The key by which other files refer to the pair.
    pub(crate) key: Option<String>,
}

impl Draft {
    pub(crate) fn new(prompt: Vec<Message>, a: Response, b: Response) -> Self {
        let pair = Pair { prompt, response_a: a, response_b: b, ..Pair::default() };
        Self { pair: Box::new(pair), ..Self::default() }
    }

    /// Adds a call by a judge; a missing one is counted.
    pub(crate) fn call(&mut self, judge: impl Into<String>, call: Call) {
        match call.verdict(judge) {
            Some(verdict) => self.verdicts.push(verdict),
            None => self.dropped.push(NO_VERDICT),
        }
    }

    pub(crate) fn meta(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.pair.metadata.insert(name.to_owned(), value);
        }
    }
}

/// What one record gives.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Pairs.
    Drafts(Vec<Draft>),
    /// Something that makes sense only together with other records.
    Piece(Box<Piece>),
}

impl From<Piece> for Parsed {
    fn from(piece: Piece) -> Self {
        Self::Piece(Box::new(piece))
    }
}

impl From<Draft> for Parsed {
    fn from(draft: Draft) -> Self {
        Self::Drafts(vec![draft])
    }
}

/// What a judge called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Call {
    A,
    B,
    Tie(TieKind),
    /// Nothing that could be parsed, as the file itself says.
    Missing,
}

impl Call {
    pub(crate) fn verdict(self, judge: impl Into<String>) -> Option<Verdict> {
        match self {
            Self::A => Some(Verdict::new("", judge, 1.0)),
            Self::B => Some(Verdict::new("", judge, 0.0)),
            Self::Tie(kind) => Some(Verdict::tie("", judge, kind)),
            Self::Missing => None,
        }
    }

    pub(crate) fn p_a(self) -> Option<f64> {
        match self {
            Self::A => Some(1.0),
            Self::B => Some(0.0),
            Self::Tie(_) => Some(0.5),
            Self::Missing => None,
        }
    }

    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            other => other,
        }
    }
}

/// Reads a winner in words: the names given for A and B, the words for ties, the words for no verdict.
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
        "tie" | "draw" | "equal" | "same" | "both" | "c" | "a=b" => Call::Tie(TieKind::Tie),
        "tie (bothbad)" | "tie (both bad)" | "bothbad" | "both_bad" | "both bad" | "neither" => {
            Call::Tie(TieKind::BothBad)
        }
        "bothgood" | "both_good" | "both good" => Call::Tie(TieKind::BothGood),
        "" | "none" | "null" | "nan" | "n/a" | "error" | "garbage" | "invalid" | "unknown" => Call::Missing,
        _ => {
            let one = |names: &[&str]| names.first().copied().unwrap_or_default().to_owned();
            return Err(RowError::new(
                Reason::UnknownWinner,
                "the winner is neither of the two responses, nor a tie",
            )
            .field(field)
            .value(plain)
            .hint(format!(
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

/// Reads one record.
pub(crate) fn parse(format: Format, cx: &Context, row: Row, record: u64) -> Result<Parsed, RowError> {
    match format {
        Format::Pairs => pairs::parse(cx, row),
        Format::Arena => arena::parse(cx, row),
        Format::AlpacaEval => alpaca_eval::parse(cx, row),
        Format::RewardBench => chosen::reward_bench(cx, row),
        Format::HhRlhf => chosen::hh_rlhf(cx, row),
        Format::Ultrafeedback => chosen::ultrafeedback(cx, row),
        Format::Trl => chosen::trl(cx, row),
        Format::AnnotatedPairs => annotated_pairs::parse(cx, row),
        Format::MtBench => mt_bench::parse(cx, row),
        Format::ArenaHard => arena_hard::parse(cx, row),
        Format::JudgeBench => judge_bench::parse(cx, row),
        Format::PandaLm => panda_lm::parse(cx, row),
        Format::BiasBench => bias_bench::parse(cx, row),
        Format::LlmBar => llm_bar::parse(cx, row),
        Format::AutoJ => auto_j::parse(cx, row),
        Format::PreferenceDissection => preference_dissection::parse(cx, row),
        Format::Votes => votes::parse(cx, row, record),
        Format::Wide => wide::parse(cx, row),
    }
}

/// Takes a format's document apart into its records.
pub(crate) fn document(format: Format, value: Value) -> Result<(Vec<Value>, Annotators), RowError> {
    match format {
        Format::AnnotatedPairs => annotated_pairs::document(value),
        Format::BiasBench => Ok((bias_bench::document(value)?, Annotators::default())),
        _ => Ok((vec![value], Annotators::default())),
    }
}

/// Moves what is left of a record into the pair's metadata.
fn keep_rest(row: Row, metadata: &mut BTreeMap<String, Value>) {
    row.rest_into(metadata);
}
