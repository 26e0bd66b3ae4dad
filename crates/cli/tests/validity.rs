//! Are ratings put to responses whose order is known?

mod support;

use std::io::Write;
use std::process::Command;

use serde_json::Value;
use support::{json, run};

fn row<'a>(found: &'a Value, property: &str, set: &str, kind: &str) -> &'a Value {
    let rows = found[0]["rows"].as_array().expect("rows");
    let wanted = |row: &&Value| row["property"] == property && row["set"] == set && row["kind"] == kind;
    rows.iter().find(wanted).unwrap_or_else(|| panic!("{property} {set} {kind}"))
}

#[test]
fn the_pairs_that_come_with_it_are_rated_and_counted() {
    let found = json(&["validity", "--json"]);
    let all = row(&found, "rich", "by rule", "all");
    let count = |of: &str| all[of].as_u64().expect("a count");
    assert_eq!(count("right") + count("wrong") + count("equal") + count("not_rated"), count("pairs"));
    assert!(all["auc"].as_f64() > Some(0.9) && all["low"].as_f64() < all["auc"].as_f64(), "{all}");
    // What is rated under its name finds more than half of the pairs that nobody tuned it to; what is not, has another name.
    for property in ["authoritative", "complex", "supported", "informal", "satisfies_constraints"] {
        let held_back = row(&found, property, "predilect", "held back");
        assert!(held_back["auc"].as_f64() > Some(0.75), "{held_back}");
    }
    assert!(row(&found, "courtesies", "predilect", "all")["auc"].as_f64().is_some_and(|auc| auc < 0.7));
    let not_rated = found[0]["not_rated"].as_array().expect("a list");
    assert!(
        ["polite", "friendly", "funny"].iter().all(|id| not_rated.contains(&Value::from(*id))),
        "{not_rated:?}"
    );
    let (done, out, _) = run(&["validity", "--kinds"]);
    assert!(
        done && out.contains("filler, small") && out.contains("AUC") && out.contains("not rated: harmless"),
        "{out}"
    );
}

#[test]
fn a_page_shows_every_figure_and_what_was_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("validity.html");
    let page_name = page.to_str().expect("UTF-8");
    let (done, _, err) =
        run(&["validity", "--property", "supported,informal", "--held-back", "--html", page_name]);
    assert!(done, "{err}");
    let html = std::fs::read_to_string(&page).expect("a page");
    assert!(html.contains("Supporting materials") && html.contains("Has less, was rated higher"), "{html}");
    assert!(!html.contains("src=\"http") && !html.contains("href=\"http"), "nothing is loaded");
}

fn refused(args: &[&str], why: &str) {
    let (done, _, err) = run(args);
    assert!(!done && err.contains(why) && err.contains("remedy:"), "{args:?}: {err}");
}

#[test]
fn files_of_ordered_pairs_are_read_and_what_is_missing_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pairs.jsonl");
    let mut file = std::fs::File::create(&path).expect("a file");
    for (higher, lower) in [
        ("- salt\n- oil\n\n**Stir** well.", "salt, oil, stir well"),
        ("# Tea\n\n1. Boil.\n2. Pour.", "Boil and pour."),
    ] {
        writeln!(file, "{}", serde_json::json!({"higher": higher, "lower": lower})).expect("written");
    }
    let path = path.to_str().expect("UTF-8");
    refused(&["validity", path], "line 1: no `property`");
    let found = json(&["validity", path, "--property", "well_formatted", "--json"]);
    let all = row(&found, "well_formatted", "pairs", "all");
    assert_eq!((all["right"].as_u64(), all["pairs"].as_u64()), (Some(2), Some(2)));
    refused(&["validity", path, "--property", "funny"], "text alone does not rate funny");
    refused(&["validity", path, "--property", "charming"], "`charming` is not a property");
    refused(
        &["validity", "--property", "length", "--held-back"],
        "no ordered pairs were found for that property",
    );
    let wrong = folder.path().join("wrong.jsonl");
    std::fs::write(&wrong, "{\"property\": \"complex\", \"higher\": 3, \"lower\": \"so\"}\n")
        .expect("written");
    let name = wrong.to_str().expect("UTF-8");
    refused(&["validity", name], "line 1: field `higher`: a string is expected, not `3`");
    let ours = folder.path().join("predilect.jsonl");
    std::fs::write(&ours, "").expect("written");
    refused(&["validity", ours.to_str().expect("UTF-8")], "has the name of a set that comes with Predilect");
    refused(&["validity", "nowhere.jsonl"], "cannot read nowhere.jsonl");
    refused(&["validity", "--dry-run"], "--dry-run says what a model would cost");
}

#[test]
fn a_study_that_text_rates_shows_how_valid_that_is() {
    let found = json(&["dissect", "--example", "--json", "--no-grammar", "--folds", "0"]);
    let notes = found["properties"].as_array().expect("properties");
    let informal = notes.iter().find(|note| note["id"] == "informal").expect("informal");
    let validity = informal["validity"].as_str().expect("a sentence");
    assert!(validity.contains("pairs written for Predilect") && validity.contains("AUC"), "{validity}");
}

/// The figures that come with Predilect are what it finds.
#[test]
fn the_figures_of_text_are_those_that_are_measured() {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["validity", "--json"])
        .output()
        .expect("it starts");
    let measured: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let kept: Value = serde_json::from_str(include_str!("../../validity/figures.json")).expect("JSON");
    let text = kept.as_array().expect("runs").iter().find(|run| run["annotator"] == "text").expect("text");
    let ours = |row: &&Value| row["set"] == "predilect" || row["set"] == "by rule";
    for old in text["rows"].as_array().expect("rows").iter().filter(ours) {
        let [property, set, kind] = ["property", "set", "kind"].map(|key| old[key].as_str().expect("a name"));
        assert_eq!(row(&measured, property, set, kind), old, "python benchmarks/validity.py --write");
    }
    let kept = text["rows"].as_array().expect("rows").iter().filter(ours).count();
    let of_tables = |row: &&Value| row["kind"] == "all" || row["kind"] == "held back";
    let now = measured[0]["rows"].as_array().expect("rows").iter().filter(of_tables).count();
    assert_eq!(now, kept, "python benchmarks/validity.py --write");
}
