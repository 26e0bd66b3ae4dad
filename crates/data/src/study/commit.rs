//! An import replaces the existing tables as a whole. The steps are written to a journal before the first is taken: the next process that
//! opens the study after a kill finishes them.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::folder::Study;
use super::leftovers::JOURNAL;
use crate::error::DataError;
use crate::files::NewFile;

/// What was found in texts.
const FACTS: &str = "facts";
/// The weights of a dissection, and where they wait for the next one once pairs were added.
const WEIGHTS: &str = "posteriors";
const WEIGHTS_BEFORE: &str = "posteriors_before";
/// Tables that are computed from pairs and verdicts.
const RESULTS: &[&str] = &[
    "agreement",
    "annotators",
    "arms",
    FACTS,
    "biases",
    "judges",
    "clusters",
    "compliance",
    "contrasts",
    "habits",
    "controls",
    "corrected_rates",
    "effects",
    "explanations",
    "fits",
    "leaderboard",
    "length_controlled",
    "pooled",
    WEIGHTS,
    WEIGHTS_BEFORE,
    "shifts",
    "similarity",
    "stand_ins",
    "strengths",
];

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// Whether results of other pairs are there.
    results: bool,
    /// Whether these pairs stay.
    added: bool,
    /// Files that are whole, each with its name to be.
    files: Vec<(String, String)>,
}

impl Study {
    /// Puts whole files in place of the old ones, and takes the results of other data away.
    pub(super) fn commit(&self, files: Vec<NewFile>, results: bool, added: bool) -> Result<(), DataError> {
        let mut named = Vec::with_capacity(files.len());
        for file in files {
            named.push(file.keep()?);
        }
        let journal = Journal { results, added, files: named };
        let path = self.folder().join(JOURNAL);
        let text = serde_json::to_vec(&journal)
            .map_err(|e| DataError::study(path.display().to_string(), e.to_string()))?;
        let mut file = NewFile::of(&path)?;
        file.write_all(&text).map_err(|e| DataError::path_io(&path, "write", e))?;
        file.finish()?;
        self.carry_out(&journal)
    }

    /// Finishes an import that was killed while its files were being renamed, if nobody else is doing so and the folder is writable.
    pub(super) fn finish_import(&self) {
        let path = self.folder().join(JOURNAL);
        let Ok(text) = fs::read(&path) else { return };
        let Some(_held) = self.try_lock("import") else { return };
        // What is written there is believed about files of this folder only.
        let plain = |name: &String| Path::new(name).file_name().is_some_and(|own| own == name.as_str());
        match serde_json::from_slice::<Journal>(&text) {
            Ok(journal) if journal.files.iter().all(|(from, to)| plain(from) && plain(to)) => {
                // What cannot be done now is reported by whoever reads the tables.
                let _ = self.carry_out(&journal);
            }
            _ => {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Does what is left of it.
    fn carry_out(&self, journal: &Journal) -> Result<(), DataError> {
        if journal.results {
            self.forget_results(journal.added)?;
        }
        for (from, to) in &journal.files {
            let (from, to) = (self.folder().join(from), self.folder().join(to));
            // What has its name already was renamed before the kill.
            if from.exists() {
                fs::rename(&from, &to).map_err(|e| DataError::path_io(&to, "replace", e))?;
            }
        }
        let path = self.folder().join(JOURNAL);
        fs::remove_file(&path).map_err(|e| DataError::path_io(&path, "remove", e))?;
        // Renames must reach the disk too; not every system lets a folder be flushed.
        if let Ok(folder) = fs::File::open(self.folder()) {
            let _ = folder.sync_all();
        }
        Ok(())
    }

    /// Removes every result that was computed from data other than this import's: none must remain with the new pairs. What was found in
    /// texts stays if pairs are `added`, since it is true of the old ones; and the weights are kept for questions about what has changed.
    ///
    /// Only tables that this program writes are removed: the folder may contain other files of the user.
    fn forget_results(&self, added: bool) -> Result<(), DataError> {
        let failed = |path: &Path, e| DataError::path_io(path, "remove the old result", e);
        let weights = self.table_path(WEIGHTS);
        if added && weights.is_file() {
            fs::rename(&weights, self.table_path(WEIGHTS_BEFORE)).map_err(|e| failed(&weights, e))?;
        }
        let goes = |name: &&&str| !(added && [FACTS, WEIGHTS_BEFORE].contains(*name));
        let results = RESULTS.iter().filter(goes).map(|name| self.table_path(name));
        for path in results.chain([self.folder().join("report.html")]).filter(|path| path.is_file()) {
            fs::remove_file(&path).map_err(|e| failed(&path, e))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(study: &Study, name: &str, text: &str) -> NewFile {
        let mut file = NewFile::of(&study.folder().join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn what_a_kill_leaves_half_done_is_finished_by_whoever_comes_next() {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path()).unwrap();
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        for name in ["a.txt", "b.txt", "fits.parquet", "posteriors.parquet", "facts.parquet", "own.parquet"] {
            fs::write(folder.path().join(name), "old").unwrap();
        }
        // The state after the first of two renames.
        let files = [staged(&study, "a.txt", "new"), staged(&study, "b.txt", "new")];
        let files: Vec<(String, String)> = files.into_iter().map(|file| file.keep().unwrap()).collect();
        let journal = Journal { results: true, added: true, files: files.clone() };
        fs::write(folder.path().join(JOURNAL), serde_json::to_vec(&journal).unwrap()).unwrap();
        fs::rename(folder.path().join(&files[0].0), folder.path().join("a.txt")).unwrap();
        assert_eq!((text("a.txt").as_deref(), text("b.txt").as_deref()), (Some("new"), Some("old")));
        // While another process holds the lock, it is left alone.
        let held = study.lock("import").unwrap();
        study.finish_import();
        assert_eq!(text("b.txt").as_deref(), Some("old"));
        drop(held);
        study.finish_import();
        assert_eq!((text("a.txt").as_deref(), text("b.txt").as_deref()), (Some("new"), Some("new")));
        assert!(
            text(JOURNAL).is_none() && text("fits.parquet").is_none() && text("posteriors.parquet").is_none()
        );
        let stays = ["posteriors_before.parquet", "facts.parquet", "own.parquet"];
        assert!(stays.iter().all(|name| text(name).as_deref() == Some("old")));
        let left = fs::read_dir(folder.path()).unwrap().flatten();
        assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with("-tmp")));
    }

    #[test]
    fn a_journal_that_names_other_folders_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path().join("study")).unwrap();
        fs::write(folder.path().join("victim"), "kept").unwrap();
        let journal =
            Journal { results: false, added: false, files: vec![("x".to_owned(), "../victim".to_owned())] };
        fs::write(study.folder().join("x"), "bad").unwrap();
        fs::write(study.folder().join(JOURNAL), serde_json::to_vec(&journal).unwrap()).unwrap();
        study.finish_import();
        assert_eq!(fs::read_to_string(folder.path().join("victim")).unwrap(), "kept");
        assert!(!study.folder().join(JOURNAL).exists());
    }
}
