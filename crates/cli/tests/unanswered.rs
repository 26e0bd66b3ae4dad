//! Servers that are not there, and questions without an answer: nothing in the study is lost, and it is said.

#[allow(dead_code)]
mod asking;
mod shapes;

use std::path::Path;
use std::process::Command;

use asking::provider::Provider;
use asking::{json, pairs, refused, run, verb, verdict_rows};
use predilect_data::Study;
use predilect_results::asked::JudgeRun;
use serde_json::Value;
use shapes::comes_back;

fn ratings(study: &Path) -> usize {
    let ratings = Study::open(study).expect("a study").ratings().expect("ratings");
    ratings.map(|batch| batch.expect("rows").len()).sum()
}

#[test]
fn a_server_that_is_not_there_ends_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 30);
    let study = folder.path().join("study");
    let none = "http://127.0.0.1:9/v1#fake";
    let output = run(&pairs, none, &study, &[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && text.contains("in a row") && text.contains("again"), "{text}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON beside the error");
    assert!(said["stopped"].as_str().is_some_and(|why| why.contains("127.0.0.1:9")), "{said}");
    // Each question is counted once, and nothing that was never sent as read.
    assert_eq!(
        (&said["failed"], &said["tokens"]),
        (&said["failures"]["unreachable"]["questions"], &0.into()),
        "{said}"
    );
    // Too few questions to be sure that it is gone, and still not one answer: no success.
    for what in ["judge", "annotate"] {
        let few = folder.path().join(what);
        let output = verb(what, &pairs, none, &few, &["--limit", "2"]).output().expect("it starts");
        refused(&output, "no question was answered, e.g. ");
    }
}

#[test]
fn questions_that_failed_on_the_way_are_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 40);
    let provider = Provider::start(0);
    provider.fail(20);
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.arg("judge").arg(&pairs).args(["--model", &provider.model("four"), "-o"]);
    command.arg(folder.path().join("study")).args(["--json", "--retries", "0", "--timeout", "1"]);
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let found = json(&output);
    assert!(found["failed"].as_u64() > Some(0), "{found}");
    assert!(said.contains("failed; the same command asks them again"), "{said}");
}

#[test]
fn where_nothing_is_answered_nothing_is_lost_and_no_name_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 12);
    let study = folder.path().join("study");
    let provider = Provider::start(0);
    let model = provider.model("fake");
    comes_back::<JudgeRun>(&json(&run(&pairs, &model, &study, &["--name", "j"])));
    let (rows, about) = (verdict_rows(&study).len(), std::fs::read_to_string(study.join("study.toml")));
    assert!(rows >= 12, "{rows}");
    // Asked in another way, without a call: there is no answer, and what was there stays.
    let offline = run(&pairs, &model, &study, &["--name", "j", "--method", "graded", "--offline"]);
    assert!(!offline.status.success());
    assert_eq!(verdict_rows(&study).len(), rows);
    let now = std::fs::read_to_string(study.join("study.toml")).expect("study.toml");
    assert_eq!(about.expect("study.toml"), now);
    // A wrong address takes no name.
    let wrong = run(&pairs, "http://127.0.0.1:1/v1#fake", &study, &["--name", "k", "--retries", "0"]);
    assert!(!wrong.status.success());
    json(&run(&pairs, &model, &study, &["--name", "k"]));
    assert_eq!(verdict_rows(&study).len(), rows + 12);
    // The same of ratings.
    let annotate = |model: &str, name: &str, more: &[&str]| {
        let mut command = verb("annotate", &pairs, model, &study, &["--name", name]);
        command.args(more).output().expect("the binary starts")
    };
    json(&annotate(&model, "r", &["--properties", "polite"]));
    let state = || (ratings(&study), std::fs::read_to_string(study.join("study.toml")).ok());
    let before = state();
    assert!(before.0 >= 10, "{before:?}");
    let single = ["--properties", "polite", "--single"];
    assert!(!annotate(&model, "r", &[&single[..], &["--offline"]].concat()).status.success());
    assert_eq!(state(), before);
    assert!(!annotate("http://127.0.0.1:1/v1#fake", "s", &["--retries", "0"]).status.success());
    assert_eq!(state(), before);
    json(&annotate(&model, "r", &single));
    assert_ne!(state().1, before.1);
}
