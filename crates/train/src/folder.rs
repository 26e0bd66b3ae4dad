//! The folder of a training run: what was asked, every step, checkpoints of which one is always whole, and what came of it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use predilect_results::training::StepRow;
use predilect_workbench::files::write_file;
use predilect_workbench::{Error, Remedy, Result};
use serde_json::Value;

/// What was asked.
const REQUEST: &str = "train.json";
/// Every step.
pub(crate) const STEPS: &str = "train.jsonl";
/// The pairs with their labels.
pub(crate) const PAIRS: &str = "pairs.jsonl";
/// The lock of a running training process.
const LOCK: &str = "lock";
/// The last checkpoint, and the best one.
const LAST: &str = "checkpoint";
const BEST: &str = "best";

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
        let foreign =
            |entry: std::io::Result<fs::DirEntry>| entry.map_or(true, |entry| entry.file_name() != LOCK);
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
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK))?;
        if lock.try_lock().is_err() {
            return Err(Error::new(format!("{} is in use by another process", path.display()))
                .words("wait until it ends, or choose another folder"));
        }
        if let Ok(kept) = fs::read_to_string(&request) {
            let kept: Value = serde_json::from_str(&kept)
                .map_err(|e| Error::new(format!("{}: {e}", request.display())).remedy(Remedy::OtherPlace))?;
            if let Some(other) = differs(&kept, asked) {
                let what = format!(
                    "{} is a run with a different `{other}`, and would be overwritten",
                    path.display()
                );
                return Err(
                    Error::new(what).words("choose another folder, or repeat the original options to resume")
                );
            }
        }
        let text = serde_json::to_string_pretty(asked).unwrap_or_default() + "\n";
        write_file(&request, text.as_bytes())?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Writes a file of the folder atomically.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.path.join(name);
        write_file(&path, bytes)?;
        Ok(path)
    }

    /// Replaces the previous checkpoint.
    pub(crate) fn keep(&self, which: Checkpoint, files: &[(&'static str, Vec<u8>)]) -> Result<()> {
        self.swap(which.name(), |new| {
            for (name, bytes) in files {
                let mut file = File::create(new.join(name))?;
                file.write_all(bytes)?;
                file.sync_all()?;
            }
            Ok(())
        })
    }

    /// Fills a new folder and replaces the previous one by it. Killed at any point, one of the two is complete: if the place is empty, the
    /// previous one has `.old` after its name. A single file is written by `write`; a non-empty folder cannot be replaced in one rename.
    pub(crate) fn swap(&self, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        let at = |ending: &str| self.path.join(format!("{name}{ending}"));
        let (place, new, old) = (at(""), at(".new"), at(".old"));
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        fs::create_dir(&new)?;
        fill(&new)?;
        if place.exists() {
            if old.exists() {
                fs::remove_dir_all(&old)?;
            }
            fs::rename(&place, &old)?;
        }
        fs::rename(&new, &place)?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        Ok(())
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
    pub(crate) fn note(&self, steps: &[StepRow]) -> Result<File> {
        let mut text = Vec::new();
        for step in steps {
            write_line(&mut text, step)?;
        }
        let path = self.write(STEPS, &text)?;
        Ok(OpenOptions::new().append(true).open(path)?)
    }
}

/// Writes one line of JSON.
pub(crate) fn write_line(out: &mut impl Write, value: &impl serde::Serialize) -> Result<()> {
    let mut line =
        serde_json::to_vec(value).map_err(|e| Error::new(format!("a step cannot be written: {e}")))?;
    line.push(b'\n');
    out.write_all(&line)?;
    Ok(())
}

/// What may change from one run to the next.
const FREE: [&str; 3] = ["outputs", "checkpoint_every", "evaluate_every"];

/// The first setting in which two requests differ that must not, as the way to it.
fn differs(kept: &Value, asked: &Value) -> Option<String> {
    let (Some(kept), Some(asked)) = (kept.as_object(), asked.as_object()) else {
        return (kept != asked).then(String::new);
    };
    let mut keys = kept.keys().chain(asked.keys()).filter(|key| !FREE.contains(&key.as_str()));
    keys.find_map(|key| {
        let null = Value::Null;
        let (one, other) = (kept.get(key).unwrap_or(&null), asked.get(key).unwrap_or(&null));
        let inner = differs(one, other)?;
        Some(if inner.is_empty() { key.clone() } else { format!("{key}.{inner}") })
    })
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
