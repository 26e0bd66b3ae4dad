//! The first records of an open file, read without consuming it.

use std::collections::HashSet;
use std::io::Cursor;
use std::path::PathBuf;

use super::document::{Shape, key_column};
use super::json;
use super::sniff::{Container, keys_at};
use super::source::Opened;
use super::split::{Layout, Splitter};
use super::table::{Placed, Table};
use crate::error::{At, DataError, RowError};
use crate::row::Row;
use crate::weight;

/// Records to look at; more of them reveal no more about a format.
const ROWS: usize = 2_000;
/// Bytes to look at, likewise.
const BYTES: usize = 32 << 20;

/// The beginning of a file as records.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// Names of all fields, in the order in which they appear.
    pub(crate) columns: Vec<String>,
    /// The first records that are whole and can be read, at most 2,000.
    pub(crate) rows: Vec<Row>,
    /// Of records that cannot be read the first, and where it is.
    pub(crate) bad: Option<(At, RowError)>,
    /// Whether these are all records of the file.
    pub(crate) whole: bool,
    /// What was done to read the file as given: quotes, encoding, columns and rows left out.
    pub(crate) remarks: Vec<String>,
    /// Columns whose type is not read, with the type.
    pub(crate) unread_columns: Vec<(String, String)>,
    /// The column with the name of the list of a document that a record is in.
    pub(crate) key: Option<String>,
}

impl Sample {
    fn rows(&mut self, rows: impl IntoIterator<Item = Placed>) {
        for (at, row) in rows {
            match row {
                Ok(row) => self.rows.push(row),
                Err(error) => self.bad = self.bad.take().or(Some((at, error))),
            }
        }
    }

    /// Names that the container says come first, then those of the rows as they appear.
    fn name(&mut self, known: Vec<String>) {
        let mut seen: HashSet<String> = HashSet::new();
        let in_rows = self.rows.iter().flat_map(|row| row.names().map(str::to_owned));
        self.columns = known.into_iter().chain(in_rows).filter(|name| seen.insert(name.clone())).collect();
    }
}

/// The first records of an open file, which can be read from its beginning afterwards.
///
/// # Errors
/// Where the file cannot be read as the container at all.
pub(crate) fn sample(opened: &mut Opened, container: Container, max: usize) -> Result<Sample, DataError> {
    let mut sample = Sample { remarks: opened.remarks.clone(), ..Sample::default() };
    match container {
        Container::Json(layout) => {
            split(opened, layout, &mut sample);
            sample.name(Vec::new());
        }
        Container::Document => {
            sample.whole = opened.whole;
            sample.columns = keys_at(&opened.prefix, 1, 1).into_iter().map(|key| key.name).collect();
        }
        Container::Records(shape) => {
            opened.extend(max.saturating_mul(16).saturating_add(1))?;
            let mut table = Table::open(opened.beginning(), container, max)?;
            sample.whole = opened.whole;
            take(&mut table, opened, &mut sample)?;
            let mut order: Vec<String> =
                keys_at(&opened.prefix, shape.names_at(), 64).into_iter().map(|key| key.name).collect();
            let known: HashSet<&str> = sample.rows.iter().flat_map(Row::names).collect();
            order.retain(|name| known.contains(name.as_str()));
            sample.name(order);
            sample.key = (shape == Shape::Splits).then(|| key_column(&sample.columns)).flatten();
        }
        Container::Csv(_) | Container::Arrow => {
            let whole = opened.whole && opened.shards.is_empty();
            let mut table = Table::open(opened.beginning(), container, max);
            // A batch that is larger than what was read of the file.
            while container == Container::Arrow
                && !opened.whole
                && table.is_err()
                && opened.prefix.len() < max
            {
                opened.extend(opened.prefix.len().saturating_mul(4))?;
                table = Table::open(opened.beginning(), container, max);
            }
            sample.whole = whole;
            take(&mut table?, opened, &mut sample)?;
        }
        Container::Parquet => {
            let mut table = Table::open(opened.seekable()?, container, max)?;
            sample.whole = true;
            take(&mut table, opened, &mut sample)?;
        }
    }
    Ok(sample)
}

fn take(table: &mut Option<Table>, opened: &Opened, sample: &mut Sample) -> Result<(), DataError> {
    let Some(table) = table else { return Ok(()) };
    let csv = matches!(table, Table::Csv(_));
    let mut last = None;
    let mut bytes = 0;
    while sample.rows.len() < ROWS && bytes < BYTES {
        let group: Vec<Placed> = match table.next_group(&opened.label) {
            Ok(group) => group,
            // The beginning ends inside a batch.
            Err(_) if !opened.whole && !matches!(table, Table::Parquet(_)) => break,
            Err(error) => return Err(error),
        };
        if group.is_empty() {
            break;
        }
        sample.rows(last.take());
        let mut rows = group;
        // The last row of a beginning may be cut.
        if csv && !opened.whole {
            last = rows.pop();
        }
        // Behind a cell whose quote mark is missing the parser takes texts for columns and columns for texts.
        let broken = rows.iter().position(|(_, row)| row.is_err());
        if csv
            && let Some(at) = broken
            && at + sample.rows.len() > 0
        {
            rows.truncate(at + 1);
            sample.rows(rows);
            sample.whole = false;
            break;
        }
        bytes += rows.iter().filter_map(|(_, row)| row.as_ref().ok()).map(weight::of_row).sum::<usize>();
        sample.rows(rows);
    }
    if sample.rows.len() >= ROWS || bytes >= BYTES {
        sample.whole &= sample.rows.len() <= ROWS && table.next_group(&opened.label)?.is_empty();
        sample.rows.truncate(ROWS);
    }
    sample.remarks.extend(table.remarks());
    sample.unread_columns = table.unread_columns();
    let mut names: Vec<String> = table.names().to_vec();
    if csv {
        let used: HashSet<&str> = sample.rows.iter().flat_map(Row::names).collect();
        names.retain(|name| used.is_empty() || used.contains(name.as_str()));
    }
    sample.name(names);
    Ok(())
}

fn split(opened: &Opened, layout: Layout, sample: &mut Sample) {
    // A line that is cut off by the end of the prefix is not a record.
    let end = match layout {
        Layout::Lines if !opened.whole => memchr::memrchr(b'\n', &opened.prefix).map_or(0, |at| at + 1),
        _ => opened.prefix.len(),
    };
    let text = opened.prefix.get(..end).unwrap_or_default();
    let mut splitter = Splitter::new(text, layout, text.len() + 1);
    sample.whole = opened.whole;
    while let Ok(Some(chunk)) = splitter.next_chunk() {
        let last = chunk.records.len();
        for (i, found) in chunk.records.into_iter().enumerate() {
            if sample.rows.len() == ROWS {
                sample.whole = false;
                return;
            }
            // So is the record of a list that it cuts.
            let cut = !opened.whole && i + 1 == last && found.what.is_err();
            let row = found.what.and_then(|range| json::row(chunk.bytes.get(range).unwrap_or_default()));
            if !cut {
                sample.rows([(found.at, row)]);
            }
        }
    }
}

impl Opened {
    /// Only what was read of it so far, as a separate file.
    fn beginning(&self) -> Self {
        let empty: Box<dyn std::io::Read + Send> = Box::new(Cursor::new(Vec::new()));
        self.part(self.prefix.clone(), empty, Vec::<PathBuf>::new())
    }
}
