//! Containers of every shape, and records that only look like one.

use super::*;

fn read(text: &str) -> Option<(Shape, Vec<Value>)> {
    let value = Document::parse(text.as_bytes()).unwrap();
    let shape = shape(&value)?;
    Some((shape, records(value).unwrap().into_iter().map(Result::unwrap).collect()))
}

#[test]
fn containers_of_records() {
    let two = vec![json!({"prompt": "p", "chosen": "x"}), json!({"prompt": "q", "chosen": "y"})];
    for (text, shape) in [
        (
            r#"{"version": 1, "data": [{"prompt": "p", "chosen": "x"}, {"prompt": "q", "chosen": "y"}]}"#,
            Shape::List,
        ),
        (
            r#"{"name": "n", "whatever": [{"prompt": "p", "chosen": "x"}, {"prompt": "q", "chosen": "y"}]}"#,
            Shape::List,
        ),
        (r#"{"prompt": ["p", "q"], "chosen": ["x", "y"]}"#, Shape::Columns),
        (r#"{"prompt": {"0": "p", "1": "q"}, "chosen": {"0": "x", "1": "y"}}"#, Shape::PandasColumns),
        (
            r#"{"columns": ["prompt", "chosen"], "index": [0, 1], "data": [["p", "x"], ["q", "y"]]}"#,
            Shape::PandasSplit,
        ),
        (r#"[["prompt", "chosen"], ["p", "x"], ["q", "y"]]"#, Shape::Table),
        (
            r#"{"features": [{"name": "prompt"}], "rows": [{"row_idx": 0, "row": {"prompt": "p", "chosen": "x"}, "truncated_cells": []}, {"row_idx": 1, "row": {"prompt": "q", "chosen": "y"}, "truncated_cells": []}]}"#,
            Shape::Viewer,
        ),
    ] {
        assert_eq!(read(text), Some((shape, two.clone())), "{text}");
    }
    let (shape, records) =
        read(r#"{"train": [{"prompt": "p"}], "test": [{"prompt": "q", "split": "s"}]}"#).unwrap();
    assert_eq!(shape, Shape::Splits);
    assert!(records.contains(&json!({"prompt": "p", "split": "train"})));
    assert!(records.contains(&json!({"prompt": "q", "split": "s"})));
    let (shape, records) =
        read(r#"{"q0": {"prompt": "p", "chosen": "x"}, "q1": {"id": 7, "prompt": "q"}}"#).unwrap();
    assert_eq!(shape, Shape::ById);
    assert_eq!(records[0]["id"], "q0");
    assert_eq!(records[1]["id"], 7);
    let (_, records) = read(r#"{"prompt": ["p", "q"], "chosen": ["x", "y"], "source": "s"}"#).unwrap();
    assert_eq!(records[1]["source"], "s");
    let (_, records) = read(r#"{"prompt": {"2": "q", "10": "r"}, "chosen": {"2": "y", "10": "z"}}"#).unwrap();
    assert_eq!(records[1]["prompt"], "r");
}

#[test]
fn names_of_lists_and_what_is_said_of_all() {
    let record = r#"{"prompt": "p", "response_a": "x", "response_b": "y"}"#;
    let all =
        |text: &str| read(&text.replace("{R}", record)).map(|(shape, records)| (shape, records[0].clone()));
    let with = |fields: Value| {
        let mut record: Value = serde_json::from_str(record).unwrap();
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        record
    };
    for (text, fields) in [
        (r#"{"gpt-4": [{R}], "claude": [{R}]}"#, json!({"key": "gpt-4"})),
        (r#"{"train_prefs": [{R}], "test_prefs": [{R}]}"#, json!({"split": "train_prefs"})),
        (r#"{"note": "n", "a": [{R}], "b": [{R}]}"#, json!({"key": "a"})),
        (r#"{"judge": "j", "results": {"a": [{R}], "b": [{R}]}}"#, json!({"key": "a", "judge": "j"})),
    ] {
        assert_eq!(all(text), Some((Shape::Splits, with(fields))), "{text}");
    }
    for (text, fields) in [
        (r#"{"config": {"judge_model": "j"}, "results": [{R}]}"#, json!({"judge_model": "j"})),
        (r#"{"config": {"judge": {"model": "j"}}, "results": [{R}]}"#, json!({"judge": "j"})),
        (r#"{"judge": "j", "model": "m", "results": [{R}]}"#, json!({"judge": "j"})),
    ] {
        assert_eq!(all(text), Some((Shape::List, with(fields))), "{text}");
    }
    // A record's own judge, and lists whose records have a field of that name.
    let (_, records) = read(r#"{"judge": "j", "data": [{"prompt": "p", "judge": "k", "x": 1}]}"#).unwrap();
    assert_eq!(records[0]["judge"], "k");
    let (_, records) =
        read(r#"{"a": [{"prompt": "p", "key": 1}], "b": [{"prompt": "q", "key": 2}]}"#).unwrap();
    assert_eq!((&records[1]["key"], &records[1]["list_key"]), (&json!(2), &json!("b")));
}

#[test]
fn a_record_is_no_container() {
    for text in [
        r#"{"prompt": "p", "chosen": "x", "rejected": "y"}"#,
        r#"{"prompt": "p", "chosen": [{"role": "user", "content": "x"}], "rejected": [{"role": "user", "content": "y"}]}"#,
        r#"{"chosen": [{"role": "user", "content": "x"}, {"role": "a", "content": "x"}], "rejected": [{"role": "user", "content": "y"}, {"role": "a", "content": "y"}]}"#,
        r#"{"id": "1", "prompt": "p", "verdicts": [{"judge": "j", "p_a": 1}, {"judge": "k", "p_a": 1}]}"#,
        r#"{"question_id": 1, "model": "m", "judge": "j", "games": [{"score": "A>B"}, {"score": "B>A"}]}"#,
        r#"{"instruction": "p", "completions": [{"model": "a", "response": "x"}, {"model": "b", "response": "y"}]}"#,
        r#"{"prompt": "p", "responses": ["x", "y"], "scores": [1, 2]}"#,
        r#"{"response_a": {"text": "x", "model": "m"}, "response_b": {"text": "x", "model": "m"}}"#,
        "{}",
        r#"["A", "B"]"#,
        r#"[{"prompt": "p"}]"#,
        r#"{"a": [], "b": []}"#,
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn cells_that_the_viewer_cut_are_not_read() {
    let value = json!({"rows": [{"row": {"prompt": "p"}, "truncated_cells": ["prompt"]}]});
    assert!(records(value.into()).unwrap()[0].as_ref().is_err_and(|e| e.reason == Reason::Truncated));
}

#[test]
fn a_beginning_is_mended() {
    let whole = r#"{"data": [{"a": "x,]", "b": [1, 2]}, {"a": "y", "b": [3]}], "n": 1}"#;
    for end in 1..whole.len() {
        assert!(mended(&whole.as_bytes()[..end]).is_none_or(|v| matches!(v, Document::Object(_))), "{end}");
    }
    let cut = whole.find("\"b\": [3]").unwrap();
    let want = json!({"data": [{"a": "x,]", "b": [1, 2]}, {"a": "y"}]});
    assert_eq!(mended(&whole.as_bytes()[..cut + 4]), Some(want.into()));
}
