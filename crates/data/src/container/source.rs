//! Where bytes come from: files, archives and standard input, decompressed, counted and never loaded whole.
//!
//! Every input is opened once: the bytes that were read to recognise its kind are kept, and reading continues after them.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::archive::members;
use super::compress::{Compression, MAGIC};
use super::encoding::{FromUtf16, Utf16, from_cp1252};
use super::input::{Input, LeftOut, Origin, beside_data, is_data_name};
use super::refuse::not_archive;
use crate::error::DataError;

/// How much of a file its format is recognised from, or its first line, where that is longer.
const PREFIX: usize = 512 * 1024;
/// But never more than this.
pub(crate) const LONGEST_PREFIX: usize = 16 << 20;
/// What is written to a temporary file of an input that must be read from its end.
const LARGEST_SPOOL: u64 = 64 << 30;

/// An open file: its first bytes, then the rest.
pub(crate) struct Opened {
    /// The first bytes after decompression, one line at least, or all there are.
    pub(crate) prefix: Vec<u8>,
    /// Whether `prefix` is the whole file.
    pub(crate) whole: bool,
    /// The file as messages show it.
    pub(crate) label: String,
    /// What comes after the prefix.
    rest: Box<dyn Read + Send>,
    /// Bytes read so far, as stored on the disk.
    pub(crate) counter: Arc<AtomicU64>,
    /// The file's checksum, once it was read to its end.
    pub(crate) checksum: Checksum,
    /// Bytes on the disk.
    pub(crate) total: Option<u64>,
    /// The file itself, when its bytes are the data.
    file: Option<File>,
    /// Further files of the same table.
    pub(crate) shards: Vec<PathBuf>,
    /// What was done to make the bytes readable.
    pub(crate) remarks: Vec<String>,
}

impl Opened {
    /// Prefix and rest as one stream.
    pub(crate) fn into_reader(self) -> Box<dyn Read + Send> {
        if self.whole {
            return Box::new(io::Cursor::new(self.prefix));
        }
        Box::new(io::Cursor::new(self.prefix).chain(self.rest))
    }

    /// The bytes as a file that can be read from its end: the file itself, or a temporary copy.
    pub(crate) fn into_file(mut self) -> Result<File, DataError> {
        if let Some(file) = self.file.take() {
            return Ok(file);
        }
        let label = self.label.clone();
        spool(&label, self.into_reader())
    }

    /// A second handle of the file, if it is a plain file.
    pub(crate) fn beside(&self) -> Option<File> {
        if self.shards.is_empty() { self.file.as_ref()?.try_clone().ok() } else { None }
    }

    /// Reads on until the prefix has this many bytes, or the file ends.
    pub(crate) fn extend(&mut self, bytes: usize) -> Result<(), DataError> {
        while !self.whole && self.prefix.len() < bytes {
            let room = (bytes - self.prefix.len()).min(4 << 20);
            let n = (&mut self.rest)
                .take(room as u64)
                .read_to_end(&mut self.prefix)
                .map_err(|e| DataError::io(&self.label, "read", e))?;
            self.whole = n < room;
        }
        Ok(())
    }

    /// Other bytes under the same name.
    pub(super) fn part(&self, prefix: Vec<u8>, rest: Box<dyn Read + Send>, shards: Vec<PathBuf>) -> Self {
        Self {
            prefix,
            whole: true,
            label: self.label.clone(),
            rest,
            counter: Arc::clone(&self.counter),
            checksum: Arc::clone(&self.checksum),
            total: self.total,
            file: None,
            shards,
            remarks: Vec::new(),
        }
    }

    /// The same bytes again, from a file that can be read from its end; a stream is written to one first.
    pub(super) fn seekable(&mut self) -> Result<Self, DataError> {
        let file = if let Some(file) = self.file.take() {
            file
        } else {
            let prefix = std::mem::take(&mut self.prefix);
            let rest = std::mem::replace(&mut self.rest, Box::new(io::empty()));
            spool(&self.label, io::Cursor::new(prefix).chain(rest))?
        };
        let again = file.try_clone().map_err(|e| DataError::io(&self.label, "open", e))?;
        self.file = Some(file);
        let mut part = self.part(Vec::new(), Box::new(io::empty()), Vec::new());
        part.file = Some(again);
        Ok(part)
    }

    /// Reads a whole text as Windows-1252.
    pub(crate) fn decode_cp1252(&mut self) {
        self.prefix = from_cp1252(&self.prefix);
        self.file = None;
        self.remarks.push("read as Windows-1252: the text is not valid UTF-8".to_owned());
    }
}

/// The checksum of a regular file, once it was read to its end.
pub(crate) type Checksum = Arc<OnceLock<u32>>;

struct Counting<R> {
    inner: R,
    counter: Arc<AtomicU64>,
    /// Computed while reading, so that the file need not be read again for it.
    sum: flate2::Crc,
    checksum: Option<Checksum>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.counter.fetch_add(n as u64, Ordering::Relaxed);
        if let Some(checksum) = &self.checksum {
            match buffer.get(..n) {
                Some([]) if !buffer.is_empty() => drop(checksum.set(self.sum.sum())),
                read => self.sum.update(read.unwrap_or_default()),
            }
        }
        Ok(n)
    }
}

/// What an input turned out to be.
pub(crate) enum Found {
    File(Box<Opened>),
    /// An archive: the members that may be data, and its other contents.
    Archive(Vec<Input>, LeftOut),
}

/// Opens one file that is not an archive, or an archive of one file.
pub(crate) fn open(input: &Input) -> Result<Opened, DataError> {
    match look_into(input)? {
        Found::File(opened) => Ok(*opened),
        Found::Archive(members, _) => match members.as_slice() {
            [member] => open(member),
            _ => Err(DataError::input(
                &input.label,
                format!("the archive contains {} data files where one is expected", members.len()),
            )
            .with_remedy("unpack it, and name one of its files")),
        },
    }
}

/// An input as stored.
struct Raw {
    reader: Box<dyn Read + Send>,
    /// Its size, where it is a regular file.
    total: Option<u64>,
    /// The same file again, for formats that must be read from their end.
    file: Option<File>,
}

fn raw(input: &Input) -> Result<Raw, DataError> {
    match &input.origin {
        Origin::Member(member) => {
            let reader = member.open().map_err(|e| DataError::io(&input.label, "read", e))?;
            Ok(Raw { reader, total: None, file: None })
        }
        _ if input.is_stdin() => Ok(Raw { reader: Box::new(io::stdin()), total: None, file: None }),
        _ => {
            let reader = File::open(&input.path).map_err(|e| DataError::io(&input.label, "open", e))?;
            let total = reader.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
            let file = if total.is_some() { reader.try_clone().ok() } else { None };
            Ok(Raw { reader: Box::new(reader), total, file })
        }
    }
}

/// Opens the input, looks into compression and archives (recognised by the first bytes, not by the name) and reads the prefix.
pub(crate) fn look_into(input: &Input) -> Result<Found, DataError> {
    let fail = |e| DataError::io(&input.label, "read", e);
    let counter = Arc::new(AtomicU64::new(0));
    let Raw { reader, total, mut file } = raw(input)?;
    let checksum = Checksum::default();
    let mut counted = Counting {
        inner: reader,
        counter: Arc::clone(&counter),
        sum: flate2::Crc::new(),
        checksum: input.size().map(|_| Arc::clone(&checksum)),
    };
    let mut magic = Vec::with_capacity(MAGIC);
    (&mut counted).take(MAGIC as u64).read_to_end(&mut magic).map_err(fail)?;
    let compression = Compression::of(&magic);
    let zip = magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06");
    let start = io::Cursor::new(magic).chain(counted);
    if zip {
        if matches!(input.origin, Origin::Member(_)) {
            return Err(DataError::input(&input.label, "an archive within an archive")
                .with_remedy("unpack the outer archive first"));
        }
        return archive(input, file.map_or_else(|| spool(&input.label, start), Ok)?);
    }
    let mut rest: Box<dyn Read + Send> = match compression {
        Some(compression) => compression.reader(start).map_err(fail)?,
        None => Box::new(start),
    };
    if compression.is_some() {
        file = None;
    }
    let mut prefix = first(&mut rest, PREFIX).map_err(fail)?;
    let mut whole = prefix.len() < PREFIX;
    let mut remarks = Vec::new();
    if let Some(order) = Utf16::of(&prefix) {
        rest = Box::new(FromUtf16::new(io::Cursor::new(prefix).chain(rest), order));
        prefix = first(&mut rest, PREFIX).map_err(fail)?;
        whole = prefix.len() < PREFIX;
        file = None;
        remarks.push("read as UTF-16".to_owned());
    }
    // Parquet and Arrow files have no lines.
    while !whole && !is_binary(&prefix) && !prefix.contains(&b'\n') && prefix.len() < LONGEST_PREFIX {
        let before = prefix.len();
        (&mut rest).take(PREFIX as u64).read_to_end(&mut prefix).map_err(fail)?;
        whole = prefix.len() - before < PREFIX;
    }
    let (label, shards) = (input.label.clone(), input.shards().to_vec());
    Ok(Found::File(Box::new(Opened {
        prefix,
        whole,
        label,
        rest,
        counter,
        checksum,
        total,
        file,
        shards,
        remarks,
    })))
}

fn is_binary(prefix: &[u8]) -> bool {
    prefix.iter().take(512).any(|byte| *byte == 0)
        || prefix.starts_with(b"PAR1")
        || prefix.starts_with(b"ARROW1")
}

fn first(reader: &mut impl Read, bytes: usize) -> io::Result<Vec<u8>> {
    let mut prefix = Vec::new();
    reader.take(bytes as u64).read_to_end(&mut prefix)?;
    Ok(prefix)
}

fn archive(input: &Input, file: File) -> Result<Found, DataError> {
    let all = members(file).map_err(|e| DataError::io(&input.label, "read", e))?;
    if let Some((problem, remedy)) = not_archive(&all) {
        return Err(DataError::input(&input.label, problem).with_remedy(remedy));
    }
    let (mut inputs, mut left_out) = (Vec::new(), LeftOut::new());
    for member in all {
        let label = format!("{}/{}", input.label, member.name);
        let name = member.name.rsplit('/').next().unwrap_or_default();
        let hidden = member.name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
        let why = if hidden {
            Some("a hidden file")
        } else if let Some(why) = beside_data(name, false) {
            Some(why)
        } else if !is_data_name(name) {
            Some("unsupported file extension")
        } else if name.to_ascii_lowercase().ends_with(".zip") {
            Some("an archive within an archive")
        } else {
            None
        };
        if let Some(why) = why {
            left_out.push((label, why.to_owned()));
            continue;
        }
        if let Some((problem, remedy)) = member.refusal() {
            return Err(DataError::input(label, problem).with_remedy(remedy));
        }
        let path = input.path.join(&member.name);
        inputs.push(Input { path, label, named: false, origin: Origin::Member(Box::new(member)) });
    }
    if inputs.is_empty() {
        let seen: Vec<&str> = left_out.iter().take(3).map(|(label, _)| label.as_str()).collect();
        let problem = if seen.is_empty() {
            "the archive is empty".to_owned()
        } else {
            format!("the archive contains no data files; it contains: {}", seen.join(", "))
        };
        return Err(DataError::input(&input.label, problem)
            .with_remedy("data files end with .jsonl, .json, .csv, .tsv, .parquet or .arrow"));
    }
    Ok(Found::Archive(inputs, left_out))
}

/// All bytes of a stream in a temporary file, for formats that must be read from the end.
fn spool(label: &str, reader: impl Read) -> Result<File, DataError> {
    let mut file = tempfile::tempfile().map_err(|e| DataError::io(label, "make a temporary file", e))?;
    let n = io::copy(&mut reader.take(LARGEST_SPOOL + 1), &mut file)
        .map_err(|e| DataError::io(label, "read", e))?;
    if n > LARGEST_SPOOL {
        return Err(DataError::input(label, "the data is larger than 64 GiB after decompression")
            .with_remedy("is this the right file? If it is, unpack it and name the file itself"));
    }
    Ok(file)
}
