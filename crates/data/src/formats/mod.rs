//! What a record says in the formats that no recipe can declare: one file per shape, and in `common` what they share.

mod alpaca_eval;
mod annotated_pairs;
mod annotators;
mod arena_hard;
mod bias_bench;
mod chats;
mod common;
mod judge_bench;
mod label_studio;
mod llm_bar;
mod mt_bench;
mod pairs;
mod panda_lm;
mod preference_dissection;
mod tree;
mod turns;

use predilect_types::{Message, Response, Verdict};
use serde_json::{Value, json};

pub(crate) use annotators::Annotators;
pub(crate) use common::Context;
pub(crate) use judge_bench::judge_of;
pub(crate) use mt_bench::response as mt_bench_response;
pub(crate) use tree::pairs as tree_pairs;

use crate::call::Call;
use crate::draft::{Draft, NO_VERDICT, Parsed};
use crate::error::RowError;
use crate::pieces::{PointsKind, Scored};
use crate::recipe::{Plan, Shape, on_side_b};
use crate::row::Row;

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

/// Two scored responses of two records as a pair, with one verdict for each score that both have; `None` if neither was chosen.
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

/// Splits a format's document into its records.
pub(crate) fn document(shape: Shape, value: Value) -> Result<(Vec<Value>, Annotators), RowError> {
    match shape {
        Shape::AnnotatedPairs => annotated_pairs::document(value),
        Shape::Pair => Ok((bias_bench::document(value)?, Annotators::default())),
        _ => Ok((vec![value], Annotators::default())),
    }
}
