//! Do the commands do what they say, on files as people have them and on broken ones?

#![allow(clippy::too_many_lines, reason = "one case after the other")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn predilect(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_predilect")).args(args).output().expect("the binary starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// The JSON of a run that must succeed.
fn json(args: &[&str]) -> Value {
    let output = predilect(args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A judge who likes lists and does not mind length: 120 pairs in two scenarios.
fn invented(folder: &Path) -> PathBuf {
    let mut lines = String::new();
    for i in 0..120 {
        let plain = "The answer is short and plain. It says one thing after the other in a row.";
        let list = "- first point\n- second point\n- third point\n- fourth point";
        let list_is_a = i % 2 == 0;
        let prefers_list = i % 10 != 0;
        let (a, b) = if list_is_a { (list, plain) } else { (plain, list) };
        let p_a = f64::from(u8::from(list_is_a == prefers_list));
        let scenario = if i % 3 == 0 { "Code" } else { "Advice" };
        let row = serde_json::json!({
            "id": format!("p{i}"),
            "prompt": format!("Question <script>alert(1)</script> number {i}"),
            "response_a": format!("{a} {i}"),
            "response_b": format!("{b} {i}"),
            "scenario": scenario,
            "judge": "tester",
            "p_a": p_a,
        });
        writeln!(lines, "{row}").expect("a string grows");
    }
    let path = folder.join("pairs.jsonl");
    std::fs::write(&path, lines).expect("written");
    path
}

/// Lists are what the invented judge likes; every other difference is a consequence.
const PROPERTIES: &str = "lists,warm_words";

fn weight<'a>(fit: &'a Value, property: &str) -> &'a Value {
    fit["weights"]
        .as_array()
        .expect("weights")
        .iter()
        .find(|w| w["property"] == property)
        .expect("the property")
}

#[test]
fn dissect_finds_what_the_judge_likes_and_says_it_alike_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = invented(folder.path());
    let study = folder.path().join("study");
    let page = folder.path().join("report.html");
    let found = json(&[
        "dissect",
        text(&input),
        "-o",
        text(&study),
        "--html",
        text(&page),
        "--json",
        "--properties",
        PROPERTIES,
        "--min-rows",
        "50",
    ]);
    assert_eq!(found["read"]["rows"], 120);
    assert_eq!(found["read"]["pairs"], 120);
    assert_eq!(found["read"]["verdicts"], 120);
    let fits = found["fits"].as_array().expect("fits");
    assert_eq!(fits[0]["group"], "all");
    let lists = weight(&fits[0], "lists");
    assert!(lists["mean"].as_f64() > Some(0.3) && lists["p_positive"].as_f64() > Some(0.95), "{}", fits[0]);
    assert!(fits[0]["converged"].as_bool().expect("a truth value"));
    // Code has 40 pairs, fewer than the 50 that are asked for.
    assert_eq!(found["skipped"][0]["group"], "Code");

    let html = std::fs::read_to_string(&page).expect("a page");
    assert!(!html.contains("<script>alert"), "text from the data must be escaped");
    assert!(html.contains("&lt;script&gt;alert"));
    assert_eq!(html, std::fs::read_to_string(study.join("report.html")).expect("the study's page"));

    let opened = predilect_data::Study::open(&study).expect("a study");
    let table = opened.read_table("posteriors").expect("the table");
    let rows: usize = table.iter().map(arrow_array::RecordBatch::num_rows).sum();
    let expected: usize = fits
        .iter()
        .map(|f| f["weights"].as_array().map_or(0, Vec::len) + f["terms"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(rows, expected);
    let names =
        arrow_array::cast::AsArray::as_string::<i32>(table[0].column_by_name("property").expect("names"));
    let means = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Float64Type>(
        table[0].column_by_name("mean").expect("means"),
    );
    for (row, w) in fits[0]["weights"].as_array().expect("weights").iter().enumerate() {
        assert_eq!(names.value(row), w["property"]);
        assert_eq!(means.value(row), w["mean"].as_f64().expect("a number"));
    }

    // A study is an input too, and the same seed gives the same numbers.
    let again = json(&["dissect", text(&study), "--json", "--properties", PROPERTIES, "--min-rows", "50"]);
    assert_eq!(again["fits"], found["fits"]);
    let output = predilect(&["dissect", text(&study), "--quiet"]);
    assert!(stdout(&output).contains("tester") && stderr(&output).is_empty(), "{}", stderr(&output));
}

#[test]
fn engines_agree_and_terms_can_be_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = invented(folder.path());
    let run = |more: &[&str]| {
        let mut args = vec!["dissect", text(&input), "--json", "--folds", "0"];
        args.extend(more);
        json(&args)["fits"][0].clone()
    };
    let (ep, nuts) = (run(&["--engine", "ep"]), run(&["--engine", "nuts", "--samples", "1000"]));
    assert_eq!((ep["engine"].as_str(), nuts["engine"].as_str()), (Some("ep"), Some("nuts")));
    assert!(nuts["converged"].as_bool().expect("a truth value"), "{nuts}");
    for (a, b) in
        ep["weights"].as_array().expect("weights").iter().zip(nuts["weights"].as_array().expect("weights"))
    {
        let number = |w: &Value, key: &str| w[key].as_f64().expect("a number");
        let miss = (number(a, "mean") - number(b, "mean")).abs();
        let allowed = 4.0 * number(b, "mcse_mean") + 0.02 * number(b, "sd");
        assert!(miss < allowed, "{a} {b}");
        assert!((number(a, "sd") / number(b, "sd") - 1.0).abs() < 0.1, "{a} {b}");
        assert!(a["rhat"].is_null() && number(b, "rhat") < 1.01);
    }
    assert_eq!(run(&["--terms", "none"])["terms"].as_array().map(Vec::len), Some(0));
    assert_eq!(run(&["--terms", "side"])["terms"][0]["property"], "side");
}

#[test]
fn fit_takes_any_table_of_numbers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    let mut table = "verdict,who,where,good,noise,comment\n".to_owned();
    for i in 0..200 {
        let good = [-1, 0, 1][i % 3];
        let verdict = match good {
            0 => 0.5,
            g => f64::from(u8::from((g > 0) == (i % 7 != 0))),
        };
        writeln!(table, "{verdict},j{},g{},{good},{},text", i % 2, i % 4, [1, -1][(i / 5) % 2])
            .expect("a string grows");
    }
    std::fs::write(&path, table).expect("written");
    let draws = folder.path().join("draws.parquet");
    let found = json(&[
        "fit",
        text(&path),
        "--label",
        "verdict",
        "--judge",
        "who",
        "--group",
        "where",
        "--json",
        "--min-rows",
        "20",
        "--draws",
        text(&draws),
    ]);
    let fits = found["fits"].as_array().expect("fits");
    // Two judges, each with "all" and the two groups it occurs in.
    assert_eq!(fits.len(), 6);
    assert_eq!(found["ignored_columns"][0], "comment");
    for key in
        ["judge", "group", "rows", "engine", "converged", "divergences", "pareto_k", "accuracy", "weights"]
    {
        assert!(fits[0].get(key).is_some(), "{key} is missing");
    }
    for key in [
        "property",
        "mean",
        "sd",
        "q05",
        "q50",
        "q95",
        "p_positive",
        "rhat",
        "ess_bulk",
        "ess_tail",
        "mcse_mean",
    ] {
        assert!(fits[0]["weights"][0].get(key).is_some(), "{key} is missing");
    }
    assert!(fits[0]["divergences"].is_null() && fits[0]["weights"][0]["mcse_mean"] == 0.0);
    assert!(weight(&fits[0], "good")["mean"].as_f64() > Some(0.5));
    assert!(std::fs::metadata(&draws).expect("draws").len() > 1000);
    // The same comparisons in thousandths: the prior is not made for them, and standardised they are the first again.
    let small = folder.path().join("small.csv");
    let original = std::fs::read_to_string(&path).expect("the table");
    let lines = original.lines().enumerate().map(|(i, line)| {
        let mut cells: Vec<String> = line.split(',').map(str::to_owned).collect();
        if i > 0 {
            cells[3] = format!("{}", cells[3].parse::<f64>().expect("a number") / 1000.0);
        }
        cells.join(",") + "\n"
    });
    std::fs::write(&small, lines.collect::<String>()).expect("written");
    let faint = predilect(&["fit", text(&small), "--label", "verdict"]);
    assert!(stderr(&faint).contains("good (8.1"), "{}", stderr(&faint));
    let mean = |path: &Path| {
        let found = json(&["fit", text(path), "--label", "verdict", "--standardise", "--json"]);
        weight(&found["fits"][0], "good")["mean"].as_f64().expect("a mean")
    };
    assert!((mean(&small) / mean(&path) - 1.0).abs() < 1e-6);
    let shown = predilect(&["fit", text(&path), "--label", "verdict"]);
    assert!(stdout(&shown).contains("good"), "{}", stderr(&shown));
}

#[test]
fn broken_input_stops_with_place_value_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bad.jsonl");
    let good = r#"{"id":"1","prompt":"q","response_a":"a","response_b":"b","judge":"j","p_a":1}"#;
    let bad = r#"{"id":"2","prompt":"q","response_a":"a","response_b":"b","judge":"j","p_a":7}"#;
    std::fs::write(&path, format!("{good}\n{bad}\n")).expect("written");
    let study = folder.path().join("s");
    let output = predilect(&["import", text(&path), "-o", text(&study)]);
    assert_eq!(output.status.code(), Some(1));
    let message = stderr(&output);
    for part in ["bad.jsonl:2", "p_a", "7", "remedy"] {
        assert!(message.contains(part), "{part} is missing: {message}");
    }
    assert!(!study.join("pairs.parquet").exists(), "a failed import leaves no table");
    let skipped = json(&["import", text(&path), "-o", text(&study), "--on-bad-row", "skip", "--json"]);
    assert_eq!(skipped["pairs"], 1);
    assert_eq!(skipped["dropped"]["verdict out of range"], 1);

    assert_eq!(predilect(&["dissect"]).status.code(), Some(2), "wrong usage");
    assert_eq!(predilect(&["dissect", "/nowhere.csv"]).status.code(), Some(1));
    let output = predilect(&["dissect", text(&invented(folder.path())), "--judge", "nobody"]);
    assert!(stderr(&output).contains("nobody") && stderr(&output).contains("tester"), "{}", stderr(&output));
    let output = predilect(&["dissect", text(&invented(folder.path())), "--group-by", "mood"]);
    assert!(stderr(&output).contains("mood") && output.status.code() == Some(1), "{}", stderr(&output));
}

#[test]
fn export_and_import_again_keep_pairs_and_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = invented(folder.path());
    let (first, second) = (folder.path().join("one"), folder.path().join("two"));
    json(&["import", text(&input), "-o", text(&first), "--json"]);
    let exported = folder.path().join("out.jsonl");
    assert!(predilect(&["export", text(&first), "-o", text(&exported)]).status.success());
    let again = json(&["import", text(&exported), "-o", text(&second), "--json"]);
    assert_eq!((&again["pairs"], &again["verdicts"]), (&Value::from(120), &Value::from(120)));
}

fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is missing", path.display());
    None
}

#[test]
fn people_in_the_arena_and_the_alpaca_judge_differ_on_length() {
    let (Some(arena), Some(alpaca)) = (shared("arena"), shared("alpaca_eval/results/alpaca-7b")) else {
        return;
    };
    let arena = json(&["dissect", text(&arena), "--json", "--no-grammar"]);
    assert_eq!(arena["read"]["rows"], 693 + 555);
    // What the fit without information says; with information, length is worth less for both.
    let length = |fit: &Value| {
        let alone = fit["length_alone"]["length"]["mean"].as_f64().expect("a mean");
        assert!(alone > weight(fit, "length")["mean"].as_f64().expect("a mean"), "{alone}");
        alone
    };
    let people = length(&arena["fits"][0]);
    // Between 54 % and 62 %: people like longer answers a little.
    assert!((0.15..0.5).contains(&people), "{people}");
    let alpaca = json(&["dissect", text(&alpaca), "--json", "--no-grammar"]);
    assert_eq!(alpaca["read"]["pairs"], 805);
    assert_eq!(alpaca["fits"].as_array().map(Vec::len), Some(2), "two judges");
    let judge = length(&alpaca["fits"][0]);
    assert!(judge > people + 0.2, "GPT-4 rewards length more than people do: {judge} {people}");
    // The baseline is always on one side and is the stronger, longer one: without a term its strength reads as length. The term is a
    // model's: nothing is known of the position.
    let folder = shared("alpaca_eval/results/alpaca-7b").expect("it was there");
    let plain =
        json(&["dissect", text(&folder), "--json", "--no-grammar", "--terms", "none", "--folds", "0"]);
    assert_eq!(alpaca["fits"][0]["terms"][0]["property"], "model:alpaca-7b");
    assert_eq!(alpaca["fits"][0]["reference_model"], "gpt4_1106_preview");
    assert_eq!(alpaca["cautions"][0]["kind"], "side_is_model");
    assert!(length(&plain["fits"][0]) > judge + 0.3, "{} {judge}", length(&plain["fits"][0]));
}

#[test]
fn shells_and_man_learn_of_every_verb() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(args)
            .output()
            .expect("it starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]);
        assert!(
            script.contains("dissect") && script.contains("where") && script.contains("versus"),
            "{shell}"
        );
    }
    run(&["man", folder.path().to_str().expect("a path"), "--quiet"]);
    let page = std::fs::read_to_string(folder.path().join("predilect-dissect.1")).expect("a page");
    assert!(page.contains("\\-\\-where") && page.contains(".TH"), "{page}");
}
