//! Completions that are labelled by themselves, read as they are.

use predilect_data::ReadOptions;
use serde_json::json;

use crate::{All, read_bytes, read_text};

#[test]
fn completions_are_read_singly_where_that_is_wanted() {
    let text = "{\"prompt\": \"q\", \"completion\": \"x\", \"label\": true, \"held_out\": true}\n\
        {\"prompt\": \"q\", \"completion\": \"y\", \"label\": false}\n\
        {\"prompt\": \"r\", \"completion\": \"z\", \"label\": false}\n\
        {\"prompt\": \"q\", \"completion\": \"x\", \"label\": false}\n";
    let singly = ReadOptions { singly: true, ..ReadOptions::default() };
    let all = read_bytes("kto.jsonl", text.as_bytes(), &singly).unwrap();
    assert!(all.pairs.iter().all(|pair| pair.response_b.messages.is_empty()));
    let texts: Vec<String> = all.pairs.iter().map(|pair| pair.response_a.text().into_owned()).collect();
    assert_eq!(texts, ["x", "y", "z"]);
    // Of one completion the labels may contradict each other; it is one pair with two verdicts.
    assert_eq!(all.verdicts.iter().map(|verdict| verdict.p_a).collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(all.verdicts[3].pair, all.pairs[0].id);
    assert_eq!(all.pairs[0].metadata["held_out"], json!(true));
    // Pairs are what they were.
    let pairs = "{\"prompt\": \"q\", \"chosen\": \"x\", \"rejected\": \"y\"}\n";
    let (one, other) =
        (read_text("t.jsonl", pairs).unwrap(), read_bytes("t.jsonl", pairs.as_bytes(), &singly).unwrap());
    let texts = |all: &All| -> Vec<_> {
        let sides = |pair: &predilect_types::Pair| [pair.response_a.clone(), pair.response_b.clone()];
        all.pairs.iter().map(|pair| (pair.id.clone(), sides(pair))).collect()
    };
    assert_eq!(texts(&one), texts(&other));
}
