//! Where bytes come from: files, folders, archives and standard input, decompressed, counted and never held whole.
//!
//! Every input is opened once: what was looked at to tell its kind is kept, and reading goes on after it.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::archive::{Member, members};
use super::compress::{Compression, MAGIC};
use super::encoding::{FromUtf16, Utf16, from_cp1252};
use super::refuse::not_archive;
use crate::error::DataError;

/// How much of a file its format is recognised from, or its first line, where that is longer.
const PREFIX: usize = 512 * 1024;
/// But never more than this.
pub(crate) const LONGEST_PREFIX: usize = 16 << 20;
/// What is written to a temporary file of an input that must be read from its end.
const LARGEST_SPOOL: u64 = 64 << 30;

/// One file to read.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// The path; `-` is standard input.
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) label: String,
    /// Whether the user named it, rather than the folder or archive it lies in.
    pub(crate) named: bool,
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    Path,
    /// A part of a zip archive.
    Member(Box<Member>),
    /// Files that are one table, the first of which is at the path.
    Shards(Vec<PathBuf>),
}

/// What a file's name may end with besides the ending of its kind.
const PACKED: &[&str] = &[".gz", ".zst", ".zstd", ".xz", ".bz2"];
const KINDS: &[&str] =
    &[".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".zip"];

impl Input {
    /// A file that was named.
    pub(crate) fn named(path: &Path) -> Self {
        Self::new(path.to_path_buf(), true)
    }

    fn new(path: PathBuf, named: bool) -> Self {
        let label = path.display().to_string();
        Self { path, label, named, origin: Origin::Path }
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.label == "-"
    }

    /// Whether it can be opened a second time and is the same then.
    pub(crate) fn reopens(&self) -> bool {
        match &self.origin {
            Origin::Member(_) => true,
            Origin::Path | Origin::Shards(_) => !self.is_stdin() && self.path.is_file(),
        }
    }

    /// The size of a regular file.
    pub(crate) fn size(&self) -> Option<u64> {
        if !matches!(self.origin, Origin::Path) || self.is_stdin() {
            return None;
        }
        std::fs::metadata(&self.path).ok().filter(std::fs::Metadata::is_file).map(|about| about.len())
    }

    /// A checksum of a regular file.
    pub(crate) fn checksum(&self) -> Result<u32, DataError> {
        let fail = |e| DataError::path_io(&self.path, "read", e);
        let mut file = File::open(&self.path).map_err(fail)?;
        let mut sum = flate2::Crc::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let n = file.read(&mut buffer).map_err(fail)?;
            if n == 0 {
                return Ok(sum.sum());
            }
            sum.update(buffer.get(..n).unwrap_or_default());
        }
    }

    /// Whether a user who names a file by its path, its name or its stem means this one.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let file = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.label == name || file.as_deref() == Some(name) || self.stem() == name
    }

    /// The name without folders and endings, for judges and ids.
    pub(crate) fn stem(&self) -> String {
        let name = match &self.origin {
            Origin::Member(member) => member.name.rsplit('/').next().map(str::to_owned),
            Origin::Path => self.path.file_name().map(|n| n.to_string_lossy().into_owned()),
            Origin::Shards(_) => {
                self.path.parent().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned())
            }
        };
        let name = name.unwrap_or_else(|| self.label.clone());
        let mut stem = name.as_str();
        for ending in PACKED.iter().chain(KINDS) {
            stem = stem.strip_suffix(ending).unwrap_or(stem);
        }
        // A pipe has a number and no name: `<(...)` of a shell.
        let pipe = self.path.starts_with("/dev/fd") || self.path.starts_with("/proc");
        match (self.is_stdin(), pipe) {
            (true, _) => "stdin".to_owned(),
            (_, true) => format!("pipe-{stem}"),
            _ => stem.to_owned(),
        }
    }

    /// The further files of the same table.
    pub(crate) fn shards(&self) -> &[PathBuf] {
        match &self.origin {
            Origin::Shards(all) => all.get(1..).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// What a folder or archive contains besides data, with the reason it is left out.
pub(crate) type LeftOut = Vec<(String, String)>;

/// The files behind the paths: folders are searched through, sorted by name. A single file is called as `shown` says.
pub(crate) fn expand(paths: &[PathBuf], shown: Option<&str>) -> Result<(Vec<Input>, LeftOut), DataError> {
    let mut inputs = Vec::new();
    let mut left_out = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if inputs.iter().any(Input::is_stdin) {
                return Err(DataError::input("-", "standard input is named twice"));
            }
            inputs.push(Input::new(path.clone(), true));
        } else if std::fs::metadata(path).map_err(|e| DataError::path_io(path, "open", e))?.is_dir() {
            walk(path, 0, &mut inputs, &mut left_out)?;
        } else {
            inputs.push(Input::new(path.clone(), true));
        }
    }
    if let (Some(shown), [only]) = (shown, inputs.as_mut_slice()) {
        shown.clone_into(&mut only.label);
    }
    Ok((inputs, left_out))
}

/// Deeper than any data folder, so that a folder that holds itself ends.
const DEPTH: usize = 32;

fn walk(
    folder: &Path,
    depth: usize,
    inputs: &mut Vec<Input>,
    left_out: &mut LeftOut,
) -> Result<(), DataError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|e| DataError::path_io(folder, "list", e))? {
        entries.push(entry.map_err(|e| DataError::path_io(folder, "list", e))?.path());
    }
    entries.sort();
    let shards = shards(folder);
    if let Some(first) = shards.first() {
        let label = folder.display().to_string();
        inputs.push(Input {
            path: first.clone(),
            label,
            named: false,
            origin: Origin::Shards(shards.clone()),
        });
    }
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let label = path.display().to_string();
        if name.starts_with('.') {
            left_out.push((label, "a hidden file".to_owned()));
        } else if path.is_dir() {
            if path.join("study.toml").is_file() {
                left_out.push((label, "a study; name it alone to dissect it".to_owned()));
            } else if path.is_symlink() || depth == DEPTH {
                left_out.push((label, "a folder behind a link, or too deep".to_owned()));
            } else {
                walk(&path, depth + 1, inputs, left_out)?;
            }
        } else if shards.contains(&path) {
        } else if let Some(why) = beside_data(&name, !shards.is_empty()) {
            left_out.push((label, why.to_owned()));
        } else if !is_data_name(&name) {
            left_out.push((label, "unsupported file extension".to_owned()));
        } else if path.is_file() {
            inputs.push(Input::new(path, false));
        } else {
            let why = if path.is_symlink() { "a broken link" } else { "not a regular file" };
            left_out.push((label, why.to_owned()));
        }
    }
    Ok(())
}

/// What Hugging Face's libraries write beside the data.
fn beside_data(name: &str, saved: bool) -> Option<&'static str> {
    let described = [
        "dataset_info.json",
        "dataset_infos.json",
        "dataset_dict.json",
        "state.json",
        "croissant.json",
        ".huggingface.yaml",
    ];
    if described.contains(&name) {
        return Some("describes the data set");
    }
    let cache = name.starts_with("cache-") || name.starts_with("tmp");
    (saved && cache).then_some("a cache of the datasets library")
}

/// The files of a table that `save_to_disk` wrote into a folder, in order.
fn shards(folder: &Path) -> Vec<PathBuf> {
    let state = File::open(folder.join("state.json")).ok().and_then(|file| {
        serde_json::from_reader::<_, serde_json::Value>(io::BufReader::new(file.take(1 << 20))).ok()
    });
    let files = state.as_ref().and_then(|state| state.get("_data_files")).and_then(|files| files.as_array());
    let name = |file: &serde_json::Value| {
        let name = file.get("filename")?.as_str()?;
        // A name only: what the file says must not lead out of the folder.
        (Path::new(name).file_name()?.to_str()? == name).then(|| folder.join(name))
    };
    let files: Vec<PathBuf> = files.into_iter().flatten().filter_map(name).collect();
    if files.iter().all(|file| file.is_file()) { files } else { Vec::new() }
}

fn is_data_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = PACKED.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    KINDS.iter().any(|ending| plain.ends_with(ending))
}

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
    /// Bytes read so far, as they lie on the disk.
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

    /// The file itself, beside this one, where it is a plain file.
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

    /// The same bytes once more, from a file that can be read from its end; a stream is written to one first.
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
    /// Taken on the way, so that nobody need read the file again for it.
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
    /// An archive: the members that may be data, and what it contains besides.
    Archive(Vec<Input>, LeftOut),
}

/// Opens one file that is no archive, or an archive of one file.
pub(crate) fn open(input: &Input) -> Result<Opened, DataError> {
    match look_into(input)? {
        Found::File(opened) => Ok(*opened),
        Found::Archive(members, _) => match members.as_slice() {
            [member] => open(member),
            _ => Err(DataError::input(
                &input.label,
                format!("the archive contains {} data files where one is expected", members.len()),
            )
            .with_hint("unpack it, and name one of its files")),
        },
    }
}

/// Opens, sees through compression and archives (told by the first bytes, not by the name) and reads the prefix.
pub(crate) fn look_into(input: &Input) -> Result<Found, DataError> {
    let fail = |e| DataError::io(&input.label, "read", e);
    let counter = Arc::new(AtomicU64::new(0));
    let (raw, total, mut file): (Box<dyn Read + Send>, _, _) = match &input.origin {
        Origin::Member(member) => (member.open().map_err(fail)?, None, None),
        _ if input.is_stdin() => (Box::new(io::stdin()), None, None),
        _ => {
            let file = File::open(&input.path).map_err(|e| DataError::io(&input.label, "open", e))?;
            let total = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
            let same = if total.is_some() { file.try_clone().ok() } else { None };
            (Box::new(file), total, same)
        }
    };
    let checksum = Checksum::default();
    let mut counted = Counting {
        inner: raw,
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
                .with_hint("unpack the outer archive first"));
        }
        let file = match file {
            Some(file) => file,
            None => spool(&input.label, start)?,
        };
        return archive(input, file);
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
        return Err(DataError::input(&input.label, problem).with_hint(remedy));
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
            return Err(DataError::input(label, problem).with_hint(remedy));
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
            .with_hint("data files end with .jsonl, .json, .csv, .tsv, .parquet or .arrow"));
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
            .with_hint("is this the right file? If it is, unpack it and name the file itself"));
    }
    Ok(file)
}
