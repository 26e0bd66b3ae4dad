//! `predilect dissect --published`: what published judges reward, side by side, in every form.

mod support;

use support::{json, run};

const ASKED: [&str; 9] = [
    "dissect",
    "--published",
    "gpt-4-1106-preview",
    "--published",
    "human",
    "--scenario",
    "Code",
    "--property",
    "well_formatted",
];

fn with(more: &[&str]) -> Vec<String> {
    ASKED.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn words(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn a_question_about_published_judges_is_answered_first() {
    let (done, out, err) = run(&words(&with(&[])));
    assert!(done, "{err}");
    let said = out.split_whitespace().collect::<Vec<_>>().join(" ");
    // Weights of 0.7290 and 0.2872 in the published files for Code: 1 / (1 + exp(-w)).
    assert!(
        said.contains("Well formatted: gpt-4-1106-preview rewards it more than human in Code, 67.5 % against 57.1 % (+10.3 points; the difference has this sign in 5 of the 11 scenarios)."),
        "{out}"
    );
    assert!(said.contains("▸ Well formatted 67.5 % 57.1 % +10.3 5 of 11"), "{out}");
    assert!(out.contains("Only means were published"), "{out}");
}

#[test]
fn json_page_and_a_second_run_say_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    let found = json(&words(&with(&["--json", "--quiet", "--html", page.to_str().expect("a path")])));
    let row =
        found["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["property"] == "well_formatted"));
    let row = row.expect("a row");
    assert!((row["difference"]["points"].as_f64().expect("points") - 10.3).abs() < 0.06, "{row}");
    assert_eq!(row["difference"]["alike"], 5);
    let text = std::fs::read_to_string(page).expect("a page");
    assert!(
        text.contains("rewards it") && text.contains("67.5\u{a0}%") && text.contains("class=\"chosen\""),
        "no answer"
    );
    let kept = folder.path().join("result.json");
    std::fs::write(&kept, found.to_string()).expect("written");
    let again = json(&["rerun", "--from", kept.to_str().expect("a path"), "--json"]);
    assert_eq!(again, found);
}

#[test]
fn options_of_data_do_not_go_with_published_judges() {
    for more in
        [&["--min-rows", "3"][..], &["--no-grammar"], &["--where", "scenario = code"], &["pairs.jsonl"]]
    {
        let (done, _, err) = run(&words(&with(more)));
        assert!(!done && err.contains("cannot be used with"), "{err}");
    }
    let (done, _, err) = run(&["dissect", "pairs.jsonl", "--scenario", "Code"]);
    assert!(!done && err.contains("add --published JUDGE"), "{err}");
}
