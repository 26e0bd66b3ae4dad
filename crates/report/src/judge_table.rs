//! The judge table as text for other programs: CSV and Markdown, with the rows and columns that the terminal and the page have.

use std::fmt::Write;

use predilect_results::comparison::{BIASED, JudgeKind, JudgeRow, JudgeTable};

use crate::judging::TURNED;
use crate::text;

/// What a jury is, and why none is advised.
const JURY: &str = "jury: all judges but the reference together, by their mean, their majority, or weighted as suits the reference; it costs what they \
                    all cost, so advice names single judges";

/// A judge's name with its special marks: the reference, and a judge that has to be inverted.
pub(crate) fn named(row: &JudgeRow, name: &str) -> String {
    let reference = if row.kind == JudgeKind::Reference { " (reference)" } else { "" };
    format!("{name}{reference}{}", if row.turned { " ↻" } else { "" })
}

/// What the marks of the table mean, those of them that are there.
pub(crate) fn marks(t: &JudgeTable) -> Vec<&'static str> {
    let columns = t.known();
    let mut marks = Vec::new();
    if t.rows.iter().any(|row| columns.iter().any(|column| row.biased(column))) {
        marks.push(BIASED);
    }
    if t.rows.iter().any(|row| row.turned) {
        marks.push(TURNED);
    }
    if t.rows.iter().any(|row| row.kind == JudgeKind::Jury) {
        marks.push(JURY);
    }
    marks
}

/// The whole table as comma-separated values (RFC 4180): shares in 0..1, an empty field if the value is unknown.
///
/// Names that a spreadsheet would take for formulas begin with an apostrophe.
pub fn csv(t: &JudgeTable) -> String {
    let fields = t.fields();
    let mut out = String::from("judge,kind,turned");
    for (name, ..) in &fields {
        let _ = write!(out, ",{}", field(name));
    }
    out.push_str("\r\n");
    for row in &t.rows {
        let _ = write!(out, "{},{},{}", field(&row.judge), row.kind.name(), row.turned);
        for (_, column, end) in &fields {
            let _ = match row.number(column, *end) {
                Some(number) => write!(out, ",{number}"),
                None => write!(out, ","),
            };
        }
        out.push_str("\r\n");
    }
    out
}

/// A field of a CSV file.
fn field(value: &str) -> String {
    let line = text::line(value);
    let safe = if line.starts_with(['=', '+', '-', '@']) { format!("'{line}") } else { line };
    if safe.contains([',', '"', '\r', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

/// The table in Markdown, with what its columns mean below it.
pub fn markdown(t: &JudgeTable) -> String {
    let columns = t.known();
    let mut out = String::from("| judge |");
    for column in &columns {
        let _ = write!(out, " {} |", cell(&column.name));
    }
    out.push_str("\n| --- |");
    out.push_str(&" ---: |".repeat(columns.len()));
    out.push('\n');
    for row in &t.rows {
        let _ = write!(out, "| {} |", cell(&named(row, &row.judge)));
        for column in &columns {
            let _ = write!(out, " {} |", row.written(column).replace('*', "\\*"));
        }
        out.push('\n');
    }
    out.push('\n');
    for column in &columns {
        let _ = writeln!(out, "- {}: {}", cell(&column.name), cell(&column.definition));
    }
    for mark in marks(t) {
        let _ = writeln!(out, "- {}", cell(mark));
    }
    out
}

/// Text in a cell of Markdown: one line, without active markup.
fn cell(value: &str) -> String {
    let mut out = String::new();
    for c in text::line(value).chars() {
        match c {
            '|' | '\\' | '*' | '_' | '`' | '[' | ']' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            _ => out.push(c),
        }
    }
    out
}
