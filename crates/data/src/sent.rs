//! What is in an uploaded file that nobody has looked at: its columns, its unpacked size, and the readings that a refusal proposes.

use std::io::Read;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::advice::{Advice, MAP};
use crate::container::input::{Input, expand};
use crate::container::sample::sample;
use crate::container::sniff::recognise;
use crate::container::source::{Found, Opened, look_into};
use crate::error::DataError;
use crate::options::ReadOptions;
use crate::recipe::Sample;

/// Values of a column that are shown.
const VALUES: usize = 12;
/// Columns that are shown.
const COLUMNS: usize = 200;
/// Characters of a value that is shown.
const SHOWN: usize = 60;
/// Characters of a column's name; what is longer is a text in the wrong place.
const NAME: usize = 200;
/// Names that are too long of which the beginning is shown.
const LONG: usize = 3;

/// A column of a file, before it has any role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ColumnSeen {
    /// Its name.
    pub name: String,
    /// Its different values, if the first records have few and short ones; empty for a column of texts.
    pub values: Vec<String>,
    /// One value, cut to about 60 characters.
    pub example: String,
}

/// The columns of a file that a mapping can name, as far as a list of them goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ColumnsSeen {
    /// The first of them, at most 200.
    pub columns: Vec<ColumnSeen>,
    /// How many others there are.
    pub more: usize,
    /// How some of those begin whose names have more than 200 characters.
    pub long: Vec<String>,
}

/// The columns of the first table in a file, whatever they mean: at most 200, with names of at most 200 characters.
///
/// # Errors
///
/// When the file cannot be opened or is not a container of records.
pub fn columns_of(path: &Path, options: &ReadOptions) -> Result<ColumnsSeen, DataError> {
    let Some(mut opened) = first_file(path, options)? else { return Ok(ColumnsSeen::default()) };
    let name = opened.label.to_ascii_lowercase();
    let container = recognise(&mut opened, &name)?
        .map_err(|(problem, remedy)| DataError::input(&opened.label, problem).with_remedy(remedy))?;
    let found = sample(&mut opened, container, options.max_record_bytes)?;
    let sample = Sample { columns: found.columns.into(), rows: found.rows, ..Sample::default() };
    let seen = |name: &String| ColumnSeen {
        values: values(&sample, name).unwrap_or_default(),
        example: cut(&sample.example(name)),
        name: name.clone(),
    };
    let (short, long): (Vec<&String>, Vec<&String>) =
        sample.columns.iter().partition(|name| name.chars().nth(NAME).is_none());
    Ok(ColumnsSeen {
        columns: short.iter().take(COLUMNS).map(|name| seen(name)).collect(),
        more: long.len() + short.len().saturating_sub(COLUMNS),
        long: long.iter().take(LONG).map(|name| cut(name) + "…").collect(),
    })
}

/// Few short values, as a mapping would name them.
fn values(sample: &Sample, column: &str) -> Option<Vec<String>> {
    let mut found = sample
        .distinct(column, VALUES)?
        .into_iter()
        .map(|value| match value {
            Value::String(text) if text.trim().chars().count() <= SHOWN && !text.contains('\n') => {
                Some(text.trim().to_owned())
            }
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        })
        .collect::<Option<Vec<String>>>()?;
    found.sort();
    Some(found)
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}

/// The file itself, or the first one with data within an archive.
pub(crate) fn first_file(path: &Path, options: &ReadOptions) -> Result<Option<Opened>, DataError> {
    let (inputs, _) = expand(&[path.to_owned()], options.shown.as_deref())?;
    let Some(input) = inputs.first() else { return Ok(None) };
    match look_into(input)? {
        Found::File(opened) => Ok(Some(*opened)),
        Found::Archive(members, _) => match members.first().map(look_into).transpose()? {
            Some(Found::File(opened)) => Ok(Some(*opened)),
            _ => Ok(None),
        },
    }
}

/// Whether a compressed file or an archive stays within `most` bytes when it is unpacked; it is unpacked to find that out, up to that size,
/// but not written. Files that are not compressed are not read.
///
/// # Errors
///
/// When there would be more, or the file cannot be unpacked.
pub fn unpacked_within(path: &Path, most: u64, options: &ReadOptions) -> Result<(), DataError> {
    let (inputs, _) = expand(&[path.to_owned()], options.shown.as_deref())?;
    let mut left = most;
    for input in &inputs {
        match look_into(input)? {
            Found::File(opened) => unpack(input, *opened, most, &mut left)?,
            Found::Archive(members, _) => {
                for member in &members {
                    if let Found::File(opened) = look_into(member)? {
                        unpack(member, *opened, most, &mut left)?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn unpack(input: &Input, opened: Opened, most: u64, left: &mut u64) -> Result<(), DataError> {
    // A plain file on disk is not larger when read.
    if opened.beside().is_some() {
        return Ok(());
    }
    let mut reader = opened.into_reader();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let n = reader.read(&mut buffer).map_err(|e| DataError::io(&input.label, "unpack", e))?;
        if n == 0 {
            return Ok(());
        }
        *left = left.checked_sub(n as u64).ok_or_else(|| {
            DataError::input(&input.label, format!("unpacked, it is larger than {} MiB", most >> 20))
                .with_remedy("is this the right file? If it is, unpack it and take a part of it")
        })?;
    }
}

/// One way in which a file can be read, as a refusal proposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// What a mapping says, one claim each: `winner=label:0=A,1=B`.
    pub claims: Vec<String>,
    /// What that means, where it is said.
    pub note: String,
    /// Whether it is complete: no value or column is left that only the file's owner knows.
    pub complete: bool,
}

/// The readings that the lines below a refusal propose, in their order.
#[must_use]
pub fn proposals(details: &[Advice]) -> Vec<Proposal> {
    let mut all: Vec<Proposal> = Vec::new();
    let map = MAP.to_string();
    for line in details {
        let line = line.marked();
        let (line, another) = match line.strip_prefix("or ") {
            Some(rest) => (rest, true),
            None => (line.as_str(), false),
        };
        let Some(Proposal { claims, note, complete }) = proposal(line, &map) else { continue };
        // Claims on separate lines belong together, unless both are alternatives for the same role.
        let role = |claim: &String| claim.split('=').next().map(str::to_owned);
        match all.last_mut() {
            Some(last)
                if !another
                    && last.claims.iter().all(|own| claims.iter().all(|claim| role(claim) != role(own))) =>
            {
                last.claims.extend(claims);
                last.complete &= complete;
            }
            _ => all.push(Proposal { claims, note, complete }),
        }
    }
    all
}

fn proposal(line: &str, map: &str) -> Option<Proposal> {
    if !line.starts_with(map) {
        return None;
    }
    let (said, note) = match line.split_once("   (") {
        Some((said, note)) => (said, note.strip_suffix(')').unwrap_or(note)),
        None => (line, ""),
    };
    let words = words(said)?;
    let mut claims = Vec::new();
    let mut rest = words.into_iter();
    while let Some(word) = rest.next() {
        if word != map {
            return None;
        }
        claims.push(rest.next()?);
    }
    let open = |claim: &String| {
        claim.contains("=?")
            || claim.ends_with("=COLUMN")
            || claim.contains("=COLUMN:")
            || claim.contains("VALUE=")
    };
    let complete = !claims.iter().any(open);
    Some(Proposal { claims, note: note.to_owned(), complete })
}

/// The words of a line as a shell splits them; `None` if a quotation mark is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => all.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    all.extend(word);
    Some(all)
}

/// A name that is safe to show and to use for one file in one folder: the uploaded file's name without folders, control characters and
/// leading dots; at most 100 characters.
#[must_use]
pub fn plain_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String =
        last.chars().map(|c| if c.is_alphanumeric() || "._- ()".contains(c) { c } else { '_' }).collect();
    let kept = kept.trim().trim_start_matches('.');
    // The front is cut off: the extension shows the kind.
    let skip = kept.chars().count().saturating_sub(100);
    let short: String = kept.chars().skip(skip).collect();
    if short.is_empty() { "file".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::shell;

    #[test]
    fn what_is_quoted_for_a_shell_reads_back() {
        for text in ["plain", "winner=x:0=A,1=B", "it's a 'name'", "a > b", "", "\\", "ä b"] {
            assert_eq!(words(&format!("map {}", shell(text))).map(|words| words[1..].to_vec()), {
                if text.is_empty() { Some(vec![]) } else { Some(vec![text.to_owned()]) }
            });
        }
        assert_eq!(words("map 'open"), None);
    }

    #[test]
    fn readings_are_told_apart() {
        let lines = [
            "columns, with a value of each:",
            "label  0",
            "for example:",
            &format!("{MAP} winner=label:0=A,1=B"),
            &format!("or {MAP} winner=label:1=A,0=B   (1 = A, 0 = B)"),
        ]
        .map(Advice::of);
        let found = proposals(&lines);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].claims[0].as_str(), found[0].complete), ("winner=label:0=A,1=B", true));
        assert_eq!(
            (found[1].claims[0].as_str(), found[1].note.as_str()),
            ("winner=label:1=A,0=B", "1 = A, 0 = B")
        );
        let lines = ["prompt=q", "response_a='the first'", "winner=best:x=?,y=?"]
            .map(|claim| Advice::of(&format!("{MAP} {claim}")));
        let found = proposals(&lines);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].claims, ["prompt=q", "response_a=the first", "winner=best:x=?,y=?"]);
        assert!(!found[0].complete);
        let both =
            proposals(&[Advice::of(&format!("{MAP} winner=a")), Advice::of(&format!("or {MAP} winner=b"))]);
        assert_eq!(both.len(), 2);
    }

    #[test]
    fn names_lead_nowhere() {
        for (given, kept) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\data\\my votes.jsonl", "my votes.jsonl"),
            ("..", "file"),
            ("", "file"),
            (".hidden", "hidden"),
            ("a\0b\u{202e}.csv", "a_b_.csv"),
        ] {
            assert_eq!(plain_name(given), kept, "{given:?}");
        }
        assert_eq!(plain_name(&("x".repeat(300) + ".jsonl")).len(), 100);
    }
}
