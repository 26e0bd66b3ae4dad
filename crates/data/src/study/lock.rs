//! One writer at a time: a writer of a study holds its lock; readers need none.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::folder::Study;
use super::leftovers::sweep;
use crate::error::DataError;

/// The file that is locked. It stays: what counts is the lock, which the system takes back when its holder ends.
const LOCK: &str = ".predilect.lock";

/// The right to write a study, until it is dropped.
#[derive(Debug)]
pub struct StudyLock {
    file: File,
    /// Whether the file says who holds it.
    noted: bool,
}

impl Study {
    /// Locks this study for writing; `doing` is what others are told meanwhile.
    ///
    /// # Errors
    ///
    /// When another process is writing it, and when the folder cannot be written to.
    pub fn lock(&self, doing: &str) -> Result<StudyLock, DataError> {
        let held = lock(self.folder(), doing)?;
        sweep(self.folder());
        Ok(held)
    }

    /// The same; `None` if another process is writing or the folder is not writable.
    pub fn try_lock(&self, doing: &str) -> Option<StudyLock> {
        self.lock(doing).ok()
    }
}

/// Whether a process is writing the study now.
pub(super) fn is_held(folder: &Path) -> bool {
    let path = folder.join(LOCK);
    if plain(&path).is_err() {
        return false;
    }
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn lock(folder: &Path, doing: &str) -> Result<StudyLock, DataError> {
    let path = folder.join(LOCK);
    plain(&path)?;
    let failed = |e| DataError::path_io(&path, "open", e);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut said = String::new();
            let _ = (&file).take(1000).read_to_string(&mut said);
            let who = who(&said).unwrap_or_else(|| "another process".to_owned());
            return Err(DataError::study(
                folder.display().to_string(),
                format!("the study is being written by {who}"),
            )
            .with_remedy("wait until that has ended, or work in another study"));
        }
        // Some file systems have no locks: then writers cannot be detected.
        Err(TryLockError::Error(_)) => return Ok(StudyLock { file, noted: false }),
    }
    // Whatever else it contains is not this program's to delete.
    let mut said = String::new();
    let read = (&file).take(1000).read_to_string(&mut said).is_ok();
    if !read || !(said.is_empty() || who(&said).is_some()) {
        return Ok(StudyLock { file, noted: false });
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let _ = file
        .set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| write!(file, "{}\n{now}\n{doing}\n", std::process::id()))
        .and_then(|()| file.flush());
    Ok(StudyLock { file, noted: true })
}

/// Nothing is written through a link, which may lead anywhere.
fn plain(path: &Path) -> Result<(), DataError> {
    match std::fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => {
            Err(DataError::study(path.display().to_string(), "the study's lock is not a regular file")
                .with_remedy("remove it: a new one is made"))
        }
        _ => Ok(()),
    }
}

/// Who holds the lock, by what the file says.
fn who(said: &str) -> Option<String> {
    let mut lines = said.lines();
    let process: u32 = lines.next()?.parse().ok()?;
    let since: u64 = lines.next()?.parse().ok()?;
    let doing: String = lines.next()?.chars().filter(|c| !c.is_control()).take(60).collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let for_long = match now.saturating_sub(since) {
        seconds @ 0..=119 => format!("{seconds} s"),
        seconds @ 120..=7199 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    };
    Some(format!("process {process} ({doing}), for {for_long}"))
}

impl Drop for StudyLock {
    fn drop(&mut self) {
        if self.noted {
            let _ = self.file.set_len(0);
        }
        let _ = self.file.unlock();
    }
}

/// Removes the lock's file, when a folder that was created in vain is removed.
pub(super) fn forget(folder: &Path) {
    let _ = std::fs::remove_file(folder.join(LOCK));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writes_and_the_other_is_told_who() {
        let folder = tempfile::tempdir().unwrap();
        let study = Study::create(folder.path()).unwrap();
        let held = study.lock("judge").unwrap();
        let error = study.lock("import").unwrap_err().to_string();
        assert!(error.contains(&format!("process {} (judge), for 0 s", std::process::id())), "{error}");
        assert!(study.try_lock("facts").is_none());
        drop(held);
        assert!(study.lock("import").is_ok());
        // Any other content does not matter.
        std::fs::write(folder.path().join(LOCK), "\u{1b}[2J").unwrap();
        assert!(study.lock("import").is_ok());
        assert_eq!(std::fs::read(folder.path().join(LOCK)).unwrap(), b"\x1b[2J", "it is not ours to delete");
        assert_eq!(who("x\n1\nimport"), None);
    }

    /// A study may come from anywhere, and its lock be a link to anything.
    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let other = place.path().join("other");
        std::fs::write(&other, "kept").unwrap();
        let study = Study::create(place.path().join("study")).unwrap();
        std::os::unix::fs::symlink(&other, study.folder().join(LOCK)).unwrap();
        assert!(study.try_lock("rating").is_none());
        let error = study.lock("import").unwrap_err().to_string();
        assert!(error.contains("not a regular file"), "{error}");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "kept");
    }
}
