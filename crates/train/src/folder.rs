//! The folder of a training run: what was asked, every step, checkpoints of which one is always whole, and what came of it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use predilect_learn::LearnError;
use predilect_results::training::StepRow;
use predilect_workbench::files::{NewFile, is_unfinished, remove_unfinished};
use predilect_workbench::{Error, Remedy, Result};
use serde_json::Value;

use crate::asked::differs;
use crate::mistakes::learnt;

/// What was asked.
const REQUEST: &str = "train.json";
/// Every step.
pub(crate) const STEPS: &str = "train.jsonl";
/// The pairs with their labels.
pub(crate) const PAIRS: &str = "pairs.jsonl";
/// What labels by the weights of a judge were computed from.
pub(crate) const LABELS: &str = "labels.json";
/// The lock of a running training process.
const LOCK: &str = "lock";
/// The last checkpoint, and the best one.
const LAST: &str = "checkpoint";
const BEST: &str = "best";
/// The trained model as a folder.
pub(crate) const MERGED: &str = "merged";

/// A folder in which a model is trained.
#[derive(Debug)]
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    _lock: File,
}

/// Which checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checkpoint {
    Last,
    Best,
}

impl Checkpoint {
    fn name(self) -> &'static str {
        match self {
            Self::Last => LAST,
            Self::Best => BEST,
        }
    }
}

impl Folder {
    /// Opens a folder that is new, empty, or of a run that was asked for in the same way; notes what was asked.
    ///
    /// # Errors
    ///
    /// When it contains something else, when another process trains there, or when it cannot be written.
    pub(crate) fn open(path: &Path, asked: &Value) -> Result<Self> {
        let request = path.join(REQUEST);
        let own = |name: &std::ffi::OsStr| name == LOCK || is_unfinished(name);
        let foreign =
            |entry: std::io::Result<fs::DirEntry>| entry.map_or(true, |entry| !own(&entry.file_name()));
        let empty = fs::read_dir(path).map_or(true, |mut entries| !entries.any(foreign));
        let kept = fs::read_to_string(&request).ok();
        if kept.is_none() && !empty {
            let what = format!("{} contains files but is not a training run", path.display());
            return Err(Error::new(what).words("choose another folder"));
        }
        fs::create_dir_all(path).map_err(|e| {
            Error::new(format!("{}: cannot create the folder: {e}", path.display()))
                .words("choose another folder")
        })?;
        let lock = path.join(LOCK);
        let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
        let lock = opened.map_err(unwritten(&lock))?;
        if lock.try_lock().is_err() {
            return Err(Error::new(format!("{} is in use by another process", path.display()))
                .words("wait until it ends, or choose another folder"));
        }
        if let Ok(kept) = fs::read_to_string(&request) {
            let kept: Value = serde_json::from_str(&kept)
                .map_err(|e| Error::new(format!("{}: {e}", request.display())).remedy(Remedy::OtherPlace))?;
            if let Some(other) = differs(&kept, asked) {
                let what = format!("{} is a run with {other}, and would be overwritten", path.display());
                return Err(
                    Error::new(what).words("choose another folder, or repeat the original options to resume")
                );
            }
        }
        let text = serde_json::to_string_pretty(asked).unwrap_or_default() + "\n";
        let own = Self { path: path.to_owned(), _lock: lock };
        own.clear()?;
        own.write(REQUEST, text.as_bytes())?;
        Ok(own)
    }

    /// Removes what a killed run has left unfinished; the folder is locked.
    fn clear(&self) -> Result<()> {
        remove_unfinished(&self.path);
        for name in [LAST, BEST, MERGED] {
            let new = self.path.join(format!("{name}.new"));
            if new.is_dir() {
                fs::remove_dir_all(&new).map_err(unwritten(&new))?;
            }
        }
        Ok(())
    }

    /// What was asked for in a folder, if it is one of a run.
    pub(crate) fn asked(path: &Path) -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(path.join(REQUEST)).ok()?).ok()
    }

    /// Writes a file of the folder atomically.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path.join(name);
        let mut file = NewFile::of(&path)?;
        file.write_all(bytes).map_err(unwritten(&path))?;
        file.finish()?;
        Ok(path)
    }

    /// Writes what labels were computed from, where that is the weights of a judge.
    pub(crate) fn keep_weights(&self, weights: Option<&Value>) -> Result<()> {
        let Some(weights) = weights else { return Ok(()) };
        self.write(LABELS, (weights.to_string() + "\n").as_bytes()).map(drop)
    }

    /// Replaces the previous checkpoint.
    pub(crate) fn keep(&self, which: Checkpoint, files: &[(&'static str, Vec<u8>)]) -> Result<()> {
        self.swap(which.name(), |new| {
            for (name, bytes) in files {
                let path = new.join(name);
                let write = || {
                    let mut file = File::create(&path)?;
                    file.write_all(bytes)?;
                    file.sync_all()
                };
                write().map_err(unwritten(&path))?;
            }
            Ok(())
        })
    }

    /// Fills a new folder and replaces the previous one by it. Killed at any point, one of the two is complete: if the place is empty, the
    /// previous one has `.old` after its name. A single file is written by `write`; a non-empty folder cannot be replaced in one rename.
    pub(crate) fn swap(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let at = |ending: &str| self.path.join(format!("{name}{ending}"));
        let (place, new, old) = (at(""), at(".new"), at(".old"));
        let without = |folder: &Path| {
            if folder.exists() { fs::remove_dir_all(folder).map_err(unwritten(folder)) } else { Ok(()) }
        };
        without(&new)?;
        fs::create_dir(&new).map_err(unwritten(&new))?;
        if let Err(error) = fill(&new) {
            // What is half there would fill the disk that may be full.
            let _ = fs::remove_dir_all(&new);
            return Err(error);
        }
        if place.exists() {
            without(&old)?;
            fs::rename(&place, &old).map_err(unwritten(&old))?;
        }
        fs::rename(&new, &place).map_err(unwritten(&place))?;
        without(&old)
    }

    /// The folder of a complete checkpoint.
    pub(crate) fn kept(&self, which: Checkpoint) -> Option<PathBuf> {
        let name = which.name();
        [self.path.join(name), self.path.join(format!("{name}.old"))].into_iter().find(|path| path.is_dir())
    }

    /// The steps that were noted, up to a step.
    pub(crate) fn steps(&self, most: usize) -> Vec<StepRow> {
        let Ok(file) = File::open(self.path.join(STEPS)) else { return Vec::new() };
        let lines = BufReader::new(file).lines().map_while(std::result::Result::ok);
        let rows = lines.map_while(|line| serde_json::from_str::<StepRow>(&line).ok());
        rows.take_while(|row| row.step as usize <= most).collect()
    }

    /// The file of steps, with these in it and to be written on.
    pub(crate) fn note(&self, steps: &[StepRow]) -> Result<Lines> {
        self.lines(STEPS, steps)
    }

    /// A file with these lines in it, to be written on.
    pub(crate) fn lines(&self, name: &str, values: &[impl serde::Serialize]) -> Result<Lines> {
        let mut text = Vec::new();
        for value in values {
            text.extend(line(value)?);
        }
        let path = self.write(name, &text)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(unwritten(&path))?;
        Ok(Lines { path, file })
    }
}

/// A file that grows by lines of JSON.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: File,
}

impl Lines {
    /// Writes one line more.
    pub(crate) fn add(&mut self, value: &impl serde::Serialize) -> Result<()> {
        self.file.write_all(&line(value)?).map_err(unwritten(&self.path))
    }

    /// Brings what was written to the disk, so that nothing that comes later can be there without it.
    pub(crate) fn keep(&self) -> Result<()> {
        self.file.sync_all().map_err(unwritten(&self.path))
    }
}

/// One line of JSON.
pub(crate) fn line(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut line =
        serde_json::to_vec(value).map_err(|e| Error::new(format!("a step cannot be written: {e}")))?;
    line.push(b'\n');
    Ok(line)
}

/// Adds the file that was to be written, and what helps, to an error of the system.
pub(crate) fn unwritten(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| learnt(LearnError::Written { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_checkpoint_is_whole_wherever_a_write_stops() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("run"), &json!({"model": "m"})).unwrap();
        assert_eq!(folder.kept(Checkpoint::Last), None);
        let one = |text: &str| vec![("state.json", text.as_bytes().to_vec())];
        folder.keep(Checkpoint::Last, &one("1")).unwrap();
        // As if it had been killed between the two renames.
        let path = folder.path.join(LAST);
        fs::rename(&path, folder.path.join("checkpoint.old")).unwrap();
        fs::create_dir(folder.path.join("checkpoint.new")).unwrap();
        let kept = folder.kept(Checkpoint::Last).unwrap();
        assert_eq!(fs::read_to_string(kept.join("state.json")).unwrap(), "1");
        folder.keep(Checkpoint::Last, &one("2")).unwrap();
        let kept = folder.kept(Checkpoint::Last).unwrap();
        assert_eq!(
            (kept.clone(), fs::read_to_string(kept.join("state.json")).unwrap()),
            (path, "2".to_owned())
        );
        assert!(!folder.path.join("checkpoint.old").exists());
    }

    #[test]
    fn what_a_killed_run_left_unfinished_is_removed() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("run");
        fs::create_dir(&path).unwrap();
        // Killed while the first file was written: there is nothing else yet.
        fs::write(path.join(".train-x1.predilect-tmp"), "{").unwrap();
        drop(Folder::open(&path, &json!({"model": "m"})).unwrap());
        let left = [".model-x2.predilect-tmp", "merged.new/model.safetensors", "checkpoint.new/state.json"];
        for name in left {
            fs::create_dir_all(path.join(name).parent().unwrap()).unwrap();
            fs::write(path.join(name), "half").unwrap();
        }
        fs::create_dir(path.join("checkpoint.old")).unwrap();
        drop(Folder::open(&path, &json!({"model": "m"})).unwrap());
        let mut names: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["checkpoint.old", "lock", "train.json"]);
    }

    #[test]
    fn an_error_names_the_file_that_was_to_be_written() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(&place.path().join("run"), &json!({"model": "m"})).unwrap();
        // A file where the folder of the checkpoint is to be made.
        fs::write(folder.path.join("checkpoint.new"), "x").unwrap();
        let error = folder.keep(Checkpoint::Last, &[]).unwrap_err();
        assert!(error.message().contains("checkpoint.new: cannot be written"), "{error}");
        fs::remove_file(folder.path.join("checkpoint.new")).unwrap();
        let half = folder.swap("merged", |new| {
            fs::write(new.join("model.safetensors"), "half").unwrap();
            Err(Error::new("the disk is full"))
        });
        assert!(half.is_err() && !folder.path.join("merged.new").exists());
        let full = unwritten(Path::new("out/train.jsonl"))(std::io::ErrorKind::StorageFull.into());
        assert!(full.message().starts_with("out/train.jsonl: cannot be written"), "{full}");
        assert!(matches!(full.what_helps(), Some(Remedy::Words(words)) if words.contains("resumes")));
    }

    #[test]
    fn a_folder_goes_on_only_with_the_same_request() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("run");
        drop(Folder::open(&path, &json!({"model": "m", "seed": 1})).unwrap());
        assert!(
            Folder::open(&path, &json!({"model": "m", "seed": 2})).unwrap_err().message().contains("seed")
        );
        let first = Folder::open(&path, &json!({"model": "m", "seed": 1})).unwrap();
        assert!(
            Folder::open(&path, &json!({"model": "m", "seed": 1})).unwrap_err().message().contains("in use")
        );
        drop(first);
        fs::write(place.path().join("other"), "x").unwrap();
        assert!(Folder::open(place.path(), &json!({})).is_err());
    }
}
