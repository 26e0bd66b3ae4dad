//! Which crate may use which: an edge that is not listed here is a wall, and is opened on purpose only.

use std::collections::BTreeMap;
use std::path::Path;
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

/// What is written of other programs' flags, and the name of a folder.
const OF_OTHERS: [&str; 3] = ["--runner pooling", "--ctx-size", "models--org--name"];

/// Whether a line of code says a flag of the command line in a text.
fn says_a_flag(line: &str) -> bool {
    let code = line.trim_start();
    if code.starts_with("//") || OF_OTHERS.iter().any(|other| code.contains(other)) {
        return false;
    }
    let flag = |at: usize| {
        let before = code[..at].chars().next_back();
        let name = &code[at + 2..];
        let end = name.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(name.len());
        // Behind a colon it is a property of a style sheet.
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name[end..].starts_with(':')
            && !before.is_some_and(|c| c.is_alphanumeric() || c == '-')
    };
    code.match_indices("--").any(|(at, _)| flag(at)) || code.contains("`predilect ")
}

#[test]
fn no_library_knows_a_flag() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates");
    let mut found = Vec::new();
    for (name, _) in ROOMS.iter().filter(|(name, _)| !matches!(*name, "cli" | "web")) {
        let mut folders = vec![crates.join(name).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder of code") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).expect("code");
                    let own = text.split("#[cfg(test)]").next().unwrap_or_default();
                    let lines = own.lines().enumerate().filter(|(_, line)| says_a_flag(line));
                    found.extend(lines.map(|(at, line)| format!("{}:{}: {line}", path.display(), at + 1)));
                }
            }
        }
    }
    assert!(found.is_empty(), "words of the command line in a library:\n{}", found.join("\n"));
}

#[test]
fn flags_are_seen_in_texts() {
    for line in
        ["say(\"give --map\")", "\"`predilect import` reads\"", "or --terms none fits it\"", "\"(--judge)\""]
    {
        assert!(says_a_flag(line), "{line}");
    }
    for line in ["// --map", "i -= 1; j--;", "\"a -- b\"", "style={ \"--v:\" (x) }", "\"a--b\""] {
        assert!(!says_a_flag(line), "{line}");
    }
}
