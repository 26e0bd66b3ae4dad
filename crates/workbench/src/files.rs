//! Files that are there whole or not at all.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use predilect_data::{OutFile, check_place};

pub use predilect_data::{NewFile, clear_away, is_unfinished, remove_unfinished};

use crate::error::{Error, Result};

/// Whether all these results can be written, before any work for them; `inputs` are what will be read.
///
/// # Errors
///
/// For the first that cannot: its folder is missing, it is a folder, or it would replace what is read or a part of a study, or
/// another result goes there.
pub fn check_places<'a>(places: impl IntoIterator<Item = &'a PathBuf>, inputs: &[PathBuf]) -> Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    for place in places {
        check_place(place, inputs)?;
        let file = std::path::absolute(place).unwrap_or_else(|_| place.clone());
        // Two may go into one pipe, not into one file.
        let one = !file.exists() || file.is_file();
        if one && files.contains(&file) {
            return Err(Error::new(format!("{} is named for two results", place.display()))
                .words("give each a file of its own"));
        }
        files.push(file);
    }
    Ok(())
}

/// Writes a file that belongs to a study, in the same way.
///
/// # Errors
///
/// When it cannot be written.
pub fn write_own(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = NewFile::of(path)?;
    file.write_all(content)?;
    Ok(file.finish()?)
}

/// Writes a file through a temporary one in the same folder, so that a killed run leaves the old one.
///
/// # Errors
///
/// When the folder is not there or the file cannot be written.
pub fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let fail = |e: std::io::Error| {
        let kind = e.kind();
        if kind == ErrorKind::BrokenPipe {
            return Error::from(e);
        }
        Error::new(format!("cannot write {}: {kind}", path.display())).words(match kind {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "free some space on the disk",
            _ => "check that the folder exists and can be written to",
        })
    };
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !path.exists() && !folder.is_dir() {
        return Err(Error::new(format!(
            "cannot write {}: there is no folder {}",
            path.display(),
            folder.display()
        ))
        .words("make the folder first, or give another file"));
    }
    let mut file = OutFile::at(path)?;
    file.write_all(content).map_err(fail)?;
    Ok(file.finish()?)
}
