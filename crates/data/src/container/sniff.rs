//! What kind of text or table the first bytes of a file are, and which fields its first records have.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::de::IoRead;

use super::dialect::{Dialect, dialect, utf8_remedy};
use super::document::{Document, Shape, mended, shape};
use super::encoding::is_surely_cp1252;
use super::input::Input;
use super::json::string_end;
use super::refuse::{Refusal, not_data, refusal};
use super::source::{LONGEST_PREFIX, Opened, open};
use super::split::Layout;
use crate::error::DataError;

/// How records are stored in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Records of JSON.
    Json(Layout),
    /// One JSON object, which a format splits itself.
    Document,
    /// One JSON value that contains all records.
    Records(Shape),
    /// Text with a header line.
    Csv(Dialect),
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow's own format, as a file or stream.
    Arrow,
}

impl Container {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Json(Layout::Lines) => "JSON Lines",
            Self::Json(Layout::Array) => "a JSON list",
            Self::Json(Layout::Values) => "JSON objects",
            Self::Document => "one JSON object",
            Self::Records(shape) => shape.describe(),
            Self::Csv(Dialect { delimiter: b'\t', .. }) => "tab-separated text",
            Self::Csv(Dialect { delimiter: b';', .. }) => "semicolon-separated text",
            Self::Csv(Dialect { delimiter: b'|', .. }) => "text separated by |",
            Self::Csv(_) => "CSV",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
        }
    }
}

/// Recognises the container of an open file, decoding its text where needed; the inner error is about what the file is.
///
/// # Errors
/// Where reading fails.
pub(crate) fn recognise(opened: &mut Opened, name: &str) -> Result<Result<Container, Refusal>, DataError> {
    if opened.prefix.starts_with(b"PAR1") {
        return Ok(Ok(Container::Parquet));
    }
    if is_arrow(&opened.prefix) {
        return Ok(Ok(Container::Arrow));
    }
    if let Some(refusal) = not_data(&opened.prefix) {
        return Ok(Err(refusal));
    }
    let text = opened.prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&opened.prefix);
    let Some(&first) = text.trim_ascii_start().first() else {
        return Ok(Err(refusal(
            "the file is empty",
            "check how it was made; an empty file contains no preferences",
        )));
    };
    if text.iter().take(8192).any(|&byte| byte == 0) {
        return Ok(Err(refusal(
            "the file is binary, of a kind that is not supported",
            "give JSON, JSON Lines, CSV, Parquet or Arrow, plain or compressed with gzip, zstd, xz, bzip2 or zip",
        )));
    }
    // Of a path, the folders' names are ignored.
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let table = [".csv", ".tsv"].iter().any(|ending| name.contains(ending)) && !is_json(text);
    let lines = [".jsonl", ".ndjson"].iter().any(|ending| name.contains(ending));
    match first {
        b'[' if !table => Ok(Ok(list(opened))),
        b'{' if !table => object(opened, lines).map(Ok),
        _ => table_of(opened),
    }
}

/// Whether a text is JSON whatever the file is called: its first line is an object, or it begins like a list of objects.
fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or(text);
    let listed = text.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{"));
    listed || (line.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok())
}

/// Opens an input again that was recognised before.
///
/// # Errors
/// Where it cannot be opened any more.
pub(crate) fn reopen(input: &Input, container: Container) -> Result<Opened, DataError> {
    let mut opened = open(input)?;
    // Its text may have to be decoded again.
    if let Container::Csv(_) = container {
        let _ = table_of(&mut opened)?;
    }
    Ok(opened)
}

fn is_arrow(prefix: &[u8]) -> bool {
    // A stream begins with the length of its schema, after a mark.
    let length = |bytes: &[u8; 4]| (1..=16 << 20).contains(&i32::from_le_bytes(*bytes));
    prefix.starts_with(b"ARROW1\0\0")
        || (prefix.starts_with(&[0xff; 4])
            && prefix.get(4..8).and_then(|b| b.try_into().ok()).is_some_and(length))
}

fn table_of(opened: &mut Opened) -> Result<Result<Container, Refusal>, DataError> {
    if let Err(error) = std::str::from_utf8(&opened.prefix)
        && error.error_len().is_some()
    {
        opened.extend(LONGEST_PREFIX)?;
        if opened.whole && is_surely_cp1252(&opened.prefix) {
            opened.decode_cp1252();
        } else if error.valid_up_to() < 64 && opened.prefix.iter().take(64).filter(|b| **b < 9).count() > 2 {
            return Ok(Err(refusal(
                "the file is binary, of a kind that is not supported",
                utf8_remedy(&opened.prefix),
            )));
        }
    }
    Ok(dialect(&opened.prefix, opened.whole).map(Container::Csv))
}

/// A list of records, or of rows of cells.
fn list(opened: &Opened) -> Container {
    let text = opened.prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&opened.prefix);
    let inner = text.trim_ascii_start().get(1..).unwrap_or_default().trim_ascii_start();
    if inner.starts_with(b"[") {
        let value = if opened.whole { Document::parse(text).ok() } else { mended(text) };
        if let Some(shape) = value.as_ref().and_then(shape) {
            return Container::Records(shape);
        }
    }
    Container::Json(Layout::Array)
}

fn object(opened: &mut Opened, lines: bool) -> Result<Container, DataError> {
    let mut end = value_end(&opened.prefix);
    // What is followed by another object is a record, whatever its keys.
    let followed =
        end.and_then(|end| opened.prefix.get(end..)).is_some_and(|rest| !rest.trim_ascii().is_empty());
    if is_own_document(&opened.prefix) && !followed {
        return Ok(Container::Document);
    }
    if end.is_none() && !opened.whole {
        // Either a very large record or all records in one object.
        opened.extend(LONGEST_PREFIX)?;
        end = value_end(&opened.prefix);
    }
    let text = opened.prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&opened.prefix);
    let start = opened.prefix.len() - text.len();
    let alone = match end {
        Some(end) => {
            opened.whole && opened.prefix.get(end..).is_some_and(|rest| rest.trim_ascii().is_empty())
        }
        None => !opened.whole,
    };
    if alone {
        let value = match end {
            Some(end) => opened.prefix.get(start..end).and_then(|text| Document::parse(text).ok()),
            None => mended(text),
        };
        let found = value.as_ref().and_then(|value| shape(value).or_else(|| of_part(value, end.is_none())));
        // A line of JSON Lines is a record, unless it cannot be one.
        let surely = |shape| !matches!(shape, Shape::Columns | Shape::ById | Shape::PandasColumns);
        if let Some(shape) = found.filter(|shape| !lines || surely(*shape)) {
            return Ok(Container::Records(shape));
        }
    }
    Ok(Container::Json(layout(text, opened.whole)))
}

/// The first column of columns, cut short.
fn of_part(value: &Document, cut: bool) -> Option<Shape> {
    let Document::Object(fields) = value else { return None };
    match fields.as_slice() {
        [(_, Value::Array(cells))] if cut && cells.len() > 1 => Some(Shape::Columns),
        [(_, Value::Object(cells))] if cut && cells.keys().all(|key| key.parse::<u64>().is_ok()) => {
            Some(Shape::PandasColumns)
        }
        _ => None,
    }
}

/// Where the first object of a text ends.
fn value_end(text: &[u8]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at + 1)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Objects that formats split themselves.
fn is_own_document(text: &[u8]) -> bool {
    let top = keys_at(text, 1, 1);
    let listed = |name: &str, with: u8| top.iter().any(|key| key.name == name && key.opens == with);
    if listed("comparisons", b'[') || (listed("annotators", b'{') && listed("metadata", b'{')) {
        return true;
    }
    if top.first().is_some_and(|key| key.opens == b'[') {
        let inner = keys_at(text, 3, 1);
        return ["instruction", "response1", "response2"]
            .iter()
            .all(|name| inner.iter().any(|key| key.name == *name));
    }
    false
}

fn layout(text: &[u8], whole: bool) -> Layout {
    let line =
        text.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let one = line.strip_suffix(b",").unwrap_or(line);
    let complete =
        serde_json::from_slice::<serde::de::IgnoredAny>(one).is_ok() || value_end(one) == Some(one.len());
    let goes_on = matches!(line.last(), Some(b'{' | b'[' | b','));
    if complete || !(goes_on || (whole && is_values(text))) { Layout::Lines } else { Layout::Values }
}

fn is_values(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::new(IoRead::new(text)).into_iter::<serde::de::IgnoredAny>();
    matches!(values.next(), Some(Ok(_)))
}

/// A field as the first bytes show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// The first byte of its value: `"` text, `[` list, `{` object, `n` null, a digit; 0 when unknown.
    pub(crate) opens: u8,
    /// The text's beginning, where the value is text.
    pub(crate) text: String,
}

/// The fields of the first `objects` objects at some depth of nesting, even when the text is cut short.
pub(crate) fn keys_at(text: &[u8], depth: usize, objects: usize) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let mut seen = BTreeSet::new();
    let (mut level, mut ended, mut at) = (0_usize, 0_usize, 0_usize);
    let mut pending: Option<usize> = None;
    while let Some(&byte) = text.get(at) {
        if !byte.is_ascii_whitespace()
            && let Some(key) = pending.take().and_then(|index| keys.get_mut(index))
        {
            key.opens = byte;
            if byte == b'"' {
                let end = (at + 1 + 64).min(text.len());
                key.text = String::from_utf8_lossy(text.get(at + 1..end).unwrap_or_default()).into_owned();
            }
        }
        match byte {
            b'"' => {
                let Some(end) = string_end(text, at + 1) else { break };
                let colon =
                    text.get(end..).and_then(|rest| rest.iter().position(|b| !b.is_ascii_whitespace()));
                if level == depth
                    && let Some(skip) = colon.filter(|skip| text.get(end + skip) == Some(&b':'))
                {
                    let name: Option<String> =
                        text.get(at..end).and_then(|quoted| serde_json::from_slice(quoted).ok());
                    if let Some(name) = name
                        && seen.insert(name.clone())
                    {
                        pending = Some(keys.len());
                        keys.push(Key { name, opens: 0, text: String::new() });
                    }
                    at = end + skip + 1;
                } else {
                    at = end;
                }
                continue;
            }
            b'{' | b'[' => level += 1,
            b'}' | b']' => {
                if level == depth && byte == b'}' {
                    ended += 1;
                    if ended == objects {
                        break;
                    }
                }
                level = level.saturating_sub(1);
            }
            _ => {}
        }
        at += 1;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, depth: usize, objects: usize) -> Vec<String> {
        keys_at(text.as_bytes(), depth, objects).into_iter().map(|k| k.name).collect()
    }

    #[test]
    fn keys_are_seen_in_text_that_is_cut_short() {
        assert_eq!(names(r#"[{"a": {"x": 1}, "b\"": "{", "c": [{"y": "#, 2, 1), ["a", "b\"", "c"]);
        assert_eq!(names("{\"a\": 1}\n{\"b\": 2}", 1, 2), ["a", "b"]);
        assert_eq!(names("{\"a\": 1}\n{\"b\": 2}", 1, 1), ["a"]);
        assert_eq!(keys_at(br#"{"a": [1]}"#, 1, 1).first().map(|k| k.opens), Some(b'['));
    }

    fn of(text: &[u8], name: &str) -> Result<Container, Refusal> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, text).unwrap();
        let mut opened = open(&Input::named(file.path())).unwrap();
        recognise(&mut opened, name).unwrap()
    }

    #[test]
    fn containers() {
        let of = |text: &str| of(text.as_bytes(), "x");
        assert_eq!(of(" [{}]"), Ok(Container::Json(Layout::Array)));
        assert_eq!(of("{\"a\": 1}\n{}"), Ok(Container::Json(Layout::Lines)));
        assert_eq!(of("{\"a\": 1},\n{\"a\": 2},\n"), Ok(Container::Json(Layout::Lines)));
        assert_eq!(of("{\n\"a\": 1\n}"), Ok(Container::Json(Layout::Values)));
        assert_eq!(of("{\"a\": 1"), Ok(Container::Json(Layout::Lines)));
        assert_eq!(of("a\tb\n1\t2"), Ok(Container::Csv(Dialect::new(b'\t'))));
        assert_eq!(
            of("{\"metadata\": {}, \"annotators\": {}, \"comparisons\": []}"),
            Ok(Container::Document)
        );
        // Lines are records, whatever their keys; and JSON is JSON, whatever the file is called.
        assert_eq!(of("{\"comparisons\": []}\n{\"comparisons\": []}\n"), Ok(Container::Json(Layout::Lines)));
        for text in ["{\"a\": 1}\n{\"a\": 2}\n", "{\"a\": 1}"] {
            assert_eq!(self::of(text.as_bytes(), "x.csv"), Ok(Container::Json(Layout::Lines)), "{text}");
        }
        assert!(matches!(self::of(b"{a},b\n1,2\n", "x.csv"), Ok(Container::Csv(_))));
        assert_eq!(of("{\"data\": [{\"a\": 1}]}"), Ok(Container::Records(Shape::List)));
        assert_eq!(of("[[\"a\", \"b\"], [1, 2]]"), Ok(Container::Records(Shape::Table)));
        assert!(of("").is_err_and(|e| e.0.contains("empty")));
        assert!(of("a\0b").is_err_and(|e| e.0.contains("binary")));
    }

    #[test]
    fn a_large_object_of_records_is_told_from_its_beginning() {
        let records = "{\"prompt\": \"p\", \"chosen\": \"x\"},".repeat(600_000);
        let list = format!("{{\"data\": [{records}{{\"prompt\": \"p\"}}]}}");
        assert_eq!(of(list.as_bytes(), "x.json"), Ok(Container::Records(Shape::List)));
        let column = "\"some text\",".repeat(1_500_000);
        let columns = format!("{{\"prompt\": [{column}1], \"chosen\": [{column}1]}}");
        assert_eq!(of(columns.as_bytes(), "x.json"), Ok(Container::Records(Shape::Columns)));
        assert_eq!(
            of(&columns.as_bytes()[..columns.len() / 3], "x.json"),
            Ok(Container::Json(Layout::Lines))
        );
    }

    #[test]
    fn what_is_no_data_is_named() {
        for (bytes, what) in [
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n".as_slice(), "Git LFS"),
            (b"<!DOCTYPE html><html>", "web page"),
            (b"\n <html>", "web page"),
            (b"%PDF-1.7", "PDF"),
            (b"SQLite format 3\0", "SQLite"),
            (b"\x80\x04\x95\0\0", "pickle"),
            (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        ] {
            assert!(of(bytes, "x.csv").is_err_and(|e| e.0.contains(what)), "{what}");
        }
    }
}
