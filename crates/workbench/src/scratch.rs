//! A folder for intermediate files: private, and deleted however the process ends.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::error::{Error, Remedy, Result};

/// How the folders' names begin.
const PREFIX: &str = "predilect-";
/// The file that is locked for as long as the folder is in use.
const ALIVE: &str = ".alive";
/// A folder that is younger may not have its lock yet.
const YOUNG: Duration = Duration::from_mins(1);

/// A private folder. It is deleted with this, or when a signal that can be caught stops the process; what a kill leaves is removed when the
/// next one is created.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    _alive: Option<File>,
}

impl Scratch {
    /// Makes one in the folder for temporary files.
    ///
    /// # Errors
    ///
    /// When no folder can be made there.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    /// Makes one in that folder.
    fn within(place: &Path) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(place).map_err(|e| {
            Error::new(format!("cannot make a temporary folder: {e}")).remedy(Remedy::TemporaryFolder)
        })?;
        predilect_data::made(folder.path());
        // If files cannot be locked, nothing is swept either.
        let alive = File::create(folder.path().join(ALIVE)).ok().filter(|file| file.try_lock().is_ok());
        if alive.is_some() {
            sweep(place, folder.path());
        }
        Ok(Self { folder, _alive: alive })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of the same user's processes that have ended: their locks are free.
fn sweep(place: &Path, own: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX) && path != own;
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) || !same_owner(&path, own) {
            continue;
        }
        let age =
            fs::metadata(&path).and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
        if age.is_none_or(|age| age < YOUNG) {
            continue;
        }
        let alive = OpenOptions::new().read(true).write(true).open(path.join(ALIVE));
        if alive.is_ok_and(|file| file.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

#[cfg(unix)]
fn same_owner(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let owner = |path| fs::symlink_metadata(path).ok().map(|about: fs::Metadata| about.uid());
    owner(one).is_some_and(|uid| Some(uid) == owner(other))
}

#[cfg(not(unix))]
fn same_owner(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn what_a_killed_process_has_left_goes_and_nothing_else() {
        let place = tempfile::tempdir().expect("a folder");
        let held = Scratch::within(place.path()).expect("a folder");
        let make = |name: &str, lock: bool, aged: bool| {
            let folder = place.path().join(name);
            fs::create_dir(&folder).expect("a folder");
            fs::write(folder.join("texts"), "private").expect("written");
            if lock {
                fs::write(folder.join(ALIVE), "").expect("written");
            }
            if aged {
                let hour_ago = SystemTime::now() - Duration::from_hours(1);
                File::open(&folder).and_then(|file| file.set_modified(hour_ago)).expect("aged");
            }
            folder
        };
        let killed = make("predilect-killed", true, true);
        let stay = [
            make("predilect-young", true, false),
            make("predilect-notes", false, true),
            make("other", true, true),
        ];
        let hour_ago = SystemTime::now() - Duration::from_hours(1);
        File::open(held.path()).and_then(|file| file.set_modified(hour_ago)).expect("aged");
        let next = Scratch::within(place.path()).expect("a folder");
        assert!(!killed.exists() && held.path().exists() && next.path().exists());
        assert!(stay.iter().all(|folder| folder.join("texts").exists()));
        let gone = held.path().to_owned();
        drop(held);
        assert!(!gone.exists());
    }
}
