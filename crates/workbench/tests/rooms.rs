//! Which crate may use which, of this workspace and of others: an edge that is not listed here is a wall, and is opened on purpose only.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
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

/// Outside crates that only these may name: whoever else needs what they do asks these.
const OWNED: [(&str, &[&str]); 14] = [
    ("nuts-rs", &["bayes"]),
    ("parquet", &["data"]),
    ("csv", &["data"]),
    ("ureq", &["llm", "llm-local"]),
    ("rusqlite", &["llm"]),
    ("llama-cpp-2", &["llm-local"]),
    ("harper-core", &["text"]),
    ("candle-core", &["learn"]),
    ("tokenizers", &["learn"]),
    ("axum", &["web"]),
    ("hyper", &["web"]),
    ("hyper-util", &["web"]),
    ("tokio", &["web"]),
    ("clap", &["cli"]),
];

/// What draws, estimates, or reads and writes tables.
const WORK: [&str; 6] = ["nuts-rs", "rand", "rayon", "arrow-array", "parquet", "csv"];
/// What reaches beyond the process.
const OUTSIDE: [&str; 6] = ["ureq", "rusqlite", "tempfile", "tokio", "axum", "clap"];
/// What reads and writes tables.
const TABLES: [&str; 4] = ["arrow-array", "parquet", "csv", "rusqlite"];

/// Outside crates that are nowhere in the tree of these, however deep; features that are off by default do not count.
const NOWHERE: [(&str, &[&[&str]]); 12] = [
    ("types", &[&WORK, &OUTSIDE]),
    ("results", &[&WORK, &OUTSIDE]),
    ("report", &[&WORK, &OUTSIDE]),
    ("stats", &[&TABLES, &OUTSIDE, &["nuts-rs"]]),
    ("bayes", &[&TABLES, &OUTSIDE]),
    ("analysis", &[&TABLES, &OUTSIDE]),
    ("validity", &[&TABLES, &OUTSIDE, &["nuts-rs"]]),
    ("annotate", &[&["nuts-rs", "parquet", "axum", "clap"]]),
    ("data", &[&["nuts-rs", "rusqlite", "ureq", "tokio", "clap"]]),
    ("learn", &[&TABLES, &["nuts-rs", "ureq", "tokio", "clap"]]),
    ("text", &[&TABLES, &["nuts-rs", "ureq"]]),
    // Without the feature `local` nothing needs cmake and libclang.
    ("cli", &[&["llama-cpp-2", "llama-cpp-sys-2"]]),
];

/// The crates of this workspace as cargo has them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The room of a crate of this workspace.
fn room(name: &str) -> Option<&str> {
    match name.strip_prefix("predilect") {
        Some("") => Some("cli"),
        Some(rest) => rest.strip_prefix('-'),
        None => None,
    }
}

/// What a crate depends on, tests and build scripts aside: names, and whether a feature must ask for it.
fn dependencies(package: &Value) -> impl Iterator<Item = (&str, bool)> {
    let all = package["dependencies"].as_array().expect("dependencies").iter();
    // Tests may look at whatever they like.
    all.filter(|dependency| dependency["kind"].is_null()).map(|dependency| {
        (
            dependency["name"].as_str().expect("a name"),
            dependency["optional"].as_bool().expect("optional or not"),
        )
    })
}

#[test]
fn no_crate_uses_what_it_may_not() {
    let allowed: BTreeMap<&str, &[&str]> = ROOMS.into_iter().collect();
    let mut seen = 0;
    for package in packages() {
        let name = package["name"].as_str().and_then(room).expect("a crate of this workspace");
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} has no place among the rooms"));
        seen += 1;
        for (other, _) in dependencies(&package) {
            if let Some(other) = room(other) {
                assert!(may.contains(&other), "{name} may not use {other}");
            } else if let Some((_, owners)) = OWNED.iter().find(|(owned, _)| *owned == other) {
                assert!(owners.contains(&name), "{name} may not use {other}: ask {owners:?}");
            }
        }
    }
    assert_eq!(seen, ROOMS.len(), "a room is missing");
}

/// The dependencies of every outside crate, of all its versions, as the lock file has them: what no feature here asks for is among them
/// too, and nothing must be downloaded to know them.
fn locked() -> BTreeMap<String, Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let lock: toml::Table = std::fs::read_to_string(path).expect("a lock file").parse().expect("TOML");
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock["package"].as_array().expect("packages") {
        let on = package.get("dependencies").and_then(toml::Value::as_array).into_iter().flatten();
        // A version stands behind the name where there are several.
        let on = on.filter_map(toml::Value::as_str).filter_map(|on| on.split(' ').next().map(str::to_owned));
        found.entry(package["name"].as_str().expect("a name").to_owned()).or_default().extend(on);
    }
    found
}

#[test]
fn no_tree_holds_what_it_may_not() {
    let (packages, locked) = (packages(), locked());
    let own = |name: &str| packages.iter().find(|package| package["name"] == name);
    for (name, bans) in NOWHERE {
        let start = if name == "cli" { "predilect".to_owned() } else { format!("predilect-{name}") };
        // Each with the one through which it was found.
        let mut found: BTreeMap<&str, &str> = BTreeMap::from([(start.as_str(), "")]);
        let mut left = vec![start.as_str()];
        while let Some(at) = left.pop() {
            let on: Vec<&str> = match own(at) {
                Some(package) => {
                    dependencies(package).filter(|(_, optional)| !optional).map(|(on, _)| on).collect()
                }
                None => locked[at].iter().map(String::as_str).collect(),
            };
            for on in on {
                if let Entry::Vacant(new) = found.entry(on) {
                    new.insert(at);
                    left.push(on);
                }
            }
        }
        for ban in bans.iter().flat_map(|bans| bans.iter()) {
            assert!(locked.contains_key(*ban), "{ban} is used nowhere any more: take it from the list");
            let through = found.get(ban);
            assert_eq!(through, None, "{name} must do without {ban}");
        }
    }
}

/// What only a program may do, since it is of the whole process, and what is not the same with every version of Rust.
const NOT_IN_A_LIBRARY: [&str; 3] = ["build_global(", "process::exit(", "DefaultHasher"];

#[test]
fn no_library_takes_over_the_process() {
    for (name, _) in ROOMS.iter().filter(|(name, _)| *name != "cli") {
        for (path, own) in code(name) {
            let found = NOT_IN_A_LIBRARY.iter().find(|ban| own.contains(**ban));
            assert_eq!(found, None, "{}", path.display());
        }
    }
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

/// Every file of a crate's code, with what is in it before its tests.
fn code(name: &str) -> Vec<(PathBuf, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the folder of the crates");
    let mut folders = vec![crates.join(name).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of code") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = std::fs::read_to_string(&path).expect("code");
                let own = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path, own));
            }
        }
    }
    found
}

#[test]
fn no_library_knows_a_flag() {
    let mut found = Vec::new();
    for (name, _) in ROOMS.iter().filter(|(name, _)| !matches!(*name, "cli" | "web")) {
        for (path, own) in code(name) {
            let lines = own.lines().enumerate().filter(|(_, line)| says_a_flag(line));
            found.extend(lines.map(|(at, line)| format!("{}:{}: {line}", path.display(), at + 1)));
        }
    }
    assert!(found.is_empty(), "words of the command line in a library:\n{}", found.join("\n"));
}

/// The types for which a trait of this name is implemented in this code by hand.
fn implemented<'a>(code: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    code.lines().filter_map(move |line| {
        let (before, of) = line.strip_prefix("impl")?.split_once(" for ")?;
        let last = before.rsplit([':', ' ', '>']).next()?;
        (last == name).then(|| word(of))
    })
}

/// The public types whose derived traits name an error.
fn derived(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let is_error = line.strip_prefix("#[derive(").is_some_and(|traits| {
            traits.split([',', ' ', ')']).any(|one| one == "Error" || one == "thiserror::Error")
        });
        if is_error {
            let named = |line: &&str| line.contains("enum ") || line.contains("struct ");
            let declared = lines.by_ref().find(named).unwrap_or_default();
            if let Some(name) = declared.strip_prefix("pub enum ").or(declared.strip_prefix("pub struct ")) {
                found.push(word(name));
            }
        }
    }
    found
}

/// The name at the beginning.
fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

#[test]
fn every_error_can_be_asked_what_every_error_can() {
    // What sees no `types` sees no such trait: there the crate above says it (`refused`, `Refusal`, `mistakes.rs`).
    for (name, _) in ROOMS.iter().filter(|(name, may)| *name == "types" || may.contains(&"types")) {
        let files = code(name);
        let all = |of: &'static str| files.iter().flat_map(move |(_, code)| implemented(code, of));
        let can: Vec<&str> = all("Failure").collect();
        let errors = all("Error").chain(files.iter().flat_map(|(_, code)| derived(code)));
        for error in errors {
            assert!(can.contains(&error), "{name}: `{error}` is an error without `Failure`");
        }
        for (path, code) in &files {
            let bare = ["type Err = String", "type Error = String"].iter().any(|bare| code.contains(bare));
            assert!(!bare, "{}: an error that is a text can be asked nothing", path.display());
        }
    }
}

#[test]
fn errors_are_seen_in_code() {
    let code = "#[derive(Debug, thiserror::Error)]\n#[error(\"x\")]\npub enum A {\n\
                #[derive(Debug)]\npub struct B;\nimpl std::error::Error for B {}\n\
                #[derive(Error, Debug)]\nstruct C;\nimpl predilect_types::Failure for A {}\nimpl Failure for B {\n";
    assert_eq!(derived(code), ["A"]);
    assert_eq!(implemented(code, "Error").collect::<Vec<_>>(), ["B"]);
    assert_eq!(implemented(code, "Failure").collect::<Vec<_>>(), ["A", "B"]);
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
