//! How files become a study: read whole before any table takes its name.

use crate::advice::{ADD, REPLACE};
use std::collections::HashMap;
use std::fs;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

use foldhash::quality::FixedState;
use predilect_types::{ReadSummary, Verdict};

use super::folder::Study;
use super::lock;
use super::manifest::{ImportEntry, StudyToml};
use super::people::People;
use super::table::{PairWriter, RatingWriter, TableReader, TableRow, VerdictWriter};
use crate::container::input::expand;
use crate::error::DataError;
use crate::files::NewFile;
use crate::options::{Progress, ReadOptions, Record};
use crate::read::{Known, read_onto};

/// What becomes of a study that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Onto {
    /// It is refused.
    #[default]
    New,
    /// It stays, and what is read joins it.
    Add,
    /// It is removed, with everything derived from it.
    Replace,
}

/// Reads files into a study: its pairs, verdicts and ratings, and what made them in `study.toml`.
///
/// The tables take their names only after everything was read: an import that fails changes nothing, and removes a folder that it created.
/// Each names its import, so that tables of two imports, left by a kill between two renames, are not read as one. Results of other data
/// never remain with new pairs.
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
    study.finish_import();
    let held = study.lock("import")?;
    let done = import_into(inputs, options, &study, onto, progress);
    drop(held);
    if done.is_err() && !there {
        lock::forget(folder);
        // Only if nothing else was put there meanwhile.
        let _ = fs::remove_dir(folder);
    }
    Ok((study, done?))
}

fn import_into(
    inputs: &[PathBuf],
    options: &ReadOptions,
    study: &Study,
    onto: Onto,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<ReadSummary, DataError> {
    // A table of pairs without the mark of an import is a foreign file.
    let there = study.toml_path().exists() || study.import_name().is_some();
    let old = what_is_there(study, onto, there)?;
    let adding = onto == Onto::Add;
    // What is added must be known to be new before it is read.
    let added = if adding { Some(digests(inputs, options, &HashMap::new())?) } else { None };
    let mut toml = StudyToml::default();
    let mut tables = Tables::start(study)?;
    let mut known = Known::default();
    if let (Some(added), Some(old)) = (&added, &old) {
        refuse_what_is_part_already(study, added, old)?;
        known = tables.merge(study)?;
        // What models were asked stays; what was computed from the old pairs is removed, except for the settings, so that it can be
        // computed again.
        toml.steps = old.steps.clone();
    }
    let options = &ReadOptions { without_verdicts: options.without_verdicts || adding, ..options.clone() };
    let read = read_onto(inputs, options, known, progress, &mut |record| tables.push(record))?;
    let mut summary = read.summary;
    let staged = tables.stage(study, options, &mut summary)?;
    let mut entry = ImportEntry::new(options, &summary);
    entry.files = added.map_or_else(|| digests(inputs, options, &read.checksums), Ok)?;
    if let (true, Some(before)) = (adding, old.and_then(|old| old.import)) {
        entry.after(before);
    }
    toml.import = Some(entry);
    study.commit(staged.into_iter().chain([toml.stage(study)?]).collect(), there, adding)?;
    study.read_anew();
    Ok(summary)
}

/// What the folder contains so far, if it may become the study wanted; checked before anything is read.
fn what_is_there(study: &Study, onto: Onto, there: bool) -> Result<Option<StudyToml>, DataError> {
    let shown = study.folder().display().to_string();
    if there && onto == Onto::New {
        return Err(DataError::study(shown, "the folder already contains a study").with_remedy(format!("give another folder, add to it with {ADD}, or replace it and everything derived from it with {REPLACE}")));
    }
    // A study that this version cannot write is reported before anything is read.
    let old = match (there, onto) {
        (true, Onto::Add) => Some(StudyToml::load(study)?),
        (true, _) => match StudyToml::load_or_new(study) {
            Err(error) if !error.is_later_layout() => None,
            other => Some(other?),
        },
        (false, _) => None,
    };
    for name in ["pairs", "verdicts", "ratings"] {
        if !there && study.table_path(name).exists() {
            return Err(DataError::study(
                shown,
                format!("the folder has a file {name}.parquet, which is not a study's"),
            )
            .with_remedy("give another folder for the study"));
        }
    }
    Ok(old)
}

fn refuse_what_is_part_already(
    study: &Study,
    added: &[(String, String)],
    old: &StudyToml,
) -> Result<(), DataError> {
    let part = |(file, digest): &&(String, String)| {
        old.import
            .as_ref()
            .is_some_and(|i| i.files.iter().any(|(name, d)| d == digest && same_name(name, file)))
    };
    added.iter().find(part).map_or(Ok(()), |(file, _)| {
        let shown = study.folder().display().to_string();
        Err(DataError::study(shown, format!("{file} is already part of the study"))
            .with_remedy("its verdicts would count twice; leave the file out"))
    })
}

/// The tables of a study in the making.
struct Tables {
    pairs: PairWriter,
    verdicts: VerdictWriter,
    ratings: RatingWriter,
    people: People,
}

impl Tables {
    fn start(study: &Study) -> Result<Self, DataError> {
        Ok(Self {
            pairs: study.write_pairs()?,
            verdicts: study.write_verdicts()?,
            ratings: study.write_ratings()?,
            people: People::default(),
        })
    }

    /// Starts with the contents of the study; returns what is known of them, to join what is added.
    fn merge(&mut self, study: &Study) -> Result<Known, DataError> {
        let mut known = Known::default();
        for batch in study.pairs()? {
            for pair in batch? {
                known.pair(&pair);
                self.pairs.push_owned(pair)?;
            }
        }
        for batch in study.verdicts()? {
            for mut verdict in batch? {
                // Which people are judges is decided again over old and new verdicts.
                verdict.pool();
                known.verdict(&verdict);
                self.people.add(&verdict);
                self.verdicts.push_owned(verdict)?;
            }
        }
        if study.has_table("ratings") {
            for batch in study.ratings()? {
                for rating in batch? {
                    self.ratings.push_owned(rating)?;
                }
            }
        }
        Ok(known)
    }

    fn push(&mut self, record: Record) -> Result<(), DataError> {
        match record {
            Record::Pair(pair) => self.pairs.push_owned(pair),
            Record::Verdict(verdict) => {
                self.people.add(&verdict);
                self.verdicts.push_owned(verdict)
            }
            Record::Rating(rating) => self.ratings.push_owned(rating),
        }
    }

    /// The whole tables, on the disk but without their names, each with the name of this import; who judges is settled.
    fn stage(
        mut self,
        study: &Study,
        options: &ReadOptions,
        summary: &mut ReadSummary,
    ) -> Result<[NewFile; 3], DataError> {
        // Equal imports have equal names, so the hash has a fixed seed.
        let all = (self.pairs.end()?, self.verdicts.end()?);
        let import = format!("{:016x}", FixedState::default().hash_one(all));
        self.pairs.of_import(&import);
        self.verdicts.of_import(&import);
        self.ratings.of_import(&import);
        let mut verdicts = self.verdicts.stage()?;
        let named: Vec<&str> = options
            .judge
            .iter()
            .chain(options.judge_of.iter().map(|(_, judge)| judge))
            .map(String::as_str)
            .collect();
        let split = self.people.split(options.judges, &named);
        if !split.is_empty() {
            // Judges are known only at the end: the few people who are separate judges are written again under their names.
            let shared = self.people.shared(&split);
            let mut again = study.write_verdicts()?;
            again.of_import(&import);
            let path = study.table_path(<Verdict as TableRow>::TABLE);
            for batch in TableReader::<Verdict>::of(verdicts.reopen()?, &path)? {
                for mut verdict in batch? {
                    if split.contains(&verdict.judge) {
                        let base = self.people.base(&verdict.judge).unwrap_or_default().to_owned();
                        let person = verdict.annotator.as_ref();
                        let of = person.is_some_and(|name| shared.contains(name)).then_some(base);
                        verdict.split_of(of.as_deref());
                    }
                    again.push_owned(verdict)?;
                }
            }
            verdicts = again.stage()?;
        }
        self.people.tell(&split, summary);
        Ok([self.pairs.stage()?, verdicts, self.ratings.stage()?])
    }
}

/// Whether two paths end in one file's name.
fn same_name(a: &str, b: &str) -> bool {
    Path::new(a).file_name() == Path::new(b).file_name()
}

/// Size and checksum of every regular file among the inputs, to recognise one that is given twice.
///
/// Those that reading has taken already are not taken again.
fn digests(
    inputs: &[PathBuf],
    options: &ReadOptions,
    taken: &HashMap<String, u32>,
) -> Result<Vec<(String, String)>, DataError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for input in expand(inputs, options.shown.as_deref())?.0 {
        if let Some(size) = input.size() {
            let sum = taken.get(&input.label).copied().map_or_else(|| input.checksum(), Ok)?;
            found.push((input.label.clone(), format!("{size}-{sum:08x}")));
        }
    }
    Ok(found)
}
