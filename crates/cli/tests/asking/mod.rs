//! The program with the fake provider: pairs to ask about, commands, and what they leave behind.

#[allow(dead_code)]
#[path = "../../../llm/tests/provider/mod.rs"]
pub(crate) mod provider;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use predilect_data::Study;
use predilect_types::Verdict;
use serde_json::Value;

/// Pairs whose longer response is on either side.
pub(crate) fn pairs(folder: &Path, n: usize) -> PathBuf {
    let path = folder.join("pairs.jsonl");
    let mut text = String::new();
    for i in 0..n {
        let (a, b) = ("word ".repeat(3 + i * 7 % 40), "word ".repeat(3 + i * 11 % 40));
        let person = f64::from(u8::from(i % 3 > 0));
        writeln!(
            text,
            r#"{{"id":"p{i}","prompt":"question {i}","response_a":"{a}a","response_b":"{b}b","judge":"person","p_a":{person}}}"#
        )
        .expect("a string grows");
    }
    std::fs::write(&path, text).expect("written");
    path
}

pub(crate) fn command(pairs: &Path, model: &str, study: &Path, more: &[&str]) -> Command {
    verb("judge", pairs, model, study, more)
}

pub(crate) fn verb(verb: &str, pairs: &Path, model: &str, study: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.arg(verb).arg(pairs).args(["--model", model, "-o"]).arg(study);
    command
        .args(["--json", "--quiet", "--retry-wait", "0.005", "--timeout", "1", "--retries", "8"])
        .args(more);
    for name in ["PREDILECT_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"] {
        command.env_remove(name);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn run(pairs: &Path, model: &str, study: &Path, more: &[&str]) -> Output {
    command(pairs, model, study, more).output().expect("the binary starts")
}

pub(crate) fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn verdict_rows(study: &Path) -> Vec<Verdict> {
    let study = Study::open(study).expect("a study");
    study.verdicts().expect("verdicts").flat_map(|batch| batch.expect("rows")).collect()
}

pub(crate) fn refused(output: &Output, why: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && text.contains(why), "{why}: {text}");
}
