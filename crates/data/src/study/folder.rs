//! Where a study is, and where its tables are within it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bound::Bound;
use super::imported;
use crate::error::DataError;
use crate::files::is_unfinished;

/// A study folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Study {
    folder: PathBuf,
    /// The user's own folder, of which this is a copy: the one that messages name.
    copy_of: Option<PathBuf>,
    pub(super) bound: Bound,
}

impl Study {
    /// Opens the folder, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn create(folder: impl Into<PathBuf>) -> Result<Self, DataError> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|e| DataError::path_io(&folder, "make the folder", e))?;
        sweep(&folder);
        Ok(Self { folder, copy_of: None, bound: Bound::default() })
    }

    /// An existing folder, whatever it contains.
    pub(super) fn at(folder: PathBuf) -> Self {
        Self { folder, copy_of: None, bound: Bound::default() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A study of the same tables as another, whose folder messages name.
    #[must_use]
    pub fn copy_of(self, original: &Self) -> Self {
        Self { copy_of: Some(original.folder.clone()), ..self }
    }

    /// The path of a table as its owner knows it.
    pub(super) fn shown_path(&self, name: &str) -> PathBuf {
        self.copy_of.as_ref().unwrap_or(&self.folder).join(format!("{name}.parquet"))
    }

    /// The path of a table, whether or not it exists.
    pub fn table_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.parquet"))
    }

    /// The path of `study.toml`.
    pub fn toml_path(&self) -> PathBuf {
        self.folder.join("study.toml")
    }

    /// Whether a table is there.
    pub fn has_table(&self, name: &str) -> bool {
        self.table_path(name).is_file()
    }

    /// A name for what was imported, the same for the same pairs and verdicts; `None` if the table does not have one.
    pub fn import_name(&self) -> Option<String> {
        self.bound.or(|| self.import_now())
    }

    /// The same for the tables as they are now, whatever was read before.
    pub fn import_now(&self) -> Option<String> {
        imported::import_of(&self.table_path("pairs"))
    }
}

/// Removes what killed runs have left, once it is a day old and no longer in use.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let left = is_unfinished(&entry.file_name());
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|time| time.elapsed().ok());
        if left && age.is_some_and(|age| age > Duration::from_hours(24)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
