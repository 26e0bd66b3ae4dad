//! Are ratings put to texts whose order is known?

mod support;

use std::io::Write;

use support::{json, run};

#[test]
fn the_pairs_that_come_with_it_are_rated_and_counted() {
    let found = json(&["validity", "--json"]);
    let all = found
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["property"] == "rich" && row["kind"] == "all")
        .expect("information");
    let count = |of: &str| all[of].as_u64().expect("a count");
    assert_eq!(count("right") + count("wrong") + count("equal") + count("not_rated"), count("pairs"));
    assert!(all["auc"].as_f64() > Some(0.9) && all["low"].as_f64() < all["auc"].as_f64(), "{all}");
    let (done, out, _) = run(&["validity"]);
    assert!(done && out.contains("filler, small") && out.contains("AUC"), "{out}");
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
    assert_eq!((found[0]["right"].as_u64(), found[0]["pairs"].as_u64()), (Some(2), Some(2)));
    refused(&["validity", path, "--property", "funny"], "text alone does not rate `funny`");
    refused(&["validity", "--property", "funny"], "no ordered pairs of that property");
    refused(&["validity", "nowhere.jsonl"], "cannot read nowhere.jsonl");
}
