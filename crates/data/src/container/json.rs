//! What one JSON record says, with errors in words where it cannot be read.

use serde_json::Value;
use serde_json::error::Category;

use super::dialect::utf8_remedy;

use crate::error::{Reason, RowError};
use crate::row::Row;

/// A record as fields.
pub(crate) fn row(bytes: &[u8]) -> Result<Row, RowError> {
    let text = text(bytes)?;
    match serde_json::from_str::<Row>(text) {
        Ok(row) => Ok(row),
        Err(error) => match (error.classify(), without_nan(text)) {
            (Category::Syntax, Some(value)) => Row::from_value(value),
            _ => Err(explain(&error, text)),
        },
    }
}

/// A whole document.
pub(crate) fn document(bytes: &[u8]) -> Result<Value, RowError> {
    let text = text(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))?;
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(error) => without_nan(text).ok_or_else(|| explain(&error, text)),
    }
}

fn text(bytes: &[u8]) -> Result<&str, RowError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let from = error.valid_up_to().saturating_sub(20);
        let near = bytes.get(from..).map(|rest| rest.get(..40).unwrap_or(rest)).unwrap_or_default();
        RowError::new(Reason::InvalidUtf8, format!("byte {} is not valid UTF-8", error.valid_up_to() + 1))
            .value(&String::from_utf8_lossy(near))
            .remedy(utf8_remedy(bytes))
    })
}

fn explain(error: &serde_json::Error, text: &str) -> RowError {
    let message = error.to_string();
    let message = message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(&message).to_owned();
    match error.classify() {
        Category::Eof => RowError::new(Reason::Truncated, "the record ends before its JSON does")
            .value(&tail(text))
            .remedy("the file may be cut short: compare its size with the original"),
        Category::Data if text.trim_start().starts_with('{') => {
            RowError::new(Reason::InvalidJson, message).value(text)
        }
        Category::Data => RowError::new(Reason::WrongType, "the record is not an object with fields")
            .value(text.trim_start()),
        Category::Syntax | Category::Io if text.trim_start().starts_with("{'") => {
            RowError::new(Reason::InvalidJson, "the record is a Python dict, not JSON")
                .value(text)
                .remedy("write each record with json.dumps(record)")
        }
        Category::Syntax | Category::Io => {
            let message = match message.as_str() {
                "expected ident" | "expected value" => "a value is expected here",
                said => said,
            };
            let problem =
                format!("{message} (line {}, column {} of the record)", error.line(), error.column());
            RowError::new(Reason::InvalidJson, problem).value(&around(text, error))
        }
    }
}

/// The last words of a text, some forty characters.
fn tail(text: &str) -> String {
    let text = text.trim_end();
    let Some((from, _)) = text.char_indices().rev().nth(39) else { return text.to_owned() };
    let last = text.get(from..).unwrap_or(text);
    let whole = last.split_once(char::is_whitespace).map_or(last, |(_, rest)| rest.trim_start());
    format!("… {whole}")
}

/// The text around a syntax error.
fn around(text: &str, error: &serde_json::Error) -> String {
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or(text);
    let mut from = error.column().saturating_sub(30).min(line.len());
    while !line.is_char_boundary(from) {
        from -= 1;
    }
    line.get(from..).unwrap_or(line).to_owned()
}

/// JSON as Python writes it: `NaN` and `Infinity` outside strings become texts, so that an invalid number is distinguished from a missing
/// one.
fn without_nan(text: &str) -> Option<Value> {
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
            out.push('"');
            out.push_str(word);
            out.push('"');
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

/// Where a string ends (after its closing quote), given the byte after its opening one.
pub(super) fn string_end(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let skip = memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        at += skip;
        if text.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_a_text() {
        assert_eq!(
            without_nan(r#"{"a": NaN, "b": "NaN"}"#),
            Some(serde_json::json!({"a": "NaN", "b": "NaN"}))
        );
        assert_eq!(without_nan(r#"{"a": 1}"#), None);
    }
}
