//! What did a writer leave in a study that was killed before its file was whole?

use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::files::TEMPORARY;

/// Where an import writes down what it is about to do.
pub(super) const JOURNAL: &str = ".predilect.commit";
/// Files that are not whole are left alone for so long after something was last written to them: a report is written without the study's lock.
const LEFT: Duration = Duration::from_mins(1);

/// Removes files of writers that were killed. Only who holds the lock may: nobody else is writing the study then.
pub(super) fn sweep(folder: &Path) {
    // An import that was killed while its files took their names is finished with them.
    if folder.join(JOURNAL).exists() {
        return;
    }
    let now = SystemTime::now();
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let own = name.to_str().is_some_and(|name| name.starts_with('.') && name.ends_with(TEMPORARY));
        // Not through a link.
        let Ok(about) = entry.path().symlink_metadata() else { continue };
        let age = about.modified().ok().and_then(|written| now.duration_since(written).ok());
        if own && about.is_file() && age.is_some_and(|age| age >= LEFT) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Study;

    #[test]
    fn what_a_killed_writer_left_goes_when_the_study_is_next_written() {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path()).unwrap();
        let file = |name: &str, seconds: u64| {
            let path = folder.path().join(name);
            std::fs::write(&path, "half").unwrap();
            let written = SystemTime::now() - Duration::from_secs(seconds);
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(written).unwrap();
            path
        };
        let old = file(".verdicts-AbCdEf.predilect-tmp", 3600);
        let [new, other] = [file(".verdicts-GhIjKl.predilect-tmp", 0), file("notes.predilect-tmp", 3600)];
        let journal = folder.path().join(JOURNAL);
        std::fs::write(&journal, "{}").unwrap();
        drop(study.lock("label").unwrap());
        assert!(old.exists(), "an import may still need it");
        std::fs::remove_file(&journal).unwrap();
        drop(study.lock("label").unwrap());
        assert!(!old.exists() && new.exists() && other.exists());
    }
}
