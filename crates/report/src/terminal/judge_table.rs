//! Which judge is how good, and how biased? The judge table in a terminal, in as many blocks of columns as its width needs.

use std::io;

use predilect_results::comparison::{JudgeColumn, JudgeRow, JudgeTable};

use super::style::{DIM, Out, heading, paint};
use crate::format;
use crate::judge_table::{marks, named};
use crate::judging::table_words;
use crate::text;

/// The least and the greatest width of a judge's name.
const NAME: (usize, usize) = (12, 36);
/// Judges shown; files have all of them.
const JUDGES: usize = 20;
/// Room between columns.
const GAP: usize = 2;

pub(super) fn judge_table(t: &JudgeTable, unit: &str, out: &mut Out) -> io::Result<()> {
    let columns = t.known();
    if columns.is_empty() {
        return Ok(());
    }
    heading(out, "Judges", &table_words(t, unit))?;
    // Those that have to be turned around come last, and are not shown before better ones; the reference always is.
    let rows: Vec<&JudgeRow> = t.rows.iter().take(JUDGES).collect();
    let names: Vec<String> = rows.iter().map(|row| named(row, &text::line(&row.judge))).collect();
    let widest = names.iter().map(|name| text::columns(name)).max().unwrap_or(0);
    let name = widest.clamp(NAME.0, NAME.1.min(out.width / 3));
    for (at, block) in blocks(&columns, &rows, out.width.saturating_sub(2 + name)).iter().enumerate() {
        if at > 0 {
            out.blank()?;
        }
        let heads: String =
            block.iter().map(|(column, width)| text::right(&text::line(&column.name), *width)).collect();
        out.line(&paint(DIM, &text::cut(&format!("  {}{heads}", text::left("", name)), out.width)))?;
        for row in &rows {
            let cells: String =
                block.iter().map(|(column, width)| text::right(&row.written(column), *width)).collect();
            out.line(&text::cut(&format!("  {}{cells}", fitted(row, name)), out.width))?;
        }
    }
    if t.rows.len() > rows.len() {
        let more = format::counted((t.rows.len() - rows.len()) as u64, "more judge", "more judges");
        out.wrapped(DIM, &format!("{more}: the table as CSV or Markdown has all of them."))?;
    }
    for column in &columns {
        out.hanging("  ", &format!("{}: {}", text::line(&column.name), text::line(&column.definition)))?;
    }
    for mark in marks(t) {
        out.hanging("  ", mark)?;
    }
    Ok(())
}

/// A judge's name in its column; its marks are not cut away.
fn fitted(row: &JudgeRow, width: usize) -> String {
    let marks = named(row, "");
    let short = text::cut(&text::line(&row.judge), width.saturating_sub(text::columns(&marks)));
    text::left(&format!("{short}{marks}"), width)
}

/// Columns with their widths, as many side by side as there is room for.
fn blocks<'c>(
    columns: &[&'c JudgeColumn],
    rows: &[&JudgeRow],
    room: usize,
) -> Vec<Vec<(&'c JudgeColumn, usize)>> {
    let mut blocks: Vec<Vec<(&JudgeColumn, usize)>> = Vec::new();
    let mut used = room + 1;
    for &column in columns {
        let cells = rows.iter().map(|row| text::columns(&row.written(column)));
        let width = cells.chain([text::columns(&column.name)]).max().unwrap_or(0) + GAP;
        if used + width > room {
            blocks.push(Vec::new());
            used = 0;
        }
        used += width;
        if let Some(block) = blocks.last_mut() {
            block.push((column, width));
        }
    }
    blocks
}
