//! Which pairs several responses to one prompt give: ranked, scored, or with one winner.

mod best;
mod listed;

use crate::advice::NEIGHBOURS;
use predilect_types::{Message, Verdict};
use serde_json::{Map, Value, json};

use super::apply::{Who, judged, name_of, on_side_b, score};
use super::declared::{Candidates, Sorted};
use super::path::Column;
use super::plan::{CandidateColumns as Columns, Plan};
use super::spelling::tokens;
use crate::call::Call;
use crate::draft::{Draft, Drafts, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::row::Row;
use crate::texts::{is_whole, split_shared};
use best::{Best, named_best, placed, position};
use listed::{Candidate, read};
pub(crate) use listed::{items_of, truth};

/// More pairs than this from one record is a mistake in the file.
pub(crate) const MOST_PAIRS: usize = 4096;

/// The pairs of one record.
pub(super) fn parse(plan: &Plan, mut row: Row) -> Result<Parsed, RowError> {
    let (Some(declared), Some(columns)) = (&plan.recipe.candidates, &plan.candidates) else {
        return Err(RowError::missing("candidates"));
    };
    let who = plan.who(&mut row)?;
    let mut found = read(plan, &mut row)?;
    let prompt = prompt(plan, &mut row, &mut found)?;
    ranks_in_words(columns, &mut row, &mut found)?;
    values_in_lists(plan, columns, &mut row, &mut found)?;
    if let Some(sorted) = declared.sorted {
        rank_by_place(sorted, &mut found);
    }
    let best = the_best(declared, columns, &mut row, &mut found)?;
    let decided = best_and_worst(declared, columns, &mut row, &found)?;
    if found.len() * found.len().saturating_sub(1) / 2 > MOST_PAIRS {
        return Err(RowError::new(
            Reason::TooLarge,
            format!("{} responses give more than {MOST_PAIRS} pairs", found.len()),
        )
        .field(&declared.texts.first().map(ToString::to_string).unwrap_or_default())
        .remedy(format!("pair neighbouring ranks only: {NEIGHBOURS}")));
    }
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let record = Record { plan, who, best, prompt, base };
    let mut drafts = record.drafts(&found, decided, declared.names.is_empty())?;
    if let Some(first) = drafts.first_mut() {
        first.late = record.base.late;
        if best == Best::Missing {
            first.dropped.push(NO_VERDICT);
        }
    }
    Ok(drafts.into())
}

/// The prompt: the record's own, or what whole conversations share, of which the candidates keep the rest.
fn prompt(plan: &Plan, row: &mut Row, found: &mut [Candidate]) -> Result<Vec<Message>, RowError> {
    let mut prompt = plan.given_prompt(row)?;
    if found.len() >= 2 && found.iter().all(|c| is_whole(&c.response.messages)) {
        let first = found.first().map(|c| c.response.messages.clone()).unwrap_or_default();
        for candidate in found {
            let own = std::mem::take(&mut candidate.response.messages);
            let (shared, _, rest) = split_shared(first.clone(), own)?;
            candidate.response.messages = rest;
            if prompt.is_none() {
                prompt = Some(shared);
            }
        }
    }
    match prompt {
        Some(prompt) => Ok(prompt),
        None if plan.recipe.no_prompt => Ok(Vec::new()),
        None => {
            Err(RowError::missing(&plan.prompt.first().map_or_else(|| "prompt".to_owned(), Column::shown)))
        }
    }
}

/// An order written as one text: `B>A=C`.
fn ranks_in_words(columns: &Columns, row: &mut Row, found: &mut [Candidate]) -> Result<(), RowError> {
    if let Some(column) = &columns.rank
        && let Some(Value::String(text)) = column.get(row)
        && text.contains('>')
    {
        let text = text.clone();
        drop(column.take(row));
        for (rank, places) in text.split('>').enumerate() {
            for place in places.split('=') {
                let at = position(&column.shown(), &Value::String(place.trim().to_owned()), found)?;
                let Some(candidate) = found.get_mut(at) else { continue };
                if candidate.rank.replace(rank as f64 + 1.0).is_some() {
                    let twice = RowError::new(Reason::WrongType, "a ranking names each response once");
                    return Err(twice.field(&column.shown()).value(&text));
                }
            }
        }
    }
    Ok(())
}

/// Models, scores, ranks and places in parallel lists, one value for each response.
fn values_in_lists(
    plan: &Plan,
    columns: &Columns,
    row: &mut Row,
    found: &mut [Candidate],
) -> Result<(), RowError> {
    let list =
        |column: &Option<Column>, row: &mut Row| match column.as_ref().and_then(|column| column.take(row)) {
            Some(Value::Array(items)) => Some(items),
            Some(Value::String(text)) => items_of(&text),
            _ => None,
        };
    for (column, role) in [(&columns.model, 0), (&columns.score, 1), (&columns.rank, 2)] {
        let Some(items) = list(column, row) else { continue };
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
                1 => candidate.score = plan.score(&shown, Some(&item))?,
                _ => candidate.rank = score(&shown, Some(&item))?,
            }
        }
    }
    if let Some(items) = list(&columns.order, row) {
        let shown = columns.order.as_ref().map(Column::shown).unwrap_or_default();
        placed(&shown, &items, found)?;
    }
    Ok(())
}

/// Ranks of responses that are written in their order.
fn rank_by_place(sorted: Sorted, found: &mut [Candidate]) {
    let count = found.len();
    for (at, candidate) in found.iter_mut().enumerate() {
        candidate.rank = Some(match sorted {
            Sorted::BestFirst => at as f64 + 1.0,
            Sorted::WorstFirst => (count - at) as f64,
        });
    }
}

/// What the record says of the best response, where the responses do not say it themselves.
fn the_best(
    declared: &Candidates,
    columns: &Columns,
    row: &mut Row,
    found: &mut [Candidate],
) -> Result<Best, RowError> {
    let Some(column) = &columns.chosen else { return Ok(Best::Unsaid) };
    if found.iter().any(|c| c.chosen.is_some()) {
        return Ok(Best::Unsaid);
    }
    let Some(value) = column.take(row) else { return Ok(Best::Missing) };
    let from = u64::from(declared.from_1);
    let listed = columns.texts.len() == 1;
    let value = match value.as_u64() {
        Some(at) if at >= from && listed => Value::from(at - from),
        _ => value,
    };
    named_best(&column.shown(), &value, found)
}

/// What is decided where a record names the best and the worst response, winners first; empty where it does not.
fn best_and_worst(
    declared: &Candidates,
    columns: &Columns,
    row: &mut Row,
    found: &[Candidate],
) -> Result<Vec<(usize, usize)>, RowError> {
    let Some(column) = &columns.worst else { return Ok(Vec::new()) };
    let Some(value) = column.take(row) else { return Ok(Vec::new()) };
    let Some(best) = found.iter().position(|c| c.chosen == Some(true)) else { return Ok(Vec::new()) };
    let from = u64::from(declared.from_1 && columns.texts.len() == 1);
    let value = value.as_u64().filter(|at| *at >= from).map_or(value, |at| Value::from(at - from));
    let worst = position(&column.shown(), &value, found)?;
    if best == worst {
        return Err(RowError::new(Reason::UnknownWinner, "the best and the worst response are the same")
            .field(&column.shown())
            .json(&value));
    }
    let rejected = tokens(&column.shown()).iter().any(|word| word == "rejected");
    Ok(between(found.len(), best, worst, rejected))
}

/// What a record says in addition to its responses.
struct Record<'a> {
    plan: &'a Plan,
    who: Who,
    best: Best,
    prompt: Vec<Message>,
    /// What its pairs share.
    base: Draft,
}

impl Record<'_> {
    /// Its pairs: those that are decided, winners first, or else all that are to be compared; `free`: whether the sides have no meaning.
    fn drafts(
        &self,
        found: &[Candidate],
        decided: Vec<(usize, usize)>,
        free: bool,
    ) -> Result<Drafts, RowError> {
        let settled = !decided.is_empty();
        let compared = if settled { decided } else { pairs(found, self.plan.neighbours) };
        let marked = |candidate: &Candidate, chosen| Candidate { chosen: Some(chosen), ..candidate.clone() };
        let mut drafts = Drafts::default();
        for (i, j) in compared {
            let (Some(x), Some(y)) = (found.get(i), found.get(j)) else { continue };
            let mut draft = if settled {
                self.draft((&marked(x, true), &marked(y, false)), free)
            } else {
                self.draft((x, y), free)
            };
            if !self.base.pair.id.is_empty() {
                draft.pair.id = if found.len() == 2 {
                    self.base.pair.id.clone()
                } else {
                    format!("{}-{}-{}", self.base.pair.id, i + 1, j + 1)
                };
            }
            drafts.push(draft)?;
        }
        Ok(drafts)
    }

    fn draft(&self, (x, y): (&Candidate, &Candidate), free: bool) -> Draft {
        let mut draft = Draft::default();
        // Named columns stay where they are: their order does not show who won.
        let swapped = free && on_side_b(&self.prompt, &x.response, &y.response);
        let verdicts = self.verdicts((x, y), swapped, &mut draft);
        let (a, b) = if swapped { (y, x) } else { (x, y) };
        draft.pair.prompt.clone_from(&self.prompt);
        draft.pair.response_a = a.response.clone();
        draft.pair.response_b = b.response.clone();
        draft.pair.scenario.clone_from(&self.base.pair.scenario);
        draft.pair.language.clone_from(&self.base.pair.language);
        draft.pair.metadata.clone_from(&self.base.pair.metadata);
        Plan::add(verdicts.into_iter().map(|verdict| (verdict, false)).collect(), swapped, &mut draft);
        draft
    }

    /// What is said of two of them, as verdicts.
    fn verdicts(&self, (x, y): (&Candidate, &Candidate), swapped: bool, draft: &mut Draft) -> Vec<Verdict> {
        let (plan, who) = (self.plan, &self.who);
        let judge = || match (&who.judge, plan.given) {
            (Some(name), false) => name.clone(),
            _ => plan.judge_name.clone(),
        };
        let mut verdicts = Vec::new();
        for (criterion, call, receipt) in self.said((x, y), swapped, draft) {
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

    /// What is said of two of them: by which criterion, which is better, and what the record has on it.
    fn said(
        &self,
        (x, y): (&Candidate, &Candidate),
        swapped: bool,
        draft: &mut Draft,
    ) -> Vec<(Option<String>, Call, Value)> {
        let criterion = || self.who.criterion.clone();
        let sides = |name: &str, x: f64, y: f64| {
            let (a, b) = if swapped { (y, x) } else { (x, y) };
            json!({ format!("{name}_a"): a, format!("{name}_b"): b })
        };
        let mut said = Vec::new();
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
        } else if let Some((call, receipt)) = ordered((x, y), sides) {
            said.push((criterion(), call, receipt));
        } else if let Best::Tie(kind) = self.best {
            said.push((criterion(), Call::Tie(kind), Value::Object(Map::new())));
        } else if self.plan.has_verdicts() && self.best != Best::Missing {
            draft.dropped.push(NO_VERDICT);
        }
        said
    }
}

/// What the numbers or the marks of two responses call, and which ones these are: the first that differ, or else the first that there are.
fn ordered(
    (x, y): (&Candidate, &Candidate),
    sides: impl Fn(&str, f64, f64) -> Value,
) -> Option<(Call, Value)> {
    let scores = x.score.zip(y.score).map(|(x, y)| (Call::larger(x, y), sides("score", x, y)));
    let ranks = x.rank.zip(y.rank).map(|(x, y)| (Call::larger(y, x), sides("rank", x, y)));
    let marks = x.chosen.zip(y.chosen).map(|marks| {
        let call = match marks {
            (true, false) => Call::A,
            (false, true) => Call::B,
            _ => Call::Missing,
        };
        (call, Value::Object(Map::new()))
    });
    let found = [scores, ranks, marks];
    let decides = |(call, _): &&(Call, Value)| matches!(call, Call::A | Call::B);
    found.iter().flatten().find(decides).or_else(|| found.iter().flatten().next()).cloned()
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
        // The winner against each of the others; the order of those is unknown.
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
