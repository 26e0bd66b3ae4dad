//! Files that take their name only once they are whole.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{Builder, NamedTempFile};

use crate::error::DataError;

/// The ending of files that are not whole yet.
pub(crate) const TEMPORARY: &str = ".predilect-tmp";

/// A file in a folder that vanishes unless it is given its name; as open to others as any new file of its owner (the umask says so).
///
/// # Errors
///
/// When the folder is not there or cannot be written to.
pub fn temporary(folder: &Path, name: &str) -> Result<NamedTempFile, DataError> {
    let prefix = format!(".{name}-");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder);
    let file = file.map_err(|e| DataError::path_io(folder, "make a temporary file in", e))?;
    made(file.path());
    Ok(file)
}

/// What this process has made for the time of its run.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Notes a file or folder that is to vanish if the process is stopped.
pub fn made(path: &Path) {
    let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    // Those that have got their names, or have vanished, are of no interest.
    all.retain(|path| path.exists());
    all.push(path.to_owned());
}

/// Removes what this process has made for the time of its run: only for a process that ends now.
pub fn clear_away() {
    for path in std::mem::take(&mut *MADE.lock().unwrap_or_else(PoisonError::into_inner)) {
        let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    }
}
