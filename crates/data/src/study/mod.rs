//! What a study folder holds: Parquet tables that any tool reads, and `study.toml` with what made them.
//!
//! Every file is written beside its final name, flushed to the disk, and renamed: a run that is killed leaves the old
//! table or the new one, never half of one.

mod columns;
mod conform;
mod encoder;
mod lock;
mod manifest;
mod partly;
mod people;
mod results;
mod table;

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::BuildHasher;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use foldhash::quality::FixedState;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use predilect_types::{Pair, Rating, ReadSummary, Verdict};
use tempfile::NamedTempFile;

pub use lock::StudyLock;
pub use manifest::{ImportEntry, StudyToml};
pub use results::BatchFile;
pub use table::{TableReader, TableRow, TableWriter};

use people::People;

use crate::container::source::expand;
use crate::error::DataError;
use crate::files::{TEMPORARY, temporary};
use crate::options::{Progress, ReadOptions, Record};
use crate::read::{Known, read_onto};

/// Writes the table of pairs.
pub type PairWriter = TableWriter<Pair, Box<Pair>>;
/// Writes the table of verdicts.
pub type VerdictWriter = TableWriter<Verdict>;
/// Writes the table of ratings.
pub type RatingWriter = TableWriter<Rating>;

/// Tables that are computed from pairs and verdicts.
const RESULTS: &[&str] = &[
    "agreement",
    "annotators",
    "facts",
    "biases",
    "clusters",
    "contrasts",
    "habits",
    "controls",
    "corrected_rates",
    "explanations",
    "fits",
    "leaderboard",
    "length_controlled",
    "pooled",
    "posteriors",
    "similarity",
    "stand_ins",
    "strengths",
];

/// Rows that are read at once.
const BATCH: usize = 16_384;

/// A study folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    folder: PathBuf,
    /// The user's own folder, of which this is a copy: the one that messages name.
    copy_of: Option<PathBuf>,
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
        Ok(Self { folder, copy_of: None })
    }

    /// Opens a study that is there.
    ///
    /// # Errors
    ///
    /// When the folder holds no table of pairs.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, DataError> {
        let study = Self { copy_of: None, folder: folder.into() };
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

    /// A study of the same tables as another, whose folder messages name.
    #[must_use]
    pub fn copy_of(self, original: &Self) -> Self {
        Self { copy_of: Some(original.folder.clone()), ..self }
    }

    /// Where a table lies as its owner knows it.
    pub(super) fn shown_path(&self, name: &str) -> PathBuf {
        self.copy_of.as_ref().unwrap_or(&self.folder).join(format!("{name}.parquet"))
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

    /// Reads a table of results as it is, with the marks of its schema.
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
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| fail(e.to_string()))?;
        // Its batches come without the marks of the table.
        let schema = Arc::clone(builder.schema());
        let reader = builder.with_batch_size(BATCH).build().map_err(|e| fail(e.to_string()))?;
        reader
            .map(|batch| batch.and_then(|batch| batch.with_schema(Arc::clone(&schema))))
            .map(|batch| batch.map_err(|e| fail(e.to_string())))
            .collect()
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

    /// Removes every result of other data than those of the import at hand: none must stand beside the new pairs.
    ///
    /// Only tables that this program writes go: the folder may hold other files, the user's own.
    fn forget_results(&self) -> Result<(), DataError> {
        let results = RESULTS.iter().map(|name| self.table_path(name));
        for path in results.chain([self.folder.join("report.html")]).filter(|path| path.is_file()) {
            fs::remove_file(&path).map_err(|e| DataError::path_io(&path, "remove the old result", e))?;
        }
        Ok(())
    }

    fn write_text(&self, path: &Path, name: &str, text: &str) -> Result<(), DataError> {
        let mut file = self.temporary(name)?;
        file.write_all(text.as_bytes()).map_err(|e| DataError::path_io(path, "write", e))?;
        self.place(file, path)
    }
}

fn flush(file: &NamedTempFile, path: &Path) -> Result<(), DataError> {
    file.as_file().sync_all().map_err(|e| DataError::path_io(path, "flush", e))
}

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

/// What becomes of a study that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onto {
    /// It is refused.
    #[default]
    New,
    /// It stays, and what is read joins it.
    Add,
    /// It goes, with all that was derived from it.
    Replace,
}

/// Reads files into a study: its pairs, verdicts and ratings, and what made them in `study.toml`.
///
/// The tables take their names only after everything was read: an import that fails changes nothing, and leaves no folder that was
/// not there. Each names its import, so that tables of two imports, left by a kill between two renames, are not read as one.
/// Results of other data never stay beside new pairs.
///
/// # Errors
///
/// Those of [`read`](crate::read()), when the study cannot be written, when it is there and `onto` is [`Onto::New`], and when a
/// file that is added is part of it already.
pub fn import(
    inputs: &[PathBuf],
    options: &ReadOptions,
    folder: &Path,
    onto: Onto,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<(Study, ReadSummary), DataError> {
    let there = folder.exists();
    let study = Study::create(folder)?;
    let held = study.lock("import")?;
    let done = import_into(inputs, options, &study, onto, progress);
    drop(held);
    if done.is_err() && !there {
        lock::forget(folder);
        // Only where nothing else was put there meanwhile.
        let _ = fs::remove_dir(folder);
    }
    Ok((study, done?))
}

#[expect(
    clippy::too_many_lines,
    reason = "the steps of an import in their order; what each does stands elsewhere"
)]
fn import_into(
    inputs: &[PathBuf],
    options: &ReadOptions,
    study: &Study,
    onto: Onto,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<ReadSummary, DataError> {
    let shown = study.folder.display().to_string();
    // A table of pairs without the mark of an import is somebody's own file.
    let there = study.toml_path().exists() || study.import_name().is_some();
    if there && onto == Onto::New {
        return Err(DataError::study(shown, "the folder already contains a study").with_hint(
            "give another folder, add to it with --add, or replace it and everything derived from it with --replace",
        ));
    }
    // A study that this version cannot keep is told before anything is read.
    let old = match (there, onto) {
        (true, Onto::Add) => Some(StudyToml::load(study)?),
        (true, _) => match StudyToml::load_or_new(study) {
            Err(error) if !error.is_later_layout() => None,
            other => Some(other?),
        },
        (false, _) => None,
    };
    for name in ["pairs", "verdicts", "ratings"] {
        let table = study.table_path(name);
        if !there && table.exists() {
            return Err(DataError::study(
                shown,
                format!("the folder has a file {name}.parquet, which is not a study's"),
            )
            .with_hint("give another folder for the study"));
        }
    }
    // What is added must be known to be new before it is read.
    let mut files = if onto == Onto::Add { digests(inputs, &HashMap::new())? } else { Vec::new() };
    let mut toml = StudyToml::default();
    let mut pairs = study.write_pairs()?;
    let mut verdicts = study.write_verdicts()?;
    let mut ratings = study.write_ratings()?;
    let mut people = People::default();
    let mut known = Known::default();
    if let (Onto::Add, Some(old)) = (onto, &old) {
        if let Some((file, _)) = files.iter().find(|(file, digest)| {
            old.import
                .as_ref()
                .is_some_and(|i| i.files.iter().any(|(name, d)| d == digest && same_name(name, file)))
        }) {
            return Err(DataError::study(shown, format!("{file} is already part of the study"))
                .with_hint("its verdicts would count twice; leave the file out"));
        }
        for batch in study.pairs()? {
            for pair in batch? {
                known.pair(&pair);
                pairs.push_owned(pair)?;
            }
        }
        for batch in study.verdicts()? {
            for mut verdict in batch? {
                // Who judges is settled anew over old and new verdicts.
                verdict.pool();
                known.verdict(&verdict);
                people.add(&verdict);
                verdicts.push_owned(verdict)?;
            }
        }
        if study.has_table("ratings") {
            for batch in study.ratings()? {
                for rating in batch? {
                    ratings.push_owned(rating)?;
                }
            }
        }
        // What was asked of models stays; what was computed from the old pairs goes.
        toml.steps = old.steps.clone();
        toml.steps.retain(|step, _| step.starts_with("judge ") || step.starts_with("annotate "));
    }
    let options =
        &ReadOptions { without_verdicts: options.without_verdicts || onto == Onto::Add, ..options.clone() };
    let read = read_onto(inputs, options, known, progress, &mut |record| match record {
        Record::Pair(pair) => pairs.push_owned(pair),
        Record::Verdict(verdict) => {
            people.add(&verdict);
            verdicts.push_owned(verdict)
        }
        Record::Rating(rating) => ratings.push_owned(rating),
    })?;
    let mut summary = read.summary;
    // Equal imports have equal names, so the hash has a fixed seed.
    let import = format!("{:016x}", FixedState::default().hash_one((pairs.end()?, verdicts.end()?)));
    pairs.of_import(&import);
    verdicts.of_import(&import);
    ratings.of_import(&import);
    let (mut staged_verdicts, verdicts_path) = verdicts.stage()?;
    let named: Vec<&str> = options
        .judge
        .iter()
        .chain(options.judge_of.iter().map(|(_, judge)| judge))
        .map(String::as_str)
        .collect();
    let split = people.split(options.judges, &named);
    let shared = people.shared(&split);
    if !split.is_empty() {
        // Who judges is known at the end only: those few people who are judges of their own are written again under their names.
        let mut again = study.write_verdicts()?;
        again.of_import(&import);
        let file = staged_verdicts.reopen().map_err(|e| DataError::path_io(&verdicts_path, "open", e))?;
        for batch in TableReader::<Verdict>::of(file, &verdicts_path)? {
            for mut verdict in batch? {
                if split.contains(&verdict.judge) {
                    let base = people.base(&verdict.judge).unwrap_or_default().to_owned();
                    let of =
                        verdict.annotator.as_ref().is_some_and(|name| shared.contains(name)).then_some(base);
                    verdict.split_of(of.as_deref());
                }
                again.push_owned(verdict)?;
            }
        }
        staged_verdicts = again.stage()?.0;
    }
    people.tell(&split, &mut summary);
    let staged = [pairs.stage()?, (staged_verdicts, verdicts_path), ratings.stage()?];
    // A kill from here on may cost results, but never leaves those of other data.
    if there {
        study.forget_results()?;
    }
    for (file, path) in staged {
        study.rename(file, &path)?;
    }
    let mut entry = ImportEntry::new(options, &summary);
    if onto != Onto::Add {
        files = digests(inputs, &read.checksums)?;
    }
    entry.files = files;
    if let (Onto::Add, Some(before)) = (onto, old.and_then(|old| old.import)) {
        entry.after(before);
    }
    toml.import = Some(entry);
    toml.save(study)?;
    Ok(summary)
}

/// Whether two paths end in one file's name.
fn same_name(a: &str, b: &str) -> bool {
    Path::new(a).file_name() == Path::new(b).file_name()
}

/// Size and checksum of every regular file among the inputs, to tell one that is given twice.
///
/// Those that reading has taken already are not taken again.
fn digests(inputs: &[PathBuf], taken: &HashMap<String, u32>) -> Result<Vec<(String, String)>, DataError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for input in expand(inputs)?.0 {
        if let Some(size) = input.size() {
            let sum = taken.get(&input.label).copied().map_or_else(|| input.checksum(), Ok)?;
            found.push((input.label.clone(), format!("{size}-{sum:08x}")));
        }
    }
    Ok(found)
}
