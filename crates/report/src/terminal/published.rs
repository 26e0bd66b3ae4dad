//! What published judges reward, in a terminal.

use std::io;

use predilect_results::{PublishedDifference, PublishedRewards};

use super::style::{BOLD, DIM, Out, paint};
use crate::format;
use crate::published::{PublishedOrder, method, ordered, plain, sentences, title, unknown};
use crate::steering::signed;
use crate::text;
use crate::words::label;

/// Columns of a difference: `+12.3  11 of 11`.
const DIFFERENCE: usize = 15;
/// The narrowest and the widest column of a judge.
const JUDGE: (usize, usize) = (7, 22);
/// The widest name of a property.
const LABEL: usize = 34;

/// Writes what published judges reward, for a terminal of `width` columns (0: not known, 80 is taken). `property`: the one that is asked
/// about.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_published(
    found: &PublishedRewards,
    property: Option<&str>,
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    let mut out = Out::new(out, width);
    out.line(&paint(BOLD, &title(found)))?;
    for sentence in sentences(found, property) {
        out.hanging("- ", &plain(&sentence))?;
    }
    out.blank()?;
    table(found, property, &mut out)?;
    out.blank()?;
    out.wrapped(DIM, &method(found))?;
    out.wrapped(DIM, &unknown(found))
}

fn table(found: &PublishedRewards, property: Option<&str>, out: &mut Out) -> io::Result<()> {
    let apart = found.judges.len() > 1;
    let rows = ordered(found, PublishedOrder::default());
    let labels: Vec<String> = rows.iter().map(|row| label(&row.property)).collect();
    let longest = labels.iter().map(|label| text::columns(label)).max().unwrap_or(0).clamp(8, LABEL);
    // A narrow terminal has the judges' figures first.
    let least = 2 + longest + found.judges.len() * (JUDGE.0 + 2);
    let apart = apart && out.width >= least + 2 + DIFFERENCE;
    let fixed = 2 + longest + if apart { 2 + DIFFERENCE } else { 0 };
    let room = out.width.saturating_sub(fixed) / found.judges.len().max(1);
    let names: Vec<String> = found.judges.iter().map(|judge| text::line(judge)).collect();
    let widest = names.iter().map(|name| text::columns(name)).max().unwrap_or(0);
    let judge = widest.clamp(JUDGE.0, JUDGE.1).min(room.saturating_sub(2).max(JUDGE.0));
    let columns = |cells: &mut dyn Iterator<Item = String>| {
        cells.map(|cell| text::right(&text::cut(&cell, judge), judge + 2)).collect::<Vec<_>>().concat()
    };
    // Names that do not fit could look alike.
    let cut = widest > judge;
    if cut {
        for (at, name) in names.iter().enumerate() {
            out.line(&format!("  {}  {name}", at + 1))?;
        }
    }
    let head = if cut {
        columns(&mut (1..=names.len()).map(|at| at.to_string()))
    } else {
        columns(&mut names.into_iter())
    };
    let difference = if apart { "  Difference" } else { "" };
    out.line(&paint(BOLD, &format!("  {}{head}{difference}", text::left("Property", longest))))?;
    for (row, label) in rows.into_iter().zip(labels) {
        let chosen = property == Some(row.property.as_str());
        let cells =
            columns(&mut row.cells.iter().map(|cell| format!("{} %", format::intensity(cell.intensity))));
        let by = row.difference.filter(|_| apart).map_or_else(String::new, |by| beside(by, found.scenarios));
        let mark = if chosen { "▸" } else { " " };
        let line = format!("{mark} {}{cells}{by}", text::left(&text::cut(&label, longest), longest));
        out.line(&if chosen { paint(BOLD, &line) } else { line })?;
    }
    Ok(())
}

fn beside(by: PublishedDifference, scenarios: u64) -> String {
    format!(
        "  {}  {} of {scenarios}",
        text::right(&signed(by.points, 1), 5),
        text::right(&by.alike.to_string(), 2)
    )
}
