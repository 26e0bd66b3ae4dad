//! How a text with a header line is cut into cells: delimiter, quotes, and rows that are not data.

use std::borrow::Cow;

use super::encoding::looks_like_cp1252;
use super::refuse::{Refusal, refusal};

/// How a text table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The byte between two cells.
    pub(crate) delimiter: u8,
    /// Whether a cell may be in quotes.
    pub(crate) quotes: bool,
    /// Whether the first line only names the delimiter (`sep=;`).
    pub(crate) sep_line: bool,
    /// Rows after the header that are not data: two that repeat it in other words, or the rule of a Markdown table.
    pub(crate) labels: u8,
    /// Whether the first column has no name and counts the rows.
    pub(crate) index: bool,
}

impl Dialect {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self { delimiter, quotes: true, sep_line: false, labels: 0, index: false }
    }

    /// What was done about it, in words.
    pub(crate) fn remarks(self) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.quotes {
            remarks.push(
                "quote marks are read as text: cells are not quoted, though some begin with a quote mark"
                    .to_owned(),
            );
        }
        if self.rule() {
            remarks
                .push("the row after the header is left out: it is the rule of a Markdown table".to_owned());
        } else if self.labels > 0 {
            remarks.push(format!(
                "{} rows after the header are left out: they repeat it as question texts and import ids (Qualtrics)",
                self.labels
            ));
        }
        if self.index {
            remarks.push("the first column is left out: it has no name and numbers the rows".to_owned());
        }
        remarks
    }

    /// Whether the row after the header is the rule of a Markdown table, whose cells have blanks around them.
    pub(crate) fn rule(self) -> bool {
        self.labels == 1
    }

    fn reader(self, text: &[u8]) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .quoting(self.quotes)
            .flexible(true)
            .has_headers(false)
            .from_reader(text)
    }
}

const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Rows that are compared with each other to find the delimiter.
const COMPARED: usize = 50;

/// The dialect of a text, from its beginning; an error if no dialect can read any row.
pub(crate) fn dialect(prefix: &[u8], whole: bool) -> Result<Dialect, Refusal> {
    let text = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix);
    let (named, text) = sep_line(text);
    let mut dialect = Dialect::new(named.unwrap_or_else(|| delimiter(text, whole)));
    dialect.sep_line = named.is_some();
    // A record that is cut off by the end of the prefix is ignored.
    let seen = Seen::of(dialect, text, whole, usize::MAX);
    if seen.broken || !well_quoted(text, dialect.delimiter, whole) {
        let plain = Dialect { quotes: false, ..dialect };
        let other = Seen::of(plain, text, whole, usize::MAX);
        // Where cells begin and end with a quote mark, the marks are not text: the odd row is reported when it is read.
        if other.rows > 0 && !other.broken && !other.wrapped {
            dialect = plain;
        } else if seen.records <= 1 && seen.open {
            return Err(refusal(
                "a quote that opens in the header is never closed",
                "close the quote, or write the file again with a program that quotes cells",
            ));
        }
    }
    let seen = Seen::of(dialect, text, whole, usize::MAX);
    if whole && seen.records == 2 && seen.open && memchr::memchr_iter(b'\n', text.trim_ascii()).count() > 1 {
        return Err(refusal(
            "a quote that opens in the first record is never closed",
            "close the quote, or write the file again with a program that quotes cells; was it copied whole?",
        ));
    }
    if whole && seen.records == 2 && seen.broken && (seen.open || !text.ends_with(b"\n")) {
        return Err(refusal(
            "the file ends inside its first record",
            "was the file copied whole? Compare its size with the original, and fetch or write it again",
        ));
    }
    dialect.labels = seen.labels;
    dialect.index = seen.index;
    Ok(dialect)
}

/// A first line that names the delimiter, as Excel writes it, and the text after it.
fn sep_line(text: &[u8]) -> (Option<u8>, &[u8]) {
    let end = memchr::memchr(b'\n', text).unwrap_or(text.len());
    let line = text.get(..end).unwrap_or_default().trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    let delimiter = match line {
        [s, e, p, b'=', delimiter] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") => Some(*delimiter),
        // `sep=` and a tab, which trimming took.
        [s, e, p, b'='] if [*s, *e, *p].eq_ignore_ascii_case(b"sep") && text.get(4) == Some(&b'\t') => {
            Some(b'\t')
        }
        _ => None,
    };
    match delimiter {
        Some(delimiter) => (Some(delimiter), text.get(end + 1..).unwrap_or_default()),
        None => (None, text),
    }
}

/// The text after a first line that names the delimiter.
pub(crate) fn after_sep_line(text: &[u8]) -> &[u8] {
    sep_line(text).1
}

/// The delimiter by which most rows have as many cells as the header; of equals, the one with most cells.
fn delimiter(text: &[u8], whole: bool) -> u8 {
    let score = |delimiter: u8| {
        let seen = Seen::of(Dialect::new(delimiter), text, whole, COMPARED);
        let share = if seen.compared == 0 { 1.0 } else { seen.equal as f64 / seen.compared as f64 };
        (seen.width > 1).then_some((share, seen.width))
    };
    let mut best = (b',', (0.0, 1));
    for candidate in DELIMITERS {
        if let Some(found) = score(candidate)
            && (found.0 > best.1.0 || (found.0 == best.1.0 && found.1 > best.1.1))
        {
            best = (candidate, found);
        }
    }
    best.0
}

/// What a reading of the beginning shows.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was seen, and none follows from another"
)]
struct Seen {
    /// Cells of the header.
    width: usize,
    /// Records with the header.
    records: usize,
    /// Rows that are whole, without header and labels.
    rows: usize,
    /// How many rows were compared with the header, and how many have its width.
    compared: usize,
    equal: usize,
    /// Whether a row has another number of cells than the header.
    broken: bool,
    /// Whether the text ends inside a quoted cell.
    open: bool,
    /// Whether a cell begins and ends with a quote mark, which only a reading without quotes can show.
    wrapped: bool,
    labels: u8,
    index: bool,
}

impl Seen {
    fn of(dialect: Dialect, text: &[u8], whole: bool, rows: usize) -> Self {
        let mut seen = Self::default();
        let mut reader = dialect.reader(text);
        let mut record = csv::ByteRecord::new();
        let mut header: Option<csv::ByteRecord> = None;
        let (mut counts, mut before) = (true, None::<u64>);
        while seen.records <= rows && reader.read_byte_record(&mut record).is_ok_and(|more| more) {
            let last = reader.position().byte() as usize >= text.len();
            if last && dialect.quotes && ends_open(text, dialect.delimiter) {
                seen.open = true;
            }
            seen.records += 1;
            let Some(header) = &header else {
                seen.width = record.len();
                header = Some(record.clone());
                continue;
            };
            if last && !whole {
                break;
            }
            let wrapped = |cell: &[u8]| cell.len() > 1 && cell.starts_with(b"\"") && cell.ends_with(b"\"");
            seen.wrapped |= record.iter().any(wrapped);
            let fits = fits(&record, header.len());
            seen.compared += 1;
            seen.equal += usize::from(fits);
            if seen.records == 2 && dialect.delimiter == b'|' && is_rule(&record) {
                seen.labels = 1;
                continue;
            }
            if seen.records == 3 && is_import_ids(&record) {
                // The row before was of labels too, whatever it looked like.
                (seen.labels, seen.broken) = (2, false);
                (counts, before) = (true, None);
                continue;
            }
            seen.broken |= !fits;
            seen.rows += 1;
            let number =
                record.get(0).and_then(|cell| std::str::from_utf8(cell).ok()?.trim().parse::<u64>().ok());
            counts &= match (before, number) {
                (None, Some(number)) => number <= 1,
                (Some(before), Some(number)) => before.checked_add(1) == Some(number),
                _ => false,
            };
            before = number;
        }
        let unnamed = header.as_ref().and_then(|h| h.get(0)).is_some_and(|name| name.trim_ascii().is_empty());
        seen.index = counts && before.is_some() && unnamed && seen.width > 2;
        seen.rows = seen.rows.saturating_sub(usize::from(seen.labels > 1));
        seen
    }
}

/// Whether a row has the header's cells, and beyond them only empty ones.
pub(crate) fn fits(record: &csv::ByteRecord, width: usize) -> bool {
    record.len() == width
        || (record.len() > width && record.iter().skip(width).all(|cell| cell.trim_ascii().is_empty()))
}

/// The second row of a table in Markdown: `|---|:---:|`.
fn is_rule(record: &csv::ByteRecord) -> bool {
    let rule =
        |cell: &[u8]| cell.contains(&b'-') && cell.iter().all(|byte| matches!(byte, b'-' | b':' | b' '));
    let blank = |cell: &[u8]| cell.trim_ascii().is_empty();
    record.iter().any(rule) && record.iter().all(|cell| rule(cell) || blank(cell))
}

/// The third row of Qualtrics' exports.
fn is_import_ids(record: &csv::ByteRecord) -> bool {
    record.len() > 1 && record.iter().all(|cell| cell.trim_ascii_start().starts_with(b"{\"ImportId\""))
}

/// Whether every cell that begins with a quote ends with one before a delimiter or line end.
fn well_quoted(text: &[u8], delimiter: u8, whole: bool) -> bool {
    match quoting(text, delimiter) {
        Quoting::Well => true,
        Quoting::Open => !whole,
        Quoting::Broken => false,
    }
}

fn ends_open(text: &[u8], delimiter: u8) -> bool {
    matches!(quoting(text, delimiter), Quoting::Open)
}

enum Quoting {
    Well,
    /// The text ends in a quoted cell.
    Open,
    /// A quoted cell continues after its closing quote.
    Broken,
}

fn quoting(text: &[u8], delimiter: u8) -> Quoting {
    let mut at = 0;
    let mut start = true;
    let mut broken = false;
    while let Some(&byte) = text.get(at) {
        if start && byte == b'"' {
            at += 1;
            loop {
                let Some(skip) = text.get(at..).and_then(|rest| memchr::memchr(b'"', rest)) else {
                    return Quoting::Open;
                };
                at += skip + 1;
                match text.get(at) {
                    Some(b'"') => at += 1,
                    None => return if broken { Quoting::Broken } else { Quoting::Well },
                    Some(&next) => {
                        broken |= next != delimiter && next != b'\r' && next != b'\n';
                        break;
                    }
                }
            }
            start = false;
            continue;
        }
        start = byte == delimiter || byte == b'\n';
        at += 1;
        if !start {
            // To the next cell.
            match text.get(at..).and_then(|rest| memchr::memchr2(delimiter, b'\n', rest)) {
                Some(skip) => at += skip,
                None => break,
            }
        }
    }
    if broken { Quoting::Broken } else { Quoting::Well }
}

/// What to do about bytes that are not UTF-8.
pub(crate) fn utf8_remedy(bytes: &[u8]) -> Cow<'static, str> {
    Cow::Borrowed(if looks_like_cp1252(bytes) {
        "save it as CSV UTF-8, or convert it with the encoding that it was written in: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW (Western Europe; Russian: WINDOWS-1251, Chinese: GB18030, Japanese: SHIFT_JIS)"
    } else {
        "convert the file to UTF-8, e.g. iconv -f LATIN1 -t UTF-8 FILE > NEW, with the encoding that it was written in (Chinese: GB18030, Japanese: SHIFT_JIS)"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Dialect {
        dialect(text.as_bytes(), true).unwrap()
    }

    #[test]
    fn delimiters() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a|b\nx, y, z|2\n", b'|'),
            ("a\tb\nx, y\t2\n", b'\t'),
            ("\"a;b;c\",d\n1,2\n", b','),
            ("a\n1\n", b','),
            ("sep=;\na;b\n1;2\n", b';'),
            ("\"sep=|\"\r\na|b\r\n1|2\r\n", b'|'),
        ] {
            assert_eq!(of(text).delimiter, delimiter, "{text}");
        }
        assert!(of("sep=;\na;b\n1;2\n").sep_line);
    }

    #[test]
    fn quotes_that_are_text() {
        assert!(!of("a\tb\n\"x y\t1\n\"z\" said\t2\n").quotes);
        // Two cells that seem to be one, with the right number of cells.
        assert!(!of("a\tb\tc\nq\t\"x\ty\nr\t\"z\tw\n").quotes);
        assert!(of("a,b\n\"x\ny\",1\n").quotes);
        assert!(of("a,b\n\"x \"\"y\"\"\",1\n").quotes);
        // Neither way fits.
        assert!(dialect(b"a,b\n\"x,1,2\n3,4\n", true).is_err_and(|e| e.0.contains("never closed")));
        assert!(of("a,b\nx,y\n\"x,1,2\n3,4\n").quotes);
    }

    #[test]
    fn what_is_cut_short_says_so() {
        let error = |text: &str| dialect(text.as_bytes(), true).unwrap_err().0.into_owned();
        assert!(error("prompt,a,b\nhello,wor").contains("first record"));
        assert!(error("prompt,a,b\nhello,\"wor").contains("first record"));
        assert!(error("prompt,\"a,b\nhello,wor,x,y\nq\n").contains("header"));
    }

    #[test]
    fn index_columns_and_label_rows() {
        assert!(of(",a,b\n0,x,y\n1,x,y\n").index);
        assert!(of(",a,b\n1,x,y\n2,x,y\n").index);
        assert!(!of(",a,b\n5,x,y\n1,x,y\n").index);
        assert!(!of("id,a,b\n0,x,y\n1,x,y\n").index);
        let qualtrics = "Q1,Q2\nWhich?,Why?\n\"{\"\"ImportId\"\":\"\"QID1\"\"}\",\"{\"\"ImportId\"\":\"\"QID2\"\"}\"\na,b\n";
        assert_eq!(of(qualtrics).labels, 2);
        assert_eq!(of("Q1,Q2\na,b\nc,d\n").labels, 0);
    }
}
