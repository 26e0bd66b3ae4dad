//! Files that take their name only once they are whole.

use std::path::Path;

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
    builder.tempfile_in(folder).map_err(|e| DataError::path_io(folder, "make a temporary file in", e))
}
