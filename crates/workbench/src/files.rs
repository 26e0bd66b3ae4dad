//! Files that are there whole or not at all.

use std::io::Write;
use std::path::Path;

use predilect_data::NewFile;

pub use predilect_data::clear_away;

use crate::error::{Error, Result};

/// Writes a file by way of a temporary one beside it, so that a run that is killed leaves the old one.
///
/// # Errors
///
/// When the folder is not there or the file cannot be written.
pub fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let fail = |e: std::io::Error| {
        let e = e.kind();
        Error::new(format!("cannot write {}: {e}", path.display()))
            .words("check that the folder exists and can be written to")
    };
    // Where a link leads is written, and what is no file (a device, a pipe) is written to, not replaced.
    let real = std::fs::canonicalize(path);
    let path = real.as_deref().unwrap_or(path);
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return std::fs::write(path, content).map_err(fail);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(Error::new(format!(
            "cannot write {}: there is no folder {}",
            path.display(),
            folder.display()
        ))
        .words("make the folder first, or give another file"));
    }
    let mut file = NewFile::of(path)?;
    // What is there already stays as open as it is.
    if let Ok(there) = std::fs::metadata(path) {
        file.permit(there.permissions()).map_err(fail)?;
    }
    file.write_all(content).map_err(fail)?;
    Ok(file.finish()?)
}
