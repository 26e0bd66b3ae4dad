//! Which response does a field of the record call the best, and in which order does it put them?

use predilect_types::TieKind;
use serde_json::Value;

use super::super::roles::PLACES;
use super::super::spelling::{normal, tokens};
use super::super::words::{plain_words, says_best};
use super::listed::Candidate;
use crate::call::Call;
use crate::error::{Reason, RowError};

/// What a field of the record says of the best response.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Best {
    /// There is no such field, or the responses themselves say it.
    Unsaid,
    /// One of them is marked as chosen.
    One,
    /// Two responses are equally good.
    Tie(TieKind),
    /// No verdict: blank, or a tie among more than two, which does not compare any two of them.
    Missing,
}

/// Marks the response that a value names.
pub(super) fn named_best(field: &str, value: &Value, found: &mut [Candidate]) -> Result<Best, RowError> {
    let at = match position(field, value, found) {
        Ok(at) => at,
        Err(error) => {
            return match value.as_str().and_then(plain_words) {
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
pub(super) fn placed(field: &str, items: &[Value], found: &mut [Candidate]) -> Result<(), RowError> {
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

/// Which of the responses a value names: by position, column, letter or text.
pub(super) fn position(field: &str, value: &Value, found: &[Candidate]) -> Result<usize, RowError> {
    let wrong = || {
        RowError::new(Reason::UnknownWinner, format!("the value names none of the {} responses", found.len()))
            .field(field)
            .json(value)
    };
    match value {
        Value::Number(number) => {
            let at = number.as_u64().map(|at| at as usize).ok_or_else(wrong)?;
            // Separate columns are called by their numbers, which may begin with 1, or by letters, which are not numbers.
            let listed = found.iter().all(|c| c.column.ends_with(']'));
            let called = |c: &Candidate| tokens(&c.column).last().is_some_and(|word| *word == at.to_string());
            match found.iter().position(called) {
                Some(place) if !listed => Ok(place),
                _ if listed => Some(at).filter(|at| *at < found.len()).ok_or_else(wrong),
                _ => Err(wrong().remedy(
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
            // An exact spelling takes precedence over one that differs in punctuation only.
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
            placed_by(text, found).ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}

/// Which response a text names by its place within the columns' names: `B`, `response_b` for `first_turn_response_b`. A text that names
/// several, or that says something else than which one is the best (`not B`, `better than B`), names none.
fn placed_by(text: &str, found: &[Candidate]) -> Option<usize> {
    let said = tokens(text);
    // `Response 1` of a list may be the first or the second.
    let listed = found.iter().all(|candidate| candidate.column.ends_with(']'));
    if listed && said.len() > 1 && said.iter().any(|word| word.parse::<u64>().is_ok()) {
        return None;
    }
    let columns: Vec<Vec<String>> = found.iter().map(|candidate| tokens(&candidate.column)).collect();
    let letters = PLACES.first().copied().unwrap_or_default();
    let lettered = columns.iter().flatten().any(|word| letters.contains(&word.as_str()));
    let place = |word: &str| {
        let mut own = columns.iter().enumerate().filter(|(_, words)| words.iter().any(|own| own == word));
        match (own.next(), own.next()) {
            (Some((at, _)), None) => Some(at),
            // Columns that have letters of their own are not counted through.
            (None, _) if !lettered => {
                letters.iter().position(|letter| *letter == word).filter(|at| *at < found.len())
            }
            _ => None,
        }
    };
    let of_all = |word: &String| columns.iter().all(|words| words.contains(word));
    let mut at = None;
    for word in said {
        match (place(&word), at) {
            (Some(own), None) => at = Some(own),
            (Some(own), Some(other)) if own == other => {}
            (None, _) if of_all(&word) || says_best(&word) => {}
            _ => return None,
        }
    }
    at
}
