//! Columns of responses that are named after their authors: `gpt-4` and `claude`, `base_output` and `tuned_output`.
//!
//! Two things speak for it: a column whose values are those names, or scores in columns of the same names
//! (`outputs.NAME` and `score.NAME`).

use super::super::declared::Candidates;
use super::super::sample::Sample;
use super::super::spelling::{normal, tokens};
use super::super::{qualities, roles};
use super::columns::path;
use super::losers::names_the_loser;
use super::sided::is_response_word;
use super::values::number_of;
use crate::call::Call;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What precedes and what follows an author's name in the names of columns.
type Around = (String, String);

/// Characters of a column's name in which authors are looked for.
const LONGEST_NAME: usize = 200;

/// Columns that share what is around the names of their authors.
#[derive(Debug)]
struct Named {
    around: Around,
    /// Author and column, in the order of the columns.
    columns: Vec<(String, String)>,
}

impl Named {
    fn column(&self, author: &str) -> Option<&String> {
        self.columns.iter().find(|(name, _)| normal(name) == normal(author)).map(|(_, column)| column)
    }

    /// Whether the words around the names have one of these.
    fn says(&self, wanted: impl Fn(&str) -> bool) -> bool {
        let (before, behind) = &self.around;
        words(before).iter().chain(&words(behind)).any(|word| wanted(word))
    }
}

/// The words of a part of a name; what precedes a dot counts here, unlike in [`tokens`].
fn words(part: &str) -> Vec<String> {
    part.split('.').flat_map(tokens).collect()
}

/// Columns of responses by author, with a column that names the best author or with scores by author.
pub(super) fn by_author(sample: &Sample) -> Option<Candidates> {
    winner_names(sample).or_else(|| scores_beside(sample))
}

/// Names for sides, which are not authors.
fn is_side(name: &str) -> bool {
    let plain = normal(name);
    let place = |word: &str| {
        roles::SIDES.iter().any(|(a, b)| *a == word || *b == word)
            || roles::PLACES.iter().any(|places| places.contains(&word))
    };
    place(&plain)
}

/// Columns with a text in most records that do not have another role of texts next to responses.
fn texts(sample: &Sample) -> Vec<&String> {
    const OTHERS: &[&str] =
        &["id", "reason", "rationale", "explanation", "comment", "comments", "feedback", "notes"];
    let other = |column: &str| {
        let plain = normal(column);
        let plain = plain.as_str();
        roles::PROMPTS.contains(&plain)
            || roles::SYSTEMS.contains(&plain)
            || roles::HISTORIES.contains(&plain)
            || roles::SCENARIOS.contains(&plain)
            || roles::CRITERIA.contains(&plain)
            || roles::JUDGES.contains(&plain)
            || roles::ANNOTATORS.contains(&plain)
            || OTHERS.contains(&plain)
    };
    sample.columns.iter().filter(|column| sample.texts(column) && !other(column)).collect()
}

/// A column whose values name two or more columns of texts, whole or with words such as `response` around the name.
fn winner_names(sample: &Sample) -> Option<Candidates> {
    let texts = texts(sample);
    let mut verdicts: Vec<(usize, &String)> = sample
        .columns
        .iter()
        .filter(|column| !names_the_loser(column))
        .filter_map(|column| {
            Some((roles::VERDICTS.iter().position(|name| *name == tokens(column).join("_"))?, column))
        })
        .collect();
    verdicts.sort_by_key(|(rank, _)| *rank);
    verdicts.into_iter().find_map(|(_, verdict)| named_by(sample, verdict, &texts))
}

fn named_by(sample: &Sample, verdict: &str, texts: &[&String]) -> Option<Candidates> {
    let values: Vec<&str> = sample.values(verdict).map(Value::as_str).collect::<Option<_>>()?;
    let said: BTreeSet<&str> = values
        .iter()
        .map(|value| value.trim())
        // Ties and blanks do not name a column.
        .filter(|value| {
            texts.iter().any(|column| normal(column) == normal(value))
                || !matches!(super::super::words(value), Some(Call::Tie(_) | Call::Missing))
        })
        .collect();
    if said.is_empty() || said.len() > 64 || said.iter().all(|value| is_side(value)) {
        return None;
    }
    let mut ways: Vec<Around> = Vec::new();
    for value in &said {
        for column in texts.iter().filter(|column| **column != verdict) {
            if let Some(around) = around(column, value)
                && !ways.contains(&around)
            {
                ways.push(around);
            }
        }
    }
    // The most words around the name: `gpt4_response` rather than a column `gpt4` next to it, only if all values fit.
    let named = ways.into_iter().filter_map(|way| {
        let found = authors(sample, texts, verdict, &way);
        // A few values that name none are slips: reading says where they are.
        let none = |value: &&str| said.contains(value) && found.column(value).is_none();
        let slips = values.iter().map(|value| value.trim()).filter(none).count();
        (10 * slips <= values.len()).then_some(found)
    });
    let mut named: Vec<Named> = named.collect();
    named.sort_by_key(|found| std::cmp::Reverse(found.columns.len()));
    let mut found = named.into_iter().next()?;
    let bare = found.around.0.is_empty() && found.around.1.is_empty();
    if bare {
        // Any text column would fit: those count that win somewhere, and the only other one that there is.
        let winners: Vec<(String, String)> = found
            .columns
            .iter()
            .filter(|(name, _)| said.iter().any(|value| normal(value) == normal(name)))
            .cloned()
            .collect();
        found.columns = match (winners.len(), found.columns.len()) {
            (1, 2) => found.columns,
            (0 | 1, _) => return None,
            // Another column of texts as long as theirs may be of a model that never won.
            _ if others_as_long(sample, &winners, &found.columns) => return None,
            _ => winners,
        };
    }
    if found.columns.len() < 2 || found.columns.iter().all(|(name, _)| is_side(name)) {
        return None;
    }
    Some(Candidates {
        texts: found.columns.iter().map(|(_, column)| path(column)).collect(),
        names: found.columns.iter().map(|(name, _)| name.clone()).collect(),
        chosen: Some(path(verdict)),
        ..Candidates::default()
    })
}

/// Whether a column that never wins has texts half as long as those of the winners, or longer.
fn others_as_long(sample: &Sample, winners: &[(String, String)], all: &[(String, String)]) -> bool {
    let long = |column: &str| {
        let lengths = sample.values(column).take(50).map(|value| value.as_str().map_or(0, str::len));
        let (sum, count) = lengths.fold((0, 0), |(sum, count), length| (sum + length, count + 1));
        sum / count.max(1)
    };
    let least = winners.iter().map(|(_, column)| long(column)).min().unwrap_or_default();
    all.iter().any(|named| !winners.contains(named) && long(&named.1) * 2 >= least)
}

/// What is around an author's name in a column's name: empty, or words for a response.
fn around(column: &str, author: &str) -> Option<Around> {
    if normal(column) == normal(author) {
        return Some((String::new(), String::new()));
    }
    let (lower, author) = (column.to_lowercase(), author.to_lowercase());
    let at = lower.find(&author)?;
    let (before, behind) = (column.get(..at)?, column.get(at + author.len()..)?);
    let apart = |text: &str, at_end: bool| {
        text.is_empty()
            || (if at_end { text.chars().last() } else { text.chars().next() })
                .is_some_and(|c| !c.is_alphanumeric())
    };
    let known = words(before).iter().chain(&words(behind)).all(|word| {
        is_response_word(word)
            || roles::BESIDE.contains(&word.as_str())
            || word == "outputs"
            || word == "inputs"
    });
    (apart(before, true) && apart(behind, false) && known).then(|| (before.to_owned(), behind.to_owned()))
}

/// The authors of the columns whose names have this around them.
fn authors(sample: &Sample, texts: &[&String], verdict: &str, way: &Around) -> Named {
    let (before, behind) = way;
    let name = |column: &str| {
        let rest = column.strip_prefix(before.as_str())?.strip_suffix(behind.as_str())?;
        (!rest.trim().is_empty()).then(|| rest.to_owned())
    };
    // Texts given for comparison with the answers do not compete with them, unless they win somewhere.
    let competes = |author: &str| {
        const BESIDE: &[&str] = &[
            "reference",
            "ref",
            "gold",
            "golden",
            "human",
            "judge",
            "expected",
            "ideal",
            "ground",
            "truth",
            "target",
            "correct",
            "evaluator",
            "user",
            "label",
            "system",
            "original",
            "source",
            "critic",
            "grader",
            "annotator",
        ];
        !tokens(author).iter().any(|word| BESIDE.contains(&word.as_str()))
            || sample
                .values(verdict)
                .any(|value| value.as_str().is_some_and(|said| normal(said) == normal(author)))
    };
    let columns = sample
        .columns
        .iter()
        .filter(|column| texts.contains(column) && *column != verdict)
        .filter_map(|column| Some((name(column)?, column.clone())))
        .filter(|(author, _)| competes(author))
        .collect();
    Named { around: way.clone(), columns }
}

/// Texts and numbers in columns of the same authors, such as `outputs.NAME` and `feedback.score.NAME`.
fn scores_beside(sample: &Sample) -> Option<Candidates> {
    let texts = texts(sample);
    let answers: Vec<Named> = families(&texts)
        .into_iter()
        .filter(|found| found.says(is_response_word) && !found.columns.iter().any(|(name, _)| is_side(name)))
        .collect();
    let numeric = |column: &&String| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let numbers: Vec<&String> = sample.columns.iter().filter(numeric).collect();
    let scores: Vec<Named> = families(&numbers)
        .into_iter()
        .filter(|found| {
            let known = |word: &str| {
                roles::SCORES.contains(&word) || ["preference", "preferred", "wins"].contains(&word)
            };
            let more = |word: &str| {
                known(word) || word == "feedback" || word == "ranked" || qualities::quality(word)
            };
            found.says(known) && !found.says(|word| !more(word))
        })
        .collect();
    let mut found = Vec::new();
    for texts in &answers {
        for scores in &scores {
            let all = texts.columns.iter().all(|(name, _)| scores.column(name).is_some());
            if all && texts.columns.len() == scores.columns.len() {
                found.push((texts, scores));
            }
        }
    }
    // The longest names: `exp-1` and `exp-2`, not `1` and `2` behind `exp-`.
    found.sort_by_key(|(texts, _)| texts.around.0.len() + texts.around.1.len());
    let (texts, scores) = *found.first()?;
    // Scores on several criteria: which of them is meant, only the user knows.
    let others = found.iter().filter(|(other, _)| other.around == texts.around).count();
    if others > 1 {
        return None;
    }
    Some(Candidates {
        texts: texts.columns.iter().map(|(_, column)| path(column)).collect(),
        names: texts.columns.iter().map(|(name, _)| name.clone()).collect(),
        scores: texts
            .columns
            .iter()
            .filter_map(|(name, _)| scores.column(name))
            .map(|column| path(column))
            .collect(),
        ..Candidates::default()
    })
}

/// Groups of two or more columns that begin or end alike, up to a mark between words.
fn families(columns: &[&String]) -> Vec<Named> {
    let mut found: BTreeMap<Around, Vec<(String, String)>> = BTreeMap::new();
    // Names longer than a line are not names.
    for column in columns.iter().filter(|column| column.len() <= LONGEST_NAME) {
        for (at, mark) in column.char_indices().filter(|(_, c)| !c.is_alphanumeric()) {
            let (head, tail) = (column.get(..at + mark.len_utf8()), column.get(at + mark.len_utf8()..));
            if let (Some(head), Some(tail)) = (head, tail)
                && !tail.is_empty()
            {
                found
                    .entry((head.to_owned(), String::new()))
                    .or_default()
                    .push((tail.to_owned(), (*column).clone()));
            }
            let (head, tail) = (column.get(..at), column.get(at..));
            if let (Some(head), Some(tail)) = (head, tail)
                && !head.is_empty()
            {
                found
                    .entry((String::new(), tail.to_owned()))
                    .or_default()
                    .push((head.to_owned(), (*column).clone()));
            }
        }
    }
    let named = found.into_iter().filter(|(_, columns)| columns.len() >= 2);
    named.map(|(around, columns)| Named { around, columns }).collect()
}
