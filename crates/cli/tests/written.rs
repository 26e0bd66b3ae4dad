//! What verbs write as JSON can be read back into the types that say what it is, and is then written the same.

use std::process::Command;

use predilect_results::{
    CompareJson, DissectJson, ExplainJson, FitJson, RankJson, RankLcJson, SCHEMA, VersusJson, Written,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn comes_back<T: Serialize + DeserializeOwned>(arguments: &[&str]) -> T {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_predilect")).args(arguments).output().expect("the program runs");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    let written: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let read: Written<T> =
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{arguments:?}: {e}"));
    assert_eq!(read.schema, SCHEMA);
    let again = serde_json::to_value(&read).expect("JSON");
    assert!(again == written, "{arguments:?} is not written as it was read");
    read.result
}

#[test]
fn what_is_written_can_be_read_back() {
    let example = ["--example", "local-judge", "--no-grammar", "--json"];
    let with = |verb: &'static str, more: &[&'static str]| [&[verb], &example[..], more].concat();
    let found: DissectJson = comes_back(&with("dissect", &["--group-by", "language"]));
    assert!(found.fits.len() > 1);
    let found: VersusJson = comes_back(&with("dissect", &["--where", "words(a) > 100", "--versus", "rest"]));
    assert_eq!(found.versus, "rest");
    let found: CompareJson = comes_back(&with("compare", &["--resamples", "20", "--published"]));
    assert!(!found.dissections.is_empty());
    let found: ExplainJson =
        comes_back(&with("explain", &["--pair", "#3", "--judge", "qwen2.5-coder-1.5b-instruct"]));
    assert_eq!(found.explanation.group, "all");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/llmfao.jsonl.zst");
    let found: RankJson = comes_back(&["rank", file, "--json", "--control", "length,lists"]);
    assert_eq!((found.alone.len(), found.board.ranking.len()), (2, 59));
}

#[test]
fn tables_and_outputs_come_back_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let table = folder.path().join("table.csv");
    let rows = (0..60).map(|i| format!("{},{},{}", i % 2, (i * 7) % 3 - 1, (i * 5) % 4 - 1));
    let lines: Vec<String> = std::iter::once("label,x,y".to_owned()).chain(rows).collect();
    std::fs::write(&table, lines.join("\n")).expect("a table");
    let table = table.display().to_string();
    let found: FitJson = comes_back(&["fit", &table, "--label", "label", "--json"]);
    assert_eq!(found.fits[0].weights.len(), 2);
    // Two outputs against a baseline; one of them always wins, so that its error is not defined.
    let annotations = folder.path().join("annotations.json");
    let one = |model: &str, i: usize| {
        let win = if model == "always" || i.is_multiple_of(3) { 2.0 } else { 1.0 };
        serde_json::json!({"instruction": format!("say {i}"), "output_1": "short", "output_2": "word ".repeat(i % 7 + 1),
            "generator_1": "baseline", "generator_2": model, "annotator": "judge", "preference": win})
    };
    let all: Vec<Value> = (0..40).flat_map(|i| [one("always", i), one("often", i)]).collect();
    std::fs::write(&annotations, Value::from(all).to_string()).expect("a file");
    let annotations = annotations.display().to_string();
    let found: RankLcJson = comes_back(&["rank", &annotations, "--method", "lc", "--json"]);
    assert_eq!(found.board.baseline, "baseline");
}
