//! What does a document say of the records in its lists: what the list is called, and who judged all of them?

use serde_json::{Value, json};

use super::fields::{Fields, LISTS, OWN, PARTS, is_records, take};

/// Names of a field that keeps what a record's list is called: the first that no record has.
const KEYS: &[&str] = &["key", "list_key", "document_key"];
/// Words for the parts of a data set: a list of this name is one of them.
const SPLITS: &[&str] = &[
    "train",
    "training",
    "test",
    "testing",
    "valid",
    "validation",
    "val",
    "dev",
    "eval",
    "evaluation",
    "holdout",
    "split",
    "fold",
    "part",
    "data",
];
/// Names of a field that says of all records who judged, or by what.
const SAYS_WHO: &[&str] = &[
    "judge",
    "judge_model",
    "judge_name",
    "judge_id",
    "judge_llm",
    "llm_judge",
    "model_judge",
    "judged_by",
    "evaluator",
    "evaluator_model",
    "evaluator_name",
    "evaluation_model",
    "grader",
    "grader_model",
    "reward_model",
    "annotator",
    "annotator_id",
    "annotator_name",
    "annotator_model",
    "annotated_by",
    "labeled_by",
    "labelled_by",
    "rater",
    "rater_id",
    "worker_id",
    "criterion",
];
/// Fields of a record that a document may have for all of its records.
pub(super) const ABOUT: &[&str] = &["judge", "model", "id"];
/// Fields of an object that is named for a judge.
const NAMES: &[&str] = &["name", "model", "model_name", "id"];

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['-', ' '], "_")
}

/// Whether a list is named for a part of a data set.
fn is_split(name: &str) -> bool {
    plain(name).split(['_', '.']).any(|word| SPLITS.contains(&word))
}

/// The field that keeps the names of lists: `split`, or one of [`KEYS`] where they are not parts of a data set.
pub(super) fn field_of_names(lists: &Fields) -> &'static str {
    if lists.iter().any(|(name, _)| is_split(name)) {
        return "split";
    }
    let records = || lists.iter().filter_map(|(_, list)| list.as_array()).flatten();
    let free = |key: &&&str| records().all(|record| record.get(**key).is_none());
    KEYS.iter().find(free).copied().unwrap_or("split")
}

/// The column of a document's records that [`field_of_names`] added, unless the lists are parts of a data set.
pub(crate) fn key_column(columns: &[String]) -> Option<String> {
    let has = |key: &&&str| columns.iter().any(|column| column == **key);
    KEYS.iter().rev().find(has).map(|key| (*key).to_owned())
}

/// What the fields next to the lists say of all records: `{"config": {"judge_model": "gpt-4"}, "results": [...]}`.
pub(super) fn said_of_all(fields: &Fields) -> Fields {
    let mut found: Fields = Vec::new();
    let name = |value: &Value| {
        value.as_str().map(str::trim).filter(|text| !text.is_empty() && text.len() <= 120).map(str::to_owned)
    };
    let mut add = |field: &str, value: &Value| {
        let own = match value {
            Value::Object(inner) => NAMES.iter().find_map(|key| inner.get(*key).and_then(name)),
            value => name(value),
        };
        if let Some(own) = own.filter(|_| SAYS_WHO.contains(&plain(field).as_str()))
            && !found.iter().any(|(known, _)| known == field)
        {
            found.push((field.to_owned(), json!(own)));
        }
    };
    for (field, value) in fields.iter().filter(|(_, value)| !is_records(value)) {
        add(field, value);
        for (inner, value) in value.as_object().into_iter().flatten() {
            add(inner, value);
        }
    }
    found
}

/// Whether a document has one list under a name for records, each with its own text: a field of a record next to it is then of all.
pub(super) fn says_of_all(fields: &[(String, Value)]) -> bool {
    const TEXTS: &[&str] =
        &["prompt", "question", "instruction", "query", "response_a", "chosen", "messages"];
    let text = |item: &Value| TEXTS.iter().any(|name| item.get(name).is_some());
    let mut lists = fields.iter().filter(|(_, value)| is_records(value));
    let only = lists.next().filter(|_| lists.next().is_none());
    only.is_some_and(|(name, list)| {
        LISTS.contains(&name.as_str()) && list.as_array().is_some_and(|items| items.iter().all(text))
    })
}

/// Whether several lists of records are next to fields that are none: an object, or a word.
pub(super) fn are_kept_by_name(fields: &[(String, Value)]) -> bool {
    let known = |item: &Value| {
        item.as_object().is_some_and(|f| f.len() > 2 && f.keys().any(|key| OWN.contains(&key.as_str())))
    };
    fields.iter().all(|(name, value)| match value {
        Value::Array(items) => {
            is_records(value) && !PARTS.contains(&name.as_str()) && items.iter().all(known)
        }
        _ => true,
    })
}

/// The only field with an object of several lists of records, where the others are about them: `{"results": {"gpt-4": [...], ...}}`.
pub(super) fn named_lists(fields: &[(String, Value)]) -> Option<&String> {
    let lists = |value: &Value| {
        let inner: Fields = value.as_object()?.clone().into_iter().collect();
        (inner.len() > 1 && inner.iter().all(|(_, list)| list.is_array()) && are_kept_by_name(&inner))
            .then_some(())
    };
    let mut found = fields.iter().filter(|(_, value)| lists(value).is_some());
    let (name, _) = found.next().filter(|_| found.next().is_none())?;
    let about = fields.iter().all(|(field, value)| field == name || !value.is_array());
    (about && !OWN.contains(&name.as_str()) && !PARTS.contains(&name.as_str())).then_some(name)
}

/// The lists of a document that keeps them by name.
pub(super) fn lists_within(mut fields: Fields) -> Fields {
    if let Some(name) = named_lists(&fields).cloned()
        && let Some(Value::Object(lists)) = take(std::mem::take(&mut fields), &name)
    {
        return lists.into_iter().collect();
    }
    fields.retain(|(_, value)| is_records(value));
    fields
}
