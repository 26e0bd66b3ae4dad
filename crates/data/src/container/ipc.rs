//! Rows of Arrow's own format: a file, a stream, or the shards of a table in separate files.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;

use super::arrow::{Batch, Columns, guarded};
use super::csv::Placed;
use crate::error::DataError;

/// The largest message that is read: a schema, or one batch of rows.
const LARGEST_SCHEMA: u32 = 16 << 20;
const LARGEST_BATCH: u64 = 2 << 30;
/// After the mark of a file, in words of four bytes; writers use 64 bytes at most.
const LONGEST_MARK: usize = 32;

/// Rows of a stream of batches. A file begins as a stream does, after its mark, and ends with a table of contents that is
/// not needed to read it from its beginning.
pub(crate) struct ArrowRows {
    messages: Messages,
    shards: std::vec::IntoIter<PathBuf>,
    columns: Columns,
    batch: Option<Batch>,
    record: u64,
    max: usize,
}

struct Messages {
    reader: Box<dyn Read + Send>,
    decoder: StreamDecoder,
    /// What is still to be decoded.
    bytes: Buffer,
    /// Whether it is a file with a table of contents, not a stream.
    file: bool,
    /// Batches of rows so far.
    batches: usize,
    end: bool,
}

impl Messages {
    fn new(mut reader: Box<dyn Read + Send>) -> io::Result<Self> {
        let mut mark = Vec::new();
        (&mut reader).take(8).read_to_end(&mut mark)?;
        let file = mark.starts_with(b"ARROW1");
        // The mark of a file is followed by zeros up to where the writer likes things to begin.
        for _ in 0..LONGEST_MARK {
            if !file || !mark.ends_with(&[0; 2]) {
                break;
            }
            mark.clear();
            (&mut reader).take(4).read_to_end(&mut mark)?;
        }
        if !mark.starts_with(b"ARROW1") {
            reader = Box::new(io::Cursor::new(mark).chain(reader));
        }
        Ok(Self {
            reader,
            decoder: StreamDecoder::new(),
            bytes: Buffer::from(Vec::<u8>::new()),
            file,
            batches: 0,
            end: false,
        })
    }

    /// The next batch, `None` at the end.
    fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        loop {
            while !self.bytes.is_empty() {
                if let Some(batch) = self.decoder.decode(&mut self.bytes).map_err(|e| e.to_string())? {
                    return Ok(Some(batch));
                }
            }
            if self.end {
                return Ok(None);
            }
            self.bytes = Buffer::from(self.message()?);
        }
    }

    /// Reads until the schema is known.
    fn schema(&mut self) -> Result<Columns, String> {
        let mut first = Buffer::from(self.message()?);
        while !first.is_empty() {
            self.decoder.decode(&mut first).map_err(|e| e.to_string())?;
        }
        // A message without a body is decoded when the next one begins.
        self.bytes = Buffer::from(self.message()?);
        let mut begins = Buffer::from(vec![0xff_u8; 4]);
        self.decoder.decode(&mut begins).map_err(|e| e.to_string())?;
        self.bytes.advance(self.bytes.len().min(4));
        match self.decoder.schema() {
            Some(schema) => Ok(Columns::of(&schema)),
            None => Err("it has no schema".to_owned()),
        }
    }

    /// The bytes of the next message with its head; at the end those that say so.
    fn message(&mut self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.fill(&mut bytes, 8)?;
        let int =
            |at: usize| bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
        let (mark, length) = (int(0), int(4));
        if mark == u32::MAX && length == 0 && bytes.len() == 8 {
            self.end = true;
            if self.file {
                self.contents(Vec::new())?;
            }
            return Ok(bytes);
        }
        if self.file && mark != u32::MAX && !bytes.is_empty() {
            self.end = true;
            self.contents(bytes)?;
            return Ok(Vec::new());
        }
        // A stream may just end.
        if bytes.len() < 8 {
            self.end = true;
            return if bytes.is_empty() && !self.file { Ok(bytes) } else { Err(CUT.to_owned()) };
        }
        if mark != u32::MAX {
            return Err("it is damaged, or written by a version of Arrow before 0.15".to_owned());
        }
        if length > LARGEST_SCHEMA {
            return Err("a message in it is larger than any that Arrow writes".to_owned());
        }
        self.fill(&mut bytes, 8 + length as usize)?;
        let (body, is_batch) = {
            let message =
                arrow_ipc::root_as_message(bytes.get(8..).unwrap_or_default()).map_err(|e| e.to_string())?;
            let is_batch = message.header_as_record_batch().is_some();
            (u64::try_from(message.bodyLength()).unwrap_or(u64::MAX), is_batch)
        };
        self.batches += usize::from(is_batch);
        if body > LARGEST_BATCH {
            return Err(TOO_LARGE.to_owned());
        }
        let whole = bytes.len() + body as usize;
        self.fill(&mut bytes, whole)?;
        if bytes.len() < whole {
            return Err(CUT.to_owned());
        }
        let (head, body) = bytes.split_at(8 + length as usize);
        check_compressed(head.get(8..).unwrap_or_default(), body)?;
        Ok(bytes)
    }

    /// Looks at a file's table of contents: whether it is there, and says as many batches as were read.
    fn contents(&mut self, mut bytes: Vec<u8>) -> Result<(), String> {
        self.fill(&mut bytes, LARGEST_SCHEMA as usize)?;
        let rest = bytes.strip_suffix(b"ARROW1").ok_or(CUT)?;
        let (rest, length) = rest.split_last_chunk::<4>().ok_or(CUT)?;
        let length = usize::try_from(i32::from_le_bytes(*length)).map_err(|_| CUT)?;
        let footer = rest.len().checked_sub(length).and_then(|from| rest.get(from..)).ok_or(CUT)?;
        let footer = arrow_ipc::root_as_footer(footer).map_err(|e| e.to_string())?;
        let said = footer.recordBatches().map_or(0, |blocks| blocks.len());
        if said == self.batches { Ok(()) } else { Err("some of its batches of rows are damaged".to_owned()) }
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, to: usize) -> Result<(), String> {
        let more = to.saturating_sub(bytes.len()) as u64;
        (&mut self.reader).take(more).read_to_end(bytes).map_err(|e| e.to_string())?;
        Ok(())
    }
}

const CUT: &str = "it ends inside a batch of rows";
const TOO_LARGE: &str = "a batch of its rows is larger than 2 GiB; write it again in smaller batches";

/// Whether the buffers of a batch stay within the limit when they are unpacked, going by the sizes that they begin with.
fn check_compressed(head: &[u8], body: &[u8]) -> Result<(), String> {
    let message = arrow_ipc::root_as_message(head).map_err(|e| e.to_string())?;
    let batch = message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
    let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else { return Ok(()) };
    let mut total = 0_u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let size = usize::try_from(buffer.offset())
            .ok()
            .and_then(|at| body.get(at..at.checked_add(8)?))
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, i64::from_le_bytes);
        total = total.saturating_add(u64::try_from(size).unwrap_or(0));
    }
    if total > LARGEST_BATCH { Err(TOO_LARGE.to_owned()) } else { Ok(()) }
}

impl ArrowRows {
    pub(crate) fn new(
        reader: Box<dyn Read + Send>,
        shards: Vec<PathBuf>,
        max: usize,
        label: &str,
    ) -> Result<Self, DataError> {
        let mut messages = Messages::new(reader).map_err(|e| DataError::io(label, "read", e))?;
        let columns = guarded(label, "Arrow", || messages.schema())?;
        Ok(Self { messages, shards: shards.into_iter(), columns, batch: None, record: 0, max })
    }

    /// The columns' names, in order.
    pub(crate) fn names(&self) -> &[String] {
        &self.columns.names
    }

    /// Columns whose type is not read, with the type; they are missing from the rows.
    pub(crate) fn unread_columns(&self) -> &[(String, String)] {
        &self.columns.unread
    }

    /// The next rows; empty at the end.
    pub(crate) fn next_group(&mut self, label: &str) -> Result<Vec<Placed>, DataError> {
        loop {
            if let Some(batch) = &mut self.batch {
                let (read, record) = (&self.columns.read, &mut self.record);
                let rows =
                    guarded(label, "Arrow", || Ok::<_, String>(batch.next_group(read, self.max, record)))?;
                if !rows.is_empty() {
                    return Ok(rows);
                }
            }
            self.batch = guarded(label, "Arrow", || self.messages.next())?.map(Batch::new);
            if self.batch.is_none() {
                let Some(next) = self.shards.next() else { return Ok(Vec::new()) };
                self.shard(&next)?;
            }
        }
    }

    /// Continues with the next file of the table.
    fn shard(&mut self, path: &PathBuf) -> Result<(), DataError> {
        let label = path.display().to_string();
        let file = File::open(path).map_err(|e| DataError::path_io(path, "open", e))?;
        let reader = io::BufReader::with_capacity(256 * 1024, file);
        self.messages = Messages::new(Box::new(reader)).map_err(|e| DataError::path_io(path, "read", e))?;
        let columns = guarded(&label, "Arrow", || self.messages.schema())?;
        if columns.names != self.columns.names {
            return Err(DataError::input(&label, "its columns are not those of the first file of the table")
                .with_remedy("save the data set again, or name the files one by one"));
        }
        self.columns = columns;
        Ok(())
    }
}
