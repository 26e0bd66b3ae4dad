//! Files that take their name only once they are whole.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

use crate::error::DataError;

/// The ending of files that are not whole yet.
pub(crate) const TEMPORARY: &str = ".predilect-tmp";

/// A file being written, in the folder where it will be: it is not visible under its name before [`NewFile::finish`], and one that is
/// dropped is deleted, so that a killed process leaves the old file or the new one.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    target: PathBuf,
}

impl NewFile {
    /// Starts a file that will be `target`; as open to others as any new file of its owner (the umask says so).
    ///
    /// # Errors
    ///
    /// When its folder is not there or cannot be written to.
    pub fn of(target: &Path) -> Result<Self, DataError> {
        let name = target.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let prefix = format!(".{name}-");
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(TEMPORARY);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(Permissions::from_mode(0o666));
        }
        let folder = folder_of(target);
        let file = builder.tempfile_in(folder);
        let file = file.map_err(|e| DataError::path_io(folder, "make a file in this folder", e))?;
        made(file.path());
        Ok(Self { file, target: target.to_owned() })
    }

    /// Gives it these permissions.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    pub fn permit(&self, permissions: Permissions) -> io::Result<()> {
        self.file.as_file().set_permissions(permissions)
    }

    /// Where it is until it is complete, for writers that need a path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What was written so far, to be read.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn reopen(&self) -> Result<File, DataError> {
        self.file.reopen().map_err(|e| DataError::path_io(&self.target, "open", e))
    }

    /// Flushes what was written to the disk, under its temporary name.
    ///
    /// # Errors
    ///
    /// When the disk is full or fails.
    pub fn flush_to_disk(&self) -> Result<(), DataError> {
        self.file.as_file().sync_all().map_err(|e| DataError::path_io(&self.target, "flush", e))
    }

    /// Flushes it to the disk and leaves it there whatever becomes of this process: its name now, and its name to be, in its folder.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn keep(self) -> Result<(String, String), DataError> {
        self.flush_to_disk()?;
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let now = self.file.path().to_owned();
        // What a signal would delete no longer belongs to this process alone.
        MADE.lock().unwrap_or_else(PoisonError::into_inner).retain(|made| *made != now);
        let kept = self.file.keep();
        kept.map_err(|e| DataError::path_io(&self.target, "keep", e.error))?;
        Ok((name(&now), name(&self.target)))
    }

    /// Flushes it to the disk and gives it its name; what had that name is gone.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the old file is then still there.
    pub fn finish(self) -> Result<(), DataError> {
        self.flush_to_disk()?;
        self.file.persist(&self.target).map_err(|e| DataError::path_io(&self.target, "replace", e.error))?;
        // A rename itself must reach the disk too; not every system lets a folder be flushed.
        if let Ok(folder) = File::open(folder_of(&self.target)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

/// A file that the user named as an output: a new file that takes its name once it is complete, or, if that name is not a regular file (a
/// pipe, a device), the named one itself.
#[derive(Debug)]
pub struct OutFile(Out);

#[derive(Debug)]
enum Out {
    New(NewFile),
    InPlace(File),
}

impl OutFile {
    /// Starts it. The target of a link is written, not the link, and an existing file keeps its permissions.
    ///
    /// # Errors
    ///
    /// When its folder is not there or cannot be written to, or what is there cannot be opened.
    pub fn at(path: &Path) -> Result<Self, DataError> {
        let target = followed(path);
        let there = std::fs::metadata(&target).ok();
        if there.as_ref().is_some_and(|there| !there.is_file() && !there.is_dir()) {
            let file = File::options().write(true).open(&target);
            return Ok(Self(Out::InPlace(file.map_err(|e| DataError::path_io(path, "open", e))?)));
        }
        let file = NewFile::of(&target)?;
        if let Some(there) = there {
            file.permit(there.permissions()).map_err(|e| DataError::path_io(path, "open", e))?;
        }
        Ok(Self(Out::New(file)))
    }

    /// Ends it: flushed to the disk under its name.
    ///
    /// # Errors
    ///
    /// When it cannot be written; the old file is then still there.
    pub fn finish(self) -> Result<(), DataError> {
        match self.0 {
            Out::New(file) => file.finish(),
            Out::InPlace(_) => Ok(()),
        }
    }
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Out::New(file) => file.write(bytes),
            Out::InPlace(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Out::New(file) => file.flush(),
            Out::InPlace(file) => file.flush(),
        }
    }
}

/// Where links lead in the end, also to a file that is not there yet.
fn followed(path: &Path) -> PathBuf {
    const LINKS: usize = 40;
    if let Ok(real) = std::fs::canonicalize(path) {
        return real;
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = std::fs::read_link(&target) else { break };
        target = folder_of(&target).join(next);
    }
    target
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What this process has made for the time of its run.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Notes a file or folder that is to vanish if the process is stopped.
pub fn made(path: &Path) {
    let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    // Those that have got their names, or have vanished, no longer matter.
    all.retain(|path| path.exists());
    all.push(path.to_owned());
}

/// Removes what this process has made for the time of its run: only for a process that ends now.
pub fn clear_away() {
    /// Others may still write into a folder while it is emptied.
    const TRIES: usize = 20;
    for path in std::mem::take(&mut *MADE.lock().unwrap_or_else(PoisonError::into_inner)) {
        if !path.is_dir() {
            let _ = std::fs::remove_file(&path);
            continue;
        }
        for _ in 0..TRIES {
            if std::fs::remove_dir_all(&path).is_ok() || !path.exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
