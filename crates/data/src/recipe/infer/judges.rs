//! Verdicts of several people, judges or criteria in one record: lists of them, and columns of their own.

use super::super::calls::Call;
use super::super::roles::{self, normal, tokens};
use super::super::{Recipe, Sample, VerdictRule};
use super::verdicts::{Evidence, names_the_loser, sample_calls};
use super::{path, used};
use serde_json::Value;

/// Words in the names of columns that hold `A` and `B` and say nothing of which is better.
const NO_JUDGES: &[&str] = &[
    "first",
    "shown",
    "display",
    "displayed",
    "position",
    "group",
    "batch",
    "gender",
    "longer",
    "shorter",
    "length",
    "baseline",
    "side",
    "order",
    "arm",
    "answer",
    "class",
    "final",
    "target",
    "truth",
    "key",
    "correct",
    "swap",
    "swapped",
    "treatment",
    "condition",
    "split",
    "fold",
    "variant",
    "section",
    "type",
    "size",
    "top",
    "left",
    "right",
    "reference",
    "start",
    "presented",
    "question",
    "option",
    "score",
    "rating",
    "grade",
    "code",
    "expected",
    "predicted",
    "random",
    "seed",
];

/// A list of verdicts: objects with who says and what, or an object of what by who.
pub(super) fn listed(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    for column in sample.columns.iter().filter(|column| !used.contains(*column)) {
        let Some(first) = sample.values(column).next() else { continue };
        let says = |value: &Value| {
            value.as_str().is_some_and(|text| {
                matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Tie(_) | Call::Soft(_)))
            })
        };
        match first {
            Value::Array(items) => {
                let Some(fields) = items.first().and_then(Value::as_object) else { continue };
                let by_name =
                    |names: &[&str]| fields.keys().find(|key| names.contains(&normal(key).as_str()));
                let Some(field) =
                    by_name(roles::VERDICTS).or_else(|| by_name(&["value", "answer", "response", "rating"]))
                else {
                    continue;
                };
                let all = sample.values(column).filter_map(Value::as_array).flatten().take(200);
                if !all
                    .filter_map(|item| item.get(field.as_str()))
                    .all(|value| says(value) || value.is_null())
                {
                    continue;
                }
                let who = by_name(roles::ANNOTATORS).or_else(|| by_name(&["name", "id", "who", "by"]));
                let judge = by_name(roles::JUDGES).or_else(|| by_name(&["model"]));
                return Some(VerdictRule {
                    each: Some(path(column)),
                    field: Some(path(field)),
                    annotator: who.filter(|_| judge.is_none()).map(|who| path(who)).into_iter().collect(),
                    judge: judge.map(|judge| path(judge)).into_iter().collect(),
                    ..VerdictRule::default()
                });
            }
            Value::Object(fields) if !fields.is_empty() && fields.values().all(says) => {
                let all = sample
                    .values(column)
                    .filter_map(Value::as_object)
                    .flat_map(|fields| fields.values())
                    .take(200);
                if all.into_iter().all(|value| says(value) || value.is_null()) {
                    return Some(VerdictRule {
                        each: Some(path(column)),
                        field: Some(path("value")),
                        annotator: vec![path("key")],
                        ..VerdictRule::default()
                    });
                }
            }
            _ => {}
        }
    }
    None
}

/// Columns with any name whose every value is a word for one of the two or a tie: each is somebody's verdict.
pub(super) fn people(sample: &Sample, recipe: &Recipe) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let worded = |column: &&String| {
        let words = tokens(column);
        let letter = words.len() == 1 && words.iter().all(|word| word.len() == 1);
        if names_the_loser(column) || letter || words.iter().any(|word| NO_JUDGES.contains(&word.as_str())) {
            return false;
        }
        let calls = sample_calls(sample, recipe, column);
        let word = |value: &Value| value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_err());
        !calls.is_empty() && calls.iter().all(|(value, call)| call.is_some() && word(value))
    };
    let columns: Vec<&String> =
        sample.columns.iter().filter(|column| !used.contains(*column)).filter(worded).collect();
    // One of them must name both sides: a column of `same` and `tie` alone may be about anything.
    let says = |column: &String, wanted: Call| {
        sample_calls(sample, recipe, column).iter().any(|(_, call)| *call == Some(wanted))
    };
    // A single one may as well say which response was shown first or is the longer one.
    if columns.len() < 2 || !columns.iter().any(|column| says(column, Call::A) && says(column, Call::B)) {
        return Vec::new();
    }
    columns
        .into_iter()
        .map(|column| VerdictRule {
            field: Some(path(column)),
            judge_name: Some(column.clone()),
            ..VerdictRule::default()
        })
        .collect()
}

/// Verdicts of several judges: columns named for who judged, with one word in common.
pub(super) fn by_judge(columns: &[&(String, Evidence)], common: &[String]) -> Option<Vec<Option<String>>> {
    const JUDGES: &[&str] = &[
        "human",
        "gpt",
        "claude",
        "llama",
        "gemini",
        "judge",
        "expert",
        "annotator",
        "worker",
        "rater",
        "llm",
        "model",
        "user",
        "reviewer",
        "crowd",
        "qwen",
        "mistral",
        "gold",
        "people",
        "person",
        "mixtral",
        "deepseek",
        "palm",
        "prometheus",
    ];
    let names: Vec<Option<String>> = columns
        .iter()
        .map(|(column, _)| {
            // As the file spells it: the name of a model has marks of its own.
            let lower = column.to_lowercase();
            let word = common
                .iter()
                .find(|word| lower.ends_with(word.as_str()) || lower.starts_with(word.as_str()))?;
            let rest = match lower.strip_suffix(word.as_str()) {
                Some(rest) => column.get(..rest.len())?,
                None => column.get(word.len()..)?,
            };
            let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
            (!rest.is_empty()).then(|| rest.to_owned())
        })
        .collect();
    let judge = |name: &Option<String>| {
        name.as_ref().is_none_or(|name| tokens(name).iter().any(|word| JUDGES.contains(&word.as_str())))
    };
    (names.iter().any(Option::is_some) && names.iter().all(judge)).then_some(names)
}

/// The words that the names of all columns have.
pub(super) fn common_words(columns: &[&(String, Evidence)]) -> Vec<String> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let Some(first) = words.first() else { return Vec::new() };
    first.iter().filter(|word| words.iter().all(|other| other.contains(word))).cloned().collect()
}

/// Verdicts on several criteria: columns named for what is judged, with one word in common.
pub(super) fn by_criterion(
    columns: &[&(String, Evidence)],
    rule: impl Fn(&(String, Evidence)) -> VerdictRule,
) -> Option<Vec<VerdictRule>> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let common = common_words(columns);
    if common.is_empty() {
        return None;
    }
    if let Some(names) = by_judge(columns, &common) {
        return Some(
            columns
                .iter()
                .zip(names)
                .map(|(column, name)| VerdictRule { judge_name: name, ..rule(column) })
                .collect(),
        );
    }
    let rules = columns
        .iter()
        .zip(&words)
        .map(|(column, words)| {
            let rest: Vec<&str> =
                words.iter().filter(|word| !common.contains(word)).map(String::as_str).collect();
            (!rest.is_empty()).then(|| VerdictRule { criterion: Some(rest.join(" ")), ..rule(column) })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(rules)
}
