//! `predilect rank` where little is known: nobody lost, nobody met, all votes alike, weights, and models against themselves.

mod support;

use std::path::Path;

use serde_json::Value;

use support::{json, run};

/// A file of votes `left,right,winner,weight`, each row repeated this many times.
fn votes(folder: &Path, rows: &[(&str, usize)]) -> String {
    let mut text = "left,right,winner,weight\n".to_owned();
    for (row, times) in rows {
        text.push_str(&format!("{row}\n").repeat(*times));
    }
    let path = folder.join(format!("votes{}.csv", rows.len()));
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn row<'a>(found: &'a Value, model: &str) -> &'a Value {
    found["ranking"]
        .as_array()
        .expect("a ranking")
        .iter()
        .find(|row| row["model"] == model)
        .expect("the model")
}

fn ends(found: &Value, model: &str) -> (f64, f64) {
    let of = |key: &str| row(found, model)[key].as_f64().expect("a number");
    (of("low"), of("high"))
}

#[test]
fn an_undefeated_model_is_named_and_a_prior_tells_how_far_it_may_reach() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = votes(
        folder.path(),
        &[("ace,mid,left,1", 8), ("ace,low,left,1", 6), ("mid,low,left,1", 5), ("mid,low,right,1", 3)],
    );
    let (done, _, said) = run(&["rank", &file]);
    assert!(!done && said.contains("ace has won all its verdicts against the others"), "{said}");
    assert!(said.contains("--prior"), "{said}");
    let found = json(&["rank", &file, "--prior", "0.1", "--json", "--quiet"]);
    // The middle 95 % of the posterior by a grid over both differences in steps of .1: 1230 to 2148.
    let (low, high) = ends(&found, "ace");
    assert!((1150.0..1280.0).contains(&low) && (2050.0..2250.0).contains(&high), "{low} {high}");
    for model in ["ace", "mid", "low"] {
        let of = |key: &str| row(&found, model)[key].as_u64().expect("a place");
        assert!(of("rank_low") <= of("rank") && of("rank") <= of("rank_high"), "{model}");
    }
}

#[test]
fn votes_that_are_all_alike_are_no_certainty() {
    let folder = tempfile::tempdir().expect("a folder");
    let won = votes(folder.path(), &[("x,y,left,1", 9)]);
    for method in ["bradley-terry", "elo"] {
        let found = json(&[
            "rank",
            &won,
            "--prior",
            "0.1",
            "--bootstrap",
            "100",
            "--method",
            method,
            "--json",
            "--quiet",
        ]);
        let (low, high) = ends(&found, "x");
        assert!(high - low > 100.0, "{method}: {low} {high}");
    }
    let rates = json(&["rank", &won, "--method", "win-rate", "--json", "--quiet"]);
    // Nine of nine: 66.4 to 100 % by Clopper and Pearson, 70.1 by Wilson.
    let (low, high) = ends(&rates, "x");
    assert!((60.0..75.0).contains(&low) && high == 100.0, "{low} {high}");
    let ties = votes(folder.path(), &[("x,y,tie,1", 9), ("x,y,tie,1", 0)]);
    let (low, high) = ends(&json(&["rank", &ties, "--json", "--quiet"]), "x");
    assert!(high - low > 50.0, "{low} {high}");
}

#[test]
fn models_that_never_met_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = votes(
        folder.path(),
        &[
            ("alder,birch,left,1", 6),
            ("alder,birch,right,1", 4),
            ("cedar,dogwood,left,1", 7),
            ("cedar,dogwood,right,1", 3),
        ],
    );
    let (done, _, said) = run(&["rank", &file]);
    assert!(!done && said.contains("never met") && said.contains("alder, birch | cedar, dogwood"), "{said}");
    for flags in [["--prior", "0.1"], ["--method", "elo"], ["--method", "win-rate"]] {
        let (done, out, _) = run(&[&["rank", &file][..], &flags].concat());
        assert!(done && out.contains("never met"), "{out}");
        let found = json(&[&["rank", &file, "--json", "--quiet"][..], &flags].concat());
        assert_eq!(found["never_met"][0]["among"], serde_json::json!(["alder", "birch"]), "{flags:?}");
    }
}

#[test]
fn a_weight_is_a_count_and_a_model_does_not_meet_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let heavy = votes(folder.path(), &[("a,b,left,7", 1), ("a,b,right,3", 1), ("a,b,tie,4", 1)]);
    let many =
        votes(folder.path(), &[("a,b,left,1", 7), ("a,b,right,1", 3), ("a,b,tie,1", 4), ("a,a,left,1", 8)]);
    let flags = ["--independent", "--json", "--quiet"];
    let of = |file: &str| json(&[&["rank", file][..], &flags].concat());
    let (one, other) = (of(&heavy), of(&many));
    let ((low, high), (below, above)) = (ends(&one, "a"), ends(&other, "a"));
    assert!((low - below).abs() < 0.01 && (high - above).abs() < 0.01, "{low} {high} {below} {above}");
    assert_eq!((one["weights"].as_str(), other["weights"].as_str()), (Some("counts"), None));
    assert_eq!((&row(&one, "a")["votes"], &row(&other, "a")["votes"]), (&14.into(), &14.into()));
    assert_eq!(other["left_out"]["verdicts on a model against itself"], 8);
    let (done, _, said) = run(&["rank", &heavy, "--anchor", "a=abc"]);
    assert!(!done && said.contains("`abc`") && said.contains("not a number"), "{said}");
}

#[test]
fn a_model_with_few_votes_blurs_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = [
        ("a,b,left,1", 60),
        ("a,b,right,1", 40),
        ("b,c,left,1", 60),
        ("b,c,right,1", 40),
        ("a,c,left,1", 70),
        ("a,c,right,1", 30),
    ];
    let before = votes(folder.path(), &all);
    let after = votes(folder.path(), &[&all[..], &[("d,a,left,1", 1), ("d,a,right,1", 2)]].concat());
    for flags in [&[][..], &["--bootstrap", "300"]] {
        let width = |file: &str| {
            let (low, high) = ends(&json(&[&["rank", file, "--json", "--quiet"][..], flags].concat()), "a");
            high - low
        };
        let ratio = width(&after) / width(&before);
        assert!((0.9..1.15).contains(&ratio), "{flags:?}: {ratio}");
    }
}
