//! What came back: text from bytes, JSON from what almost is some.

use std::io::Read;

use serde_json::Value;

/// The largest answer that is unpacked.
const MOST: u64 = 16 << 20;

/// The text of a body: unpacked where a server compresses unasked, without a byte order mark, and with what is not UTF-8 replaced: half a
/// character in an irrelevant token must not cost the answer.
pub(super) fn text(bytes: Vec<u8>) -> String {
    let mut bytes = bytes;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut whole = Vec::new();
        if flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(MOST).read_to_end(&mut whole).is_ok() {
            bytes = whole;
        }
    }
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)
}

/// The JSON value of a body. Some invalid JSON is read: the end of a stream after a complete answer, and `NaN`, `Infinity` and `-Infinity`,
/// which become `null`.
pub(super) fn json(text: &str) -> Result<Value, serde_json::Error> {
    let error = match first(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    match finite(text) {
        Some(text) => first(&text),
        None => Err(error),
    }
}

/// The value that a text begins with, if only events of a stream follow it.
fn first(text: &str) -> Result<Value, serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(Ok(value)) = stream.next() {
        let behind = text.get(stream.byte_offset()..).unwrap_or_default().trim();
        if behind.is_empty()
            || (behind.starts_with("data:")
                && behind.lines().all(|line| line.trim().is_empty() || line.contains("[DONE]")))
        {
            return Ok(value);
        }
    }
    serde_json::from_str(text)
}

/// The text with `null` for non-JSON numbers outside strings; `None` if there are none.
fn finite(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped, mut changed) = (false, false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if let Some(name) =
            ["-Infinity", "Infinity", "NaN"].iter().find(|name| rest.starts_with(**name))
        {
            out.push_str("null");
            rest = &rest[name.len()..];
            changed = true;
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    changed.then_some(out)
}

/// Whether a body is a stream of events.
pub(super) fn is_stream(text: &str) -> bool {
    let start = text.trim_start();
    start.starts_with("data:") || start.starts_with("event:")
}

/// What a web page says of itself: its title, or that it is one; `None` for anything else.
pub(super) fn web_page(text: &str) -> Option<String> {
    let start = text.trim_start();
    let head: String = start.chars().take(300).collect::<String>().to_ascii_lowercase();
    if !head.starts_with('<')
        || !(head.contains("<html") || head.contains("<!doctype html") || head.contains("<head"))
    {
        return None;
    }
    let title = start.find("<title>").and_then(|at| start[at + "<title>".len()..].split('<').next());
    let title = title.map(str::trim).filter(|title| !title.is_empty());
    Some(title.map_or_else(
        || "a web page came".to_owned(),
        |title| format!("a web page came, \u{201c}{title}\u{201d}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    #[test]
    fn what_almost_is_json_is_read() {
        let value = serde_json::json!({"a": [1, null], "b": "NaN \" -Infinity"});
        for text in [
            r#"{"a": [1, null], "b": "NaN \" -Infinity"}"#,
            "{\"a\": [1, -Infinity], \"b\": \"NaN \\\" -Infinity\"}\n\ndata: [DONE]\n\n",
            " {\"a\": [1, NaN], \"b\": \"NaN \\\" -Infinity\"}",
        ] {
            assert_eq!(json(text).unwrap(), value, "{text}");
        }
        for text in ["", "{", "{} {}", "data: {}", "{} data: {\"a\": 1}", "<html></html>"] {
            assert!(json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_become_text() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"{\"a\": 1}").unwrap();
        assert_eq!(text(packed.finish().unwrap()), "{\"a\": 1}");
        assert_eq!(text(b"\xef\xbb\xbf{}".to_vec()), "{}");
        assert_eq!(text(b"a\xe2\x96b".to_vec()), "a\u{fffd}b");
        assert_eq!(text(b"\x1f\x8bnot packed".to_vec()).len(), "\u{1f}\u{fffd}not packed".len());
    }

    #[test]
    fn web_pages_are_known() {
        let page = "<!DOCTYPE html>\n<html><head><title>413 Too Large</title></head></html>";
        assert_eq!(web_page(page).unwrap(), "a web page came, \u{201c}413 Too Large\u{201d}");
        assert_eq!(web_page("{\"a\": \"<html>\"}"), None);
        assert_eq!(web_page("<think>"), None);
    }

    proptest! {
        #[test]
        fn no_body_panics(bytes in any::<Vec<u8>>(), text_in in "[{}\\[\\]\":,NaInfity \\\\-]*") {
            let whole = text(bytes);
            let _ = (json(&whole), web_page(&whole), json(&text_in));
        }
    }
}
