//! What verbs write as JSON can be read back into the types that say what it is, and is then written the same.

mod shapes;

use std::process::Command;

use predilect_results::asked::{Check, RaterValidity};
use predilect_results::{
    CompareJson, DissectJson, ExplainJson, FitJson, FormatsJson, PreviewJson, RankJson, RankLcJson,
    VersusJson,
};
use predilect_types::ReadSummary;
use predilect_workbench::requests::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn said(arguments: &[&str]) -> Value {
    let ran =
        Command::new(env!("CARGO_BIN_EXE_predilect")).args(arguments).output().expect("the program runs");
    assert!(ran.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).expect("JSON")
}

/// A result comes back; and where it says what was asked, so does the request.
fn comes_back<T: Serialize + DeserializeOwned>(arguments: &[&str]) -> T {
    let written = said(arguments);
    let options = written["options"].clone();
    let request = Request::read(options.clone()).unwrap_or_else(|e| panic!("{arguments:?}: {e} {options}"));
    assert_eq!(request.told().expect("JSON"), options);
    shapes::comes_back(&written)
}

#[test]
fn what_is_read_and_found_about_a_machine_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/llmfao.jsonl.zst");
    let study = folder.path().join("study").display().to_string();
    let summary: ReadSummary =
        shapes::comes_back(&said(&["import", file, "-o", &study, "--json", "--quiet"]));
    assert_eq!(summary.pairs, 2139);
    let seen: PreviewJson = shapes::comes_back(&said(&["import", file, "--preview", "--json"]));
    assert_eq!((seen.pairs.len(), seen.stops), (3, None));
    let found: Vec<Check> = shapes::all_come_back(&said(&["doctor", "--json"]));
    assert!(found.iter().any(|check| check.works));
    let found: Vec<RaterValidity> =
        shapes::all_come_back(&said(&["validity", "--json", "--property", "length", "--quiet"]));
    assert_eq!(found.len(), 1);
    let all: FormatsJson = shapes::comes_back(&said(&["formats", "--json"]));
    assert!(all.read.len() > 40, "{}", all.read.len());
    // One format has the shape of all of them.
    let one = said(&["formats", "alpaca_eval", "--json"]);
    assert_eq!((&one["schema"], &one["read"][0]["name"]), (&1.into(), &"alpaca_eval".into()));
}

#[test]
fn what_a_result_was_the_answer_to_is_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/llmfao.jsonl.zst");
    let study = folder.path().join("study").display().to_string();
    let quick = ["--no-grammar", "--engine", "ep", "--folds", "0"];
    said(&[&["dissect", file, "-o", &study, "--json", "--quiet"], &quick[..]].concat());
    let result = folder.path().join("result.json");
    let asked: [&[&str]; 5] = [
        &["dissect", "--judge", "human", "--group-by", "scenario"],
        &["dissect", "--where", "words(a) > 100", "--versus", "rest"],
        &["compare", "--resamples", "20", "--measure", "spearman", "--no-pooling"],
        &["explain", "--pair", "#7", "--judge", "human"],
        &["rank", "--control", "length", "--min-verdicts", "40"],
    ];
    for arguments in asked {
        let fit = if arguments[0] == "rank" { &[][..] } else { &quick[..] };
        let first = said(&[&[arguments[0], &study, "--json", "--quiet"], &arguments[1..], fit].concat());
        std::fs::write(&result, first.to_string()).expect("written");
        let from = result.display().to_string();
        let mut again = said(&["rerun", &study, "--from", &from, "--json", "--quiet"]);
        if let Some(settings) = again.get_mut("settings") {
            // Each says by which command it was found.
            settings["command"] = first["settings"]["command"].clone();
        }
        assert!(again == first, "{arguments:?}: {again:#} {first:#}");
    }
    // A study keeps how each of its results was found, also when pairs are added and the results go.
    let compare = ["compare", &study, "-o", &study, "--resamples", "20", "--no-pooling", "--json", "--quiet"];
    let first = said(&[&compare[..], &quick[..]].concat());
    let again = said(&["rerun", &study, "--step", "compare", "--json", "--quiet"]);
    assert!(again == first);
    let more = folder.path().join("more.jsonl");
    let line = r#"{"id":"new","prompt":"Hm?","response_a":"Yes.","response_b":"No.","judge":"human","preferred":"a"}"#;
    std::fs::write(&more, line).expect("written");
    said(&["import", &more.display().to_string(), "-o", &study, "--add", "--json", "--quiet"]);
    let after = said(&["rerun", &study, "--step", "compare", "--json", "--quiet"]);
    assert_eq!(after["options"], first["options"]);
    let dissected = said(&["rerun", &study, "--json", "--quiet"]);
    assert_eq!(dissected["settings"]["options"]["fit"]["folds"], 0);
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
