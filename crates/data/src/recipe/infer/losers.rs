//! Columns that say who lost.

use super::super::declared::{Recipe, Shape};
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::super::{qualities, roles};
use super::columns::path;
use super::evidence::{Evidence, evidence, sample_calls};
use super::uses::used;
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// Whether a column says which of two lost: its values name a response, and mean the other one. What is less of a drawback is better.
pub(super) fn names_the_loser(column: &str) -> bool {
    const LOSERS: &[&str] = &[
        "worse",
        "worst",
        "loser",
        "losing",
        "loses",
        "lost",
        "least",
        "weaker",
        "less",
        "fewer",
        "fewest",
        "not",
        "never",
        "eliminated",
        "defeated",
        "runner",
        "outvoted",
    ];
    let words = tokens(column);
    let against =
        |word: &&String| LOSERS.contains(&word.as_str()) || roles::bad(word) || qualities::drawback(word);
    words.iter().filter(against).count() % 2 == 1
}

/// The verdict that a column names by who lost, if its name says exactly that: a response with less of a drawback may be better only in
/// that respect, and sentences may be about the other response.
pub(super) fn loser(sample: &Sample, recipe: &Recipe) -> Result<Option<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let says = |column: &&String| {
        !used.contains(*column)
            && names_the_loser(column)
            && match evidence(sample, recipe, column) {
                Some(Evidence::Words) => true,
                Some(Evidence::OneTwo | Evidence::ZeroOne) => is_plain_loser(column),
                _ => false,
            }
    };
    let mut found = sample.columns.iter().filter(says);
    let Some(column) = found.next() else { return Ok(None) };
    if found.next().is_some() || !is_plain_loser(column) || !names_alone(sample, column) {
        return Err(refused(sample, recipe, column));
    }
    let rule = VerdictRule { field: Some(path(column)), loses: true, ..VerdictRule::default() };
    Ok(Some(match evidence(sample, recipe, column) {
        Some(Evidence::OneTwo) => VerdictRule { a: vec![Value::from(1)], b: vec![Value::from(2)], ..rule },
        Some(Evidence::ZeroOne) => VerdictRule { a: vec![Value::from(0)], b: vec![Value::from(1)], ..rule },
        _ => rule,
    }))
}

/// Refuses a winner column given by the user that names losers, if nothing is said of its values.
pub(super) fn mapped(sample: &Sample, recipe: &Recipe) -> Option<Refusal> {
    let plain =
        |rule: &&VerdictRule| *rule == &VerdictRule { field: rule.field.clone(), ..VerdictRule::default() };
    let field = recipe.verdict.iter().filter(plain).find_map(|rule| rule.field.as_ref())?;
    let column = field.resolve(&sample.columns)?;
    (matches!(recipe.shape, Shape::Pair | Shape::Votes) && is_plain_loser(&column.name))
        .then(|| refused(sample, recipe, &column.name))
}

/// Whether the values of a column are names of responses or ties, and not sentences about them.
fn names_alone(sample: &Sample, column: &str) -> bool {
    sample.values(column).all(|value| value.as_str().is_none_or(|text| !compares(text)))
}

/// Whether a text says how two responses compare, so that naming one of them is not all it does.
pub(super) fn compares(text: &str) -> bool {
    let words = tokens(text);
    text.contains(['>', '<'])
        || words.iter().any(|word| {
            ["better", "worse", "wins", "loses", "lost", "won"].contains(&word.as_str())
                || word.starts_with("prefer")
        })
}

/// Whether a column's name says the loser, and nothing more.
pub(crate) fn is_plain_loser(column: &str) -> bool {
    const LOSERS: &[&str] = &["worse", "worst", "loser", "losing", "lost", "weaker"];
    const BESIDE: &[&str] = &["side", "id", "name", "label", "index", "letter", "human", "overall", "the"];
    let words = tokens(column);
    let loses = |word: &String| LOSERS.contains(&word.as_str()) || roles::bad(word);
    let beside = |word: &String| {
        let word = word.as_str();
        roles::RESPONSES.contains(&word) || roles::BESIDE.contains(&word) || BESIDE.contains(&word)
    };
    words.iter().filter(|word| loses(word)).count() == 1
        && words.iter().all(|word| loses(word) || beside(word))
}

/// A column that names the worse response: what its values mean has to be said the other way round.
pub(super) fn refused(sample: &Sample, recipe: &Recipe, column: &str) -> Refusal {
    let mut values: Vec<String> = Vec::new();
    for (value, call) in sample_calls(sample, recipe, column) {
        let means = match call {
            Some(Call::A) => "B",
            Some(Call::B) => "A",
            Some(Call::Tie(_)) => "tie",
            _ => continue,
        };
        let said = format!(
            "{}={means}",
            value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
        );
        if !values.contains(&said) && values.len() < 6 {
            values.push(said);
        }
    }
    Refusal {
        problem: format!("`{column}` names the response that lost, by its name"),
        remedy: "say what the values mean for the winner".to_owned(),
        certain: true,
        start: vec![format!("{MAP} {}", shell(&format!("winner={column}:{}", values.join(","))))],
    }
}
