//! What a record says in the formats that no recipe can declare: one file per shape, and the words they share.

mod alpaca_eval;
mod annotated_pairs;
mod arena_hard;
mod bias_bench;
mod chats;
mod judge_bench;
mod label_studio;
mod llm_bar;
mod mt_bench;
mod pairs;
mod panda_lm;
mod preference_dissection;
mod tree;
mod turns;

use std::collections::BTreeMap;
use std::sync::Arc;

use predilect_types::{Message, Provenance, Response, TieKind, Verdict};
use serde_json::{Value, json};

pub(crate) use annotated_pairs::Annotators;
pub(crate) use judge_bench::judge_of;
pub(crate) use mt_bench::response as mt_bench_response;
pub(crate) use tree::pairs as tree_pairs;

use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::pieces::{PointsKind, Scored};
use crate::recipe::{Plan, Shape, on_side_b};
use crate::row::Row;

/// What a parser knows besides the record.
#[derive(Debug, Default)]
pub(crate) struct Context {
    /// The file as messages name it.
    pub(crate) source: String,
    /// The recipe's name.
    pub(crate) format: String,
    /// The judge that the user named.
    pub(crate) given: Option<String>,
    /// The judge of verdicts that name none.
    pub(crate) judge: String,
    /// Whether several judge prompts of one model are among the files, so that the model alone does not name a judge.
    pub(crate) by_prompt: bool,
    /// The file's name without folders and endings.
    pub(crate) stem: String,
    /// A name for the file that no other input has.
    pub(crate) tag: String,
    /// For `annotated_pairs`: who annotates.
    pub(crate) annotators: Annotators,
}

impl Context {
    /// Where records stand, by names in memory of their own: threads that counted their references to the same ones would
    /// wait for each other at every record.
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

/// Reads a winner in words: the names given for A and B, a tie and its two kinds, and what stands for no verdict.
///
/// Nothing else is guessed: what the formats do not define (`c`, `both`, `draw`) stops.
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

/// Reads one record by a plan.
pub(crate) fn parse(plan: &Plan, cx: &Context, mut row: Row, record: u64) -> Result<Parsed, RowError> {
    if plan.cells && plan.recipe.coded() {
        row.drop_blanks();
    }
    match plan.recipe.shape {
        Shape::Pairs => pairs::parse(cx, row),
        Shape::AlpacaEval => alpaca_eval::parse(cx, row),
        Shape::AnnotatedPairs => annotated_pairs::parse(cx, row),
        Shape::MtBench => mt_bench::parse(cx, row),
        Shape::ArenaHard => arena_hard::parse(cx, row),
        Shape::JudgeBench => judge_bench::parse(cx, row),
        Shape::PandaLm => panda_lm::parse(cx, row),
        Shape::LlmBar => llm_bar::parse(cx, row),
        Shape::PreferenceDissection => preference_dissection::parse(cx, row),
        Shape::Tree => tree::parse(plan, cx, row),
        Shape::Turns => turns::parse(plan, cx, row),
        Shape::LabelStudio => label_studio::parse(plan, cx, row),
        Shape::Chats => chats::parse(plan, cx, row),
        Shape::Pair
        | Shape::Choice
        | Shape::Candidates
        | Shape::Unpaired
        | Shape::Scored
        | Shape::Votes
        | Shape::Wide
        | Shape::Sidecar => plan.parse(row, &cx.tag, record),
    }
}

/// A chosen and a rejected response of two records as a pair.
pub(crate) fn from_choice(
    prompt: Vec<Message>,
    chosen: Response,
    rejected: Response,
    judge: String,
    annotator: Option<String>,
) -> Draft {
    let swapped = on_side_b(&prompt, &chosen, &rejected);
    let (a, b) = if swapped { (rejected, chosen) } else { (chosen, rejected) };
    let mut draft = Draft::new(prompt, a, b);
    draft.meta("swapped", Some(Value::Bool(swapped)));
    let p_a = if swapped { 0.0 } else { 1.0 };
    draft.verdicts.push(Verdict { annotator, ..Verdict::new("", judge, p_a) });
    draft
}

/// Two scored responses of two records as a pair, with one verdict for each score that both have; none where neither was chosen.
pub(crate) fn from_scores(x: &Scored, y: &Scored) -> Option<Draft> {
    let swapped = on_side_b(&x.prompt, &x.response, &y.response);
    let (a, b) = if swapped { (y, x) } else { (x, y) };
    let mut draft = Draft::new(x.prompt.clone(), a.response.clone(), b.response.clone());
    draft.pair.scenario.clone_from(&x.scenario);
    for first in &a.scores {
        let second = b.scores.iter().find(|other| {
            other.judge == first.judge && other.criterion == first.criterion && other.kind == first.kind
        });
        let call = second.map_or(Call::Missing, |second| match first.kind {
            PointsKind::Score | PointsKind::Mark => Call::larger(first.number, second.number),
            PointsKind::Rank => Call::larger(second.number, first.number),
        });
        if first.kind == PointsKind::Mark && matches!(call, Call::Tie(_)) {
            return None;
        }
        match (call.verdict(first.judge.clone()), second) {
            (Some(mut verdict), Some(second)) => {
                verdict.annotator.clone_from(&a.annotator);
                verdict.criterion.clone_from(&first.criterion);
                verdict.receipt = match first.kind {
                    PointsKind::Score => Some(json!({ "score_a": first.number, "score_b": second.number })),
                    PointsKind::Rank => Some(json!({ "rank_a": first.number, "rank_b": second.number })),
                    PointsKind::Mark => None,
                };
                draft.verdicts.push(verdict);
            }
            _ => draft.dropped.push(NO_VERDICT),
        }
    }
    Some(draft)
}

/// Takes a format's document apart into its records.
pub(crate) fn document(shape: Shape, value: Value) -> Result<(Vec<Value>, Annotators), RowError> {
    match shape {
        Shape::AnnotatedPairs => annotated_pairs::document(value),
        Shape::Pair => Ok((bias_bench::document(value)?, Annotators::default())),
        _ => Ok((vec![value], Annotators::default())),
    }
}

/// Moves what is left of a record into the pair's metadata.
fn keep_rest(row: Row, metadata: &mut BTreeMap<String, Value>) {
    row.rest_into(metadata);
}
