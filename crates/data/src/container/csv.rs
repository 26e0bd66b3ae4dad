//! Rows of text with a header line, as records with fields.

use crate::advice::SKIP;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io::{self, Read};
use std::rc::Rc;

use serde_json::Value;

use super::dialect::{Dialect, after_sep_line, fits, utf8_remedy};

use crate::error::{At, DataError, Reason, RowError};
use crate::row::{Name, Row, name_of};
use crate::weight;

/// Rows are handed on in groups of this many, or once their text reaches [`GROUP_BYTES`].
pub(super) const GROUP: usize = 4096;
pub(super) const GROUP_BYTES: usize = 4 << 20;

/// A row with its place.
pub(crate) type Placed = (At, Result<Row, RowError>);

/// Rows of text with a header line.
pub(crate) struct CsvRows {
    reader: csv::Reader<Budget<Box<dyn Read + Send>>>,
    spent: Rc<Cell<usize>>,
    ends: Rc<Cell<Ends>>,
    quotes: Option<Rc<RefCell<Quotes>>>,
    header: Vec<String>,
    columns: Vec<Column>,
    names: Vec<String>,
    dialect: Dialect,
    /// Lines before the header.
    before: u64,
    max: usize,
    over: bool,
}

/// What becomes of a cell.
#[derive(Debug)]
enum Column {
    /// It is a field.
    Field(Name),
    /// A field wherever the cell has content: its column has no name.
    Unnamed(Name),
    /// It must repeat the cell of an earlier column of the same name.
    Same(usize),
    /// It only counts the rows.
    Index,
}

/// Ends the reading of one record that never ends (an open quote swallows a whole file).
struct Budget<R> {
    inner: R,
    quotes: Option<Rc<RefCell<Quotes>>>,
    spent: Rc<Cell<usize>>,
    ends: Rc<Cell<Ends>>,
    max: usize,
}

/// How lines end, which the parser does not report but line numbers need: of CR LF it takes the CR with its record, but the LF, which it
/// counts lines by, with the next.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    /// Whether the first line ends with CR LF; `None` before it ends.
    crlf: Option<bool>,
    last: u8,
    /// Whether the file was read to its end.
    over: bool,
}

impl Ends {
    fn see(&mut self, bytes: &[u8]) {
        let Some(&last) = bytes.last() else {
            self.over = true;
            return;
        };
        if self.crlf.is_none()
            && let Some(at) = memchr::memchr(b'\n', bytes)
        {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before)).copied().unwrap_or(self.last);
            self.crlf = Some(before == b'\r');
        }
        self.last = last;
    }

    /// The line on which a record begins that was just read, from the parser's line and the line ends within the record.
    fn first_line(self, now: u64, within: u64) -> u64 {
        let unended = self.over && self.last != b'\n';
        let counted = u64::from(self.crlf != Some(true) && !unended);
        now.saturating_sub(within + counted).max(1)
    }
}

/// Places where quoted cells continue after the closing quote, which the parser accepts silently.
#[derive(Debug)]
struct Quotes {
    delimiter: u8,
    state: Within,
    read: u64,
    /// Offsets of the bytes that follow such a mark.
    ill: VecDeque<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Within {
    /// A cell begins.
    Start,
    Plain,
    Quoted,
    /// Right after a quote mark in a quoted cell: its end, or the first of two.
    Mark,
}

impl Quotes {
    fn new(delimiter: u8) -> Self {
        Self { delimiter, state: Within::Start, read: 0, ill: VecDeque::new() }
    }

    fn see(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            match self.state {
                Within::Start | Within::Mark if byte == b'"' => {
                    self.state = Within::Quoted;
                    at += 1;
                }
                Within::Mark if byte != self.delimiter && byte != b'\n' && byte != b'\r' => {
                    self.ill.push_back(self.read + at as u64);
                    self.state = Within::Plain;
                }
                Within::Start | Within::Mark if byte == self.delimiter || byte == b'\n' => {
                    self.state = Within::Start;
                    at += 1;
                }
                Within::Start | Within::Mark | Within::Plain => {
                    self.state = Within::Plain;
                    let end = memchr::memchr2(self.delimiter, b'\n', rest);
                    at += end.map_or(rest.len(), |end| end + 1);
                    if end.is_some() {
                        self.state = Within::Start;
                    }
                }
                Within::Quoted => {
                    let end = memchr::memchr(b'"', rest);
                    at += end.map_or(rest.len(), |end| end + 1);
                    if end.is_some() {
                        self.state = Within::Mark;
                    }
                }
            }
        }
        self.read += bytes.len() as u64;
    }

    /// Whether there is such a quote before this offset but after the previous one.
    fn ill_before(&mut self, offset: u64) -> bool {
        let mut ill = false;
        while self.ill.front().is_some_and(|at| *at < offset) {
            self.ill.pop_front();
            ill = true;
        }
        ill
    }
}

const OVER: &str = "record over budget";

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.spent.get() > self.max {
            return Err(io::Error::other(OVER));
        }
        let n = self.inner.read(buffer)?;
        let mut ends = self.ends.get();
        ends.see(buffer.get(..n).unwrap_or_default());
        self.ends.set(ends);
        if let Some(quotes) = &self.quotes {
            quotes.borrow_mut().see(buffer.get(..n).unwrap_or_default());
        }
        self.spent.set(self.spent.get().saturating_add(n));
        Ok(n)
    }
}

impl CsvRows {
    pub(crate) fn new(
        mut reader: Box<dyn Read + Send>,
        dialect: Dialect,
        max: usize,
        label: &str,
    ) -> Result<Self, DataError> {
        if dialect.sep_line {
            // Of at most eleven bytes: a mark, `"sep=;"` and a line end.
            let mut start = Vec::new();
            (&mut reader).take(16).read_to_end(&mut start).map_err(|e| DataError::io(label, "read", e))?;
            let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
            reader = Box::new(io::Cursor::new(after_sep_line(text).to_vec()).chain(reader));
        }
        let spent = Rc::new(Cell::new(0));
        let ends = Rc::new(Cell::new(Ends::default()));
        let quotes = dialect.quotes.then(|| Rc::new(RefCell::new(Quotes::new(dialect.delimiter))));
        let reader = Budget {
            inner: reader,
            quotes: quotes.clone(),
            spent: Rc::clone(&spent),
            ends: Rc::clone(&ends),
            max: max.saturating_add(256 * 1024),
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(dialect.delimiter)
            .quoting(dialect.quotes)
            .flexible(true)
            .buffer_capacity(128 * 1024)
            .from_reader(reader);
        let header: Vec<String> = match reader.byte_headers() {
            Ok(header) => header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect(),
            Err(error) => {
                let error = too_large_or(error, max).map_err(|e| e.with_file(label))?;
                return Err(DataError::row(label, At::Line(1), error));
            }
        };
        let mut columns: Vec<Column> = Vec::with_capacity(header.len());
        let mut first: HashMap<&str, usize> = HashMap::with_capacity(header.len());
        for (i, name) in header.iter().enumerate() {
            columns.push(if i == 0 && dialect.index {
                Column::Index
            } else if name.is_empty() {
                Column::Unnamed(format!("column_{}", i + 1).into())
            } else if let Some(earlier) = first.get(name.as_str()) {
                Column::Same(*earlier)
            } else {
                first.insert(name, i);
                Column::Field(name_of(name))
            });
        }
        let named = |column: &Column| match column {
            Column::Field(name) | Column::Unnamed(name) => Some(name.clone().into_owned()),
            Column::Same(_) | Column::Index => None,
        };
        let names = columns.iter().filter_map(named).collect();
        let before = u64::from(dialect.sep_line);
        let mut rows =
            Self { reader, spent, ends, quotes, header, columns, names, dialect, before, max, over: false };
        let mut record = csv::ByteRecord::new();
        for _ in 0..dialect.labels {
            rows.spent.set(0);
            rows.over |= !rows.reader.read_byte_record(&mut record).is_ok_and(|more| more);
        }
        Ok(rows)
    }

    /// What was done to read the rows.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = self.dialect.remarks();
        let same =
            self.columns.iter().zip(&self.header).filter(|(column, _)| matches!(column, Column::Same(_)));
        remarks
            .extend(same.map(|(_, name)| format!("column `{name}` is in the file twice, with equal cells")));
        remarks
    }

    /// The names of the columns that become fields; those without a name may be empty.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The next rows; empty at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        let mut rows = Vec::new();
        let names = weight::of_names(self.names.iter().map(String::as_str));
        let mut bytes = 0;
        let mut record = csv::ByteRecord::new();
        while !self.over && rows.len() < GROUP && bytes < GROUP_BYTES {
            self.spent.set(0);
            match self.reader.read_byte_record(&mut record) {
                Ok(false) => break,
                Ok(true) => {
                    let within = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
                    let line = self.ends.get().first_line(self.reader.position().line(), within);
                    bytes += record.as_slice().len() + names;
                    let position = self.reader.position().byte();
                    let ill =
                        self.quotes.as_ref().is_some_and(|quotes| quotes.borrow_mut().ill_before(position));
                    let row = if ill { Err(ill_quoted(&record)) } else { self.row(&record) };
                    rows.push((At::Line(line + self.before), row));
                }
                Err(error) => {
                    let line = self.reader.position().line() + self.before;
                    self.over = true;
                    rows.push((
                        At::Line(line),
                        Err(too_large_or(error, self.max).map_err(|e| e.with_file(label))?),
                    ));
                }
            }
        }
        Ok(rows)
    }

    fn row(&self, record: &csv::ByteRecord) -> Result<Row, RowError> {
        if record.as_slice().len() > self.max {
            return Err(RowError::new(Reason::TooLarge, "the row is larger than the limit"));
        }
        if !fits(record, self.header.len()) {
            return Err(RowError::new(
                Reason::Columns,
                format!("the row has {} cells and the header {}", record.len(), self.header.len()),
            )
            .value(&String::from_utf8_lossy(record.get(0).unwrap_or_default()))
            .remedy(
                "is a quote missing or doubled, or the file cut short? Cells with line ends, quotes or delimiters must be quoted",
            ));
        }
        let mut fields = Vec::with_capacity(self.columns.len());
        for (i, (column, cell)) in self.columns.iter().zip(record).enumerate() {
            let name = match column {
                Column::Field(name) => name,
                Column::Unnamed(name) if !cell.trim_ascii().is_empty() => name,
                Column::Unnamed(_) | Column::Index => continue,
                Column::Same(earlier) => {
                    if record.get(*earlier) == Some(cell) {
                        continue;
                    }
                    let name = self.header.get(i).map(String::as_str).unwrap_or_default();
                    return Err(RowError::new(
                        Reason::Columns,
                        "two columns have this name, and their cells differ",
                    )
                    .field(name)
                    .value(&String::from_utf8_lossy(cell))
                    .remedy("give each column a different name, or leave one out"));
                }
            };
            let text = std::str::from_utf8(cell).map_err(|_| {
                RowError::new(Reason::InvalidUtf8, "the cell is not valid UTF-8")
                    .field(name)
                    .value(&String::from_utf8_lossy(cell))
                    .remedy(utf8_remedy(cell))
            })?;
            let text = if self.dialect.rule() { text.trim() } else { text };
            fields.push((name.clone(), Value::String(text.to_owned())));
        }
        Ok(Row::from_fields(fields))
    }
}

/// The error for a record with a quoted cell that continues after its closing quote: what the parser made of it is not what was meant.
fn ill_quoted(record: &csv::ByteRecord) -> RowError {
    RowError::new(Reason::Columns, "a quoted cell goes on after the quote mark that ends it")
        .value(&record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(" | "))
        .remedy(format!("a quote mark is missing, or one within a cell is not doubled; correct the record, or leave out bad records with {SKIP}"))
}

/// A row error for a record past the limit, else the reading's own failure.
fn too_large_or(error: csv::Error, max: usize) -> Result<RowError, DataError> {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.to_string() == OVER => Ok(RowError::new(
            Reason::TooLarge,
            format!("the record is larger than {} MiB; the file is not read further", max.div_ceil(1 << 20)),
        )
        .remedy("is a quote left open? It swallows all that follows")),
        csv::ErrorKind::Io(error) => Err(DataError::io("", "read", error)),
        _ => Ok(RowError::new(Reason::Columns, "the row cannot be split into cells")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The offsets found in a text that is read in pieces of `size` bytes.
    fn ill(text: &str, size: usize) -> Vec<u64> {
        let mut quotes = Quotes::new(b',');
        text.as_bytes().chunks(size).for_each(|piece| quotes.see(piece));
        quotes.ill.into_iter().collect()
    }

    #[test]
    fn quoted_cells_that_go_on_after_their_end() {
        for (text, found) in [
            ("a,b\n\"x\ny\",\"say \"\"hi\"\"\"\r\n\"\",z\n", vec![]),
            ("a,b\nx \"y\",\"z\"\n", vec![]),
            ("\"x\"y,z\n", vec![3]),
            ("\"x,y\n\"z\",w\n", vec![6]),
        ] {
            for size in 1..=text.len() {
                assert_eq!(ill(text, size), found, "{text:?} in pieces of {size}");
            }
        }
        let mut quotes = Quotes::new(b',');
        quotes.see(b"\"x\"y,z\n\"x\"y\n");
        assert!(
            !quotes.ill_before(3) && quotes.ill_before(4) && !quotes.ill_before(8) && quotes.ill_before(99)
        );
    }
}
