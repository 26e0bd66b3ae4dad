//! Which inputs are studies, how one is carried on elsewhere, and whose rows in it are whose.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use predilect_data::{
    Judges, NewFile, Onto, PropertySet, ReadOptions, Study, StudyLock, StudyToml, TableReader, TableRow,
    TableWriter,
};
use predilect_llm::CallLog;
use predilect_types::Order;

use crate::error::{Error, Remedy, Result};
use crate::figures;
use crate::filter::Filter;
use crate::import::import;
use crate::prepared::{Keep, bit};
use crate::scratch::Scratch;
use crate::slice::rows_of;
use crate::watch::Watch;

/// The log of calls in a study's folder.
pub const CALLS: &str = "calls.sqlite";

/// Whether an input is a study folder.
pub fn is_study(path: &Path) -> bool {
    path.join("study.toml").is_file()
}

/// Whether files can be made in a folder, as a study that changes needs it.
pub fn is_writable(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}

pub(crate) fn same_folder(a: &Path, b: &Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}

/// A study given as input is not written to, unless it is the output too: its tables are taken over.
pub(crate) fn copy_study(from: &Path, to: &Path) -> Result<Study> {
    if same_folder(from, to) {
        return Ok(Study::open(from)?);
    }
    let source = Study::open(from)?;
    // What is missing or damaged is said of the user's file, not of the copy.
    source.verdicts()?;
    if source.has_table("ratings") {
        source.ratings()?;
    }
    let manifest = StudyToml::load(&source)?;
    if is_study(to) {
        let other = Study::open(to)?;
        if other.import_name() != source.import_name() {
            return Err(Error::new(format!("{} is a study of other data", to.display()))
                .remedy(Remedy::OtherPlaceOrReplace));
        }
        let there = StudyToml::load(&other)?;
        let asked = |step: &&String| step.starts_with("judge ") || step.starts_with("annotate ");
        if let Some(step) = there.steps.keys().filter(asked).find(|step| !manifest.steps.contains_key(*step))
        {
            return Err(Error::new(format!(
                "{} contains other results ({step}), which would be lost",
                to.display()
            ))
            .remedy(Remedy::OtherPlace));
        }
    }
    let target = Study::create(to)?.copy_of(&source);
    let _held = target.lock("copy")?;
    for name in ["pairs", "verdicts", "ratings", "facts"].into_iter().filter(|name| source.has_table(name)) {
        copy(&source.table_path(name), &target.table_path(name))
            .map_err(|e| Error::new(format!("cannot copy the table {name} to {}: {e}", to.display())))?;
    }
    for name in [PropertySet::NAME, figures::OF_STUDY] {
        let file = source.folder().join(name);
        if file.is_file() {
            copy(&file, &target.folder().join(name)).map_err(|e| {
                Error::new(format!("cannot copy {} to {}: {e}", file.display(), to.display()))
            })?;
        }
    }
    // Answers that were paid for are copied too.
    take_over_calls(source.folder(), target.folder())?;
    manifest.save(&target)?;
    Ok(target)
}

/// Copies a file so that a kill leaves the old one or the new one.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut file = NewFile::of(to).map_err(std::io::Error::other)?;
    std::io::copy(&mut std::fs::File::open(from)?, &mut file)?;
    file.finish().map_err(std::io::Error::other)
}

/// Copies the log of one study to another that has none.
fn take_over_calls(from: &Path, to: &Path) -> Result<()> {
    if from.join(CALLS).is_file() && !to.join(CALLS).exists() {
        let file = NewFile::of(&to.join(CALLS))?;
        CallLog::open(&from.join(CALLS))?.copy_into(file.path())?;
        file.finish()?;
    }
    Ok(())
}

/// A study, or the part of it that fulfils a filter.
#[derive(Debug)]
pub struct Chosen {
    study: Study,
    /// Numbers of pairs with the orders of presentation that are taken; `None`: everything.
    rows: Option<HashMap<u32, u8>>,
}

impl Chosen {
    /// The part of a study that fulfils a filter; all of it without one.
    ///
    /// # Errors
    ///
    /// When the filter names what does not exist, or no pair is left.
    pub fn of(study: Study, filter: Option<&Filter>, people: Judges, watch: &dyn Watch) -> Result<Self> {
        Self::within(study, filter, people, Keep::IfFree, watch)
    }

    fn within(
        study: Study,
        filter: Option<&Filter>,
        people: Judges,
        keep: Keep,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let rows = filter.map(|filter| rows_of(&study, filter, people, keep, watch)).transpose()?;
        Ok(Self { study, rows })
    }

    /// Whether the pair of that number belongs to it.
    pub fn takes(&self, row: u32) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.contains_key(&row))
    }

    /// Whether a verdict in that order on the pair of that number belongs to it.
    pub fn takes_in_order(&self, row: u32, order: Order) -> bool {
        self.rows.as_ref().is_none_or(|rows| rows.get(&row).is_some_and(|orders| orders & bit(order) != 0))
    }
}

impl Deref for Chosen {
    type Target = Study;

    fn deref(&self) -> &Study {
        &self.study
    }
}

/// What a verb that asks models works on.
#[derive(Debug, Clone, Copy)]
pub struct ResumeOptions<'a> {
    /// The study to work in; `None`: the input.
    pub output: Option<&'a Path>,
    /// How files are read.
    pub read: &'a ReadOptions,
    /// Which pairs.
    pub filter: Option<&'a Filter>,
    /// Nothing is written.
    pub dry: bool,
    /// What others are told meanwhile: `judge`.
    pub doing: &'a str,
}

/// A study to work on.
#[derive(Debug)]
pub struct Resumed {
    /// The study, or what is asked about of it.
    pub study: Chosen,
    /// The right to write it.
    _lock: Option<StudyLock>,
    /// Where a dry run has put what it read; it vanishes with this.
    _scratch: Option<Scratch>,
}

/// The study to work on: the one given, or one made of the files; an existing one of the same data is continued. A dry run changes nothing.
///
/// # Errors
///
/// When a table or `study.toml` cannot be read or written.
pub fn resume(inputs: &[PathBuf], options: &ResumeOptions<'_>, watch: &dyn Watch) -> Result<Resumed> {
    let ResumeOptions { output, read, filter, dry, doing } = *options;
    if let Some(filter) = filter.filter(|filter| filter.needs_verdict()) {
        return Err(Error::new(format!(
            "the filter {filter} asks for the order of verdicts, and there are none yet"
        ))
        .remedy(Remedy::Filter("leave `order` out".to_owned())));
    }
    let chosen = |study| {
        let keep = if dry { Keep::Nothing } else { Keep::Locked };
        Chosen::within(study, filter, read.judges, keep, watch)
    };
    let whole = |study: Study| {
        let lock = if dry { None } else { Some(study.lock(doing)?) };
        Ok(Resumed { study: chosen(study)?, _lock: lock, _scratch: None })
    };
    let other = |output: &Path| {
        Error::new(format!("{} contains a study of other data", output.display())).remedy(Remedy::OtherPlace)
    };
    if let [only] = inputs
        && is_study(only)
    {
        let given = Study::open(only)?;
        return match output.filter(|output| !same_folder(only, output)) {
            None => whole(given),
            Some(output) if is_study(output) => {
                let there = Study::open(output)?;
                let same = given.import_name().is_some() && given.import_name() == there.import_name();
                if same { whole(there) } else { Err(other(output)) }
            }
            Some(_) if dry => whole(given),
            Some(output) => whole(copy_study(only, output)?),
        };
    }
    let scratch = Scratch::new()?;
    let imported = |folder: &Path| -> Result<Study> {
        // Asking a model does not need verdicts yet.
        let options = ReadOptions { without_verdicts: true, ..read.clone() };
        Ok(import(inputs, &options, folder, Onto::Replace, watch)?.0)
    };
    match output {
        Some(output) if is_study(output) => {
            // Read again, to see whether the study contains the same: its other judges' verdicts must not be lost.
            let again = imported(scratch.path())?;
            let there = Study::open(output)?;
            let same = again.import_name().is_some() && again.import_name() == there.import_name();
            if same { whole(there) } else { Err(other(output)) }
        }
        _ if dry => {
            let study = chosen(imported(scratch.path())?)?;
            Ok(Resumed { study, _lock: None, _scratch: Some(scratch) })
        }
        Some(output) => whole(imported(output)?),
        None => Err(match inputs.iter().find(|input| !input.exists() && *input != Path::new("-")) {
            Some(missing) => {
                Error::new(format!("{} does not exist", missing.display())).words("check the path")
            }
            None => Error::new("files need a study to go into").remedy(Remedy::NamePlace),
        }),
    }
}

/// How the rows of a name in a study's table came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// There are none, or they were made in the same way: new ones replace them one by one.
    Free,
    /// They were made by the same model, asked in another way: all of them are removed first.
    Outdated,
}

/// Whether a step may write rows under that name: never over those of the data themselves or of another model.
///
/// `present`: whether there are such rows; `settings`: the record of the step in `study.toml`, which must contain `model`.
///
/// # Errors
///
/// When a table or `study.toml` cannot be read or written.
pub fn claim(study: &Study, step: &str, name: &str, settings: &toml::Table, present: bool) -> Result<Claim> {
    let manifest = StudyToml::load_or_new(study)?;
    match manifest.steps.get(step) {
        None if present => Err(Error::new(format!(
            "the data already contain verdicts or ratings by {name}, which is not the model asked here"
        ))
        .remedy(Remedy::NameModel)),
        None => Ok(Claim::Free),
        Some(old) if old.get("model") != settings.get("model") => {
            let model = old.get("model").and_then(toml::Value::as_str).unwrap_or("another model");
            Err(Error::new(format!("in this study `{name}` stands for {model}")).remedy(Remedy::NameModel))
        }
        Some(old) if asked_alike(old, settings) => Ok(Claim::Free),
        Some(_) => Ok(Claim::Outdated),
    }
}

/// Whether two settings ask in the same way: what a step writes and how it is run again do not matter, and a run without a reference does not
/// invalidate what was counted against one.
fn asked_alike(old: &toml::Table, new: &toml::Table) -> bool {
    let asks = |name: &str| !["writes", "derived_from", "options"].contains(&name);
    let names = old.keys().chain(new.keys()).filter(|name| asks(name));
    names.into_iter().all(|name| match (old.get(name), new.get(name)) {
        (None, Some(_)) | (Some(_), None) => name == "reference",
        (old, new) => old == new,
    })
}

/// Rewrites a table: the old rows that are kept, then new ones. The old table stays until the new one is complete.
///
/// # Errors
///
/// When a table or `study.toml` cannot be read or written.
pub fn replace<T: TableRow + Clone>(
    mut writer: TableWriter<T>,
    old: Option<TableReader<T>>,
    keep: impl Fn(&T) -> bool,
    new: &[T],
) -> Result<()> {
    for batch in old.into_iter().flatten() {
        for row in batch? {
            if keep(&row) {
                writer.push_owned(row)?;
            }
        }
    }
    for row in new {
        writer.push(row)?;
    }
    writer.finish()?;
    Ok(())
}

/// Lets options ask for all that they and older ones ask for: a run on a part of the pairs, or of some properties, leaves the others as they
/// are, and whoever asks again wants both.
fn widen(old: &toml::Table, new: &mut toml::Table) {
    let filter = |of: &toml::Table| of.get("filter").and_then(toml::Value::as_str).map(str::to_owned);
    match (filter(old), filter(new)) {
        (None, Some(_)) => {
            new.remove("filter");
        }
        (Some(before), Some(now)) => {
            // What was edited and cannot be read is left to the newer run.
            if let (Ok(before), Ok(now)) = (before.parse::<Filter>(), now.parse::<Filter>()) {
                new.insert("filter".to_owned(), before.or(now).to_string().into());
            }
        }
        (_, None) => {}
    }
    let properties = |of: &toml::Table| of.get("properties").and_then(toml::Value::as_array).cloned();
    match (properties(old), properties(new)) {
        (None, Some(_)) => {
            new.remove("properties");
        }
        (Some(mut before), Some(now)) => {
            let more: Vec<toml::Value> = now.into_iter().filter(|id| !before.contains(id)).collect();
            before.extend(more);
            new.insert("properties".to_owned(), before.into());
        }
        (_, None) => {}
    }
}

/// Notes a step in `study.toml`.
///
/// # Errors
///
/// When a table or `study.toml` cannot be read or written.
pub fn note(study: &Study, step: &str, settings: toml::Table) -> Result<()> {
    let mut manifest = StudyToml::load_or_new(study)?;
    let mut settings = settings;
    let old = manifest.steps.get(step).filter(|old| asked_alike(old, &settings));
    if let Some(reference) = old.and_then(|old| old.get("reference")).cloned() {
        settings.entry("reference".to_owned()).or_insert(reference);
    }
    let options = old.and_then(|old| old.get("options")).and_then(toml::Value::as_table);
    if let (Some(old), Some(new)) = (options, settings.get_mut("options").and_then(toml::Value::as_table_mut))
    {
        widen(old, new);
    }
    manifest.steps.insert(step.to_owned(), settings);
    Ok(manifest.save(study)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_again_asks_for_all_that_was_asked() {
        let widened = |old: &str, new: &str| {
            let mut new: toml::Table = new.parse().unwrap();
            widen(&old.parse().unwrap(), &mut new);
            new.to_string()
        };
        let part = "filter = \"words(a) > 30\"\n";
        assert_eq!(widened("", part), "");
        assert_eq!(widened(part, ""), "");
        assert_eq!(widened(part, part), part);
        // A text within the other is not the same condition.
        let both = widened(part, "filter = 'words(a) > 3'");
        assert_eq!(both, "filter = \"words(a) > 30 or words(a) > 3\"\n");
        assert_eq!(widened(&both, part), both);
        let three = widened(&both, "filter = 'language = de and words(b) > 1'");
        assert!(three.contains("words(a) > 3 or (language = "), "{three}");
        let two = widened("properties = [\"polite\"]", "properties = [\"rich\", \"polite\"]");
        assert_eq!(two, "properties = [\"polite\", \"rich\"]\n");
        assert_eq!(widened("", "properties = [\"polite\"]"), "");
    }
}
