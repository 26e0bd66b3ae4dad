//! Which pairs several responses to one prompt give: ranked, scored, or with one winner.

mod best;
mod listed;

use predilect_types::{Message, Verdict};
use serde_json::{Map, Value, json};

use super::Sorted;
use super::apply::{judged, name_of, on_side_b, score};
use super::call::Call;
use super::path::Column;
use super::plan::Plan;
use super::spelling::tokens;
use crate::error::{Reason, RowError};
use crate::formats::{Draft, NO_VERDICT, Parsed};
use crate::row::Row;
use crate::texts::{is_whole, split_shared};
use best::{Best, named_best, placed, position};
pub(crate) use listed::truth;
use listed::{Candidate, read};

/// More pairs than this from one record is a mistake in the file.
pub(crate) const MOST_PAIRS: usize = 4096;

/// The pairs of one record.
#[expect(clippy::too_many_lines, reason = "one question after the other, each of a few lines")]
pub(super) fn parse(plan: &Plan, mut row: Row) -> Result<Parsed, RowError> {
    let (Some(declared), Some(columns)) = (&plan.recipe.candidates, &plan.candidates) else {
        return Err(RowError::missing("candidates"));
    };
    let who = plan.who(&mut row)?;
    let mut found = read(plan, &mut row)?;
    let mut prompt = plan.given_prompt(&mut row)?;
    // Whole conversations give the prompt that they share.
    if found.len() >= 2 && found.iter().all(|c| is_whole(&c.response.messages)) {
        let first = found.first().map(|c| c.response.messages.clone()).unwrap_or_default();
        for candidate in &mut found {
            let own = std::mem::take(&mut candidate.response.messages);
            let (shared, _, rest) = split_shared(first.clone(), own)?;
            candidate.response.messages = rest;
            if prompt.is_none() {
                prompt = Some(shared);
            }
        }
    }
    let prompt: Vec<Message> = match prompt {
        Some(prompt) => prompt,
        None if plan.recipe.no_prompt => Vec::new(),
        None => {
            return Err(RowError::missing(
                &plan.prompt.first().map_or_else(|| "prompt".to_owned(), Column::shown),
            ));
        }
    };
    if let Some(column) = &columns.rank
        && let Some(Value::String(text)) = column.get(&row)
        && text.contains('>')
    {
        let text = text.clone();
        drop(column.take(&mut row));
        for (rank, places) in text.split('>').enumerate() {
            for place in places.split('=') {
                let at = position(&column.shown(), &Value::String(place.trim().to_owned()), &found)?;
                if let Some(candidate) = found.get_mut(at) {
                    candidate.rank = Some(rank as f64 + 1.0);
                }
            }
        }
    }
    let list =
        |column: &Option<Column>, row: &mut Row| match column.as_ref().and_then(|column| column.take(row)) {
            Some(Value::Array(items)) => Some(items),
            Some(Value::String(text)) => serde_json::from_str(&text).ok(),
            _ => None,
        };
    for (column, role) in [(&columns.model, 0), (&columns.score, 1), (&columns.rank, 2)] {
        let Some(items) = list(column, &mut row) else { continue };
        let shown = column.as_ref().map(Column::shown).unwrap_or_default();
        if items.len() != found.len() {
            return Err(RowError::new(
                Reason::WrongType,
                format!("{} responses, but {} values for them", found.len(), items.len()),
            )
            .field(&shown));
        }
        for (candidate, item) in found.iter_mut().zip(items) {
            match role {
                0 => candidate.response.model = name_of(&shown, item)?,
                1 => candidate.score = score(&shown, Some(&item))?,
                _ => candidate.rank = score(&shown, Some(&item))?,
            }
        }
    }
    if let Some(items) = list(&columns.order, &mut row) {
        let shown = columns.order.as_ref().map(Column::shown).unwrap_or_default();
        placed(&shown, &items, &mut found)?;
    }
    if let Some(sorted) = declared.sorted {
        let count = found.len();
        for (at, candidate) in found.iter_mut().enumerate() {
            candidate.rank = Some(match sorted {
                Sorted::BestFirst => at as f64 + 1.0,
                Sorted::WorstFirst => (count - at) as f64,
            });
        }
    }
    let mut best = Best::Unsaid;
    if let Some(column) = &columns.chosen
        && found.iter().all(|c| c.chosen.is_none())
    {
        best = match column.take(&mut row) {
            Some(value) => {
                let from = u64::from(declared.from_1);
                let listed = columns.texts.len() == 1;
                let value = match value.as_u64() {
                    Some(at) if at >= from && listed => Value::from(at - from),
                    _ => value,
                };
                named_best(&column.shown(), &value, &mut found)?
            }
            None => Best::Missing,
        };
    }
    let mut decided = Vec::new();
    if let Some(column) = &columns.worst
        && let Some(value) = column.take(&mut row)
        && let Some(best) = found.iter().position(|c| c.chosen == Some(true))
    {
        let from = u64::from(declared.from_1 && columns.texts.len() == 1);
        let value = value.as_u64().filter(|at| *at >= from).map_or(value, |at| Value::from(at - from));
        let worst = position(&column.shown(), &value, &found)?;
        if best == worst {
            return Err(RowError::new(Reason::UnknownWinner, "the best and the worst response are one")
                .field(&column.shown())
                .json(&value));
        }
        let rejected = tokens(&column.shown()).iter().any(|word| word == "rejected");
        decided = between(found.len(), best, worst, rejected);
    }
    if found.len() * found.len().saturating_sub(1) / 2 > MOST_PAIRS {
        return Err(RowError::new(
            Reason::TooLarge,
            format!("{} responses give more than {MOST_PAIRS} pairs", found.len()),
        )
        .field(&declared.texts.first().map(ToString::to_string).unwrap_or_default())
        .hint("pair neighbouring ranks only: --neighbours"));
    }
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let mut drafts = Vec::new();
    let compared = if decided.is_empty() { pairs(&found, plan.neighbours) } else { decided.clone() };
    for (i, j) in compared {
        let (Some(x), Some(y)) = (found.get(i), found.get(j)) else { continue };
        let marked = |candidate: &Candidate, chosen| Candidate { chosen: Some(chosen), ..candidate.clone() };
        let (own_x, own_y);
        let (x, y) = if decided.is_empty() {
            (x, y)
        } else {
            (own_x, own_y) = (marked(x, true), marked(y, false));
            (&own_x, &own_y)
        };
        let mut draft = Draft::default();
        // Columns with names of their own stay where they are: which of them is first says nothing of who won.
        let swapped = declared.names.is_empty() && on_side_b(&prompt, &x.response, &y.response);
        let verdicts = verdicts(plan, (x, y), best, swapped, &who, &mut draft);
        let (a, b) = if swapped { (y, x) } else { (x, y) };
        draft.pair.prompt.clone_from(&prompt);
        draft.pair.response_a = a.response.clone();
        draft.pair.response_b = b.response.clone();
        draft.pair.scenario.clone_from(&base.pair.scenario);
        draft.pair.language.clone_from(&base.pair.language);
        draft.pair.metadata.clone_from(&base.pair.metadata);
        if !base.pair.id.is_empty() {
            draft.pair.id = if found.len() == 2 {
                base.pair.id.clone()
            } else {
                format!("{}-{}-{}", base.pair.id, i + 1, j + 1)
            };
        }
        Plan::add(verdicts.into_iter().map(|verdict| (verdict, false)).collect(), swapped, &mut draft);
        drafts.push(draft);
    }
    if let Some(first) = drafts.first_mut() {
        first.late = base.late;
    }
    if let (Some(first), Best::Missing) = (drafts.first_mut(), best) {
        first.dropped.push(NO_VERDICT);
    }
    Ok(Parsed::Drafts(drafts))
}

/// What the best and the worst of several decide, winners first: the best beats all, all beat the worst; or these two alone.
fn between(count: usize, best: usize, worst: usize, only: bool) -> Vec<(usize, usize)> {
    if only {
        return vec![(best, worst)];
    }
    let others = || (0..count).filter(move |at| *at != best && *at != worst);
    others().map(|at| (best, at)).chain([(best, worst)]).chain(others().map(|at| (at, worst))).collect()
}

/// Which two of them are compared.
fn pairs(found: &[Candidate], neighbours: bool) -> Vec<(usize, usize)> {
    let all = |i: usize| (i + 1..found.len()).map(move |j| (i, j));
    if found.iter().any(|c| c.chosen.is_some()) {
        // The winner against each of the others; between those nothing is known.
        let chosen = |i: usize| found.get(i).is_some_and(|c| c.chosen == Some(true));
        return (0..found.len()).flat_map(all).filter(|(i, j)| chosen(*i) != chosen(*j)).collect();
    }
    if !neighbours {
        return (0..found.len()).flat_map(all).collect();
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    let key = |i: &usize| found.get(*i).map_or(0.0, |c| c.rank.unwrap_or_else(|| -c.score.unwrap_or(0.0)));
    order.sort_by(|i, j| key(i).total_cmp(&key(j)));
    order.windows(2).filter_map(|two| Some((*two.first()?, *two.get(1)?))).collect()
}

/// What is said of two of them.
fn verdicts(
    plan: &Plan,
    (x, y): (&Candidate, &Candidate),
    best: Best,
    swapped: bool,
    who: &super::apply::Who,
    draft: &mut Draft,
) -> Vec<Verdict> {
    let sides = |name: &str, x: f64, y: f64| {
        let (a, b) = if swapped { (y, x) } else { (x, y) };
        json!({ format!("{name}_a"): a, format!("{name}_b"): b })
    };
    let judge = || match (&who.judge, plan.given) {
        (Some(name), false) => name.clone(),
        _ => plan.judge_name.clone(),
    };
    let mut said: Vec<(Option<String>, Call, Value)> = Vec::new();
    if !x.criteria.is_empty() || !y.criteria.is_empty() {
        for (criterion, points) in &x.criteria {
            if let Some((_, other)) = y.criteria.iter().find(|(name, _)| name == criterion) {
                let receipt = sides("score", *points, *other);
                said.push((Some(criterion.replace('_', " ")), Call::larger(*points, *other), receipt));
            }
        }
        if said.is_empty() {
            draft.dropped.push(NO_VERDICT);
        }
    } else if let (Some(first), Some(second)) = (x.score, y.score) {
        let receipt = sides("score", first, second);
        said.push((who.criterion.clone(), Call::larger(first, second), receipt));
    } else if let (Some(first), Some(second)) = (x.rank, y.rank) {
        said.push((who.criterion.clone(), Call::larger(second, first), sides("rank", first, second)));
    } else if let (Some(first), Some(second)) = (x.chosen, y.chosen) {
        let call = match (first, second) {
            (true, false) => Call::A,
            (false, true) => Call::B,
            _ => Call::Missing,
        };
        said.push((who.criterion.clone(), call, Value::Object(Map::new())));
    } else if let Best::Tie(kind) = best {
        said.push((who.criterion.clone(), Call::Tie(kind), Value::Object(Map::new())));
    } else if plan.has_verdicts() && best != Best::Missing {
        draft.dropped.push(NO_VERDICT);
    }
    let mut verdicts = Vec::new();
    for (criterion, call, receipt) in said {
        match call.verdict(judged(judge(), criterion.as_deref())) {
            Some(mut verdict) => {
                verdict.annotator =
                    who.annotator.clone().or_else(|| who.judge.clone().filter(|_| plan.given));
                verdict.criterion = criterion;
                verdict.weight = who.weight;
                verdict.receipt =
                    receipt.as_object().is_some_and(|fields| !fields.is_empty()).then_some(receipt);
                verdicts.push(verdict);
            }
            None => draft.dropped.push(NO_VERDICT),
        }
    }
    verdicts
}
