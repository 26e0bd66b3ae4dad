//! The whole way with a real model in this process: verdicts and ratings of `SmolLM2`, killed on the way, and dissected.
//!
//! `PREDILECT_MODELS` names the folder that `scripts/models.py` fills; without it the test says so and ends.

#![allow(clippy::too_many_lines, reason = "one case after the other")]
#![cfg(feature = "local")]
#![allow(clippy::print_stdout, reason = "tests say which models they found")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn model() -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("PREDILECT_MODELS").unwrap_or_default());
    let file = folder.join("SmolLM2-135M-Instruct.Q4_1.gguf");
    if !file.is_file() {
        println!("skipped: {} is missing; scripts/models.py fetches it", file.display());
        return None;
    }
    Some(format!("gguf:{}", file.display()))
}

fn pairs(folder: &Path, n: usize) -> PathBuf {
    let path = folder.join("pairs.jsonl");
    let mut text = String::new();
    for i in 0..n {
        let (a, b) = (format!("It is {}, thank you for asking.", i + i), "no idea ".repeat(1 + i % 5));
        let person = f64::from(u8::from(i % 4 > 0));
        writeln!(
            text,
            r#"{{"id":"p{i}","prompt":"What is {i} and {i}? Answer politely.","response_a":"{a}","response_b":"{b}","judge":"person","p_a":{person}}}"#
        )
        .expect("a string grows");
    }
    std::fs::write(&path, text).expect("written");
    path
}

fn predilect(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.args(args).args(["--json", "--quiet"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn logged(study: &Path) -> u64 {
    let log = predilect_llm::CallLog::open(&study.join("calls.sqlite"));
    log.and_then(|log| log.counts()).map_or(0, |(answered, _)| answered)
}

#[test]
fn a_real_model_judges_and_rates_and_a_killed_run_ends_alike() {
    let Some(model) = model() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 6);
    let (calm, killed) = (folder.path().join("calm"), folder.path().join("killed"));
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let judge = |study: &Path| {
        predilect(&[
            "judge",
            &text(&pairs),
            "--model",
            &model,
            "-o",
            &text(study),
            "--context",
            "2048",
            "--threads",
            "1",
        ])
    };
    let said = json(&judge(&calm).output().expect("it starts"));
    assert_eq!((said["pairs"].as_u64(), said["parsed"].as_u64()), (Some(6), Some(6)), "{said}");
    assert_eq!((said["calls"].as_u64(), said["price"].as_f64()), (Some(12), Some(0.0)), "{said}");
    assert!(said["mean_mass"].as_f64() > Some(0.01) && said["position_bias"].is_number(), "{said}");
    // Killed as soon as something is logged, it goes on there and ends with the same table.
    let mut child = judge(&killed).spawn().expect("it starts");
    let start = Instant::now();
    while logged(&killed) < 4 && start.elapsed() < Duration::from_mins(1) {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let before = logged(&killed);
    let rest = json(&judge(&killed).output().expect("it starts"));
    assert_eq!(rest["from_log"].as_u64(), Some(before), "{rest}");
    let table = |study: &Path| std::fs::read(study.join("verdicts.parquet")).expect("verdicts");
    assert!(table(&calm) == table(&killed), "the same study to the byte");
    // Ratings from probabilities, with the requests sorted by the same model.
    let rated = json(
        &predilect(&[
            "annotate",
            &text(&calm),
            "--model",
            &model,
            "--scenarios",
            "--context",
            "2048",
            "--threads",
            "1",
        ])
        .args(["--properties", "polite,well_formatted,relevant"])
        .output()
        .expect("it starts"),
    );
    assert_eq!((rated["method"].as_str(), rated["pairs"].as_u64()), (Some("scored"), Some(6)), "{rated}");
    assert!(rated["ratings"].as_u64() >= Some(18) && rated["parse_rate"].as_f64() > Some(0.99), "{rated}");
    assert_eq!(
        rated["scenarios"].as_object().expect("counts").values().filter_map(Value::as_u64).sum::<u64>(),
        6
    );
    let found = json(
        &predilect(&["dissect", &text(&calm), "--annotator", "SmolLM2-135M-Instruct.Q4_1"])
            .args([
                "--no-grammar",
                "--folds",
                "0",
                "--min-rows",
                "5",
                "--verdicts",
                "hard",
                "--terms",
                "none",
            ])
            .output()
            .expect("it starts"),
    );
    let judges: Vec<&str> =
        found["fits"].as_array().expect("fits").iter().filter_map(|fit| fit["judge"].as_str()).collect();
    assert!(judges.contains(&"person") && judges.contains(&"SmolLM2-135M-Instruct.Q4_1"), "{judges:?}");
}

#[test]
fn a_model_that_is_not_there_is_said_to_be_missing_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 2);
    let study = folder.path().join("study");
    for (spec, why) in [("gguf:/nowhere/model.gguf", "No such file"), ("hf:org/name", "names no file")] {
        let output = predilect(&["judge", pairs.to_str().expect("a path"), "--model", spec])
            .arg("-o")
            .arg(&study)
            .output()
            .expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && text.contains(why), "{text}");
    }
    assert!(!study.exists());
}
