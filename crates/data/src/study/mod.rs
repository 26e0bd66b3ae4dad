//! What a study folder holds: Parquet tables that any tool reads, and `study.toml` with what made them.
//!
//! Every file is written beside its final name, flushed to the disk, and renamed: a run that is killed leaves the old
//! table or the new one, never half of one.

mod columns;
mod manifest;
mod results;
mod table;

use std::fs::{self, File};
use std::hash::{BuildHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::RecordBatch;
use foldhash::quality::FixedState;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use predilect_types::{Pair, Rating, ReadSummary, Verdict};
use tempfile::NamedTempFile;

pub use manifest::{ImportEntry, StudyToml};
pub use results::BatchFile;
pub use table::{TableReader, TableRow, TableWriter};

use crate::error::DataError;
use crate::options::{Progress, ReadOptions, Record};
use crate::read::read;

/// Writes the table of pairs.
pub type PairWriter = TableWriter<Pair>;
/// Writes the table of verdicts.
pub type VerdictWriter = TableWriter<Verdict>;
/// Writes the table of ratings.
pub type RatingWriter = TableWriter<Rating>;

const TEMPORARY: &str = ".predilect-tmp";

/// A study folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    folder: PathBuf,
}

impl Study {
    /// Opens the folder, and makes it where there is none.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn create(folder: impl Into<PathBuf>) -> Result<Self, DataError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|e| DataError::path_io(&folder, "make the folder", e))?;
        sweep(&folder);
        Ok(Self { folder })
    }

    /// Opens a study that is there.
    ///
    /// # Errors
    ///
    /// When the folder holds no table of pairs.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, DataError> {
        let study = Self { folder: folder.into() };
        if study.table_path("pairs").is_file() {
            return Ok(study);
        }
        let shown = study.folder.display().to_string();
        let problem = if study.folder.is_dir() {
            "the folder holds no pairs.parquet"
        } else {
            "there is no such folder"
        };
        Err(DataError::study(shown.clone(), format!("this is no study: {problem}"))
            .with_hint(format!("make one first: predilect import FILE -o {shown}")))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a table lies, whether or not it is there.
    pub fn table_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.parquet"))
    }

    /// Where `study.toml` lies.
    pub fn toml_path(&self) -> PathBuf {
        self.folder.join("study.toml")
    }

    /// Whether a table is there.
    pub fn has_table(&self, name: &str) -> bool {
        self.table_path(name).is_file()
    }

    /// A name of what was imported, the same for the same pairs and verdicts; `None` where the table does not say.
    pub fn import_name(&self) -> Option<String> {
        table::import_of(&self.table_path("pairs"))
    }

    /// Starts to write the table of pairs.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_pairs(&self) -> Result<PairWriter, DataError> {
        TableWriter::start(self)
    }

    /// Starts to write the table of verdicts.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_verdicts(&self) -> Result<VerdictWriter, DataError> {
        TableWriter::start(self)
    }

    /// Starts to write the table of ratings.
    ///
    /// # Errors
    ///
    /// When the temporary file cannot be made.
    pub fn write_ratings(&self) -> Result<RatingWriter, DataError> {
        TableWriter::start(self)
    }

    /// The pairs, some thousand at a time.
    ///
    /// # Errors
    ///
    /// When the table is not there or is none of this crate's; each batch may fail too.
    pub fn pairs(&self) -> Result<TableReader<Pair>, DataError> {
        TableReader::open(self)
    }

    /// The verdicts, some thousand at a time.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn verdicts(&self) -> Result<TableReader<Verdict>, DataError> {
        TableReader::open(self)
    }

    /// The ratings, some thousand at a time.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn ratings(&self) -> Result<TableReader<Rating>, DataError> {
        TableReader::open(self)
    }

    /// Writes a table of results in one go; all batches must have the first one's schema.
    ///
    /// # Errors
    ///
    /// When the name is no plain word, there is no batch, the schemas differ, or the file cannot be written.
    pub fn write_table(&self, name: &str, batches: &[RecordBatch]) -> Result<(), DataError> {
        let path = self.table_path(name);
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(DataError::study(
                path.display().to_string(),
                "a table's name has only a-z, 0-9 and _",
            ));
        }
        let Some(first) = batches.first() else {
            return Err(DataError::study(
                path.display().to_string(),
                "a table needs at least one batch, if an empty one",
            ));
        };
        let mut file = BatchFile::create(&path, first.schema())?;
        for batch in batches {
            file.write(batch)?;
        }
        file.finish()?;
        self.settle();
        Ok(())
    }

    /// Reads a table of results as it is.
    ///
    /// # Errors
    ///
    /// When the table is not there or is damaged.
    pub fn read_table(&self, name: &str) -> Result<Vec<RecordBatch>, DataError> {
        let path = self.table_path(name);
        let fail = |problem: String| {
            DataError::study(path.display().to_string(), problem)
                .with_hint("run the step that writes this table again")
        };
        let file = File::open(&path).map_err(|e| DataError::path_io(&path, "open", e))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(ParquetRecordBatchReaderBuilder::build)
            .map_err(|e| fail(e.to_string()))?;
        reader.map(|batch| batch.map_err(|e| fail(e.to_string()))).collect()
    }

    /// A file in the study's folder that vanishes unless it is placed.
    fn temporary(&self, name: &str) -> Result<NamedTempFile, DataError> {
        temporary(&self.folder, name)
    }

    /// Flushes a file to the disk and gives it its name.
    fn place(&self, file: NamedTempFile, path: &Path) -> Result<(), DataError> {
        flush(&file, path)?;
        self.rename(file, path)
    }

    fn rename(&self, file: NamedTempFile, path: &Path) -> Result<(), DataError> {
        open_to_all(&file);
        file.persist(path).map_err(|e| DataError::path_io(path, "replace", e.error))?;
        self.settle();
        Ok(())
    }

    /// A rename itself must reach the disk too; not every system lets a folder be flushed.
    fn settle(&self) {
        if let Ok(folder) = File::open(&self.folder) {
            let _ = folder.sync_all();
        }
    }

    fn write_text(&self, path: &Path, name: &str, text: &str) -> Result<(), DataError> {
        let mut file = self.temporary(name)?;
        file.write_all(text.as_bytes()).map_err(|e| DataError::path_io(path, "write", e))?;
        self.place(file, path)
    }
}

/// A file in a folder that vanishes unless it is given its name.
fn temporary(folder: &Path, name: &str) -> Result<NamedTempFile, DataError> {
    tempfile::Builder::new()
        .prefix(&format!(".{name}-"))
        .suffix(TEMPORARY)
        .tempfile_in(folder)
        .map_err(|e| DataError::path_io(folder, "make a temporary file in", e))
}

fn flush(file: &NamedTempFile, path: &Path) -> Result<(), DataError> {
    file.as_file().sync_all().map_err(|e| DataError::path_io(path, "flush", e))
}

/// Temporary files are made for their owner alone; a table is as open as any new file.
#[cfg(unix)]
fn open_to_all(file: &NamedTempFile) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file.as_file().set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn open_to_all(_: &NamedTempFile) {}

/// Removes what runs that were killed have left, once it is a day old and so nobody's any more.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let left = entry.file_name().to_string_lossy().ends_with(TEMPORARY);
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        if left && age.is_some_and(|age| age > Duration::from_hours(24)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads files into a study: its pairs, verdicts and ratings, and what made them in `study.toml`.
///
/// The tables take their names only after everything was read: an import that fails changes nothing. Each names its
/// import, so that tables of two imports, left by a kill between two renames, are not read as one.
///
/// # Errors
///
/// Those of [`read`], and when the study cannot be written.
pub fn import(
    inputs: &[PathBuf],
    options: &ReadOptions,
    study: &Study,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<ReadSummary, DataError> {
    let mut pairs = study.write_pairs()?;
    let mut verdicts = study.write_verdicts()?;
    let mut ratings = study.write_ratings()?;
    // Equal imports have equal names, so the hash has a fixed seed.
    let mut content = FixedState::default().build_hasher();
    let summary = read(inputs, options, progress, &mut |record| match record {
        Record::Pair(pair) => {
            (&pair.id, &pair.prompt, &pair.response_a.messages, &pair.response_b.messages).hash(&mut content);
            pairs.push_owned(*pair)
        }
        Record::Verdict(verdict) => {
            (&verdict.pair, &verdict.judge, verdict.p_a.to_bits(), verdict.weight.to_bits())
                .hash(&mut content);
            verdicts.push_owned(verdict)
        }
        Record::Rating(rating) => ratings.push_owned(rating),
    })?;
    let import = format!("{:016x}", content.finish());
    pairs.of_import(&import);
    verdicts.of_import(&import);
    ratings.of_import(&import);
    let staged = [pairs.stage()?, verdicts.stage()?, ratings.stage()?];
    for (file, path) in staged {
        study.rename(file, &path)?;
    }
    let mut toml = StudyToml::load_or_new(study)?;
    toml.import = Some(ImportEntry::new(options, &summary));
    toml.save(study)?;
    Ok(summary)
}
