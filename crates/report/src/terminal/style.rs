//! How does a line reach the terminal: wrapped to its width, with colours that may be stripped?

use std::io;

use anstyle::{AnsiColor, Style};
use predilect_types::shown;

use crate::text;

/// Headings.
pub(super) const BOLD: Style = Style::new().bold();
/// What is read second.
pub(super) const DIM: Style = Style::new().dimmed();
/// What must not be missed.
pub(super) const WARN: Style = AnsiColor::Red.on_default().bold();
/// For properties that are rewarded.
pub(super) const UP: Style = AnsiColor::Blue.on_default();
/// For properties that are penalised.
pub(super) const DOWN: Style = AnsiColor::Yellow.on_default();

/// The text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The destination of lines, and their maximum width.
pub(super) struct Out<'w> {
    /// The terminal.
    pub(super) out: &'w mut dyn io::Write,
    /// Its columns.
    pub(super) width: usize,
}

impl<'w> Out<'w> {
    /// Lines for a terminal of this many columns; 0 means unknown, and is taken as 80.
    pub(super) fn new(out: &'w mut dyn io::Write, width: u16) -> Self {
        Self { out, width: if width == 0 { 80 } else { usize::from(width).clamp(40, 160) } }
    }

    /// One line with its colours; whatever else acts on a terminal, wherever it came from, is made visible here.
    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        let shown = shown::coloured(line);
        writeln!(self.out, "{}", shown.replace('\n', " "))
    }

    /// An empty line.
    pub(super) fn blank(&mut self) -> io::Result<()> {
        self.line("")
    }

    /// Text broken into lines, all in one style.
    pub(super) fn wrapped(&mut self, style: Style, text: &str) -> io::Result<()> {
        for line in text::wrap(text.trim_end(), self.width) {
            self.line(&paint(style, &line))?;
        }
        Ok(())
    }

    /// `head` in front of the first line, and `text` broken into lines that all start below its end.
    pub(super) fn hanging(&mut self, head: &str, text: &str) -> io::Result<()> {
        let indent = text::columns(head);
        for (i, line) in text::wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            let start = if i == 0 { head.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{}{line}", paint(DIM, &start)))?;
        }
        Ok(())
    }
}

pub(super) fn heading(out: &mut Out, heading: &str, what: &str) -> io::Result<()> {
    out.blank()?;
    out.line(&paint(BOLD, heading))?;
    out.wrapped(DIM, what)
}

/// The head of a run: its title, how it was measured, what was found, what to watch out for.
pub(super) fn head(
    out: &mut Out,
    (title, method): (&str, &str),
    sentences: &[String],
    remarks: &[String],
) -> io::Result<()> {
    out.line(&paint(BOLD, title))?;
    out.wrapped(DIM, method)?;
    out.blank()?;
    for sentence in sentences {
        out.wrapped(Style::new(), sentence)?;
    }
    for remark in remarks {
        out.wrapped(WARN, &format!("Watch out: {}.", text::line(remark).trim_end_matches('.')))?;
    }
    Ok(())
}
