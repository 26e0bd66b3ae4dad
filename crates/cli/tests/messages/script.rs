//! How a script is written and run: a shell's commands in a scratch folder, and what the program said to each.
//!
//! ```text
//! ## Heading            a group with a folder of its own; groups run side by side, each on a copy of
//!                       what comes before the first
//! # words               are repeated in what is pinned
//! @file NAME            the lines up to the next empty one become the file NAME
//! @pairs NAME COUNT     a file of pairs that can be dissected
//! @server NAME RULES    a server on this machine, whose address the shell knows as $NAME (see `servers.rs`)
//! @model                a small model in the folder `model` (builds with the feature `train`)
//! @serve ARGUMENTS      `predilect serve` with them, in builds that serve
//! % METHOD PATH BODY    a case: what that server says to a request; the body may be left out
//! > COMMAND             prepares something and must succeed
//! $ COMMAND             a case: what it says on the error stream is pinned, and how it ended
//! ```
//!
//! What a case leaves in the folder `s` is gone before the next. `$CLOSED` is the address of a port that nothing listens on. A result is
//! pinned too where the command ends with `1>&2`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use regex::Regex;
use serde_json::Value;

use crate::page::Server;
use crate::servers;

/// Groups that run at once.
const AT_ONCE: usize = 8;

/// A port below those that are given out, on which nothing listens.
const CLOSED: &str = "http://127.0.0.1:1/v1#m";

/// How long a command may take on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);

/// What differs between two runs, and the words that replace it.
static VARIES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"process \d+", "process N"),
        (r"http://127\.0\.0\.1:\d+", "http://127.0.0.1:PORT"),
        (r"predilect-\w{6}\b", "predilect-NAME"),
        (r"-\w{6}\.predilect-tmp", "-NAME.predilect-tmp"),
        (r"\d+(\.\d+)? s\b", "N s"),
    ]
    .map(|(pattern, word)| (Regex::new(pattern).expect("a pattern"), word))
    .into()
});

/// The folder in which a group runs, and what its shell knows.
struct Scratch {
    folder: tempfile::TempDir,
    addresses: BTreeMap<String, String>,
    serving: Option<Server>,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["bin", "home", "tmp", "work"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        symlink(env!("CARGO_BIN_EXE_predilect"), folder.path().join("bin/predilect")).expect("a link");
        Self { folder, addresses: BTreeMap::from([("CLOSED".to_owned(), CLOSED.to_owned())]), serving: None }
    }

    /// Another folder with the same files.
    fn copy(&self) -> Self {
        let copy = Self { addresses: self.addresses.clone(), ..Self::new() };
        copy.prepare(&format!("cp -r '{}/.' .", self.work().display()));
        copy
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn shell(&self, line: &str) -> Output {
        let within = |name: &str| self.folder.path().join(name);
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(self.work())
            .env_clear()
            .env(
                "PATH",
                format!("{}:{}:/usr/bin:/bin", within("bin").display(), within("work/bin").display()),
            )
            .env("HOME", within("home"))
            .env("TMPDIR", within("tmp"))
            .env("NO_COLOR", "1")
            .envs(self.addresses.iter().map(|(name, address)| (name, address.as_str())))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let child = command.spawn().expect("a shell");
        let group = child.id();
        let (ended, end) = channel();
        let waiting = std::thread::spawn(move || {
            let late = end.recv_timeout(LONGEST) == Err(RecvTimeoutError::Timeout);
            if late {
                let _ = Command::new("kill").args(["-9", "--", &format!("-{group}")]).status();
            }
            late
        });
        let output = child.wait_with_output().expect("an end");
        let _ = ended.send(());
        assert!(!waiting.join().expect("a watch"), "{line}: still running after {LONGEST:?}");
        output
    }

    /// What was said, without what differs between two runs.
    fn tidy(&self, said: &[u8]) -> String {
        let mut said = String::from_utf8_lossy(said).into_owned();
        for (name, address) in &self.addresses {
            let host = address.trim_start_matches("http://").split('/').next().unwrap_or_default();
            said = said.replace(host, name);
        }
        let folder = self.folder.path().display().to_string();
        said = said.replace(&format!("{folder}/work"), "WORK").replace(&folder, "SCRATCH");
        for (pattern, word) in VARIES.iter() {
            said = pattern.replace_all(&said, *word).into_owned();
        }
        said.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// A command whose words are pinned.
    fn case(&self, line: &str, into: &mut String) {
        let _ = fs::remove_dir_all(self.work().join("s"));
        let output = self.shell(line);
        let said = self.tidy(&output.stderr);
        assert!(!said.contains("panicked at"), "{line}\n{said}");
        let _ = write!(into, "\n$ {line}\n{said}");
        match output.status.code() {
            Some(0) => {}
            Some(code) => _ = writeln!(into, "[exit {code}]"),
            None => panic!("{line}: ended by a signal\n{said}"),
        }
    }

    /// A request whose answer is pinned: the fields of a problem that are words.
    fn request(&self, line: &str, into: &mut String) {
        let server = self.serving.as_ref().expect("@serve comes first");
        let mut parts = line.splitn(3, ' ');
        let mut part = || parts.next().unwrap_or_default();
        let (method, path, body) = (part(), part(), part());
        let (status, _, answer) = server.send_body(method, path, &[("Predilect-Request", "1")], body);
        let _ = writeln!(into, "\n{line}\n[{status}]");
        let problem: Value = serde_json::from_str(&answer).unwrap_or_default();
        for field in ["title", "detail", "value", "position", "remedy"] {
            if let Some(said) = problem.get(field) {
                let said = said.as_str().map_or_else(|| said.to_string(), str::to_owned);
                let _ = write!(into, "{field}: {}", self.tidy(said.as_bytes()));
            }
        }
    }

    fn prepare(&self, line: &str) {
        let output = self.shell(line);
        assert!(output.status.success(), "{line}\n{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A line that begins with `@`; a file's lines are taken from those that follow.
    fn make<'a>(&mut self, line: &str, more: &mut impl Iterator<Item = &'a str>) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "file" => {
                let text: String =
                    more.take_while(|line| !line.is_empty()).map(|line| line.to_owned() + "\n").collect();
                fs::write(self.work().join(name), text).expect("written");
            }
            "pairs" => pairs(&self.work().join(name), rest.parse().expect("a count")),
            "server" => _ = self.addresses.insert(name.to_owned(), servers::start(rest)),
            "model" => model(&self.work()),
            "serve" => {
                let arguments: Vec<String> = format!("{name} {rest}")
                    .split_whitespace()
                    .map(|argument| {
                        let work = self.work().display().to_string();
                        argument.replace("STUDY", &format!("{work}/study")).replace("WORK", &work)
                    })
                    .collect();
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                self.serving = Some(Server::start(&arguments));
            }
            _ => panic!("@{line}: file, pairs, server, serve or model is expected"),
        }
    }

    /// Runs some lines; what was said is added.
    fn run(&mut self, lines: &str, into: &mut String) {
        let mut lines = lines.lines();
        while let Some(line) = lines.next() {
            match (line.get(..1), line.get(1..)) {
                (None, _) => {}
                (Some("#"), _) => _ = writeln!(into, "\n{line}"),
                (Some("@"), Some(rest)) => self.make(rest, &mut lines),
                (Some("%"), Some(rest)) => self.request(rest.trim(), into),
                (Some(">"), Some(rest)) => self.prepare(rest.trim()),
                (Some("$"), Some(rest)) => self.case(rest.trim(), into),
                _ => panic!("{line}: begins with none of # @ % > $"),
            }
        }
    }
}

#[cfg(feature = "train")]
fn model(folder: &Path) {
    crate::trained::model(folder);
}

#[cfg(not(feature = "train"))]
fn model(_: &Path) {}

/// Pairs of two judges whose longer response is on either side.
fn pairs(path: &Path, count: usize) {
    let mut text = String::new();
    for i in 0..count {
        let (a, b) =
            ("word ".repeat(3 + i * 7 % 40), "- word\n".repeat(3 + i * 11 % 40).replace('\n', "\\n"));
        let (person, model) = (u8::from(i % 3 > 0), f64::from(u8::from(i % 4 > 1)) * 0.8 + 0.1);
        let _ = writeln!(
            text,
            r#"{{"id":"p{i}","prompt":"question {i}","response_a":"{a}a","response_b":"{b}b","model_a":"m{}","model_b":"n{}","kind":"k{}","one":"same","verdicts":[{{"judge":"person","p_a":{person}}},{{"judge":"machine","p_a":{model}}}]}}"#,
            i % 3,
            i % 2,
            i % 2
        );
    }
    fs::write(path, text).expect("written");
}

/// What is said to a script, group by group.
pub(crate) fn said(script: &str) -> String {
    let mut parts = script.split("\n## ");
    let (first, groups): (&str, Vec<&str>) = (parts.next().unwrap_or_default(), parts.collect());
    let (title, shared) = first.split_once('\n').unwrap_or((first, ""));
    let mut start = Scratch::new();
    start.run(shared, &mut String::new());
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        while let Some((at, group)) =
            Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| groups.get(at).map(|group| (at, *group)))
        {
            done.push((at, group_said(&start, group)));
        }
        done
    };
    let mut all: Vec<(usize, String)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a group")).collect()
    });
    all.sort();
    let all: Vec<String> = all.into_iter().map(|(_, said)| said).collect();
    format!("{title}\n\n{}", all.join("\n\n"))
}

fn group_said(start: &Scratch, group: &str) -> String {
    let (heading, lines) = group.split_once('\n').unwrap_or((group, ""));
    let mut scratch = start.copy();
    let mut said = format!("## {heading}\n");
    scratch.run(lines, &mut said);
    said
}
