//! Which files do the paths of a user refer to, and what is each of them called?

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::archive::Member;
use crate::error::DataError;
use crate::files;

/// One file to read.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    /// The path; `-` is standard input.
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) label: String,
    /// Whether the user named it, rather than the folder or archive it is in.
    pub(crate) named: bool,
    pub(super) origin: Origin,
}

#[derive(Debug, Clone)]
pub(super) enum Origin {
    Path,
    /// A part of a zip archive.
    Member(Box<Member>),
    /// Files that are one table, the first of which is at the path.
    Shards(Vec<PathBuf>),
}

/// What a file's name may end with after the extension of its kind.
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

/// Other contents of a folder or archive, with the reason they are left out.
pub(crate) type LeftOut = Vec<(String, String)>;

/// The files behind the paths: folders are searched through, sorted by name. A single file is called as `shown` says, and several by their
/// names alone then.
pub(crate) fn expand(paths: &[PathBuf], shown: Option<&str>) -> Result<(Vec<Input>, LeftOut), DataError> {
    let mut inputs = Vec::new();
    let mut left_out = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            if inputs.iter().any(Input::is_stdin) {
                return Err(
                    DataError::input("-", "standard input is named twice").with_remedy("name it once")
                );
            }
            inputs.push(Input::new(path.clone(), true));
        } else if std::fs::metadata(path).map_err(|e| DataError::path_io(path, "open", e))?.is_dir() {
            without_settings(path)?;
            walk(path, 0, &mut inputs, &mut left_out)?;
        } else {
            inputs.push(Input::new(path.clone(), true));
        }
    }
    match (shown, inputs.as_mut_slice()) {
        (Some(shown), [only]) => shown.clone_into(&mut only.label),
        (Some(_), several) => {
            for input in several {
                if let Some(name) = input.path.file_name() {
                    input.label = name.to_string_lossy().into_owned();
                }
            }
        }
        (None, _) => {}
    }
    for input in inputs.iter().filter(|input| !input.is_stdin()) {
        files::read(std::iter::once(input.path.as_path()).chain(input.shards().iter().map(PathBuf::as_path)));
    }
    Ok((inputs, left_out))
}

/// A study without its `study.toml` is not a folder of files: its tables would be read as strangers' data.
fn without_settings(folder: &Path) -> Result<(), DataError> {
    let tables = ["pairs.parquet", "verdicts.parquet", "ratings.parquet"];
    if tables.iter().all(|table| folder.join(table).is_file()) && !folder.join("study.toml").exists() {
        return Err(DataError::study(folder.display().to_string(), "the study has no study.toml")
            .with_remedy("put it back, or import the files again into a new folder"));
    }
    Ok(())
}

/// Deeper than any data folder, so that a folder that contains itself ends.
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

/// What Hugging Face's libraries write next to the data.
pub(super) fn beside_data(name: &str, saved: bool) -> Option<&'static str> {
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

pub(super) fn is_data_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = PACKED.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    KINDS.iter().any(|ending| plain.ends_with(ending))
}
