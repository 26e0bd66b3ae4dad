//! Which columns and objects contain the texts of both sides, by their contents as well as their names?

use super::super::path::Path;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::columns::path;
use super::lists::list_by_name;
use super::models::are_names;
use super::sided::{is_response, is_response_word, sided};
use serde_json::Value;

/// Whether a column contains responses: by its name, or by name and contents, where the name alone may be that of a model
/// (`response_model_a`).
pub(super) fn has_responses(sample: &Sample, words: &[String], column: &str) -> bool {
    let known = |word: &String| is_response_word(word) || roles::BESIDE.contains(&word.as_str());
    let named = || words.iter().any(|word| is_response_word(word)) && words.iter().all(known);
    (is_response(words) && sample.texts(column))
        || (named() && sample.texts(column) && !are_names(sample, &[column]))
}

/// Two columns of texts that are called after the two sides, whatever else they are called, and are not reasons or settings.
pub(crate) fn texts_beside(sample: &Sample) -> Option<(String, String)> {
    const OTHERS: &[&str] = &[
        "rationale",
        "rationales",
        "explanation",
        "reason",
        "reasons",
        "justification",
        "comment",
        "comments",
        "feedback",
        "note",
        "notes",
        "critique",
        "review",
        "description",
        "system",
        "persona",
        "tags",
        "tag",
        "title",
        "url",
        "link",
        "path",
        "file",
        "error",
        "errors",
        "thinking",
        "thought",
        "thoughts",
        "judge",
        "judgment",
        "judgement",
        "prompt",
        "question",
        "instruction",
        "metadata",
        "meta",
        "info",
        "conv",
        "date",
        "time",
        "timestamp",
    ];
    let other = |word: &String| OTHERS.contains(&word.as_str());
    let long = |column: &str| {
        let turns =
            |value: &Value| value.is_string() || value.as_array().is_some_and(|items| !items.is_empty());
        // An id has no words.
        let worded = |value: &Value| {
            value.as_str().is_none_or(|text| !text.is_ascii() || text.trim().contains(char::is_whitespace))
        };
        let values = || sample.values(column).take(200);
        sample.texts(column) && values().all(turns) && values().any(worded) && !are_names(sample, &[column])
    };
    let groups = sided(sample, |words, _| !words.iter().any(other));
    groups.into_iter().find_map(|group| match group.columns.as_slice() {
        [a, b] if long(a) && long(b) => Some((a.clone(), b.clone())),
        _ => None,
    })
}

/// The places of responses in an object whose keys are sides, `{"A": "...", "B": "..."}`: they name no models.
pub(super) fn by_side(sample: &Sample) -> Option<Vec<Path>> {
    let column = list_by_name(sample)?;
    let first = sample.values(column).find_map(Value::as_object)?;
    let sequences = roles::PLACES
        .iter()
        .map(|places| places.to_vec())
        .chain(roles::SIDES.iter().map(|(a, b)| vec![*a, *b]));
    let keys = sequences.into_iter().find_map(|sequence| {
        let key = |side: &&str| {
            first.keys().find(|key| {
                let words = tokens(key);
                words.last().is_some_and(|word| word == side)
                    && words.iter().rev().skip(1).all(|word| is_response_word(word) || word == "model")
            })
        };
        let keys: Vec<&String> = sequence.iter().map_while(key).collect();
        (keys.len() > 1 && keys.len() == first.len()).then_some(keys)
    })?;
    let same = |value: &Value| {
        value.as_object().is_some_and(|fields| {
            fields.len() == keys.len() && keys.iter().all(|key| fields.contains_key(*key))
        })
    };
    sample.values(column).all(same).then(|| keys.iter().map(|key| path(&format!("{column}.{key}"))).collect())
}
