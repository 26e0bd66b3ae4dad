//! `predilect compare`: the published judges, and judges of one's own.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;

fn run(args: &[&str]) -> (bool, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_predilect")).args(args).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn json(args: &[&str]) -> Value {
    let (done, out, err) = run(args);
    assert!(done, "{args:?}: {err}");
    serde_json::from_str(&out).expect("JSON")
}

fn at(found: &Value, a: &str, b: &str) -> f64 {
    let place = |name: &str| {
        let judges = found["judges"].as_array().expect("judges");
        judges.iter().position(|judge| judge == name).unwrap_or_else(|| panic!("{name} in {judges:?}"))
    };
    found["overall"][place(a)][place(b)].as_f64().expect("a number")
}

#[test]
fn the_published_judges_need_no_data() {
    let found = json(&["compare", "--published", "--json", "--resamples", "20"]);
    assert_eq!(
        (found["judges"].as_array().map(Vec::len), found["overall"][0].as_array().map(Vec::len)),
        (Some(33), Some(33))
    );
    // Li et al. (2024), and scipy 1.17.1 on the published files.
    assert!((at(&found, "human", "gpt-4-1106-preview") - 0.742).abs() < 5e-4);
    assert!((at(&found, "human", "qwen-72b") - 0.783).abs() < 5e-4);
    assert_eq!(found["by_group"].as_object().map(serde_json::Map::len), Some(16));
    assert_eq!(found["clusters"]["order"].as_array().map(Vec::len), Some(33));
    let human =
        found["dissections"].as_array().and_then(|all| all.iter().find(|one| one["judge"] == "human"));
    assert_eq!(human.expect("people")["properties"][0]["property"], "no_severe_errors");
    for measure in ["spearman", "l1", "l2"] {
        let other = json(&["compare", "--published", "--json", "--resamples", "10", "--measure", measure]);
        assert_eq!(other["measure"], measure);
    }
    let (done, out, _) = run(&["compare", "--published", "--resamples", "20"]);
    assert!(done && out.contains("How 33 judges compare") && out.contains("  1 human"), "{out}");
}

/// Length, and what never differs in these texts.
const PROPERTIES: &str = "length,polite,interactive,step_by_step";

/// Two judges of 200 pairs: one likes what is longer, the other what is shorter; a third judges every other pair like the first.
fn judged(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for i in 0..200 {
        let (short, long) = ("Yes. ".repeat(3 + i % 4), "Certainly, and gladly so. ".repeat(6 + i % 5));
        let (a, b) = if i % 2 == 0 { (&short, &long) } else { (&long, &short) };
        let long_is_a = i % 2 == 1;
        for (judge, likes_long) in [("long", true), ("short", false), ("half", true)] {
            if judge == "half" && i % 2 == 0 {
                continue;
            }
            // One verdict in ten against the rule.
            let p_a = u8::from((long_is_a == likes_long) != (i % 10 == 3));
            let row = serde_json::json!({"id": format!("p{i}"), "prompt": format!("question {}", i / 2), "response_a": a,
                "response_b": b, "judge": judge, "p_a": p_a});
            writeln!(text, "{row}").expect("a string grows");
        }
    }
    let path = folder.join("pairs.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn judges_of_the_same_pairs_agree_and_differ_as_they_were_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = judged(folder.path());
    let found = json(&[
        "compare",
        &pairs,
        "--json",
        "--quiet",
        "--no-grammar",
        "--properties",
        PROPERTIES,
        "--resamples",
        "100",
    ]);
    let agreement = |a: &str, b: &str| {
        let all = found["agreement"].as_array().expect("agreements");
        let is = |row: &&Value| {
            row["judges"] == serde_json::json!([a, b]) || row["judges"] == serde_json::json!([b, a])
        };
        all.iter().find(is).expect("the two").clone()
    };
    let opposed = agreement("long", "short");
    assert_eq!((opposed["pairs"].as_u64(), opposed["prompts"].as_u64()), (Some(200), Some(100)));
    assert_eq!(opposed["same"]["value"].as_f64(), Some(0.0));
    assert!(opposed["kappa"]["value"].as_f64() < Some(-0.9), "{opposed}");
    let alike = agreement("long", "half");
    assert_eq!((alike["pairs"].as_u64(), alike["same"]["value"].as_f64()), (Some(100), Some(1.0)));
    let surest = &found["contrasts"][0];
    assert_eq!(surest["property"], "length", "{surest}");
    assert!(surest["s_value"].as_f64() < Some(0.01));
    let length = |judge: &str| {
        let all = found["dissections"].as_array().expect("profiles");
        let own = all.iter().find(|one| one["judge"] == judge).expect("the judge");
        let properties = own["properties"].as_array().expect("properties");
        properties
            .iter()
            .find(|p| p["property"] == "length")
            .and_then(|p| p["intensity"].as_f64())
            .expect("length")
    };
    assert!(length("long") > 60.0 && length("short") < 40.0, "{} {}", length("long"), length("short"));
    let (done, out, _) =
        run(&["compare", &pairs, "--quiet", "--no-grammar", "--properties", PROPERTIES, "--resamples", "20"]);
    assert!(done && out.contains("rewards `lengthy` more than short"), "{out}");
    // Beside the published ones, by the properties that text alone rates.
    let placed = json(&[
        "compare",
        &pairs,
        "--published",
        "--json",
        "--quiet",
        "--no-grammar",
        "--properties",
        PROPERTIES,
        "--resamples",
        "20",
    ]);
    assert_eq!(placed["judges"].as_array().map(Vec::len), Some(36));
    assert!(at(&placed, "long", "human") > at(&placed, "short", "human"));
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = judged(folder.path());
    let (done, _, err) = run(&["compare", &pairs, "--quiet", "--no-grammar", "--judge", "long"]);
    assert!(!done && err.contains("only one judge") && err.contains("--published"), "{err}");
    let (done, _, err) = run(&["compare", &pairs, "--quiet", "--published", "--properties", "lists"]);
    assert!(!done && err.contains("nothing could be fitted"), "{err}");
    let (done, _, err) = run(&["compare", "--example", "--quiet", "--published", "--properties", "lists"]);
    assert!(!done && err.contains("among the 29"), "{err}");
    let (done, _, _) = run(&["compare"]);
    assert!(!done);
}
