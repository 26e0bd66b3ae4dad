//! What says which of several responses in separate columns is the best: a score or a rank of each, their order, or one name.

use super::super::candidates::items_of;
use super::super::declared::Candidates;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::columns::{named, path};
use super::lists::{positions_or_ranks, worst_beside};
use super::sided::{is_response_word, sided};
use super::values::number_of;
use crate::advice::MAP;
use serde_json::Value;
use std::collections::BTreeSet;

/// What says which of several responses in separate columns is the best: a score or a rank of each, their order, or one name.
pub(super) fn said_of_columns(
    found: &mut Candidates,
    sample: &Sample,
    short: &dyn Fn(&str) -> bool,
) -> Result<(), Refusal> {
    if found.texts.len() < 2 || found.is_decided() || !found.scores.is_empty() {
        return Ok(());
    }
    let used: BTreeSet<String> = found.texts.iter().map(|path| path.as_str().to_owned()).collect();
    if let Some(refusal) = order_of_columns(found, sample, &used) {
        return Err(refusal);
    }
    if found.rank.is_some() || found.order.is_some() {
        return Ok(());
    }
    found.chosen = named(sample, roles::VERDICTS, &used)
        .into_iter()
        .find(|column| short(column))
        .map(|column| path(&column));
    // `score_a`, `score_b` and `score_c`, or ranks.
    let number = |column: &str| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let each = |says: &dyn Fn(&str) -> bool| {
        let wanted = |words: &[String], column: &str| {
            words.iter().any(|word| says(word))
                && words.iter().all(|word| says(word) || is_response_word(word) || word == "model")
                && number(column)
        };
        sided(sample, wanted)
            .into_iter()
            .map(|group| group.columns)
            .find(|columns| columns.len() == found.texts.len())
    };
    // A number in addition to a score of each may be one more score.
    let scores = each(&|word| roles::SCORES.contains(&word));
    let numeric = found.chosen.as_ref().is_some_and(|path| number(path.as_str()));
    if found.chosen.is_some() && !(numeric && scores.is_some()) {
        found.worst = worst_beside(sample, &used, short);
        return Ok(());
    }
    found.chosen = None;
    let ranks = each(&|word| ["rank", "ranking"].contains(&word));
    found.scores_are_ranks = scores.is_none() && ranks.is_some();
    found.scores = scores.or(ranks).iter().flatten().map(|column| path(column)).collect();
    Ok(())
}

/// An order of responses in separate columns that is one text: `B>A=C` under any name for a verdict, `B, A, C` under one for a ranking.
/// Numbers may be ranks as well, which is asked.
fn order_of_columns(found: &mut Candidates, sample: &Sample, used: &BTreeSet<String>) -> Option<Refusal> {
    const RANKED: &[&str] = &[
        "ranking",
        "rankings",
        "rank_order",
        "preference_order",
        "order_of_preference",
        "order",
        "ranks",
        "rank",
    ];
    let all = |column: &String, says: &dyn Fn(&str) -> bool| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| value.as_str().is_some_and(says))
    };
    let ranked = named(sample, RANKED, used);
    let compared = ranked
        .iter()
        .cloned()
        .chain(named(sample, roles::VERDICTS, used))
        .find(|column| all(column, &|text| text.contains('>')));
    if let Some(column) = compared {
        found.rank = Some(path(&column));
        return another_best(sample, (&column, "ranks"), used);
    }
    let count = found.texts.len();
    let letters = |text: &str| {
        let items = items_of(text).unwrap_or_default();
        let mut last: Vec<String> = items.iter().filter_map(|item| tokens(item.as_str()?).pop()).collect();
        last.sort_unstable();
        last.dedup();
        last.len() == count && items.len() == count && last.iter().all(|word| word.len() == 1)
    };
    // Letters under `order` may be the order in which the responses were shown.
    let ranking = |column: &&String| normal(column) != "order";
    if let Some(column) = ranked.iter().filter(ranking).find(|column| all(column, &letters)) {
        found.order = Some(path(column));
        return another_best(sample, (column, "order"), used);
    }
    let numbers = |text: &str| {
        items_of(text).is_some_and(|items| items.len() == count && items.iter().all(Value::is_u64))
    };
    let column = ranked.iter().filter(ranking).find(|column| all(column, &numbers))?;
    let rank = path(column);
    let refusal = positions_or_ranks(sample, &rank);
    found.rank = Some(rank);
    refusal
}

/// A column that names another response as the best than the first of an order, by its letter.
fn another_best(sample: &Sample, (order, role): (&str, &str), used: &BTreeSet<String>) -> Option<Refusal> {
    let letter = |text: &str| tokens(text).pop().filter(|word| word.len() == 1);
    let first = |text: &str| letter(text.split(['>', ',', ';', '|', '/', '→']).next()?);
    let differs = |column: &String| {
        sample.rows.iter().any(|row| {
            let said = |column: &str| row.get(column).and_then(Value::as_str);
            let best = said(column).and_then(letter);
            best.zip(said(order).filter(|text| !text.contains('=')).and_then(first))
                .is_some_and(|(best, first)| best != first)
        })
    };
    let others = named(sample, roles::VERDICTS, used).into_iter();
    let best = others.filter(|column| column.as_str() != order).find(differs)?;
    Some(Refusal {
        problem: format!("`{best}` and `{order}` both order the responses, and contradict each other"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} winner={}", shell(&best)),
            format!("or {MAP} {role}={}   (`{best}` is then metadata)", shell(order)),
        ],
    })
}
