//! How work begins: a study that is opened in place, files that are read into a new one, or an example.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use predilect_data::{Onto, Study, StudyLock, StudyToml};
use predilect_types::ReadSummary;

use crate::error::{Error, Kind, Remedy, Result};
use crate::import::import;
use crate::inputs::Inputs;
use crate::prepared::{Keep, Prepared, Wanted};
use crate::remembered::Remembered;
use crate::scratch::Scratch;
use crate::slice::{Slice, SliceOptions, keep_ratings};
use crate::studies::{copy_study, is_study, same_folder};
use crate::watch::Watch;

/// An open study: the door to everything that can be asked of it.
#[derive(Debug)]
pub struct Workbench {
    study: Study,
    read: ReadSummary,
    /// Whether results are written to the study's folder.
    kept: bool,
    /// The right to write it, where results are kept.
    _lock: Option<StudyLock>,
    /// The folder of a temporary study; deleted with this.
    scratch: Option<Scratch>,
    /// The study in memory, as it was when it was last asked.
    prepared: Mutex<Option<(Stamp, Arc<Remembered>)>>,
}

/// A version of a study's tables: results of another version must not be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(Vec<Option<(u64, SystemTime)>>);

/// Identifies a version of the tables that were read: their sizes and times, and whether grammar was rated.
type Stamp = (bool, Vec<Option<(u64, SystemTime)>>);

/// The tables that are read, and where that of verdicts is among them.
const TABLES: [&str; 3] = ["pairs", "verdicts", "ratings"];
const VERDICTS: usize = 1;

impl Workbench {
    /// Opens a study in place. Nothing is copied; nothing is written except the facts on its texts, if its folder is writable.
    ///
    /// # Errors
    ///
    /// When there is no study in that folder, or its `study.toml` cannot be read.
    pub fn open(folder: &Path) -> Result<Self> {
        let study = Study::open(folder)?;
        let entry = StudyToml::load(&study)?.import.unwrap_or_default();
        let read = ReadSummary {
            rows: entry.rows,
            // Somebody may have taken rows out since.
            pairs: study.count("pairs").unwrap_or(entry.pairs),
            verdicts: entry.verdicts,
            dropped: entry.dropped,
            merged: entry.merged,
            sources: entry.sources,
            ..ReadSummary::default()
        };
        Ok(Self { study, read, kept: false, _lock: None, scratch: None, prepared: Mutex::default() })
    }

    /// Opens what is given. With a place, the study is kept there: files are read into it, and another study's tables are copied to it.
    /// Without one, a study is opened in place and files are read into a temporary folder.
    ///
    /// # Errors
    ///
    /// When the inputs cannot be read, or the place contains other data.
    pub fn of(inputs: &Inputs<'_>, place: Option<&Path>, watch: &dyn Watch) -> Result<Self> {
        if let Some(given) = inputs.study() {
            let to = place.filter(|to| !same_folder(given, to));
            if let Some(to) = to {
                copy_study(given, to)?;
            }
            // Tables that are missing or damaged are said of before any work.
            let bench = Self::open(to.unwrap_or(given))?;
            bench.study.verdicts()?;
            let lock = place.map(|_| bench.study.lock("dissect")).transpose()?;
            return Ok(Self { kept: place.is_some(), _lock: lock, ..bench });
        }
        if let Some(study) = inputs.files.iter().find(|path| is_study(path)) {
            return Err(Error::new(format!(
                "{} is a study and cannot be joined with other inputs",
                study.display()
            ))
            .words("give it alone, or export it to a file first"));
        }
        let mut scratch = None;
        let (files, options) = inputs.files(&mut scratch)?;
        let scratch = scratch.map_or_else(Scratch::new, Ok)?;
        let (study, read) = match place {
            Some(place) if is_study(place) => {
                // Read again, to see whether the study is of the same data: then it is carried on.
                let again = scratch.path().join("again");
                let (again, read) = import(&files, &options, &again, Onto::New, watch)?;
                let there = Study::open(place)?;
                if again.import_name().is_none() || again.import_name() != there.import_name() {
                    return Err(Error::new(format!("{} is a study of other data", place.display()))
                        .remedy(Remedy::OtherPlaceOrReplace));
                }
                (there, read)
            }
            Some(place) => import(&files, &options, place, Onto::Replace, watch)?,
            None => import(&files, &options, &scratch.path().join("study"), Onto::Replace, watch)?,
        };
        let lock = place.map(|_| study.lock("dissect")).transpose()?;
        Ok(Self {
            study,
            read,
            kept: place.is_some(),
            _lock: lock,
            scratch: Some(scratch),
            prepared: Mutex::default(),
        })
    }

    /// The study.
    pub fn study(&self) -> &Study {
        &self.study
    }

    /// What was read, and what became of it.
    pub fn read(&self) -> &ReadSummary {
        &self.read
    }

    /// The present version of its tables.
    pub fn version(&self) -> Version {
        Version(self.tables())
    }

    /// Whether results are written to the study's folder.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// Pairs and verdicts, rated and compared.
    ///
    /// # Errors
    ///
    /// When a field, judge, annotator or property does not exist, tables cannot be read, there are too many groups or judges, there are
    /// no verdicts, or the work is cancelled.
    pub fn slice(&self, options: &SliceOptions, watch: &dyn Watch) -> Result<Slice> {
        self.with(options, watch, |prepared| {
            let slice = Slice::of(prepared, options, watch)?;
            self.keep(prepared)?;
            Ok(slice)
        })
    }

    /// The same as one group, however many scenarios there are, and if need be without verdicts.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`], except that verdicts may be missing.
    pub fn undivided(&self, options: &SliceOptions, watch: &dyn Watch) -> Result<Slice> {
        let options = SliceOptions { group_by: None, ..options.clone() };
        self.with(&options, watch, |prepared| {
            let slice = Slice::undivided(prepared, &options, watch)?;
            self.keep(prepared)?;
            Ok(slice)
        })
    }

    /// Writes ratings where the study is kept.
    pub(crate) fn keep(&self, prepared: &Prepared) -> Result<()> {
        if self.kept {
            keep_ratings(prepared)?;
            // What was written is what is in memory.
            if let Some((stamp, _)) = &mut *self.known() {
                stamp.1 = self.tables();
            }
        }
        Ok(())
    }

    /// Asks the study in memory; if what is kept of it cannot be used, it is read again and asked again.
    pub(crate) fn with<T>(
        &self,
        options: &SliceOptions,
        watch: &dyn Watch,
        ask: impl Fn(&Remembered) -> Result<T>,
    ) -> Result<T> {
        match self.prepared(options, false, watch).and_then(|prepared| ask(&prepared)) {
            Err(error) if error.kind() == Kind::Stale => ask(&*self.prepared(options, true, watch)?),
            done => done,
        }
    }

    /// The same, if verdicts that were added since do not matter: the study is not read again after every vote.
    pub(crate) fn with_pairs<T>(
        &self,
        options: &SliceOptions,
        watch: &dyn Watch,
        ask: impl Fn(&Remembered) -> Result<T>,
    ) -> Result<T> {
        let (grammar, mut tables) = (options.needs_grammar(), self.tables());
        let known = self.known().as_ref().and_then(|((own_grammar, own_tables), prepared)| {
            tables[VERDICTS] = own_tables[VERDICTS];
            (*own_grammar == grammar && *own_tables == tables).then(|| Arc::clone(prepared))
        });
        match known.map(|prepared| ask(&prepared)) {
            Some(Err(error)) if error.kind() == Kind::Stale => self.with(options, watch, ask),
            Some(done) => done,
            None => self.with(options, watch, ask),
        }
    }

    /// The study in memory: read once, and again where its tables have changed.
    fn prepared(&self, options: &SliceOptions, anew: bool, watch: &dyn Watch) -> Result<Arc<Remembered>> {
        let stamp = (options.needs_grammar(), self.tables());
        if let Some((_, prepared)) = self.known().as_ref().filter(|(own, _)| *own == stamp && !anew) {
            return Ok(Arc::clone(prepared));
        }
        // For a temporary study facts are not kept.
        let keep = match (self.kept, &self.scratch) {
            (true, _) => Keep::Locked,
            (false, Some(_)) => Keep::Nothing,
            (false, None) => Keep::IfFree,
        };
        let wanted = Wanted { grammar: stamp.0, fields: &options.fields(), keep, anew };
        // In the present state, whatever import was read before.
        self.study.read_anew();
        // Callers that ask for something else do not wait for this; two that ask at once may both read.
        let prepared = Arc::new(Remembered::new(Prepared::of(&self.study, &wanted, watch)?));
        *self.known() = Some((stamp, Arc::clone(&prepared)));
        Ok(prepared)
    }

    fn known(&self) -> MutexGuard<'_, Option<(Stamp, Arc<Remembered>)>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sizes and times of the tables that are read.
    fn tables(&self) -> Vec<Option<(u64, SystemTime)>> {
        let of = |name: &&str| {
            let found = std::fs::metadata(self.study.table_path(name)).ok()?;
            Some((found.len(), found.modified().ok()?))
        };
        TABLES.iter().map(of).collect()
    }
}
