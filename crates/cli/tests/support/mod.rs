//! What the tests of whole commands share: run one, read its JSON, find the real data next to the project.

#![allow(dead_code, reason = "every test uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Whether it succeeded, what it printed, and what it said.
pub(crate) fn run(args: &[&str]) -> (bool, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_predilect")).args(args).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// What it printed, as JSON.
pub(crate) fn json(args: &[&str]) -> Value {
    let (done, out, err) = run(args);
    assert!(done, "{args:?}: {err}");
    serde_json::from_str(&out).expect("JSON")
}

/// What it printed with `--json --quiet`, but for the command that it notes.
pub(crate) fn found(args: &[&str]) -> Value {
    let mut found = json(&[args, &["--quiet", "--json"]].concat());
    if let Some(settings) = found.get_mut("settings").and_then(Value::as_object_mut) {
        settings.remove("command");
    }
    found
}

/// What it said when it refused.
pub(crate) fn refused(args: &[&str]) -> String {
    let (done, _, said) = run(&[args, &["--quiet", "--json"]].concat());
    assert!(!done, "{args:?}: {said}");
    said
}

/// A file of the real data, if they are next to the project; without them, the test says that it skips.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there", path.display());
    None
}
