//! Which columns of numbers go together: one for each response, one for a tie, one for two that are equally bad?

use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::judges::is_person_word;
use super::sided::{Group, is_response_word};
use super::values::number_of;

/// Whether the number in which two columns differ is that of a person: `annotator_1_rating` and `annotator_2_rating`.
pub(super) fn of_people(group: &Group) -> bool {
    let Some((a, b)) = two(group) else { return false };
    let (x, y) = (tokens(&a), tokens(&b));
    let at = x.iter().zip(&y).position(|(x, y)| x != y);
    at.and_then(|at| x.get(at.checked_sub(1)?)).is_some_and(|before| is_person_word(before))
}

pub(super) fn two(group: &Group) -> Option<(String, String)> {
    match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    }
}

/// The column that is called as these two are, with a word for a tie in place of the side (and of `answer` next to it).
pub(super) fn tie_of(sample: &Sample, (a, b): (&str, &str), fits: impl Fn(&str) -> bool) -> Option<String> {
    let (x, y) = (tokens(a), tokens(b));
    let at = x.iter().zip(&y).position(|(x, y)| x != y)?;
    let rest = |words: &[String], own: &dyn Fn(usize, &String) -> bool| {
        let kept = words.iter().enumerate().filter(|(i, word)| !own(*i, word) && !is_response_word(word));
        kept.map(|(_, word)| word.clone()).collect::<Vec<_>>()
    };
    let common = rest(&x, &|i, _| i == at);
    let is_tie = |column: &&String| {
        let words = tokens(column);
        words.iter().filter(|word| TIES.contains(&word.as_str())).count() == 1
            && rest(&words, &|_, word| TIES.contains(&word.as_str())) == common
            && fits(column)
    };
    sample.columns.iter().find(is_tie).cloned()
}

/// The column for what is equally bad, called so alone or as the columns of the two sides are.
pub(super) fn both_bad(sample: &Sample, a: &str, b: &str) -> Option<String> {
    const BAD: &[&str] = &["both", "bad", "bothbad", "neither", "tie", "ties", "are", "equally"];
    let (x, y) = (tokens(a), tokens(b));
    let common: Vec<&String> =
        x.iter().zip(&y).filter(|(x, y)| x == y && !is_response_word(x)).map(|(x, _)| x).collect();
    let called = |column: &&String| {
        let words = tokens(column);
        let rest: Vec<&String> =
            words.iter().filter(|word| !BAD.contains(&word.as_str()) && !is_response_word(word)).collect();
        words.iter().any(|word| ["bad", "bothbad", "neither"].contains(&word.as_str()))
            && (rest.is_empty() || rest == common)
    };
    sample.columns.iter().find(called).cloned()
}

pub(super) fn is_number(sample: &Sample, column: &str) -> bool {
    sample.values(column).next().is_some()
        && sample.values(column).all(|value| number_of(value).is_some_and(f64::is_finite))
}

const TIES: &[&str] = &["tie", "tied", "equal", "same", "draw", "both", "neither", "none"];
