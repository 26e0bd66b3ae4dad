//! Running `train` and reading what it writes.
#![allow(dead_code, reason = "every test uses its part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// Pairs whose chosen response is a list and whose rejected one is not.
pub(crate) fn pairs(folder: &Path, count: usize) -> PathBuf {
    let lines: Vec<String> = (0..count)
        .map(|at| {
            json!({"prompt": format!("What about {at}?"), "chosen": format!("- yes {at}\n- and more"), "rejected": format!("no {at}, never")})
                .to_string()
        })
        .collect();
    let path = folder.join("pairs.jsonl");
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    path
}

pub(crate) fn predilect(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.args(args).env("NO_COLOR", "1");
    command
}

pub(crate) fn run(args: &[&str]) -> Output {
    predilect(args).output().expect("predilect runs")
}

pub(crate) fn told(args: &[&str]) -> Value {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn said(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The steps of a run without what differs between two of them.
pub(crate) fn steps(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("train.jsonl")).expect("steps");
    text.lines()
        .map(|line| {
            let mut step: Value = serde_json::from_str(line).expect("a whole line");
            step.as_object_mut().expect("an object").remove("seconds");
            step
        })
        .collect()
}
