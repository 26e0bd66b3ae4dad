//! Which crate may use which: an edge that is not listed here is a wall, and is opened on purpose only.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// What each crate of this workspace may depend on.
const ROOMS: [(&str, &[&str]); 18] = [
    ("types", &[]),
    ("stats", &[]),
    ("bayes", &["stats"]),
    // How a model learns; it knows tokens and log-probabilities only.
    ("learn", &["stats"]),
    ("text", &["types"]),
    ("data", &["types"]),
    ("llm", &["types"]),
    ("llm-local", &["types", "llm"]),
    ("annotate", &["types", "llm", "results"]),
    ("validity", &["types", "stats", "results"]),
    // What is found, as plain values, so that a report needs no statistics.
    ("results", &["types"]),
    ("analysis", &["types", "results", "stats", "bayes"]),
    ("report", &["types", "results"]),
    // The only one that joins reading, rating and analysing.
    (
        "workbench",
        &[
            "types",
            "results",
            "stats",
            "bayes",
            "data",
            "text",
            "llm",
            "llm-local",
            "annotate",
            "analysis",
            "validity",
        ],
    ),
    // Front ends see nothing lower than the door.
    // One job over the door.
    ("steer", &["types", "results", "stats", "workbench"]),
    ("train", &["types", "results", "stats", "learn", "workbench"]),
    ("cli", &["types", "results", "report", "workbench", "steer", "train", "web"]),
    ("web", &["types", "results", "report", "workbench"]),
];

#[test]
fn no_crate_uses_what_it_may_not() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let short = |name: &str| match name.strip_prefix("predilect") {
        Some("") => Some("cli".to_owned()),
        Some(rest) => rest.strip_prefix('-').map(str::to_owned),
        None => None,
    };
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let mut seen = 0;
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().and_then(short).expect("a crate of this workspace");
        let may = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no place among the rooms"));
        seen += 1;
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            // Tests may look at whatever they like.
            let other = dependency["name"].as_str().and_then(short).filter(|_| dependency["kind"].is_null());
            if let Some(other) = other {
                assert!(may.contains(&other.as_str()), "{name} may not use {other}");
            }
        }
    }
    assert_eq!(seen, ROOMS.len(), "a room is missing");
}
