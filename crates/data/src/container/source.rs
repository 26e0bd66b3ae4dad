//! Where bytes come from: files, folders and standard input, decompressed, counted and never held whole.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::DataError;

/// How much of a file its format is recognised from, or its first line, where that is longer.
const PREFIX: usize = 512 * 1024;
/// But never more than this.
pub(crate) const LONGEST_PREFIX: usize = 16 << 20;
const BUFFER: usize = 256 * 1024;

/// One file to read.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// The path; `-` is standard input.
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) label: String,
    /// Whether the user named it, rather than the folder it lies in.
    pub(crate) named: bool,
}

impl Input {
    fn new(path: PathBuf, named: bool) -> Self {
        let label = path.display().to_string();
        Self { path, label, named }
    }

    pub(crate) fn is_stdin(&self) -> bool {
        self.label == "-"
    }

    /// The name without folders and endings, for judges and ids.
    pub(crate) fn stem(&self) -> String {
        let name =
            self.path.file_name().map_or_else(|| self.label.clone(), |n| n.to_string_lossy().into_owned());
        let mut stem = name.as_str();
        for ending in [".gz", ".zst", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"] {
            stem = stem.strip_suffix(ending).unwrap_or(stem);
        }
        if self.is_stdin() { "stdin".to_owned() } else { stem.to_owned() }
    }
}

/// What a folder holds besides data, with the reason it is left out.
pub(crate) type LeftOut = Vec<(String, String)>;

/// The files behind the paths: folders are searched through, sorted by name.
pub(crate) fn expand(paths: &[PathBuf]) -> Result<(Vec<Input>, LeftOut), DataError> {
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
        } else if is_data_name(&name) && path.is_file() {
            inputs.push(Input::new(path, false));
        } else {
            left_out.push((label, "its ending is none of a data file".to_owned()));
        }
    }
    Ok(())
}

fn is_data_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
    [".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet"].iter().any(|ending| plain.ends_with(ending))
}

/// An open file: its first bytes, then the rest.
pub(crate) struct Opened {
    /// The first bytes after decompression, one line at least, or all there are.
    pub(crate) prefix: Vec<u8>,
    /// Whether `prefix` is the whole file.
    pub(crate) whole: bool,
    /// What comes after the prefix.
    rest: Box<dyn Read + Send>,
    /// Bytes read so far, as they lie on the disk.
    pub(crate) counter: Arc<AtomicU64>,
    /// Bytes on the disk.
    pub(crate) total: Option<u64>,
    /// The file itself, when it is not compressed.
    pub(crate) file: Option<File>,
}

impl Opened {
    /// Prefix and rest as one stream.
    pub(crate) fn into_reader(self) -> Box<dyn Read + Send> {
        if self.whole {
            return Box::new(io::Cursor::new(self.prefix));
        }
        Box::new(io::Cursor::new(self.prefix).chain(self.rest))
    }
}

struct Counting<R> {
    inner: R,
    counter: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.counter.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Opens, sees through compression (told by the first bytes, not by the name) and reads the prefix.
pub(crate) fn open(input: &Input) -> Result<Opened, DataError> {
    let fail = |e| DataError::io(&input.label, "read", e);
    let counter = Arc::new(AtomicU64::new(0));
    let (raw, total, file): (Box<dyn Read + Send>, _, _) = if input.is_stdin() {
        (Box::new(io::stdin()), None, None)
    } else {
        let file = File::open(&input.path).map_err(|e| DataError::io(&input.label, "open", e))?;
        let total = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        let again = if total.is_some() { File::open(&input.path).ok() } else { None };
        (Box::new(file), total, again)
    };
    let mut counted = Counting { inner: raw, counter: Arc::clone(&counter) };
    let mut magic = Vec::with_capacity(4);
    (&mut counted).take(4).read_to_end(&mut magic).map_err(fail)?;
    let compressed = magic.starts_with(&[0x1f, 0x8b]) || magic == [0x28, 0xb5, 0x2f, 0xfd];
    let gzip = magic.starts_with(&[0x1f, 0x8b]);
    let start = io::Cursor::new(magic).chain(counted);
    let mut rest: Box<dyn Read + Send> = if gzip {
        Box::new(BufReader::with_capacity(
            BUFFER,
            flate2::read::MultiGzDecoder::new(BufReader::with_capacity(BUFFER, start)),
        ))
    } else if compressed {
        Box::new(zstd::stream::read::Decoder::new(start).map_err(fail)?)
    } else {
        Box::new(start)
    };
    let mut prefix = Vec::new();
    (&mut rest).take(PREFIX as u64).read_to_end(&mut prefix).map_err(fail)?;
    let mut whole = prefix.len() < PREFIX;
    // Parquet files have no lines, and are read from their end.
    while !whole && !prefix.starts_with(b"PAR1") && !prefix.contains(&b'\n') && prefix.len() < LONGEST_PREFIX
    {
        let before = prefix.len();
        (&mut rest).take(PREFIX as u64).read_to_end(&mut prefix).map_err(fail)?;
        whole = prefix.len() - before < PREFIX;
    }
    Ok(Opened { prefix, whole, rest, counter, total, file: file.filter(|_| !compressed) })
}

/// All bytes of a stream in a temporary file, for formats that must be read from the end.
pub(crate) fn spool(label: &str, mut reader: impl Read) -> Result<File, DataError> {
    let mut file = tempfile::tempfile().map_err(|e| DataError::io(label, "make a temporary file", e))?;
    io::copy(&mut reader, &mut file).map_err(|e| DataError::io(label, "read", e))?;
    Ok(file)
}
