//! How many bytes does something that is kept in memory take, about?

use predilect_types::{Message, Pair, Rating, Response, Verdict};
use serde_json::Value;

use crate::row::Row;

/// What a row, a field or a value takes besides its text.
const OVERHEAD: usize = 64;

/// A value, however deep.
pub(crate) fn of_value(value: &Value) -> usize {
    16 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(of_value).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + of_value(value)).sum(),
        _ => 0,
    }
}

/// The fields of a record.
pub(crate) fn of_row(row: &Row) -> usize {
    row.names().map(|name| name.len() + row.get(name).map_or(0, of_value)).sum()
}

/// Columns that are in every row of a table: their names are copied into it, and each value takes room, however short it is.
pub(crate) fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.len() + OVERHEAD).sum()
}

fn of_name(name: Option<&String>) -> usize {
    name.map_or(0, String::len)
}

pub(crate) fn of_turns(turns: &[Message]) -> usize {
    turns.iter().map(|turn| turn.content.len() + turn.role.as_str().len()).sum()
}

pub(crate) fn of_response(response: &Response) -> usize {
    of_turns(&response.messages) + of_name(response.model.as_ref()) + OVERHEAD
}

/// What a pair carries besides its responses.
pub(crate) fn around(pair: &Pair) -> usize {
    let metadata = pair.metadata.iter().map(|(name, value)| name.len() + of_value(value)).sum::<usize>();
    let names = [pair.scenario.as_ref(), pair.language.as_ref()].into_iter().map(of_name).sum::<usize>();
    of_turns(&pair.prompt) + metadata + names + pair.id.len()
}

/// Everything that a pair carries.
pub(crate) fn of_pair(pair: &Pair) -> usize {
    around(pair) + of_response(&pair.response_a) + of_response(&pair.response_b)
}

/// Everything that a verdict carries.
pub(crate) fn of_verdict(verdict: &Verdict) -> usize {
    let Verdict { pair, judge, annotator, pool, criterion, receipt, .. } = verdict;
    let names = [annotator.as_ref(), pool.as_ref(), criterion.as_ref()].into_iter().map(of_name);
    pair.len() + judge.len() + names.sum::<usize>() + receipt.as_ref().map_or(0, of_value) + OVERHEAD
}

/// Everything that a rating carries.
pub(crate) fn of_rating(rating: &Rating) -> usize {
    let Rating { pair, property, annotator, levels_a, levels_b, calls, .. } = rating;
    let levels = [levels_a, levels_b].into_iter().flatten().map(|levels| 8 * levels.len());
    let calls = calls.iter().map(|call| call.len() + 16);
    pair.len() + property.len() + annotator.len() + levels.sum::<usize>() + calls.sum::<usize>() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_a_row_of_a_table_carries_is_counted() {
        let long = "x".repeat(1 << 20);
        let response = |model: Option<String>| Response::new("short", model);
        let plain = || Pair { response_a: response(None), response_b: response(None), ..Pair::default() };
        let pairs = [
            Pair { id: long.clone(), ..plain() },
            Pair { prompt: vec![Message::user(long.clone())], ..plain() },
            Pair { response_b: response(Some(long.clone())), ..plain() },
            Pair { scenario: Some(long.clone()), ..plain() },
            Pair { language: Some(long.clone()), ..plain() },
            Pair { metadata: [(long.clone(), json!(1))].into(), ..plain() },
            Pair { metadata: [("meta".to_owned(), json!({ "deep": [long] }))].into(), ..plain() },
        ];
        assert!(of_pair(&plain()) < 1000);
        assert!(pairs.iter().all(|pair| of_pair(pair) > 1 << 20));
        let verdict = |judge: &str| Verdict::new("pair", judge, 1.0);
        let verdicts = [
            verdict(&long),
            Verdict { annotator: Some(long.clone()), ..verdict("j") },
            Verdict { pool: Some(long.clone()), ..verdict("j") },
            Verdict { criterion: Some(long.clone()), ..verdict("j") },
            Verdict { receipt: Some(json!({ "record": long })), ..verdict("j") },
        ];
        assert!(of_verdict(&verdict("j")) < 1000);
        assert!(verdicts.iter().all(|verdict| of_verdict(verdict) > 1 << 20));
    }
}
