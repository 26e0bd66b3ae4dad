//! `predilect explain`: the parts add up, and what is not there is said.

mod support;

use std::fmt::Write as _;

use serde_json::Value;

use support::run;

/// A judge of length, nine times in ten.
fn pairs(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for i in 0..200 {
        let (short, long) = ("Yes. ".repeat(3 + i % 4), "Certainly, and gladly so. ".repeat(6 + i % 5));
        let (a, b) = if i % 2 == 0 { (&short, &long) } else { (&long, &short) };
        let p_a = u8::from((i % 2 == 1) == (i % 10 != 3));
        let row = serde_json::json!({"id": format!("p{i}"), "prompt": format!("question {i}"), "response_a": a,
            "response_b": b, "judge": "long", "p_a": p_a});
        writeln!(text, "{row}").expect("a string grows");
    }
    let path = folder.join("pairs.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_parts_of_a_verdict_add_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path());
    let explain = |more: &[&str]| run(&[&["explain", &pairs, "--quiet", "--no-grammar"], more].concat());
    let (done, out, err) = explain(&["--pair", "p1", "--json"]);
    assert!(done, "{err}");
    let found: Value = serde_json::from_str(&out).expect("JSON");
    let number = |field: &str| found[field].as_f64().expect("a number");
    assert_eq!((found["pair"].as_str(), number("base"), number("p_a")), (Some("p1"), 0.5, 1.0));
    assert!(
        number("low") < number("value") && number("value") < number("high") && number("value") > 0.7,
        "{found}"
    );
    let parts = found["contributions"].as_array().expect("contributions");
    let sum: f64 = parts.iter().filter_map(|part| part["shap"].as_f64()).sum();
    assert!((sum - (number("value") - 0.5)).abs() < 1e-9, "{found}");
    for field in ["property", "comparison", "shap", "low", "high"] {
        assert!(!parts[0][field].is_null(), "{field}: {found}");
    }
    // The same pair by its place, and as a picture.
    assert_eq!(explain(&["--pair", "#2", "--json"]).1, out);
    let (done, picture, _) = explain(&["--pair", "p1"]);
    assert!(done && picture.contains("length") && picture.contains('█'), "{picture}");
    let (_, against, _) = explain(&["--pair", "p3"]);
    assert!(against.contains("which the properties do not explain"), "{against}");
}

#[test]
fn what_is_not_there_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path());
    let refused = |more: &[&str], why: &str| {
        let (done, _, err) = run(&[&["explain", &pairs, "--quiet", "--no-grammar"], more].concat());
        assert!(!done && err.contains(why), "{why}: {err}");
    };
    refused(&["--pair", "nothing"], "p0, p1, p2");
    refused(&["--pair", "#201"], "#1 to #200");
    refused(&["--pair", "p1", "--judge", "nobody"], "nobody");
    refused(&["--pair", "p1", "--group", "Code"], "no group `Code`");
}

#[test]
fn every_verdict_of_a_judge_is_explained_in_one_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path());
    let study = folder.path().join("study");
    let tables = predilect_data::Study::create(&study).expect("a folder");
    let table = study.join("explanations.parquet");
    let place = table.to_str().expect("UTF-8");
    let (done, _, err) = run(&["explain", &pairs, "--no-grammar", "--all", place]);
    assert!(done && err.contains("200 verdicts explained"), "{err}");
    let batches = tables.read_table("explanations").expect("a table");
    let rows: usize = batches.iter().map(arrow_array::RecordBatch::num_rows).sum();
    assert!(rows >= 200, "{rows}");
    let names: Vec<String> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(&names[..4], ["pair", "judge", "group", "p_a"]);
    let (done, _, err) = run(&["explain", &pairs, "--no-grammar", "--quiet"]);
    assert!(!done && err.contains("--pair"), "{err}");
}
