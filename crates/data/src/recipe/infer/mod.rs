//! Which recipe the names and values of a file's columns suggest, where no listed one fits.
//!
//! A column gets a role only by an unambiguous name; the values then have to agree. Where two readings are possible the answer is a
//! [`Refusal`] with both.

mod alone;
mod authors;
mod coded;
mod columns;
mod complete;
mod counts;
mod discarded;
mod dissent;
mod doubts;
mod evidence;
mod exchanged;
mod failed;
mod flags;
mod judge_calls;
mod judges;
mod keyed;
mod listed;
mod lists;
mod losers;
mod models;
mod named;
mod numbered;
mod numbers;
mod opened;
mod orders;
mod paired;
mod parallel;
mod pooled;
mod prompts;
mod questions;
mod repeated;
mod responses;
mod scored;
mod sentences;
mod shown;
mod side_by_side;
mod sided;
mod start;
mod texts;
mod ties;
mod turns;
mod two_orders;
mod uses;
mod values;
mod verdicts;

use super::declared::{Recipe, Shape};
use super::mapping::Mapping;
use super::refusal::Refusal;
use super::sample::Sample;
use opened::opened;
use responses::responses;
use scored::of_its_kind;
use std::collections::BTreeSet;

pub(crate) use coded::numbers_in_doubt;
pub(crate) use columns::headless;
pub(crate) use complete::{complete, leave_remarks};
pub(crate) use counts::count_votes;
pub(crate) use discarded::discarded;
pub(crate) use dissent::dissent;
pub(crate) use doubts::{contradiction, echoes, placed};
pub(crate) use exchanged::{exchange_columns, exchanged, exchanged_unread, order_columns};
pub(crate) use failed::failed_scores;
pub(crate) use judge_calls::{judge_calls, judge_columns, says_rejected};
pub(crate) use keyed::keyed;
pub(crate) use losers::is_plain_loser;
pub(crate) use models::are_names;
pub(crate) use opened::places;
pub(crate) use orders::orders_in_doubt;
pub(crate) use prompts::{
    answered_prompt, beside_prompt, doubtful_prompt, input_beside, prompt_column, settle_prompt,
    worded_prompt,
};
pub(crate) use repeated::{criterion_in_doubt, leave_record_ids};
pub(crate) use responses::{names_not_texts, rivals, sides, third_response};
pub(crate) use shown::{Shown, says_exchanged, turned, vote_turned};
pub(crate) use start::winner_start;
pub(crate) use texts::texts_beside;
pub(crate) use turns::{has_turns_beside, turns_beside};
pub(crate) use uses::used_as;
pub(crate) use values::flag;
pub(crate) use verdicts::find_verdicts;

/// The recipe that the columns speak for.
pub(crate) fn infer(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    match by_columns(sample, mapping) {
        Err(refusal) if !refusal.certain => {
            // What the columns themselves do not say, the objects within them may.
            let Some(inner) = opened(sample) else { return Err(refusal) };
            by_columns(&inner, mapping).map_err(|deeper| if deeper.certain { deeper } else { refusal })
        }
        // Pairs without a verdict: it may be in an object of theirs.
        Ok(recipe) if recipe.shape == Shape::Pair && recipe.verdict.is_empty() && !mapping.names_winner() => {
            let deeper = opened(sample).map(|inner| by_columns(&inner, mapping));
            Ok(match deeper {
                Some(Ok(deeper)) if deeper.shape == Shape::Pair && !deeper.verdict.is_empty() => deeper,
                Some(Err(refusal)) if refusal.certain => return Err(refusal),
                _ => recipe,
            })
        }
        done => done,
    }
}

fn by_columns(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    let mut recipe = Recipe { name: "by_names".to_owned(), open: true, ..Recipe::default() };
    let mut taken = BTreeSet::new();
    responses(sample, &mut recipe, &mut taken)?;
    // What the user says settles what would be in doubt.
    mapping.apply(&mut recipe).map_err(|error| Refusal {
        problem: format!("the mapping {error}"),
        remedy: "correct it".to_owned(),
        certain: true,
        start: Vec::new(),
    })?;
    if recipe.shape == Shape::Scored {
        recipe.verdict.iter_mut().for_each(|rule| of_its_kind(sample, rule));
    }
    if let Some(doubt) = recipe.doubt.take()
        && !recipe.settled.iter().any(|role| ["ranks", "order", "scores", "winner"].contains(&role.as_str()))
    {
        return Err(doubt);
    }
    if let Some(found) = &mut recipe.candidates
        && recipe.settled.iter().any(|role| role == "order")
        && found.rank == found.order
    {
        found.rank = None;
    }
    complete(&mut recipe, sample)?;
    // Complete now: columns within objects are not seen again.
    recipe.open = false;
    Ok(recipe)
}
