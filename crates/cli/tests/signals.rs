//! A run that is stopped: what is answered stays and is not asked again, and what was only needed during the run is gone.
#![cfg(unix)]

mod serving;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use predilect_data::Study;
use predilect_types::Order;
use serde_json::Value;
use serving::serve_a;

fn signal(child: &Child, name: &str) {
    let sent =
        Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

fn waited(mut until: impl FnMut() -> bool) {
    let from = Instant::now();
    while !until() {
        assert!(from.elapsed() < Duration::from_mins(1), "it takes too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_stopped_judge_goes_on_where_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = folder.path().join("pairs.jsonl");
    let line = |i: usize| {
        format!(r#"{{"id":"p{i}","prompt":"Q{i}?","response_a":"yes {i}","response_b":"no {i}"}}"#)
    };
    std::fs::write(&pairs, (0..150).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let study = folder.path().join("study");
    let (model, count) = serve_a(Duration::from_millis(40));
    let judge = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.args(["judge", "--model", &model, "--method", "generated", "--concurrency", "4", "--json"]);
        command.arg(&pairs).arg("-o").arg(&study).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let child = judge().spawn().expect("it starts");
    waited(|| count.load(Ordering::SeqCst) >= 30);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("every answer is kept"), "{said}");
    let asked = count.load(Ordering::SeqCst);
    assert!(asked < 200, "{asked}");
    // The pairs of which everything was answered have verdicts already.
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(found["parsed"].as_u64() > Some(5) && found["stopped"] == "stopped", "{found}");
    let output = judge().output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(count.load(Ordering::SeqCst), 300, "nothing is asked twice");
    // Asked in another way and stopped, the old verdicts stay; once all of the new ones are there, they take their place.
    let kept = || -> Vec<(Order, f64)> {
        let verdicts = Study::open(&study).expect("a study").verdicts().expect("verdicts");
        verdicts.flat_map(|batch| batch.expect("rows")).map(|verdict| (verdict.order, verdict.p_a)).collect()
    };
    let old = kept();
    assert!(old.len() == 150 && old.iter().all(|(order, _)| *order == Order::Both), "{old:?}");
    let child = judge().args(["--seed", "7"]).spawn().expect("it starts");
    waited(|| count.load(Ordering::SeqCst) >= 330);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the study keeps those verdicts until all of the new ones are there"), "{said}");
    assert_eq!(kept(), old);
    let noted = || std::fs::read_to_string(study.join("study.toml")).expect("study.toml");
    assert!(!noted().contains("seed = 7"));
    let output = judge().args(["--seed", "7"]).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(noted().contains("seed = 7") && kept().len() == 150);
}

#[test]
fn a_stopped_look_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/llmfao.jsonl.zst");
    for name in ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "XCPU", "ALRM", "VTALRM", "PROF"] {
        let child = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["dissect", file, "--quiet", "--json"])
            .env("TMPDIR", &scratch)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        waited(|| left(&scratch) > 0);
        assert_eq!(mode(&scratch), 0o700);
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        // Signals that do not ask to stop end it as the system would.
        let wish = ["TERM", "INT", "HUP"].contains(&name);
        let number = match name {
            "HUP" => 129,
            "INT" => 130,
            _ => 143,
        };
        assert_eq!(output.status.code(), wish.then_some(number), "{name}");
        assert_eq!(left(&scratch), 0, "{name}");
    }
}

#[test]
fn ratings_that_were_made_stay_when_a_dissection_is_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/llmfao.jsonl.zst");
    let study = folder.path().join("study");
    let dissect = |input: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.args(["dissect", input, "--folds", "0", "--engine", "ep", "--quiet", "--json"]).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let into = ["-o", study.to_str().expect("UTF-8")];
    let child = dissect(file, &into).spawn().expect("it starts");
    // From the first pairs that were read on, their texts are rated.
    waited(|| study.join("study.toml").is_file());
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("the ratings made so far are kept"), "{said}");
    assert!(study.join("facts.parquet").is_file(), "{said}");
    let figures = |output: std::process::Output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        found["fits"].clone()
    };
    let on = figures(dissect(into[1], &[]).output().expect("it starts"));
    let anew = figures(dissect(file, &[]).output().expect("it starts"));
    assert!(on.as_array().is_some_and(|fits| !fits.is_empty()) && on == anew);
}

fn left(folder: &Path) -> usize {
    std::fs::read_dir(folder).expect("a folder").count()
}

/// The mode of the only folder within.
fn mode(folder: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let entry = std::fs::read_dir(folder).expect("a folder").flatten().next().expect("an entry");
    entry.metadata().expect("its metadata").permissions().mode() & 0o777
}
