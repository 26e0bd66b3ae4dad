//! What kind of text or table the first bytes of a file are, and which fields its first records have.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::de::IoRead;

use crate::container::split::Layout;

/// How records lie in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Records of JSON.
    Json(Layout),
    /// One JSON object that holds all records.
    Document,
    /// Text with a header line, and the byte between its cells.
    Csv(u8),
    /// Apache Parquet.
    Parquet,
}

impl Container {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Json(Layout::Lines) => "JSON Lines",
            Self::Json(Layout::Array) => "a JSON list",
            Self::Json(Layout::Values) => "JSON objects",
            Self::Document => "one JSON object",
            Self::Csv(b'\t') => "tab-separated text",
            Self::Csv(b';') => "semicolon-separated text",
            Self::Csv(_) => "CSV",
            Self::Parquet => "Parquet",
        }
    }
}

/// Why the first bytes can be no data: the problem and the remedy.
pub(crate) type Refusal = (&'static str, &'static str);

/// Tells the container from the first bytes (the name only breaks ties).
pub(crate) fn container(prefix: &[u8], whole: bool, name: &str) -> Result<Container, Refusal> {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix);
    if prefix.starts_with(b"PAR1") {
        return Ok(Container::Parquet);
    }
    if prefix.starts_with(&[0xff, 0xfe]) || prefix.starts_with(&[0xfe, 0xff]) {
        return Err(("the text is UTF-16", "convert it to UTF-8, e.g. iconv -f UTF-16 -t UTF-8"));
    }
    let Some(first) = text.trim_ascii_start().first() else {
        return Err(("the file is empty", "check how it was made; an empty file holds no preferences"));
    };
    if text.iter().take(8192).any(|&byte| byte == 0) || text.starts_with(b"PK\x03\x04") {
        return Err((
            "the file is binary and none of the kinds that are read",
            "give JSON, JSON Lines, CSV or Parquet, plain or as .gz or .zst",
        ));
    }
    let table = [".csv", ".tsv"].iter().any(|ending| name.contains(ending));
    Ok(match first {
        b'[' if !table => Container::Json(Layout::Array),
        b'{' if !table => object_layout(text, whole),
        _ => Container::Csv(delimiter(text)),
    })
}

fn object_layout(text: &[u8], whole: bool) -> Container {
    let top = keys_at(text, 1, 1);
    let listed = |name: &str, with: u8| top.iter().any(|key| key.name == name && key.opens == with);
    if listed("comparisons", b'[') || (listed("annotators", b'{') && listed("metadata", b'{')) {
        return Container::Document;
    }
    if top.first().is_some_and(|key| key.opens == b'[') {
        let inner = keys_at(text, 3, 1);
        if ["instruction", "response1", "response2"].iter().all(|name| inner.iter().any(|k| k.name == *name))
        {
            return Container::Document;
        }
    }
    let line =
        text.trim_ascii_start().split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let complete = serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let goes_on = matches!(line.last(), Some(b'{' | b'[' | b','));
    if complete || !(goes_on || (whole && is_values(text))) {
        Container::Json(Layout::Lines)
    } else {
        Container::Json(Layout::Values)
    }
}

fn is_values(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::new(IoRead::new(text)).into_iter::<serde::de::IgnoredAny>();
    matches!(values.next(), Some(Ok(_)))
}

fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |byte: u8| memchr::memchr_iter(byte, header).count();
    [b'\t', b';'].into_iter().find(|&byte| count(byte) > count(b',')).unwrap_or(b',')
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

/// Where a string ends (after its closing quote), given the byte after its opening one.
fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let skip = memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        at += skip;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Fields from the columns of a table, with the values of a first row where there is one.
pub(crate) fn columns<'a>(names: impl Iterator<Item = &'a str>, first: &[String]) -> Vec<Key> {
    names
        .enumerate()
        .map(|(i, name)| {
            let text: String = first.get(i).map(|t| t.chars().take(64).collect()).unwrap_or_default();
            Key { name: name.to_owned(), opens: 0, text }
        })
        .collect()
}

/// JSON as Python writes it: `NaN` and `Infinity` outside strings become null.
pub(crate) fn without_nan(text: &str) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut from, mut found) = (0, 0, false);
    while let Some(&byte) = bytes.get(at) {
        if byte == b'"' {
            at = string_end(bytes, at + 1)?;
            continue;
        }
        let word = ["NaN", "-Infinity", "Infinity"]
            .into_iter()
            .find(|word| text.get(at..).is_some_and(|rest| rest.starts_with(word)));
        if let Some(word) = word {
            out.push_str(text.get(from..at)?);
            out.push_str("null");
            at += word.len();
            from = at;
            found = true;
        } else {
            at += 1;
        }
    }
    out.push_str(text.get(from..)?);
    found.then(|| serde_json::from_str(&out).ok())?
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

    #[test]
    fn containers() {
        let of = |text: &str| container(text.as_bytes(), true, "x");
        assert_eq!(of(" [{}]"), Ok(Container::Json(Layout::Array)));
        assert_eq!(of("{\"a\": 1}\n{}"), Ok(Container::Json(Layout::Lines)));
        assert_eq!(of("{\n\"a\": 1\n}"), Ok(Container::Json(Layout::Values)));
        assert_eq!(of("{\"a\": 1"), Ok(Container::Json(Layout::Lines)));
        assert_eq!(of("a\tb\n1\t2"), Ok(Container::Csv(b'\t')));
        assert_eq!(
            of("{\"metadata\": {}, \"annotators\": {}, \"comparisons\": []}"),
            Ok(Container::Document)
        );
        assert!(of("").is_err_and(|e| e.0.contains("empty")));
        assert!(of("a\0b").is_err_and(|e| e.0.contains("binary")));
    }

    #[test]
    fn nan_is_null() {
        assert_eq!(
            without_nan(r#"{"a": NaN, "b": "NaN"}"#),
            Some(serde_json::json!({"a": null, "b": "NaN"}))
        );
        assert_eq!(without_nan(r#"{"a": 1}"#), None);
    }
}
