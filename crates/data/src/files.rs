//! Files that take their name only once they are whole.

use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
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
        if let Some(file) = standard(path) {
            return Ok(Self(Out::InPlace(file.map_err(|e| DataError::path_io(path, "open", e))?)));
        }
        // Of the path as it is given: where a pipe's link leads has no name.
        let there = std::fs::metadata(path).ok();
        if there.as_ref().is_some_and(|there| !there.is_file() && !there.is_dir()) {
            let file = File::options().write(true).open(path);
            return Ok(Self(Out::InPlace(file.map_err(|e| DataError::path_io(path, "open", e))?)));
        }
        let target = followed(path)?;
        may_be_replaced(path, &target)?;
        let file = NewFile::of(&target)?;
        if let Some(there) = there {
            file.permit(there.permissions()).map_err(|e| DataError::path_io(path, "open", e))?;
        }
        Ok(Self(Out::New(file)))
    }

    /// Starts a file of this program's own: a link in its place is replaced, since nobody named where it leads.
    pub(crate) fn own(path: &Path) -> Result<Self, DataError> {
        NewFile::of(path).map(|file| Self(Out::New(file)))
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
fn followed(path: &Path) -> Result<PathBuf, DataError> {
    const LINKS: usize = 40;
    if let Ok(real) = std::fs::canonicalize(path) {
        return Ok(real);
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        let Ok(next) = std::fs::read_link(&target) else { return Ok(target) };
        target = folder_of(&target).join(next);
    }
    Err(DataError::path_io(path, "open", io::Error::other("its links lead in a circle")))
}

/// Standard output or standard error under a name: what was written to it before stays, and goes on after it.
fn standard(path: &Path) -> Option<io::Result<File>> {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        let number = match path.to_str()? {
            "/dev/stdout" => "1",
            "/dev/stderr" => "2",
            other => other.strip_prefix("/dev/fd/").or_else(|| other.strip_prefix("/proc/self/fd/"))?,
        };
        let own = match number {
            "1" => io::stdout().as_fd().try_clone_to_owned(),
            "2" => io::stderr().as_fd().try_clone_to_owned(),
            _ => return None,
        };
        Some(own.map(File::from))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// The files that this process has read, under their real names.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Notes files that are read: none of them is replaced by a result.
pub(crate) fn read<'a>(paths: impl IntoIterator<Item = &'a Path>) {
    let real = paths.into_iter().filter_map(|path| std::fs::canonicalize(path).ok());
    READ.lock().unwrap_or_else(PoisonError::into_inner).extend(real);
}

/// What a study consists of: its data, and results that are read again.
const OF_A_STUDY: [&str; 34] = [
    ".predilect.lock",
    "annotators.parquet",
    "agreement.parquet",
    "arms.parquet",
    "biases.parquet",
    "clusters.parquet",
    "compliance.parquet",
    "contrasts.parquet",
    "controls.parquet",
    "corrected_rates.parquet",
    "effects.parquet",
    "fits.parquet",
    "habits.parquet",
    "judges.parquet",
    "leaderboard.parquet",
    "length_controlled.parquet",
    "messages.toml",
    "pooled.parquet",
    "posteriors.parquet",
    "posteriors_before.parquet",
    "shifts.parquet",
    "similarity.parquet",
    "stand_ins.parquet",
    "steering.json",
    "strengths.parquet",
    "validity.json",
    "versus.parquet",
    "study.toml",
    "properties.toml",
    "calls.sqlite",
    "pairs.parquet",
    "verdicts.parquet",
    "ratings.parquet",
    "facts.parquet",
];

/// Whether a result can be written there, before any work for it: there is a folder for it, and nothing that is read or a study consists of
/// would be replaced. `inputs` are what will be read.
///
/// # Errors
///
/// When it cannot, with the reason.
pub fn check_place(path: &Path, inputs: &[PathBuf]) -> Result<(), DataError> {
    let refused = |why: &str, remedy: &str| {
        let why = format!("cannot be written: {why}");
        Err(DataError::input(path.display().to_string(), why).with_remedy(remedy))
    };
    if path == Path::new("-") {
        return refused(
            "it is not the name of a file",
            "give one: what goes to standard output goes there without being named",
        );
    }
    if standard(path).is_some() {
        return Ok(());
    }
    let target = followed(path)?;
    if target.is_dir() {
        return refused("it is a folder", "give the name of a file in it");
    }
    let folder = folder_of(&target);
    if !folder.is_dir() {
        let why = format!("there is no folder {}", folder.display());
        return refused(&why, "make the folder first, or give another file");
    }
    read(inputs.iter().map(PathBuf::as_path));
    may_be_replaced(path, &target)
}

/// Whether a result may take the place of what is there; `path` is what the user wrote.
fn may_be_replaced(path: &Path, target: &Path) -> Result<(), DataError> {
    let refused = |what: &str| {
        let name = path.display().to_string();
        Err(DataError::input(name, what).with_remedy("give the result another name"))
    };
    let Ok(target) = std::fs::canonicalize(target) else { return Ok(()) };
    if READ.lock().unwrap_or_else(PoisonError::into_inner).contains(&target) {
        return refused("the result would replace a file that is read");
    }
    let own =
        target.file_name().and_then(|name| name.to_str()).is_some_and(|name| OF_A_STUDY.contains(&name));
    if own && folder_of(&target).join("study.toml").is_file() {
        return refused("the result would replace a part of a study");
    }
    Ok(())
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Whether a file of this name is one that is not whole yet, or that a killed run has left so.
pub fn is_unfinished(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().ends_with(TEMPORARY)
}

/// Removes what killed runs have left unfinished in a folder: only for one in which nobody else writes, as a lock says.
pub fn remove_unfinished(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_unfinished(&entry.file_name()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn folder_of(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What this process has made for the time of its run.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether the process ends: what other threads still make goes at once.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Notes a file or folder that is to vanish if the process is stopped.
pub fn made(path: &Path) {
    let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    // Those that have got their names, or have vanished, no longer matter.
    all.retain(|path| path.exists());
    if ENDED.load(Ordering::SeqCst) {
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        return;
    }
    all.push(path.to_owned());
}

/// Removes what this process has made for the time of its run: only for a process that ends now.
pub fn clear_away() {
    /// Others may still write into a folder while it is emptied.
    const TRIES: usize = 20;
    let all = {
        let mut all = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        ENDED.store(true, Ordering::SeqCst);
        std::mem::take(&mut *all)
    };
    for path in all {
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
