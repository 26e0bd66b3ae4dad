//! Parts of a study: what `--where` takes, and what `--versus` finds.

mod support;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use support::{found, refused};

const WORDS: [&str; 12] = [
    "tide", "harbour", "quiet", "because", "moves", "early", "boats", "perhaps", "rope", "seven", "home",
    "light",
];

/// 600 pairs on as many prompts: in `essay` the longer response wins nine times of ten, in `chat` the shorter one. `label` is another
/// field, which has nothing to do with it.
fn made(folder: &Path) -> String {
    let mut state = 7_u64;
    let mut random = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let mut text = String::new();
    for i in 0..600 {
        let essay = i % 2 == 0;
        let mut response = || {
            let mut words: Vec<&str> = (0..4 + random(40)).map(|_| WORDS[random(12) as usize]).collect();
            if random(3) == 0 {
                words.push("please!");
            }
            if random(4) == 0 {
                words.insert(0, "- one\\n- two\\n");
            }
            words.join(" ")
        };
        let (a, b) = (response(), response());
        let a_longer = a.split(' ').count() > b.split(' ').count();
        let longer_wins = essay == (random(10) > 0);
        let p_a = u8::from(a_longer == longer_wins);
        let scenario = if essay { "essay" } else { "chat" };
        let label = if random(2) == 0 { "x" } else { "y" };
        writeln!(
            text,
            r#"{{"id":"p{i}","prompt":"Question number {i}?","response_a":"{a}","response_b":"{b}","scenario":"{scenario}","label":"{label}","judge":"human","p_a":{p_a}}}"#
        )
        .expect("a string grows");
    }
    let path = folder.join("made.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("a path").to_owned()
}

#[test]
fn a_slice_has_the_pairs_for_which_its_filter_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = made(folder.path());
    let study = folder.path().join("study");
    let study = study.to_str().expect("a path");
    found(&["import", &file, "-o", study]);
    let pairs = |filter: &str| {
        let seen = found(&["dissect", study, "--no-grammar", "--where", filter]);
        seen["judges"][0]["verdicts"].as_u64().expect("a number")
    };
    assert_eq!(pairs("scenario = essay"), 300);
    assert_eq!(
        pairs("scenario = essay and meta.label = x") + pairs("scenario = essay and meta.label = y"),
        300
    );
    assert_eq!(pairs("words(a) > words(b)") + pairs("words(a) <= words(b)"), 600);
    assert_eq!(pairs("words(a) > words(b)"), pairs("rating(length, a) > rating(length, b)"));
    assert_eq!(pairs("text(prompt) ~ /NUMBER 1\\d\\?/i or not scenario in (chat)"), 305);
    assert_eq!(pairs("judge(human) >= 0 and judge(human) <= 1"), 600);
    // The same on files, and in every verb that reads a study.
    let seen = found(&["dissect", &file, "--no-grammar", "--where", "scenario = essay"]);
    assert_eq!(seen["judges"][0]["verdicts"], 300);
    let why = found(&["explain", study, "--pair", "p0", "--no-grammar", "--where", "scenario = essay"]);
    assert_eq!(why["pair"], "p0");
    let exported = |filter: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["export", study, "--quiet", "--where", filter])
            .output()
            .expect("it starts");
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    assert_eq!((exported("scenario = chat"), exported("scenario = chat and order = ab")), (300, 0));
    assert_eq!(exported("scenario = chat and order = unknown"), 300);
    let plan = found(&["judge", study, "--model", "openai:m", "--dry-run", "--where", "id in (p1, p2, p3)"]);
    assert_eq!(plan[0]["questions"].as_u64().or(plan["questions"].as_u64()), Some(6), "{plan}");
    for (filter, why) in [
        ("scenario = essays", "none of 600 pairs is in the slice"),
        ("scenario = essays", "scenario is never \"essays\"; did you mean \"essay\"?"),
        ("scenario = Essay", "did you mean \"essay\"? Names are case-sensitive"),
        ("not scenario in (essay, chat)", "relax the condition; a filter can ask for scenario"),
        ("meta.label = none", "meta.label is never \"none\"; its values are: x, y"),
        ("meta.labels = x", "fields of these data are: meta.label"),
        ("judge(humans) = 1", "has no verdict in these data"),
        ("rating(novel) > 0", "which is not a property that was rated"),
        ("scenario = ", "a value is missing"),
    ] {
        let said = refused(&["dissect", study, "--no-grammar", "--where", filter]);
        assert!(said.contains(why), "{filter}: {said}");
    }
    let said = refused(&["explain", study, "--pair", "p1", "--no-grammar", "--where", "scenario = essay"]);
    assert!(said.contains("p1") && said.contains("slice"), "{said}");
}

#[test]
fn what_is_rewarded_otherwise_is_found_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = made(folder.path());
    let seen = found(&["dissect", &file, "--no-grammar", "--where", "scenario = essay", "--versus", "rest"]);
    assert_eq!(
        (&seen["pairs"][0], &seen["pairs"][1], &seen["shared_pairs"]),
        (&300.into(), &300.into(), &0.into())
    );
    let length = seen["differences"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["property"] == "length")
        .expect("length");
    assert!(length["low"].as_f64() > Some(0.5) && length["q_value"].as_f64() < Some(0.01), "{length}");
    assert!(length["inside"].as_f64() > Some(0.0) && length["outside"].as_f64() < Some(0.0), "{length}");
    // The same, said the other way round.
    let other = found(&[
        "dissect",
        &file,
        "--no-grammar",
        "--where",
        "scenario = chat",
        "--versus",
        "scenario = essay",
    ]);
    let back = other["differences"]
        .as_array()
        .expect("rows")
        .iter()
        .find(|row| row["property"] == "length")
        .expect("length");
    let sum = length["mean"].as_f64().expect("a number") + back["mean"].as_f64().expect("a number");
    assert!(sum.abs() < 1e-9, "{length} {back}");
    // As a page, and as a table of a study that is asked again.
    let (page, study) = (folder.path().join("page.html"), folder.path().join("kept"));
    let (page, study) = (page.display().to_string(), study.display().to_string());
    let part = ["dissect", &file, "--no-grammar", "--where", "scenario = essay", "--versus", "rest"];
    let kept = found(&[&part[..], &["--html", &page, "-o", &study]].concat());
    assert_eq!(kept["differences"], seen["differences"]);
    let html = std::fs::read_to_string(&page).expect("the page");
    assert!(html.contains("against the rest") && html.contains("300 pairs in the slice"), "{html}");
    let again = found(&["rerun", &study, "--step", "versus"]);
    assert_eq!(again["differences"], seen["differences"]);
    assert!(folder.path().join("kept/versus.parquet").is_file());
    // A field that means nothing makes no difference.
    let none = found(&["dissect", &file, "--no-grammar", "--where", "meta.label = x", "--versus", "rest"]);
    for row in none["differences"].as_array().expect("rows") {
        assert!(row["q_value"].as_f64() > Some(0.05), "{row}");
    }
    let said = refused(&["dissect", &file, "--no-grammar", "--versus", "rest"]);
    assert!(said.contains("--where"), "{said}");
}

#[test]
fn a_later_turn_of_the_user_can_be_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = made(folder.path());
    let two = folder.path().join("turns.jsonl");
    let turns = r#"[{"role":"user","content":"And?"},{"role":"assistant","content":"So."},{"role":"user","content":"Why?"}]"#;
    let first = std::fs::read_to_string(&file).expect("the pairs");
    let later = format!(
        r#"{{"id":"later","prompt":{turns},"response_a":"It is.","response_b":"It was.","judge":"human","p_a":1}}"#
    );
    std::fs::write(&two, format!("{first}{later}\n")).expect("written");
    let turned = folder.path().join("turned");
    found(&["import", two.to_str().expect("a path"), "-o", turned.to_str().expect("a path")]);
    let exported_of = |filter: &str| {
        let two = turned.to_str().expect("a path");
        let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["export", two, "--quiet", "--where", filter])
            .output()
            .expect("it starts");
        String::from_utf8_lossy(&output.stdout).lines().count()
    };
    assert_eq!((exported_of("turn = 1"), exported_of("turn > 1")), (600, 1));
}

/// AlpacaEval's annotations say what each cost; of 90, the first thirty are of a first turn and cost half a cent.
#[test]
fn a_slice_can_be_of_turns_and_of_what_verdicts_cost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("a path").to_owned();
    let row = |i: usize| {
        let (cost, words) = (if i < 30 { 0.005 } else { 0.02 }, "word ".repeat(1 + i % 7));
        format!(
            r#"{{"instruction":"Question {i}?","output_1":"{words}","generator_1":"base","output_2":"other words {i}","generator_2":"m","annotator":"judge","preference":{},"price_per_example":{cost}}}"#,
            1 + i % 2
        )
    };
    std::fs::write(path("priced.json"), format!("[{}]", (0..90).map(row).collect::<Vec<_>>().join(",")))
        .expect("written");
    let pairs = |filter: &str| {
        found(&["dissect", &path("priced.json"), "--where", filter])["judges"][0]["verdicts"].clone()
    };
    assert_eq!(pairs("cost < 0.01"), 30);
    assert_eq!(pairs("cost(judge) > 0.01 and cost = cost(judge)"), 60);
    let said = refused(&["dissect", &path("priced.json"), "--where", "cost(nobody) > 0"]);
    assert!(said.contains("names the judge `nobody`"), "{said}");
    // Where the data have no field of that name, the turn is counted in the texts.
    let turns = |i: usize| {
        let mut prompt = vec![r#"{"role":"user","content":"One?"}"#.to_owned()];
        if i.is_multiple_of(3) {
            prompt.push(r#"{"role":"assistant","content":"Yes."}"#.to_owned());
            prompt.push(format!(r#"{{"role":"user","content":"And {i}?"}}"#));
        }
        let (a, b) = ("word ".repeat(1 + i % 7), "word ".repeat(1 + i % 5));
        format!(
            r#"{{"prompt":[{}],"response_a":"{a}","response_b":"{b} {i}","judge":"human","p_a":{}}}"#,
            prompt.join(","),
            i % 2
        )
    };
    std::fs::write(path("turns.jsonl"), (0..120).map(turns).collect::<Vec<_>>().join("\n")).expect("written");
    let by_turn = found(&["dissect", &path("turns.jsonl"), "--group-by", "turn"]);
    let groups: Vec<(&str, u64)> = by_turn["fits"]
        .as_array()
        .expect("fits")
        .iter()
        .map(|fit| (fit["group"].as_str().expect("a group"), fit["rows"].as_u64().expect("rows")))
        .collect();
    assert_eq!(groups, [("all", 120), ("1", 80), ("2", 40)]);
    found(&["dissect", &path("turns.jsonl"), "--cluster", "turn"]);
}
