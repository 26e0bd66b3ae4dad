//! Lists of responses: with scores, ranks or a mark of choice within them or in parallel lists, or in order.

use super::super::candidates::items_of;
use super::super::declared::Candidates;
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::words::words;
use super::columns::{named, path};
use super::sided::is_response_word;
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;
use std::collections::BTreeSet;

/// A list of responses with scores, ranks or a position within it or in a parallel list.
pub(super) fn candidates(sample: &Sample) -> Option<Candidates> {
    let column = list_by_name(sample).or_else(|| rated_list(sample))?;
    if let Some(fields) = sample.values(column).find_map(Value::as_object) {
        return by_model(sample, column, fields);
    }
    let found = of_list(sample, column)?;
    found.is_decided().then_some(found)
}

/// What a list of responses and what is beside it say of each of them.
pub(super) fn of_list(sample: &Sample, column: &str) -> Option<Candidates> {
    let first = sample.values(column).find_map(|value| value.as_array().and_then(|items| items.first()))?;
    let mut found = match first {
        Value::Object(fields) => said_within(fields),
        _ => said_beside(sample),
    };
    found.texts = vec![path(column)];
    if !found.is_decided() {
        found.order = order_by_name(sample, |row| {
            let beside = || {
                let names = row.get(found.model.as_ref()?.as_str())?.as_array()?;
                names.iter().map(|name| Some(name.as_str()?.trim().to_owned())).collect()
            };
            models_of(row.get(column)?, &found).or_else(beside)
        });
    }
    if !found.is_decided() {
        found.chosen = best_of(sample, column, &found);
        let scalar = |name: &str| sample.values(name).all(|value| value.is_string() || value.is_number());
        if found.chosen.is_some() {
            found.worst = worst_beside(sample, &BTreeSet::from([column.to_owned()]), &scalar);
        }
    }
    Some(found)
}

/// A column that is called a list of responses, and is one: several items, or several texts by name.
pub(super) fn list_by_name(sample: &Sample) -> Option<&String> {
    const LISTS: &[&str] = &[
        "responses",
        "answers",
        "completions",
        "candidates",
        "outputs",
        "generations",
        "all_generated_responses",
        "options",
        "replies",
        "choices",
        "samples",
        "model_responses",
        "model_outputs",
        "model_answers",
        "model_completions",
    ];
    let several = |value: &Value| {
        value.as_array().is_some_and(|items| items.len() > 1)
            || value
                .as_object()
                .is_some_and(|fields| fields.len() > 1 && fields.values().all(Value::is_string))
    };
    LISTS.iter().find_map(|name| {
        sample.columns.iter().find(|column| {
            normal(column.rsplit('.').next().unwrap_or(column)) == *name && sample.values(column).any(several)
        })
    })
}

/// What the elements of a list say of their responses.
fn said_within(fields: &serde_json::Map<String, Value>) -> Candidates {
    const TEXT: &[&str] = &[
        "response",
        "answer",
        "completion",
        "text",
        "content",
        "output",
        "generation",
        "message",
        "messages",
    ];
    let has =
        |names: &[&str]| fields.keys().find(|key| names.contains(&normal(key).as_str())).map(|key| path(key));
    Candidates {
        text: has(TEXT),
        model: has(&["model", "model_name", "generator", "model_id", "model_identifier", "llm"]),
        score: has(&["final_score", "overall_score"])
            .or_else(|| has(&["score", "rating", "reward", "pm_score", "points"])),
        rank: has(&["rank", "ranking", "human_rank", "overall_rank"]),
        chosen: has(&[
            "chosen",
            "is_chosen",
            "selected",
            "is_selected",
            "is_best",
            "preferred",
            "is_preferred",
            "if_chosen",
            "accepted",
            "is_accepted",
            "is_winner",
        ]),
        ..Candidates::default()
    }
}

/// What other lists of a record say of its responses.
fn said_beside(sample: &Sample) -> Candidates {
    let beside = |names: &[&str]| {
        let is_list = |column: &&String| {
            names.contains(&normal(column).as_str()) && sample.values(column).any(Value::is_array)
        };
        sample.columns.iter().find(is_list).map(|column| path(column))
    };
    let numbers = |path: &Path| {
        sample
            .values(path.as_str())
            .all(|value| value.as_array().is_none_or(|items| items.iter().all(|item| !item.is_string())))
    };
    Candidates {
        score: beside(&["scores", "ratings", "rewards", "rating", "score", "all_rm_scores"]),
        rank: beside(&["ranks", "ranking", "rank", "rankings"]).filter(numbers),
        model: beside(&[
            "models",
            "model_names",
            "generation_models",
            "response_models",
            "generators",
            "order",
            "model",
        ]),
        ..Candidates::default()
    }
}

/// A list whose name says that it is in order of preference: which end is the better one, it does not say.
pub(super) fn in_order(sample: &Sample) -> Option<(Candidates, Refusal)> {
    const IN_ORDER: &[&str] = &["ranked", "sorted", "ordered", "ranking", "rankings"];
    let several = |column: &str| {
        let texts = |items: &Vec<Value>| {
            items.len() > 1 && items.iter().all(|item| item.is_string() || item.is_object())
        };
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| value.as_array().is_some_and(texts))
    };
    let column = sample.columns.iter().find(|column| {
        let words = tokens(column);
        words.iter().any(|word| IN_ORDER.contains(&word.as_str()))
            && words
                .iter()
                .any(|word| is_response_word(word) || word == "candidates" || word == "completions")
            && several(column)
    })?;
    let name = shell(column);
    let refusal = Refusal {
        problem: format!(
            "`{column}` is a list in some order; the file does not say at which end the best response is"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} responses={name} {MAP} order=best_first"),
            format!("or {MAP} responses={name} {MAP} order=worst_first"),
        ],
    };
    Some((Candidates { texts: vec![path(column)], ..Candidates::default() }, refusal))
}

/// A list of responses with a score, a rank or a mark of choice each, whatever its name.
fn rated_list(sample: &Sample) -> Option<&String> {
    const TEXT: &[&str] = &["response", "answer", "completion", "text", "output", "generation"];
    const RATED: &[&str] = &[
        "score",
        "rating",
        "reward",
        "rank",
        "chosen",
        "is_chosen",
        "selected",
        "is_best",
        "preferred",
        "overall_score",
        "points",
    ];
    let rated = |item: &Value| {
        let has = |names: &[&str]| {
            item.as_object()
                .is_some_and(|fields| fields.keys().any(|key| names.contains(&normal(key).as_str())))
        };
        has(TEXT) && has(RATED)
    };
    sample.columns.iter().find(|column| {
        sample.values(column).next().is_some()
            && sample
                .values(column)
                .take(50)
                .all(|value| value.as_array().is_some_and(|items| items.len() > 1 && items.iter().all(rated)))
    })
}

/// Positions that may count from 0 or from 1: if neither 0 nor the number of responses occurs, the file does not say.
pub(super) fn from_0_or_1(sample: &Sample, found: &mut Candidates) -> Option<Refusal> {
    let chosen = found.chosen.as_ref()?.resolve(&sample.columns)?;
    let [list] = found.texts.as_slice() else { return None };
    let list = list.resolve(&sample.columns)?;
    let mut positions = Vec::new();
    for row in &sample.rows {
        let count = list.get(row).and_then(Value::as_array).map(Vec::len);
        if let (Some(at), Some(count)) = (chosen.get(row).and_then(Value::as_u64), count) {
            positions.push((at, count as u64));
        }
    }
    if positions.is_empty() || positions.iter().any(|(at, _)| *at == 0) {
        return None;
    }
    if positions.iter().any(|(at, count)| at == count) {
        found.from_1 = true;
        return None;
    }
    let name = shell(&chosen.name);
    Some(Refusal {
        problem: format!(
            "`{}` contains positions; the file does not say whether they count from 0 or from 1",
            chosen.name
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![format!("{MAP} winner={name}:from=0"), format!("or {MAP} winner={name}:from=1")],
    })
}

/// Whether the values of a column are the models, the very texts or the letters of one of the responses in a list, wherever
/// they are there.
fn names_one(sample: &Sample, named: &str, list: &str, found: &Candidates) -> bool {
    let mut some = false;
    sample.rows.iter().all(|row| {
        let (Some(said), Some(items)) =
            (row.get(named).and_then(Value::as_str), row.get(list).and_then(Value::as_array))
        else {
            return row
                .get(named)
                .is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
        };
        if matches!(words(said), Some(Call::Tie(_) | Call::Missing)) {
            return true;
        }
        let is = |item: &Value| {
            let text = match &found.text {
                Some(text) if item.is_object() => text.within(item),
                _ => Some(item),
            };
            let model =
                found.model.as_ref().filter(|_| item.is_object()).and_then(|model| model.within(item));
            text.into_iter()
                .chain(model)
                .any(|value| value.as_str().is_some_and(|text| text.trim() == said.trim()))
        };
        // `B` is the second of the list.
        let letter = match said.trim().as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => {
                usize::from(letter.to_ascii_lowercase() - b'a') < items.len()
            }
            _ => false,
        };
        let one = items.iter().filter(|item| is(item)).count() == 1 || letter;
        some |= one;
        one
    }) && some
}

/// The items of a list, which a cell may contain as text.
fn listed(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(items) => Some(items.clone()),
        Value::String(text) => items_of(text),
        _ => None,
    }
}

/// Lists of 1, 2, 3, ... in some order are ranks of the responses, or the positions of the responses by rank: which of the two
/// makes a difference where a list is not its own inverse.
pub(super) fn positions_or_ranks(sample: &Sample, rank: &Path) -> Option<Refusal> {
    let column = rank.resolve(&sample.columns)?;
    // `ranks` is the rank of each; `ranking` and `rankings` may be either.
    if !tokens(&column.name).iter().any(|word| word.starts_with("ranking") || word == "order") {
        return None;
    }
    let mut differs = false;
    for list in sample.values(&column.name).filter_map(listed) {
        let places: Vec<usize> =
            list.iter().map(|item| item.as_u64().map(|at| at as usize)).collect::<Option<_>>()?;
        let from = places.iter().copied().min()?;
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if from > 1 || sorted.iter().enumerate().any(|(i, at)| i + from != *at) {
            return None;
        }
        differs |= places.iter().enumerate().any(|(i, at)| places.get(at - from) != Some(&(i + from)));
    }
    differs.then(|| Refusal {
        problem: format!(
            "`{}` may give the rank of each response, or the positions of the responses from the best to the worst",
            column.name
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} ranks={}   (the rank of each response, 1 is the best)", shell(&column.name)),
            format!("or {MAP} order={}   (positions, the best first)", shell(&column.name)),
        ],
    })
}

/// The models of a list of responses that name theirs.
fn models_of(list: &Value, found: &Candidates) -> Option<Vec<String>> {
    let model = found.model.as_ref()?;
    let items = list.as_array()?;
    if items.iter().any(Value::is_string) {
        return None;
    }
    items.iter().map(|item| Some(model.within(item)?.as_str()?.trim().to_owned())).collect()
}

/// A column with the models from the best to the worst: a list under a name for a ranking, with each of them once.
fn order_by_name(sample: &Sample, models: impl Fn(&crate::row::Row) -> Option<Vec<String>>) -> Option<Path> {
    const RANKINGS: &[&str] = &[
        "ranking",
        "rankings",
        "rank_order",
        "ranked_models",
        "model_ranking",
        "preference_order",
        "ranking_order",
        "ranked",
        "human_ranking",
        "order_of_preference",
    ];
    let ranks = |row: &crate::row::Row, column: &str| {
        let Some(items) = row.get(column).and_then(Value::as_array) else { return row.get(column).is_none() };
        let Some(mut models) = models(row) else { return false };
        let mut named: Vec<String> =
            items.iter().filter_map(|item| Some(item.as_str()?.trim().to_owned())).collect();
        models.sort_unstable();
        named.sort_unstable();
        named == models && named.windows(2).all(|two| two.first() != two.get(1))
    };
    let named = |column: &&String| {
        RANKINGS.contains(&normal(column).as_str())
            && sample.values(column).next().is_some()
            && sample.rows.iter().all(|row| ranks(row, column))
    };
    sample.columns.iter().find(named).map(|column| path(column))
}

/// The field of the record that names the best response of a list: by its position, letter, text or model.
fn best_of(sample: &Sample, column: &str, found: &Candidates) -> Option<Path> {
    let best = [
        "chosen",
        "best",
        "best_response",
        "best_idx",
        "chosen_index",
        "best_index",
        "winner",
        "selected",
        "label",
        "best_answer",
        "best_model",
        "preferred",
        "preferred_model",
        "chosen_model",
        "selected_model",
        "preferred_response",
        "winner_model",
        "winning_model",
        "choice",
        "preference",
        "chosen_response",
        "selected_response",
        "preferred_index",
        "winner_index",
        "winner_idx",
        "chosen_idx",
        "selected_index",
    ];
    let named = |c: &&String| {
        best.contains(&normal(c.rsplit('.').next().unwrap_or(c)).as_str())
            && (sample.values(c).all(|value| value.as_u64().is_some()) || names_one(sample, c, column, found))
    };
    sample.columns.iter().find(named).map(|c| path(c))
}

/// Responses by model, with a column that names one of them.
fn by_model(sample: &Sample, column: &str, fields: &serde_json::Map<String, Value>) -> Option<Candidates> {
    let models: Vec<&String> = fields.keys().collect();
    let own = |row: &crate::row::Row| -> Option<Vec<String>> {
        Some(row.get(column)?.as_object()?.keys().map(|model| model.trim().to_owned()).collect())
    };
    if let Some(order) = order_by_name(sample, own) {
        return Some(Candidates {
            texts: vec![path(column)],
            order: Some(order),
            text: Some(path("text")),
            ..Candidates::default()
        });
    }
    let names = |value: &Value| {
        value.as_str().is_some_and(|text| models.iter().any(|model| model.as_str() == text.trim()))
    };
    let winner = sample.columns.iter().find(|c| {
        roles::VERDICTS.contains(&normal(c).as_str()) && sample.values(c).next().is_some_and(names)
    })?;
    Some(Candidates {
        texts: vec![path(column)],
        chosen: Some(path(winner)),
        text: Some(path("text")),
        ..Candidates::default()
    })
}

/// The column that names the worst, or the rejected, of several responses in addition to the best one.
pub(super) fn worst_beside(
    sample: &Sample,
    used: &BTreeSet<String>,
    short: &dyn Fn(&str) -> bool,
) -> Option<Path> {
    const WORST: &[&str] = &[
        "worst",
        "worst_response",
        "worst_answer",
        "worst_index",
        "worst_idx",
        "rejected",
        "rejected_response",
        "rejected_index",
        "rejected_idx",
        "rejected_id",
        "worst_id",
        "loser",
        "worst_model",
        "rejected_model",
    ];
    named(sample, WORST, used).into_iter().find(|column| short(column)).map(|column| path(&column))
}
