//! Where one record of a JSON text ends and the next begins, without holding more than one block and one record.

use std::io::{self, Read};
use std::ops::Range;

use memchr::{memchr, memchr2};

use crate::error::{At, Reason, RowError};

/// How records are stored in a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One record a line.
    Lines,
    /// One list of records.
    Array,
    /// A sequence of records, over any number of lines.
    Values,
}

/// Some records, by their place in one buffer.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) bytes: Vec<u8>,
    pub(crate) records: Vec<Found>,
}

/// One record, or the reason it cannot be read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) at: At,
    pub(crate) what: Result<Range<usize>, RowError>,
}

/// Read at a time.
const BLOCK: usize = 128 << 10;
/// Size in bytes at which a chunk is handed on: small enough that what is parsed from it, and from those that wait, stays in the
/// processor's caches until it is gathered and encoded.
const CHUNK: usize = 256 << 10;

const READING: State = State::In { depth: 0, string: false, escape: false, dropping: false };
const DROPPING: State = State::In { depth: 0, string: false, escape: false, dropping: true };

/// Splits a stream into records.
pub(crate) struct Splitter<R> {
    reader: R,
    layout: Layout,
    max: usize,
    buffer: Vec<u8>,
    /// Where in the buffer the record in progress begins.
    start: usize,
    /// How far the buffer was looked through.
    seen: usize,
    state: State,
    line: u64,
    record: u64,
    end: bool,
    /// Why reading cannot continue.
    broken: Option<io::Error>,
    finished: bool,
    records: Vec<Found>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the `[` of a list.
    Before,
    /// Between records; after a comma another must come.
    Between { comma: bool, first: bool },
    /// In a record.
    In { depth: u32, string: bool, escape: bool, dropping: bool },
    /// After the `]` of a list.
    After,
}

impl<R: Read> Splitter<R> {
    pub(crate) fn new(reader: R, layout: Layout, max: usize) -> Self {
        let state = match layout {
            Layout::Array => State::Before,
            Layout::Values => State::Between { comma: false, first: true },
            Layout::Lines => READING,
        };
        Self {
            reader,
            layout,
            max,
            buffer: Vec::new(),
            start: 0,
            seen: 0,
            state,
            line: 1,
            record: 0,
            end: false,
            broken: None,
            finished: false,
            records: Vec::new(),
        }
    }

    /// The next records, `None` at the end.
    pub(crate) fn next_chunk(&mut self) -> io::Result<Option<Chunk>> {
        loop {
            if self.finished {
                let records = std::mem::take(&mut self.records);
                let bytes = std::mem::take(&mut self.buffer);
                return Ok((!records.is_empty()).then_some(Chunk { bytes, records }));
            }
            match self.broken.take() {
                Some(error) => return Err(error),
                None => self.broken = self.fill().err(),
            }
            match self.layout {
                Layout::Lines => self.lines(),
                Layout::Array | Layout::Values => self.values(),
            }
            if self.broken.is_some() {
                // Complete records go first.
                self.end = false;
                if !self.records.is_empty() {
                    return Ok(Some(self.hand_over()));
                }
            } else if self.end {
                self.close();
                self.finished = true;
            } else if self.seen >= CHUNK && !self.records.is_empty() {
                return Ok(Some(self.hand_over()));
            } else if self.records.is_empty() && self.start > BLOCK {
                // Only blank space or dropped bytes so far: forget them.
                self.buffer.drain(..self.start);
                self.seen -= self.start;
                self.start = 0;
            }
        }
    }

    /// Gives the records away and keeps the beginning of the next one.
    fn hand_over(&mut self) -> Chunk {
        let mut rest = Vec::with_capacity(CHUNK + BLOCK);
        rest.extend_from_slice(self.buffer.get(self.start..).unwrap_or_default());
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.seen -= self.start;
        self.start = 0;
        Chunk { bytes, records: std::mem::take(&mut self.records) }
    }

    fn fill(&mut self) -> io::Result<()> {
        let before = self.buffer.len();
        let n = (&mut self.reader).take(BLOCK as u64).read_to_end(&mut self.buffer)?;
        if before == 0 && self.record == 0 && self.line == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
            self.seen = 3;
        }
        self.end = n < BLOCK;
        Ok(())
    }

    fn at(&self) -> At {
        match self.layout {
            Layout::Lines => At::Line(self.line),
            Layout::Array | Layout::Values => At::Record(self.record),
        }
    }

    fn push(&mut self, range: Range<usize>) {
        self.records.push(Found { at: self.at(), what: Ok(range) });
    }

    fn too_large(&mut self) {
        let from = self.start;
        let to = (from + 200).min(self.buffer.len());
        let beginning = String::from_utf8_lossy(self.buffer.get(from..to).unwrap_or_default()).into_owned();
        let error = RowError::new(
            Reason::TooLarge,
            format!("the record is larger than {} MiB", self.max.div_ceil(1 << 20)),
        )
        .value(&beginning)
        .remedy("is this the right file? A record that large is more likely a whole data set on one line");
        self.records.push(Found { at: self.at(), what: Err(error) });
    }

    /// Whether the record in progress has outgrown the limit.
    fn outgrown(&self) -> bool {
        self.buffer.len() - self.start > self.max
    }

    fn lines(&mut self) {
        while let Some(length) = self.buffer.get(self.seen..).and_then(|rest| memchr(b'\n', rest)) {
            let end = self.seen + length;
            if self.state == DROPPING {
                self.state = READING;
            } else {
                self.line_found(end);
            }
            self.line += 1;
            self.start = end + 1;
            self.seen = end + 1;
        }
        self.seen = self.buffer.len();
        if self.state == DROPPING {
            self.start = self.seen;
        } else if self.outgrown() {
            self.too_large();
            self.state = DROPPING;
            self.start = self.seen;
        }
    }

    fn line_found(&mut self, end: usize) {
        let range = self.start..end;
        if range.len() > self.max {
            self.too_large();
        } else if let Some(line) = self.buffer.get(range).map(<[u8]>::trim_ascii)
            && !line.is_empty()
        {
            // Some programs end every line with a comma, as in a list.
            let comma = usize::from(line.ends_with(b",") && line.len() > 1);
            let blank =
                self.buffer.get(self.start..end).map_or(0, |all| all.len() - all.trim_ascii_end().len());
            self.push(self.start..end - blank - comma);
        }
    }

    fn values(&mut self) {
        while let Some(&byte) = self.buffer.get(self.seen) {
            match self.state {
                State::Before => {
                    self.seen += 1;
                    if byte == b'[' {
                        self.state = State::Between { comma: false, first: true };
                    }
                    self.start = self.seen;
                }
                State::Between { comma, first } => self.between(byte, comma, first),
                State::In { depth, string, escape, dropping } => self.inside(depth, string, escape, dropping),
                State::After => {
                    if !byte.is_ascii_whitespace() {
                        self.record += 1;
                        self.broken(Reason::InvalidJson, "there is more text after the end of the list");
                        return;
                    }
                    self.seen += 1;
                    self.start = self.seen;
                }
            }
        }
        if let State::In { depth, string, escape, dropping } = self.state {
            if dropping {
                self.start = self.seen;
            } else if self.outgrown() {
                self.too_large();
                self.state = State::In { depth, string, escape, dropping: true };
                self.start = self.seen;
            }
        } else {
            self.start = self.seen;
        }
    }

    /// Gives up on the rest of the text.
    fn broken(&mut self, reason: Reason, problem: &'static str) {
        let from = self.seen.min(self.buffer.len());
        let to = (from + 200).min(self.buffer.len());
        let text = String::from_utf8_lossy(self.buffer.get(from..to).unwrap_or_default()).into_owned();
        let error = RowError::new(reason, problem).value(&text);
        self.records.push(Found { at: self.at(), what: Err(error) });
        self.seen = self.buffer.len();
        self.start = self.seen;
        self.state = State::After;
        self.end = true;
    }

    fn between(&mut self, byte: u8, comma: bool, first: bool) {
        let list = self.layout == Layout::Array;
        match byte {
            b if b.is_ascii_whitespace() => {
                self.seen += 1;
            }
            b',' if list && !comma && !first => {
                self.seen += 1;
                self.state = State::Between { comma: true, first };
            }
            b']' if list && !comma => {
                self.seen += 1;
                self.state = State::After;
            }
            _ if list && !comma && !first => {
                self.record += 1;
                self.broken(Reason::InvalidJson, "a comma or the end of the list is expected here");
            }
            b',' | b']' | b'}' | b':' => {
                self.record += 1;
                self.broken(Reason::InvalidJson, "a record is expected here");
            }
            _ => {
                self.record += 1;
                self.start = self.seen;
                self.state = READING;
            }
        }
    }

    /// Looks through a record from `seen`, to its end or the buffer's.
    fn inside(&mut self, mut depth: u32, mut string: bool, mut escape: bool, dropping: bool) {
        // An escaped byte is skipped, whatever it is.
        let mut at = self.seen + usize::from(std::mem::take(&mut escape));
        let bytes = self.buffer.as_slice();
        let mut done = None;
        while let Some(&byte) = bytes.get(at) {
            if string {
                match bytes.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
                    None => at = bytes.len(),
                    Some(skip) if bytes.get(at + skip) == Some(&b'"') => {
                        at += skip + 1;
                        string = false;
                        if depth == 0 {
                            done = Some(at);
                            break;
                        }
                    }
                    // A backslash whose next byte is in the next block.
                    Some(skip) if at + skip + 1 == bytes.len() => {
                        at = bytes.len();
                        escape = true;
                    }
                    Some(skip) => at += skip + 2,
                }
                continue;
            }
            match byte {
                b'"' => string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        done = Some(at + 1);
                        break;
                    }
                }
                // The end of a bare number or word.
                b',' | b']' | b'}' if depth == 0 => {
                    done = Some(at);
                    break;
                }
                b if depth == 0 && b.is_ascii_whitespace() => {
                    done = Some(at);
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        self.seen = done.unwrap_or(at);
        if let Some(end) = done {
            let range = self.start..end;
            if !dropping {
                if range.len() > self.max {
                    self.too_large();
                } else {
                    self.push(range);
                }
            }
            self.start = end;
            self.state = State::Between { comma: false, first: false };
        } else {
            self.state = State::In { depth, string, escape, dropping };
        }
    }

    /// The end of the stream: what is in progress is a last line or cut short.
    fn close(&mut self) {
        match self.state {
            State::In { dropping: true, .. } => {}
            State::In { .. } if self.layout == Layout::Lines => {
                let end = self.buffer.len();
                self.line_found(end);
            }
            State::In { depth: 0, string: false, .. } if self.layout == Layout::Values => {
                let end = self.buffer.len();
                self.push(self.start..end);
            }
            State::In { .. } => {
                self.seen = self.start;
                self.broken(Reason::Truncated, "the file ends inside this record");
            }
            State::Between { .. } | State::Before if self.layout == Layout::Array => {
                self.record += 1;
                self.broken(Reason::Truncated, "the file ends before its list does");
            }
            State::Between { .. } | State::Before | State::After => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, layout: Layout, max: usize) -> Vec<Result<String, Reason>> {
        let mut splitter = Splitter::new(text.as_bytes(), layout, max);
        let mut all = Vec::new();
        while let Some(chunk) = splitter.next_chunk().unwrap() {
            for found in chunk.records {
                all.push(match found.what {
                    Ok(range) => Ok(String::from_utf8(chunk.bytes[range].to_vec()).unwrap()),
                    Err(error) => Err(error.reason),
                });
            }
        }
        all
    }

    #[test]
    fn lines_need_no_last_line_end() {
        assert_eq!(split("{}\n\n {\"a\":1}\r\n[]", Layout::Lines, 99).len(), 3);
        assert_eq!(split("\u{feff}{}\n", Layout::Lines, 99), [Ok("{}".to_owned())]);
        assert!(split("", Layout::Lines, 99).is_empty());
    }

    #[test]
    fn a_list_is_split_at_its_own_commas() {
        let parts = split(" [ {\"a\": \"],\\\"}\"} , [1,2] , 3, \"x\" ]\n", Layout::Array, 99);
        let want = ["{\"a\": \"],\\\"}\"}", "[1,2]", "3", "\"x\""];
        assert_eq!(parts, want.map(|w| Ok(w.to_owned())));
        assert_eq!(split("[]", Layout::Array, 99), []);
    }

    #[test]
    fn a_broken_list_says_so() {
        let last = |text| split(text, Layout::Array, 99).pop().unwrap();
        assert_eq!(last("[{}, {\"a\": \"b"), Err(Reason::Truncated));
        assert_eq!(last("[{}, "), Err(Reason::Truncated));
        assert_eq!(last("[{} {}]"), Err(Reason::InvalidJson));
        assert_eq!(last("[{},]"), Err(Reason::InvalidJson));
        assert_eq!(last("[{}] x"), Err(Reason::InvalidJson));
        assert_eq!(last("[\"a\\"), Err(Reason::Truncated));
    }

    #[test]
    fn values_may_span_lines() {
        assert_eq!(split("{\n\"a\": 1\n}\n{}", Layout::Values, 99).len(), 2);
    }

    #[test]
    fn a_record_past_the_limit_is_dropped_and_the_next_read() {
        let long = "x".repeat(3 << 20);
        for (text, layout) in [
            (format!("{{}}\n\"{long}\"\n{{}}\n"), Layout::Lines),
            (format!("[{{}}, \"{long}\", {{}}]"), Layout::Array),
        ] {
            let parts = split(&text, layout, 1 << 20);
            assert_eq!(parts, [Ok("{}".to_owned()), Err(Reason::TooLarge), Ok("{}".to_owned())]);
        }
    }

    #[test]
    fn backslashes_at_block_ends_are_seen_whole() {
        for shift in 0..4 {
            let text = format!("[\"{}{}\", 1]", "y".repeat(BLOCK - 8 + shift), "\\\"\\\\".repeat(4));
            assert_eq!(split(&text, Layout::Array, 4 << 20).len(), 2, "{shift}");
        }
    }
}
