//! Files that users upload: received up to a size limit, looked at, and kept as a study only when a user opens them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use predilect_workbench::sent::{Bytes as Size, Scratch, keep, kept_folder, plain_name, unpacked_within};
use predilect_workbench::{Error, Watch};
use tokio::sync::mpsc;

use crate::looked::Looks;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::studies::{Served, Studies};

/// Files that wait at once, and studies that were made of files.
const FILES: usize = 32;
/// Files that are read together at most.
const TOGETHER: usize = 8;
/// The total size of all waiting files is at most this many times the limit of one.
const TIMES: u64 = 4;
/// A compressed file may unpack to this many times the limit of a file.
const UNPACKED: u64 = 8;
/// Timeout without data while a file is being received.
const SILENCE: Duration = Duration::from_secs(30);

/// What visitors may send, and what they have sent.
#[derive(Debug)]
pub(crate) struct Uploads {
    /// Whether anything may be sent.
    allowed: bool,
    /// The largest file in bytes.
    most: u64,
    /// Where studies are kept when the server ends; `None`: they are deleted.
    kept: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The folder of the files until the server ends; created for the first one.
    scratch: Option<Scratch>,
    waiting: BTreeMap<u64, Arc<Upload>>,
    /// Files that are being received: their numbers, and how much of each is there.
    coming: BTreeMap<u64, u64>,
    next: u64,
    /// Studies that were made, by the numbers of their files.
    studies: BTreeMap<u64, String>,
    /// Whether no more uploads are accepted.
    over: bool,
}

/// A file that was sent, or several that belong together.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) number: u64,
    /// The original names, without a path.
    pub(crate) names: Vec<String>,
    /// The size of all of them.
    pub(crate) bytes: u64,
    /// The files, in the order of their names, all in one folder.
    pub(crate) files: Vec<PathBuf>,
    /// Locked while a study is made of it.
    opening: Mutex<()>,
    /// Set once it is known how large it is unpacked.
    fits: OnceLock<()>,
    /// What was found in it.
    pub(crate) looks: Looks,
}

impl Upload {
    /// The same problem without the files' paths, which must not be disclosed.
    pub(crate) fn named(&self, problem: Problem) -> Problem {
        let plain = |text: &str| {
            let mut text = text.to_owned();
            for (file, name) in self.files.iter().zip(&self.names) {
                text = text.replace(&file.display().to_string(), name);
            }
            let folder = self.folder().map(|folder| folder.display().to_string());
            folder.map_or(text.clone(), |folder| text.replace(&folder, &self.name()))
        };
        let mut about = problem.about;
        about.subject.file = about.subject.file.as_deref().map(plain);
        let remedy = problem.remedy.as_deref().map(plain);
        Problem { detail: plain(&problem.detail), remedy, about, ..problem }
    }

    /// The names of the files, in words.
    pub(crate) fn name(&self) -> String {
        self.names.join(", ")
    }

    fn folder(&self) -> Option<&Path> {
        self.files.first().and_then(|file| file.parent())
    }

    /// The title of the study that it becomes.
    fn title(&self) -> String {
        let first = self.names.first().map(String::as_str).unwrap_or_default();
        let stem = first.split('.').next().unwrap_or_default().trim();
        if stem.is_empty() { "file".to_owned() } else { stem.to_owned() }
    }
}

/// A place for a file that is being received; it is given back when that ends.
struct Coming<'a> {
    uploads: &'a Uploads,
    number: u64,
    folder: PathBuf,
    whole: bool,
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.uploads.state().coming.remove(&self.number);
        if !self.whole {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Uploads {
    pub(crate) fn new(allowed: bool, most: u64, kept: Option<PathBuf>) -> Self {
        Self { allowed, most, kept, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The size limit of a file in bytes; `None` if uploads are not allowed.
    pub(crate) fn most(&self) -> Option<u64> {
        self.allowed.then_some(self.most)
    }

    /// Whether studies stay when the server ends.
    pub(crate) fn stays(&self) -> bool {
        self.kept.is_some()
    }

    pub(crate) fn get(&self, number: &str) -> Result<Arc<Upload>, Problem> {
        let found = number.parse().ok().and_then(|number: u64| self.state().waiting.get(&number).cloned());
        found.ok_or_else(|| {
            Problem::not_found(format!("no file that was sent has the number {number}")).remedy(
                "send it again: files are deleted once a study is made of them, and when the server ends",
            )
        })
    }

    /// The study that a file has become.
    pub(crate) fn became(&self, number: &str) -> Option<String> {
        self.state().studies.get(&number.parse().ok()?).cloned()
    }

    /// The files that wait to be opened.
    pub(crate) fn waiting(&self) -> Vec<Arc<Upload>> {
        self.state().waiting.values().rev().cloned().collect()
    }

    fn too_large(&self) -> Problem {
        Problem::too_large(format!("the file is larger than {}", Size(self.most)))
            .remedy("start the server with a larger --max-upload, or give it the file: predilect serve FILE")
    }

    /// A place for one more file.
    fn begin(&self, announced: Option<u64>) -> Result<Coming<'_>, Problem> {
        if !self.allowed {
            return Err(Problem::forbidden(
                "nothing can be sent here: the server was started with --read-only",
            )
            .remedy("start it without, or give it the file: predilect serve FILE"));
        }
        if announced.is_some_and(|bytes| bytes > self.most) {
            return Err(self.too_large());
        }
        let mut state = self.state();
        if state.over {
            return Err(Problem::failed());
        }
        if state.waiting.len() + state.coming.len() >= FILES {
            return Err(Problem::refused(format!("{FILES} files were sent and are waiting to be opened"))
                .remedy("open or discard some of them: the first page lists them"));
        }
        if state.scratch.is_none() {
            state.scratch = Some(Scratch::new()?);
        }
        state.next += 1;
        let number = state.next;
        let folder =
            state.scratch.as_ref().map(|s| s.path().join(number.to_string())).ok_or_else(Problem::failed)?;
        std::fs::create_dir(&folder).map_err(|e| Problem::from(Error::from(e)))?;
        state.coming.insert(number, 0);
        Ok(Coming { uploads: self, number, folder, whole: false })
    }

    /// Whether this much of one file may be stored in addition to the other files.
    fn has_room(&self, number: u64, bytes: u64) -> Result<(), Problem> {
        if bytes > self.most {
            return Err(self.too_large());
        }
        let mut state = self.state();
        state.coming.insert(number, bytes);
        let all: u64 =
            state.coming.values().sum::<u64>() + state.waiting.values().map(|own| own.bytes).sum::<u64>();
        if all > self.most.saturating_mul(TIMES) {
            return Err(Problem::refused(format!(
                "files of more than {} are waiting to be opened",
                Size(self.most.saturating_mul(TIMES))
            ))
            .remedy("open or discard some of them: the first page lists them"));
        }
        Ok(())
    }

    /// Receives a file, piece by piece, onto the disk; `with` is the number of those that it belongs to.
    pub(crate) async fn receive(
        &self,
        (name, with): (&str, Option<&str>),
        announced: Option<u64>,
        body: Body,
    ) -> Result<Arc<Upload>, Problem> {
        if let Some(with) = with {
            self.get(with)?;
        }
        let mut coming = self.begin(announced)?;
        let name = plain_name(name);
        let file = coming.folder.join(&name);
        let (pieces, taken) = mpsc::channel::<Bytes>(8);
        let to = file.clone();
        let writing = tokio::task::spawn_blocking(move || written(&to, taken));
        let received = self.pieces(coming.number, body, &pieces).await;
        drop(pieces);
        let written = writing.await.map_err(|_| Problem::failed())?;
        let bytes = received?;
        written.map_err(|e| Problem::from(Error::from(e)).remedy("is the disk full?"))?;
        if bytes == 0 {
            return Err(Problem::refused(format!("{name} is empty")).remedy("choose a file with records"));
        }
        let (upload, joined) = match with {
            Some(with) => (self.joined(with, (name, bytes, &file))?, true),
            None => (self.waits(coming.number, (name, bytes, file))?, false),
        };
        // A file that has joined others is in their folder.
        coming.whole = !joined;
        Ok(upload)
    }

    /// A file that was received waits to be opened.
    fn waits(
        &self,
        number: u64,
        (name, bytes, file): (String, u64, PathBuf),
    ) -> Result<Arc<Upload>, Problem> {
        let (names, files) = (vec![name], vec![file]);
        let upload = Arc::new(Upload {
            number,
            names,
            bytes,
            files,
            opening: Mutex::default(),
            fits: OnceLock::new(),
            looks: Looks::default(),
        });
        let mut state = self.state();
        if state.over {
            return Err(Problem::failed());
        }
        state.waiting.insert(number, Arc::clone(&upload));
        Ok(upload)
    }

    /// A file that was received joins others that wait to be opened.
    fn joined(&self, with: &str, (name, bytes, file): (String, u64, &Path)) -> Result<Arc<Upload>, Problem> {
        let first = self.get(with)?;
        // Nobody opens them meanwhile, and others join before or after.
        let _opening = first.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.get(with)?;
        if old.names.contains(&name) {
            return Err(Problem::refused(format!("{name} was sent already")).remedy("give it another name"));
        }
        if old.names.len() >= TOGETHER {
            return Err(Problem::refused(format!("more than {TOGETHER} files cannot be read together here"))
                .remedy("give them to the command line: predilect serve FILE FILE"));
        }
        let place = old.folder().ok_or_else(Problem::failed)?.join(&name);
        std::fs::rename(file, &place).map_err(|e| Problem::from(Error::from(e)))?;
        let upload = Arc::new(Upload {
            number: old.number,
            names: [old.names.as_slice(), &[name]].concat(),
            bytes: old.bytes + bytes,
            files: [old.files.as_slice(), &[place]].concat(),
            opening: Mutex::default(),
            fits: OnceLock::new(),
            looks: Looks::default(),
        });
        self.state().waiting.insert(upload.number, Arc::clone(&upload));
        Ok(upload)
    }

    async fn pieces(&self, number: u64, body: Body, to: &mpsc::Sender<Bytes>) -> Result<u64, Problem> {
        let mut stream = body.into_data_stream();
        let mut bytes = 0;
        loop {
            let Ok(next) = tokio::time::timeout(SILENCE, stream.next()).await else {
                return Err(Problem::refused("the rest of the file did not arrive").remedy("send it again"));
            };
            let Some(piece) = next else { return Ok(bytes) };
            let piece = piece
                .map_err(|_| Problem::refused("the file did not arrive complete").remedy("send it again"))?;
            bytes += piece.len() as u64;
            self.has_room(number, bytes)?;
            if to.send(piece).await.is_err() {
                // Errors are reported by the writer.
                return Ok(bytes);
            }
        }
    }

    /// Refuses a file that would be much larger unpacked.
    pub(crate) fn unpacks(&self, upload: &Upload) -> Result<(), Problem> {
        if upload.fits.get().is_none() {
            let options = Reading::default().options(&upload.name(), self.most);
            for file in &upload.files {
                unpacked_within(file, self.most.saturating_mul(UNPACKED), &options)
                    .map_err(|error| upload.named(Error::from(error).into()))?;
            }
            let _ = upload.fits.set(());
        }
        Ok(())
    }

    /// How a file is read, within the limits that apply here.
    pub(crate) fn options(&self, upload: &Upload, reading: &Reading) -> predilect_workbench::ReadOptions {
        reading.options(&upload.name(), self.most)
    }

    /// Deletes a file.
    pub(crate) fn discard(&self, number: &str) -> Result<(), Problem> {
        let upload = self.get(number)?;
        self.state().waiting.remove(&upload.number);
        if let Some(folder) = upload.folder() {
            let _ = std::fs::remove_dir_all(folder);
        }
        Ok(())
    }

    /// Makes a study of a file, and serves it.
    pub(crate) fn open(
        &self,
        upload: &Upload,
        reading: &Reading,
        studies: &Studies,
        watch: &dyn Watch,
    ) -> Result<Arc<Served>, Problem> {
        // Who opens it a second time meanwhile finds it gone.
        let _opening = upload.opening.lock().unwrap_or_else(PoisonError::into_inner);
        self.get(&upload.number.to_string())?;
        if self.state().studies.len() >= FILES {
            return Err(Problem::refused(format!("{FILES} studies were made of files that were sent"))
                .remedy("start the server again; with --keep-uploads the studies stay"));
        }
        let folder = self.folder_for(upload, studies)?;
        let made = keep(&upload.files, &self.options(upload, reading), &folder, watch);
        if let Err(error) = made {
            if self.kept.is_none() {
                let _ = std::fs::remove_dir_all(&folder);
            }
            return Err(upload.named(error.into()));
        }
        let given = [upload.names.as_slice(), reading.words().as_slice()].concat();
        let served = studies.add(&folder, &upload.title(), given);
        self.state().studies.insert(upload.number, served.id.clone());
        self.discard(&upload.number.to_string())?;
        Ok(served)
    }

    /// A folder for a study that is not there yet.
    fn folder_for(&self, upload: &Upload, studies: &Studies) -> Result<PathBuf, Problem> {
        if let Some(kept) = &self.kept {
            kept_folder(kept)?;
            let name = studies.free_id(&upload.title());
            let free = |name: &String| !kept.join(name).exists();
            let named = (1..10_000).map(|n| if n == 1 { name.clone() } else { format!("{name}-{n}") });
            let name = named.into_iter().find(free).ok_or_else(Problem::failed)?;
            return Ok(kept.join(name));
        }
        let state = self.state();
        let scratch = state.scratch.as_ref().map(Scratch::path).ok_or_else(Problem::failed)?;
        Ok(scratch.join(format!("study-{}", upload.number)))
    }

    /// Deletes everything that is not kept.
    pub(crate) fn end(&self) {
        let mut state = self.state();
        state.over = true;
        state.waiting.clear();
        state.scratch = None;
    }
}

fn written(to: &Path, mut pieces: mpsc::Receiver<Bytes>) -> std::io::Result<()> {
    let mut file = File::create(to)?;
    while let Some(piece) = pieces.blocking_recv() {
        file.write_all(&piece)?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(
        uploads: &Uploads,
        name: &str,
        announced: Option<u64>,
        body: &str,
    ) -> Result<Arc<Upload>, Problem> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(uploads.receive((name, None), announced, Body::from(body.to_owned())))
    }

    #[test]
    fn files_are_bounded_in_size_and_number() {
        let uploads = Uploads::new(true, 10, None);
        assert_eq!(receive(&uploads, "a", Some(11), "").expect_err("too large").status, 413);
        assert_eq!(receive(&uploads, "a", None, "12345678901").expect_err("too large").status, 413);
        assert_eq!(receive(&uploads, "a", None, "").expect_err("empty").status, 400);
        for _ in 0..4 {
            receive(&uploads, "../../a", None, "1234567890").expect("received");
        }
        let full = receive(&uploads, "a", None, "1").expect_err("no room");
        assert!(full.detail.contains("40 bytes"), "{full:?}");
        let first = uploads.get("4").expect("there");
        assert_eq!(
            (first.name().as_str(), std::fs::read_to_string(&first.files[0]).expect("a file").as_str()),
            ("a", "1234567890")
        );
        uploads.discard("4").expect("discarded");
        assert!(!first.files[0].exists() && uploads.get("4").is_err());
        receive(&uploads, "a", None, "1").expect("there is room again");
        let kept = uploads.get("5").expect("there").files[0].clone();
        uploads.end();
        assert!(!kept.exists());
        assert!(receive(&uploads, "a", None, "1").is_err());
        assert_eq!(
            receive(&Uploads::new(false, 10, None), "a", None, "1").expect_err("read-only").status,
            403
        );
    }
}
