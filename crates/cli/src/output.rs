//! Where results go: standard output.

use std::io::{self, Write};

use predilect_types::shown;
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::problem::Problem;

/// Prints one JSON document on standard output; control sequences and invisible characters are escaped in it.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    let mut writer = Serializer::with_formatter(&mut out, Plain(PrettyFormatter::new()));
    value.serialize(&mut writer).map_err(|e| Problem::from(std::io::Error::from(e)))?;
    writeln!(out)?;
    Ok(())
}

/// Pretty JSON in which texts cannot act on a terminal.
struct Plain<'a>(PrettyFormatter<'a>);

impl Formatter for Plain<'_> {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut from = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| shown::is_unseen(*c)) {
            out.write_all(&fragment.as_bytes()[from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            from = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[from..])
    }
}

/// The width of the terminal within 40..=160 columns; 100 without a terminal or `COLUMNS`.
pub(crate) fn width() -> u16 {
    let from_env = || std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let from_terminal = || terminal_size::terminal_size().map(|(width, _)| width.0);
    from_terminal().or_else(from_env).unwrap_or(100).clamp(40, 160)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_escaped_and_reads_back() {
        let value = serde_json::json!({"a\u{9b}": ["x\u{202e}y\u{200b}", "é😀\u{e0041}", "plain\n\"\\"], "n": 1.5, "o": {}});
        let mut out = Vec::new();
        value.serialize(&mut Serializer::with_formatter(&mut out, Plain(PrettyFormatter::new()))).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !shown::is_unseen(c)), "{text:?}");
        assert!(
            text.contains("\\u202e") && text.contains("\\udb40\\udc41") && text.contains("é😀"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
