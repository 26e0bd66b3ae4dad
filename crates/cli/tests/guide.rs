//! Does the guide say what the program does? Every command in `docs/guide/src` is run, and its output compared.
//!
//! A page is run from top to bottom in one empty folder. Blocks are fenced by three backticks:
//!
//! - with `file=NAME` among its tags, a block is written to that file;
//! - `console`: lines that begin with `$ ` are commands (a backslash at the end continues one), what follows is what
//!   they print on standard output; `console,fails`: they fail, and what follows is their standard error;
//! - - `console,norun`: not run, because a key or a server would be needed.
//!
//! A line `...` matches any number of lines, `…` within a line for any characters. White space at the end of a line and empty lines at the
//! end of an output do not count, and pages have common spaces where the program prints no-break ones. After a wanted change,
//! `UPDATE_GUIDE=1 cargo nextest run -p predilect --test guide` writes what is printed into the pages: an output that no longer fits is
//! replaced as a whole, but for lines that fit one with `…`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A line of a page that matches any number of lines of output.
const LINES: &str = "...";
/// Matches any characters within a line.
const CHARACTERS: char = '…';

macro_rules! pages {
    ($($page:ident),* $(,)?) => {
        /// The pages that are run.
        const PAGES: &[&str] = &[$(stringify!($page)),*];
        $(
            #[test]
            fn $page() {
                check(stringify!($page));
            }
        )*
    };
}

pages!(start, dissect, compare, rank, judge, annotate, explain, read, slices, steer, train, serve);

#[test]
fn every_page_is_in_the_summary_and_is_run() {
    let names = |all: Vec<String>| all.into_iter().collect::<BTreeSet<_>>();
    let files = fs::read_dir(guide()).expect("the pages").map(|entry| entry.expect("an entry").file_name());
    let pages = files.filter_map(|name| name.to_string_lossy().strip_suffix(".md").map(str::to_owned));
    let pages = names(pages.filter(|name| name != "SUMMARY").collect());
    let summary = fs::read_to_string(guide().join("SUMMARY.md")).expect("a summary");
    let listed = summary.split("](").skip(1).filter_map(|link| link.split_once(".md)"));
    let listed = names(listed.map(|(name, _)| name.trim_start_matches("./").to_owned()).collect());
    assert_eq!(pages, listed, "the pages, and what SUMMARY.md lists");
    let run = names(PAGES.iter().map(|page| (*page).to_owned()).collect());
    assert_eq!(pages, run, "the pages, and those that have a test in {}", file!());
}

#[test]
fn what_stands_for_anything_fits_it_and_nothing_else() {
    for (page, printed, wrong) in [
        ("a\nb", "a\nb", 0),
        ("a\nb", "a\nc", 2),
        ("a\n...\nd", "a\nb\nc\nd", 0),
        ("a\n...\nd", "a\nd", 0),
        ("a\n...", "a", 0),
        ("a\n...\nd", "a\nb\nc", 1),
        ("took … s", "took 0.31 s", 0),
        ("took … s", "took 0.31 s or so", 2),
        ("took … s, …", "took 3 s, as before", 0),
        ("", "a", 1),
    ] {
        let (page, printed): (Vec<&str>, Vec<&str>) = (page.lines().collect(), printed.lines().collect());
        let unlike = aligned(&page, &printed).iter().filter(|one| one.is_wrong(&page)).count();
        assert_eq!(unlike, wrong, "{page:?} {printed:?}");
    }
    let read = words(r#"predilect rank v.csv --where 'words(a) > 2' --anchor "a b"=1000 # scores"#);
    let wanted = ["predilect", "rank", "v.csv", "--where", "words(a) > 2", "--anchor", "a b=1000"];
    assert_eq!(read.expect("words"), wanted);
    assert!(words("predilect formats | head").is_err() && words("predilect 'formats").is_err());
}

/// A step of a page.
enum Step {
    Write { name: String, text: String },
    Run(Shown),
}

/// A command of a page; lines count from 0.
struct Shown {
    line: usize,
    command: String,
    /// The lines with its output, without empty ones at the end.
    output: Range<usize>,
    fails: bool,
}

/// A line of a page (`expected`) and the output line that it matches, or one of them that has no match.
struct Aligned {
    expected: Option<usize>,
    printed: Option<usize>,
}

impl Aligned {
    /// Whether it has no match; `...` may match no line at all.
    fn is_wrong(&self, page: &[&str]) -> bool {
        match (self.expected, self.printed) {
            (Some(_), Some(_)) => false,
            (Some(line), None) => page[line] != LINES,
            _ => true,
        }
    }
}

fn guide() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/src")
}

fn check(page: &str) {
    let path = guide().join(page).with_extension("md");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let lines: Vec<&str> = text.lines().collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (home, work) = (folder.path().join("home"), folder.path().join("work"));
    fs::create_dir(&home).expect("a home");
    fs::create_dir(&work).expect("a folder to work in");
    let (mut failed, mut report) = (String::new(), String::new());
    let mut changes: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    for step in steps(page, &lines) {
        match step {
            Step::Write { name, text } => fs::write(work.join(name), text).expect("a file is written"),
            Step::Run(shown) => {
                let place = format!("docs/guide/src/{page}.md:{}", shown.line + 1);
                let words = words(&shown.command).unwrap_or_else(|why| panic!("{place}: {why}"));
                let output = run(&words, &work, &home);
                let said = plain(&output.stderr);
                if output.status.success() == shown.fails {
                    let ended = output.status;
                    writeln!(
                        failed,
                        "{place}: {}\n  did not end as the page says: {ended}\n{said}",
                        shown.command
                    )
                    .expect("a string grows");
                    continue;
                }
                let out = plain(&output.stdout);
                let printed = trimmed(if shown.fails { &said } else { &out });
                let expected: Vec<&str> =
                    lines[shown.output.clone()].iter().map(|line| line.trim_end()).collect();
                let all = aligned(&expected, &printed);
                if all.iter().any(|one| one.is_wrong(&expected)) {
                    let unlike = differences(&all, &expected, &printed, shown.output.start);
                    writeln!(report, "{place}: {}\n{unlike}", shown.command).expect("a string grows");
                    changes.push((shown.output, as_printed(&all, &expected, &printed)));
                }
            }
        }
    }
    if !changes.is_empty() && std::env::var_os("UPDATE_GUIDE").is_some_and(|value| value == "1") {
        let mut new: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        for (range, printed) in changes.into_iter().rev() {
            drop(new.splice(range, printed));
        }
        fs::write(&path, new.join("\n") + "\n").expect("the page is written");
        eprintln!("{} is written anew:\n{report}", path.display());
        report.clear();
    }
    assert!(
        failed.is_empty() && report.is_empty(),
        "the guide and the program differ (- page, + program); UPDATE_GUIDE=1 writes what is printed\n{report}{failed}"
    );
}

fn run(words: &[String], work: &Path, home: &Path) -> Output {
    assert_eq!(words.first().map(String::as_str), Some("predilect"), "only predilect is run: {words:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    // No money is spent, and messages about keys are the same for everyone.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().ends_with("_API_KEY") {
            command.env_remove(name);
        }
    }
    command
        .args(&words[1..])
        .current_dir(work)
        .stdin(Stdio::null())
        .env("COLUMNS", "100")
        .env("HOME", home)
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CACHE_HOME")
        .output()
        .expect("the binary starts")
}

/// What a page has to be written and run, in order.
fn steps(page: &str, lines: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let Some(info) = lines[at].strip_prefix("```") else {
            at += 1;
            continue;
        };
        let first = at + 1;
        let Some(length) = lines[first..].iter().position(|line| *line == "```") else {
            panic!("{page}.md:{first}: the block that begins here has no end");
        };
        let end = first + length;
        let tags: Vec<&str> = info.split(',').collect();
        match tags.as_slice() {
            ["console"] => steps.extend(commands(page, lines, first..end, false)),
            ["console", "fails"] => steps.extend(commands(page, lines, first..end, true)),
            ["console", "norun"] => {}
            ["console", ..] => panic!("{page}.md:{first}: tags of console are fails and norun, not {info}"),
            tags => {
                if let Some(name) = tags.iter().find_map(|tag| tag.strip_prefix("file=")) {
                    steps.push(Step::Write {
                        name: name.to_owned(),
                        text: lines[first..end].join("\n") + "\n",
                    });
                }
            }
        }
        at = end + 1;
    }
    steps
}

/// The commands of one block, each with the lines of its output.
fn commands(page: &str, lines: &[&str], block: Range<usize>, fails: bool) -> Vec<Step> {
    let mut all: Vec<Shown> = Vec::new();
    let mut at = block.start;
    while at < block.end {
        let line = at;
        at += 1;
        if let Some(command) = lines[line].strip_prefix("$ ") {
            let mut command = command.to_owned();
            while command.ends_with('\\') && at < block.end {
                command.pop();
                command.push_str(lines[at].trim_start());
                at += 1;
            }
            all.push(Shown { line, command, output: at..at, fails });
        } else {
            let of = all.last_mut();
            let of = of.unwrap_or_else(|| panic!("{page}.md:{at}: an output before any command"));
            // Empty lines at the end are left to whoever wrote the page.
            if !lines[line].trim_end().is_empty() {
                of.output.end = at;
            }
        }
    }
    all.into_iter().map(Step::Run).collect()
}

/// The words of a command as a shell reads them: quotes and comments, but no other shell syntax.
fn words(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_with(String::new);
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None | Some('"'), '\\' | '$' | '`')
            | (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?') => {
                return Err(format!("`{c}` is for a shell, and none runs this: {command}"));
            }
            _ => word.get_or_insert_with(String::new).push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed: {command}"));
    }
    words.extend(word);
    Ok(words)
}

/// What was printed, as it is typed: with common spaces in place of those that keep a number and its unit on one line.
fn plain(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\u{a0}', " ")
}

/// The lines of an output, without white space at their ends and without empty lines at its end.
fn trimmed(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

/// Whether a line of a page matches this line.
fn fits(pattern: &str, line: &str) -> bool {
    let mut parts: Vec<&str> = pattern.split(CHARACTERS).collect();
    let last = parts.pop().unwrap_or_default();
    let Some((first, middle)) = parts.split_first() else { return line == last };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// Which line of a page matches which line of output: the alignment with the fewest unmatched lines.
fn aligned(expected: &[&str], printed: &[&str]) -> Vec<Aligned> {
    let (m, n) = (expected.len(), printed.len());
    // The number of unmatched lines from (i, j) on.
    let mut cost = vec![vec![0_usize; n + 1]; m + 1];
    let step = |cost: &[Vec<usize>], i: usize, j: usize| {
        let any = i < m && expected[i] == LINES;
        let fit = i < m && j < n && !any && fits(expected[i], printed[j]);
        let moves = [
            fit.then(|| (cost[i + 1][j + 1], i + 1, j + 1)),
            (any && j < n).then(|| (cost[i][j + 1], i, j + 1)),
            (i < m).then(|| (cost[i + 1][j] + usize::from(!any), i + 1, j)),
            (j < n).then(|| (cost[i][j + 1] + 1, i, j + 1)),
        ];
        // The first of equally good ones.
        moves.into_iter().flatten().min_by_key(|(cost, ..)| *cost)
    };
    for i in (0..=m).rev() {
        for j in (0..=n).rev() {
            if let Some((best, ..)) = step(&cost, i, j) {
                cost[i][j] = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut all = Vec::new();
    while let Some((_, next_i, next_j)) = step(&cost, i, j) {
        let stands = next_i > i || (i < m && expected[i] == LINES);
        all.push(Aligned { expected: stands.then_some(i), printed: (next_j > j).then_some(j) });
        (i, j) = (next_i, next_j);
    }
    all
}

/// Lines of the page that are not printed, with their numbers, and lines printed that are not on the page.
fn differences(all: &[Aligned], expected: &[&str], printed: &[&str], start: usize) -> String {
    let line = |one: &Aligned| match (one.expected, one.printed) {
        (Some(line), None) => Some(format!("{:6} - {}", start + line + 1, expected[line])),
        (None, Some(line)) => Some(format!("       + {}", printed[line])),
        _ => None,
    };
    let lines: Vec<String> = all.iter().filter(|one| one.is_wrong(expected)).filter_map(line).collect();
    lines.join("\n")
}

/// What is printed, but for lines that fit one of the page with `…`.
fn as_printed(all: &[Aligned], expected: &[&str], printed: &[&str]) -> Vec<String> {
    let line = |one: &Aligned| match (one.expected, one.printed) {
        (Some(line), Some(_)) if expected[line] != LINES => Some(expected[line].to_owned()),
        (_, Some(line)) => Some(printed[line].to_owned()),
        _ => None,
    };
    all.iter().filter_map(line).collect()
}
