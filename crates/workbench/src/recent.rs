//! Which studies were opened last: a small list in the user's state folder, known from one run of the page to the next.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use predilect_data::NewFile;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::studies::is_study;

/// Studies in the list.
pub const MOST: usize = 12;
/// The name of the list in its folder.
const FILE: &str = "recent.json";
/// The file that is locked to change the list.
const LOCK: &str = "recent.lock";
/// Size limit of a list in bytes; a longer file is not one.
const BYTES: u64 = 1 << 20;
const DAY: u64 = 24 * 60 * 60;

/// A study that was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recent {
    /// Its folder, from the root.
    pub folder: PathBuf,
    /// When it was opened last: seconds since 1970.
    pub opened: u64,
}

impl Recent {
    /// Whether the study no longer exists.
    pub fn is_gone(&self) -> bool {
        !is_study(&self.folder)
    }

    /// Whole days since it was opened.
    pub fn days(&self) -> u64 {
        now().saturating_sub(self.opened) / DAY
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Where the list is, by the XDG base directories; `None` without a home folder.
pub fn state_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // By its specification, a relative path is to be ignored.
    let state = set("XDG_STATE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(".local").join("state")));
    state.map(|state| state.join("predilect"))
}

/// The list, the last opened first; empty where it is missing or cannot be read.
pub fn recent(state: &Path) -> Vec<Recent> {
    let file = state.join(FILE);
    let plain = std::fs::metadata(&file).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES);
    let text = plain.then(|| std::fs::read_to_string(&file).ok()).flatten();
    let mut all: Vec<Recent> = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    all.retain(|one| one.folder.is_absolute());
    all.sort_by_key(|one| std::cmp::Reverse(one.opened));
    all.truncate(MOST);
    all
}

/// Puts a study at the head of the list.
///
/// # Errors
///
/// When the list cannot be written.
pub fn note(state: &Path, folder: &Path) -> Result<()> {
    let folder = folder.canonicalize()?;
    // JSON cannot represent other names.
    if folder.to_str().is_none() {
        return Ok(());
    }
    let _held = held(state)?;
    let mut all = recent(state);
    all.retain(|one| one.folder != folder);
    all.insert(0, Recent { folder, opened: now() });
    all.truncate(MOST);
    write(state, &all)
}

/// Takes a folder out of the list, whether or not a study is there; says whether it was in it.
///
/// # Errors
///
/// When the list cannot be written.
pub fn forget(state: &Path, folder: &Path) -> Result<bool> {
    let _held = held(state)?;
    let mut all = recent(state);
    let before = all.len();
    all.retain(|one| one.folder != folder);
    if all.len() == before {
        return Ok(false);
    }
    write(state, &all)?;
    Ok(true)
}

/// The right to change the list, which several servers may want at once: without it one would forget what another has just noted.
fn held(state: &Path) -> Result<File> {
    std::fs::create_dir_all(state)?;
    let file = File::options().create(true).append(true).open(state.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

/// Writes the list so that only its owner can read it: it says what the owner works on.
fn write(state: &Path, all: &[Recent]) -> Result<()> {
    let mut file = NewFile::of(&state.join(FILE)).map_err(std::io::Error::other)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.permit(std::fs::Permissions::from_mode(0o600))?;
    }
    serde_json::to_writer_pretty(&mut file, all).map_err(std::io::Error::from)?;
    file.flush()?;
    file.finish().map_err(std::io::Error::other)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_opened_come_first_and_few_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        assert!(recent(&state).is_empty());
        let study = |name: String| {
            let study = folder.path().join(name);
            std::fs::create_dir_all(&study).expect("a folder");
            std::fs::write(study.join("study.toml"), "").expect("written");
            study.canonicalize().expect("a path")
        };
        let all: Vec<PathBuf> = (0..MOST + 2).map(|at| study(format!("s{at}"))).collect();
        for one in &all {
            note(&state, one).expect("noted");
        }
        note(&state, &all[5]).expect("noted again");
        let found = recent(&state);
        assert_eq!((found.len(), &found[0].folder), (MOST, &all[5]));
        std::fs::remove_dir_all(&all[5]).expect("removed");
        assert!(recent(&state)[0].is_gone() && !recent(&state)[1].is_gone());
        assert!(forget(&state, &all[5]).expect("forgotten"));
        assert!(!forget(&state, &all[5]).expect("not there"));
        assert_eq!(recent(&state).len(), MOST - 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(state.join(FILE)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn what_is_noted_at_once_is_all_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let studies: Vec<PathBuf> = (0..MOST).map(|at| folder.path().join(format!("s{at}"))).collect();
        std::thread::scope(|threads| {
            for study in &studies {
                std::fs::create_dir_all(study).expect("a folder");
                threads.spawn(|| note(&state, study).expect("noted"));
            }
        });
        let found = recent(&state);
        for study in &studies {
            let study = study.canonicalize().expect("a path");
            assert!(found.iter().any(|one| one.folder == study), "{}: {found:?}", study.display());
        }
    }

    #[test]
    fn a_broken_list_is_an_empty_one() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "[{\"folder\": 3").expect("written");
        assert!(recent(folder.path()).is_empty());
        std::fs::write(folder.path().join(FILE), "[{\"folder\": \"../x\", \"opened\": 3}]").expect("written");
        assert!(recent(folder.path()).is_empty(), "only paths from the root");
    }
}
