//! Which words of the sources are in a snapshot: those of errors, remedies and remarks.
//!
//! A message is known by the longest fixed piece between its placeholders. Those that no test provokes are listed in `never.txt`, below
//! the reason; a message that is in neither fails the test.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a message is an argument of.
const CALLS: [&str; 15] = [
    "Error::new(",
    "Error::input(",
    "Error::study(",
    "Error::sink(",
    "Error::later_layout(",
    "Error::stale(",
    "Error::waiting(",
    "RowError::wrong_type(",
    "Problem::new(",
    "Problem::refused(",
    "#[error(",
    "say!(",
    ".words(",
    ".remedy(",
    ".with_remedy(",
];

/// Sources that say what helps, to the terminal and to the page.
const WORDS_ONLY: [&str; 2] = ["cli/src/remedies.rs", "web/src/problem.rs"];

/// The shortest piece that says by itself which message it is of.
const SHORTEST: usize = 8;

/// Files of the sources with their text, and texts of all snapshots.
fn files(folder: &Path, ending: &str, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                files(&path, ending, into);
            }
        } else if path.extension().is_some_and(|found| found == ending) {
            into.push(path);
        }
    }
}

/// A source with every literal taken out: the code, with a mark for each, and the literals in order.
fn literals(source: &str) -> (String, Vec<String>) {
    let (mut code, mut found) = (String::new(), Vec::new());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some((text, after)) = raw(rest).filter(|_| !code.ends_with(char::is_alphanumeric)) {
            found.push(text.to_owned());
            code.push('\0');
            rest = after;
        } else if first == '"' {
            let (text, after) = quoted(&rest[1..]);
            found.push(text);
            code.push('\0');
            rest = after;
        } else if let Some(after) = character(rest) {
            rest = after;
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (code, found)
}

/// A raw literal and what follows it.
fn raw(text: &str) -> Option<(&str, &str)> {
    let hashes = text.strip_prefix('r')?;
    let inner = hashes.trim_start_matches('#');
    let mark = format!("\"{}", &hashes[..hashes.len() - inner.len()]);
    let inner = inner.strip_prefix('"')?;
    let end = inner.find(&mark)?;
    Some((&inner[..end], &inner[end + mark.len()..]))
}

/// A literal whose opening mark was read, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let (mut said, mut at) = (String::new(), text.char_indices());
    while let Some((place, c)) = at.next() {
        match c {
            '"' => return (said, &text[place + 1..]),
            '\\' => match at.next() {
                Some((_, 'n')) => said.push('\n'),
                Some((place, '\n')) => {
                    let after = text[place..].trim_start();
                    let (more, rest) = quoted(after);
                    return (said + &more, rest);
                }
                Some((_, other)) => said.push(other),
                None => break,
            },
            other => said.push(other),
        }
    }
    (said, "")
}

/// What follows a literal of one character; a lifetime is not one.
fn character(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('\'')?;
    let end =
        if inner.starts_with('\\') { inner[2..].find('\'')? + 2 } else { inner.chars().next()?.len_utf8() };
    inner[end..].strip_prefix('\'')
}

/// The messages of a source; of one that is words from end to end, all literals are.
fn messages(source: &str, words_only: bool) -> BTreeSet<String> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let (code, literals) = literals(source);
    // The reason for silencing a lint is not a message.
    let said = code.split('\0').zip(&literals).filter(|(before, _)| !before.ends_with("reason = "));
    let mut found = if words_only { said.map(|(_, said)| said.clone()).collect() } else { BTreeSet::new() };
    for call in CALLS {
        for (start, _) in code.match_indices(call) {
            let arguments = arguments(&code[start + call.len()..]);
            let first = code[..start].matches('\0').count();
            let count = arguments.matches('\0').count();
            found.extend(literals[first..first + count].iter().cloned());
        }
    }
    found.retain(|message| message.contains(' ') && piece(message).len() >= SHORTEST);
    found
}

/// What is written up to the parenthesis that closes.
fn arguments(code: &str) -> &str {
    let mut open = 1;
    for (at, c) in code.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return &code[..at];
        }
    }
    code
}

/// The longest fixed piece of a message.
fn piece(message: &str) -> String {
    let message = message.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut longest = "";
    for part in message.split('{').filter_map(|part| part.rsplit('}').next()).flat_map(str::lines) {
        let part = part.trim();
        if part.len() > longest.len() {
            longest = part;
        }
    }
    longest.replace('\u{1}', "{").replace('\u{2}', "}")
}

/// Words on one line, however they were broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_message_is_pinned_or_listed_with_a_reason() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crates");
    let (mut snapshots, mut sources) = (Vec::new(), Vec::new());
    files(crates, "snap", &mut snapshots);
    files(crates, "rs", &mut sources);
    let read = |path: &PathBuf| fs::read_to_string(path).expect("text");
    let pinned = flat(&snapshots.iter().map(read).collect::<String>());
    let listed = fs::read_to_string(crates.join("cli/tests/messages/never.txt")).expect("the list");
    let listed: BTreeSet<&str> =
        listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut all: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in sources.iter().filter(|path| in_source(path)) {
        let words_only = WORDS_ONLY.iter().any(|name| path.ends_with(name));
        for message in messages(&read(path), words_only) {
            all.insert(message.replace('\n', "\\n"), path.clone());
        }
    }
    let is_pinned = |message: &str| pinned.contains(&flat(&piece(&message.replace("\\n", "\n"))));
    let said = all.keys().filter(|message| is_pinned(message)).count();
    println!("{said} of {} messages are pinned, {} are listed", all.len(), listed.len());
    let missing: Vec<String> = all
        .iter()
        .filter(|(message, _)| !is_pinned(message) && !listed.contains(message.as_str()))
        .map(|(message, path)| {
            format!("{message}\n    {}", path.strip_prefix(crates).unwrap_or(path).display())
        })
        .collect();
    let is_stale = |message: &&&str| !all.contains_key(**message) || is_pinned(message);
    let stale: Vec<&&str> = listed.iter().filter(is_stale).collect();
    assert!(
        missing.is_empty(),
        "provoke these in a script, or list them in never.txt:\n{}",
        missing.join("\n")
    );
    assert!(
        stale.is_empty(),
        "never.txt lists what no source says any more, or what a script provokes: {stale:#?}"
    );
}

/// A source file without tests.
fn in_source(path: &Path) -> bool {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.iter().any(|part| part == "src")
        && !parts
            .iter()
            .any(|part| part == "tests" || part == "tests.rs" || part == "fuzz" || part == "examples")
}

#[test]
fn a_literal_is_read_whole() {
    let source = "Error::new(format!(\"no {x} \\\n    at \\\"all\\\" times\", '\"')).remedy(r#\"say \"so\" twice\"#) // \"not\"";
    let found: Vec<String> = messages(source, false).into_iter().collect();
    assert_eq!(found, ["no {x} at \"all\" times", "say \"so\" twice"]);
    assert_eq!(piece("a {b} longer {{x}} piece {c}"), "longer {x} piece");
}
