//! Which lists contain records, and which fields and lists belong to one record?

use serde_json::Value;

/// Names under which tools put their records.
pub(super) const LISTS: &[&str] = &[
    "data",
    "rows",
    "records",
    "examples",
    "instances",
    "items",
    "samples",
    "entries",
    "results",
    "pairs",
    "preferences",
    "comparisons",
    "annotations",
    "dataset",
    "train",
    "test",
    "validation",
    "dev",
];

/// Fields of a record: an object that has one of these as well as a list is a record, not a container of records.
pub(super) const OWN: &[&str] = &[
    "prompt",
    "question",
    "question_id",
    "uid",
    "instruction",
    "input",
    "query",
    "context",
    "conversation",
    "messages",
    "response",
    "response_a",
    "response_b",
    "chosen",
    "rejected",
    "completion",
    "completions",
    "output",
    "model",
    "model_a",
    "judge",
    "winner",
    "preference",
    "turns",
    "id",
    "idx",
];

/// Lists that belong to one record.
pub(super) const PARTS: &[&str] = &[
    "messages",
    "conversation",
    "conversations",
    "conversation_a",
    "conversation_b",
    "turns",
    "choices",
    "games",
    "verdicts",
    "ratings",
    "completions",
    "responses",
    "answers",
    "candidates",
    "outputs",
    "chosen",
    "rejected",
    "prompt",
    "context",
    "history",
    "tools",
    "tool_calls",
];

pub(super) fn is_record(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| {
        let turn =
            ["role", "from", "content", "value"].iter().filter(|name| fields.contains_key(**name)).count();
        !fields.is_empty() && turn < 2
    })
}

pub(super) fn is_records(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty() && items.iter().take(100).all(is_record))
}

/// The fields of an object in their order.
pub(super) type Fields = Vec<(String, Value)>;

/// Takes a field of an object.
pub(super) fn take(fields: Fields, name: &str) -> Option<Value> {
    fields.into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
}
