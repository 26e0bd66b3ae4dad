//! Which pairs several responses to one prompt give: ranked, scored, or with one winner.

use predilect_types::{Message, Response, Role, TieKind, Verdict};
use serde_json::{Map, Value, json};

use super::Sorted;
use super::apply::{judged, name_of, on_side_b, score};
use super::calls::Call;
use super::path::Column;
use super::plan::Plan;
use super::roles::{PLACES, normal, tokens};
use crate::error::{Reason, RowError};
use crate::formats::{Draft, NO_VERDICT, Parsed};
use crate::row::{Row, as_text};
use crate::texts::{conversation, is_whole, split_shared};

/// More pairs than this from one record is a mistake in the file.
pub(crate) const MOST_PAIRS: usize = 4096;

/// One response with what is said of it.
#[derive(Debug, Default, Clone)]
struct Candidate {
    response: Response,
    /// The column it stands in, where each has one of its own.
    column: String,
    score: Option<f64>,
    rank: Option<f64>,
    chosen: Option<bool>,
    criteria: Vec<(String, f64)>,
}

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

/// What a field of the record says of the best response.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Best {
    /// There is no such field, or the responses themselves say it.
    Unsaid,
    /// One of them is marked as chosen.
    One,
    /// Two responses are equally good.
    Tie(TieKind),
    /// Nothing: blank, or a tie among more than two, which says nothing of any two of them.
    Missing,
}

/// Marks the response that a value names.
fn named_best(field: &str, value: &Value, found: &mut [Candidate]) -> Result<Best, RowError> {
    let at = match position(field, value, found) {
        Ok(at) => at,
        Err(error) => {
            return match value.as_str().and_then(super::plain_words) {
                Some(Call::Tie(kind)) if found.len() == 2 => Ok(Best::Tie(kind)),
                Some(Call::Tie(_) | Call::Missing) => Ok(Best::Missing),
                _ => Err(error),
            };
        }
    };
    for (i, candidate) in found.iter_mut().enumerate() {
        candidate.chosen = Some(i == at);
    }
    Ok(Best::One)
}

/// Ranks from the positions or the names of the responses, the best first: each of them once, positions counted from 0 or from 1.
fn placed(field: &str, items: &[Value], found: &mut [Candidate]) -> Result<(), RowError> {
    let wrong = || {
        RowError::new(
            Reason::WrongType,
            format!("the positions of {} responses are expected, each once, the best first", found.len()),
        )
        .field(field)
    };
    if !items.is_empty() && items.iter().all(Value::is_string) {
        let places = items.iter().map(|item| position(field, item, found)).collect::<Result<Vec<_>, _>>()?;
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if sorted.len() != found.len() || sorted.iter().enumerate().any(|(i, at)| i != *at) {
            return Err(wrong());
        }
        for (rank, at) in places.into_iter().enumerate() {
            if let Some(candidate) = found.get_mut(at) {
                candidate.rank = Some(rank as f64 + 1.0);
            }
        }
        return Ok(());
    }
    let places: Vec<usize> = items
        .iter()
        .map(|item| item.as_u64().map(|at| at as usize))
        .collect::<Option<_>>()
        .ok_or_else(wrong)?;
    let from = places.iter().copied().min().unwrap_or_default();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if from > 1 || places.len() != found.len() || sorted.iter().enumerate().any(|(i, at)| i + from != *at) {
        return Err(wrong());
    }
    for (rank, at) in places.into_iter().enumerate() {
        if let Some(candidate) = found.get_mut(at - from) {
            candidate.rank = Some(rank as f64 + 1.0);
        }
    }
    Ok(())
}

fn read(plan: &Plan, row: &mut Row) -> Result<Vec<Candidate>, RowError> {
    let (Some(declared), Some(columns)) = (&plan.recipe.candidates, &plan.candidates) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    if columns.texts.len() > 1 {
        for (at, column) in columns.texts.iter().enumerate() {
            let Some(value) = column
                .take(row)
                .filter(|value| value.as_str().is_none_or(|text| !plan.cells || !text.trim().is_empty()))
            else {
                continue;
            };
            let mut candidate = one(plan, &column.shown(), value)?;
            if let Some(name) = declared.names.get(at) {
                candidate.response.model = Some(name.clone());
            }
            if let Some(column) = columns.scores.get(at) {
                let number = score(&column.shown(), column.take(row).as_ref())?;
                if declared.scores_are_ranks {
                    candidate.rank = number;
                } else {
                    candidate.score = number;
                }
            }
            found.push(candidate);
        }
        return Ok(found);
    }
    let Some(column) = columns.texts.first() else { return Ok(found) };
    let shown = column.shown();
    let list = match column.take(row) {
        Some(Value::Array(items)) => items,
        Some(Value::Object(fields)) => fields
            .into_iter()
            .map(|(model, value)| match value {
                Value::Object(mut value) => {
                    value.entry("model").or_insert(Value::String(model));
                    Value::Object(value)
                }
                text => json!({ "model": model, "text": text }),
            })
            .collect(),
        Some(Value::String(text)) => list_of(&text).ok_or_else(|| {
            RowError::new(Reason::WrongType, "a list of responses is expected").field(&shown).value(&text)
        })?,
        Some(other) => return Err(RowError::wrong_type(&shown, &other, "a list of responses")),
        None => return Err(RowError::missing(&shown)),
    };
    for (i, value) in list.into_iter().enumerate() {
        found.push(one(plan, &format!("{shown}[{i}]"), value)?);
    }
    Ok(found)
}

/// A list that a cell of a table holds as JSON or as Python writes it.
fn list_of(text: &str) -> Option<Vec<Value>> {
    match crate::texts::structured(text) {
        Some(Value::Array(items)) => Some(items),
        _ => None,
    }
}

/// One response from its element.
fn one(plan: &Plan, field: &str, mut value: Value) -> Result<Candidate, RowError> {
    let Some(declared) = &plan.recipe.candidates else { return Ok(Candidate::default()) };
    let mut candidate = Candidate { column: field.to_owned(), ..Candidate::default() };
    if value.is_object() {
        let own = |path: &Option<super::Path>, value: &Value| {
            path.as_ref().and_then(|path| path.within(value)).cloned()
        };
        if let Some(found) = own(&declared.score, &value) {
            candidate.score = score(field, Some(&found))?;
        }
        if let Some(found) = own(&declared.rank, &value) {
            candidate.rank = score(field, Some(&found))?;
        }
        if let Some(found) = own(&declared.chosen, &value) {
            candidate.chosen = Some(truth(field, &found)?);
        }
        if let Some(Value::Object(criteria)) = own(&declared.criteria, &value) {
            for (criterion, said) in criteria {
                let said = match &declared.criterion_score {
                    Some(path) => path.within(&said).cloned(),
                    None => Some(said),
                };
                if let Some(points) = said.as_ref().and_then(|said| score(field, Some(said)).ok()).flatten() {
                    candidate.criteria.push((criterion, points));
                }
            }
        }
        let model = own(&declared.model, &value)
            .or_else(|| value.get("model").filter(|name| name.is_string()).cloned());
        if let Some(model) = model {
            candidate.response.model = Some(as_text(field, model)?);
        }
        if let Some(path) = &declared.text {
            value =
                path.take_within(&mut value).ok_or_else(|| RowError::missing(&format!("{field}.{path}")))?;
        }
    }
    candidate.response.messages = conversation(field, value, Role::Assistant)?;
    Ok(candidate)
}

pub(crate) fn truth(field: &str, value: &Value) -> Result<bool, RowError> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::Number(number) if number.as_f64() == Some(1.0) => Ok(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Ok(false),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        other => Err(RowError::wrong_type(field, other, "true or false")),
    }
}

/// Which of the responses a value names: by position, column, letter or text.
fn position(field: &str, value: &Value, found: &[Candidate]) -> Result<usize, RowError> {
    let wrong = || {
        RowError::new(Reason::UnknownWinner, format!("the value names none of the {} responses", found.len()))
            .field(field)
            .json(value)
    };
    match value {
        Value::Number(number) => {
            let at = number.as_u64().map(|at| at as usize).ok_or_else(wrong)?;
            // Columns of their own are called by their numbers, which may begin with 1, or by letters, which have none.
            let listed = found.iter().all(|c| c.column.ends_with(']'));
            let called = |c: &Candidate| tokens(&c.column).last().is_some_and(|word| *word == at.to_string());
            match found.iter().position(called) {
                Some(place) if !listed => Ok(place),
                _ if listed => Some(at).filter(|at| *at < found.len()).ok_or_else(wrong),
                _ => Err(wrong().hint(
                    "the columns have no such number: name the best one by the name of its column, or by its letter",
                )),
            }
        }
        Value::String(text) => {
            let plain = normal(text);
            let by_column = |c: &Candidate| {
                normal(&c.column) == plain
                    || c.response.model.as_deref().is_some_and(|model| normal(model) == plain)
            };
            // The very spelling goes before one that differs in marks alone.
            let exact =
                |c: &Candidate| c.column == text.trim() || c.response.model.as_deref() == Some(text.trim());
            let mut alike = found.iter().enumerate().filter(|(_, c)| by_column(c));
            match (found.iter().position(exact), alike.next(), alike.next()) {
                (Some(at), ..) | (None, Some((at, _)), None) => return Ok(at),
                (None, Some(_), Some(_)) => return Err(wrong()),
                (None, None, _) => {}
            }
            if let Some(at) = found.iter().position(
                |c| matches!(c.response.messages.as_slice(), [only] if only.content.trim() == text.trim()),
            ) {
                return Ok(at);
            }
            // The place within the columns' names: `B`, `response_b` for `first_turn_response_b`.
            let words = tokens(text);
            let place = words.last().ok_or_else(wrong)?;
            let by_place = |c: &Candidate| tokens(&c.column).contains(place);
            let mut places = found.iter().enumerate().filter(|(_, c)| by_place(c));
            if let (Some((at, _)), None) = (places.next(), places.next()) {
                return Ok(at);
            }
            let letter = PLACES.first().and_then(|letters| letters.iter().position(|letter| letter == place));
            letter.filter(|at| *at < found.len()).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
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
