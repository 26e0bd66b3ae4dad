//! Model files from the Hugging Face hub, each downloaded once, checked, and kept.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use predilect_types::{Failure, Subject};
use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{Response, header::HeaderMap};

use crate::fingerprint::hex;

/// How long the hub may send nothing before a download counts as stalled.
const STALL: Duration = Duration::from_mins(1);

/// How far a download is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Download {
    /// Bytes that are here.
    pub done: u64,
    /// Bytes in all, where the hub says so.
    pub total: Option<u64>,
}

/// Why a file of the hub is not here.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// No such string names a file.
    #[error(
        "hf:{0} names no file: write hf:ORGANISATION/NAME/FILE.gguf, or hf:ORGANISATION/NAME/FILE.gguf@REVISION"
    )]
    Name(String),
    /// The hub cannot be reached.
    #[error("{address} cannot be reached: {problem}")]
    Offline {
        /// What was asked for.
        address: String,
        /// What went wrong.
        problem: String,
    },
    /// The hub answers, but not with the file.
    #[error("{address}: status {status}")]
    Status {
        /// What was asked for.
        address: String,
        /// The status.
        status: u16,
    },
    /// What came is not what the hub promised.
    #[error("{0}: the downloaded file is damaged: its hash is not the hub's")]
    Damaged(String),
    /// The file cannot be written.
    #[error("{}: {problem}", path.display())]
    Write {
        /// Where to.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
}

impl Failure for HubError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("as-said")
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Name(name) => Subject::value(name),
            Self::Write { path, .. } => Subject::file(path.display().to_string()),
            _ => Subject::default(),
        }
    }
}

impl HubError {
    /// What the user can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Name(_) => "the hub shows names and files on a model's page under \"Files\"",
            Self::Offline { .. } => {
                "where there is no connection, download the file elsewhere and give gguf:PATH"
            }
            Self::Status { status: 401 | 403, .. } => {
                "some models need permission: accept the licence on the model's page and set HF_TOKEN"
            }
            Self::Status { status: 429 | 500.., .. } => "the hub is overloaded: run the command again later",
            Self::Status { .. } => "check organisation, name and file",
            Self::Damaged(_) => "run the command again: the file is downloaded again",
            Self::Write { .. } => "is the disk full? HF_HOME and XDG_CACHE_HOME say where files go",
        }
    }
}

/// Where things are: from the environment, and given by hand in tests.
struct Places {
    hub: String,
    token: Option<String>,
    /// Where other tools keep what they have downloaded.
    theirs: PathBuf,
    ours: PathBuf,
    stall: Duration,
}

impl Places {
    fn of_environment() -> Self {
        let env =
            |name: &str| std::env::var(name).ok().map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let home =
            PathBuf::from(env("HOME").or_else(|| env("USERPROFILE")).unwrap_or_else(|| ".".to_owned()));
        let cache = env("XDG_CACHE_HOME").map_or_else(|| home.join(".cache"), PathBuf::from);
        let theirs = env("HF_HUB_CACHE")
            .map(PathBuf::from)
            .or_else(|| env("HF_HOME").map(|home| Path::new(&home).join("hub")))
            .unwrap_or_else(|| cache.join("huggingface/hub"));
        Self {
            hub: env("HF_ENDPOINT")
                .map_or_else(|| "https://huggingface.co".to_owned(), |e| e.trim_end_matches('/').to_owned()),
            token: env("HF_TOKEN").filter(|token| token.bytes().all(|byte| byte.is_ascii_graphic())),
            theirs,
            ours: cache.join("predilect/models"),
            stall: STALL,
        }
    }
}

/// The path of `ORGANISATION/NAME/FILE` on this machine: a file that another tool or an earlier run has downloaded, else downloaded now; an
/// interrupted download is resumed. The hub's SHA-256 is checked.
///
/// # Errors
///
/// When the file cannot be had; each kind says what to do.
pub fn fetch(name: &str, progress: &mut dyn FnMut(Download)) -> Result<PathBuf, HubError> {
    fetch_from(&Places::of_environment(), name, progress)
}

fn fetch_from(places: &Places, name: &str, progress: &mut dyn FnMut(Download)) -> Result<PathBuf, HubError> {
    let bad = || HubError::Name(name.to_owned());
    let (path, revision) = name.split_once('@').unwrap_or((name, "main"));
    let parts: Vec<&str> = path.split('/').collect();
    let [organisation, model, rest @ ..] = parts.as_slice() else { return Err(bad()) };
    let safe = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    if rest.is_empty() || !parts.iter().all(|part| safe(part)) || !safe(revision) {
        return Err(bad());
    }
    let file = rest.join("/");
    let snapshots = places.theirs.join(format!("models--{organisation}--{model}/snapshots"));
    let mut found: Vec<PathBuf> = snapshots
        .read_dir()
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| revision == "main" || entry.file_name().to_string_lossy().starts_with(revision))
        .map(|entry| entry.path().join(&file))
        .filter(|path| path.is_file())
        .collect();
    found.sort_by_key(|path| path.metadata().and_then(|m| m.modified()).ok());
    let target = places.ours.join(organisation).join(model).join(revision).join(&file);
    if let Some(path) = found.pop().or_else(|| target.is_file().then(|| target.clone())) {
        return Ok(path);
    }
    download(
        places,
        &format!("{}/{organisation}/{model}/resolve/{revision}/{file}", places.hub),
        &target,
        progress,
    )?;
    Ok(target)
}

/// Unlike other files, which are written under a temporary name and vanish with the process: what has arrived stays, so that a later run
/// resumes it.
///
/// A download that breaks off or stalls is taken up again at once as long as each attempt brings something.
fn download(
    places: &Places,
    address: &str,
    target: &Path,
    progress: &mut dyn FnMut(Download),
) -> Result<(), HubError> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
    }
    let part = target.with_extension("part");
    let size = || part.metadata().map_or(0, |m| m.len());
    let promised = loop {
        let before = size();
        match receive(places, address, &part, progress) {
            Err(HubError::Offline { .. }) if size() > before => {}
            ended => break ended?,
        }
    };
    if let Some(promised) = promised
        && hash(&part).map_err(|e| unwritten(&part, &e))? != promised
    {
        let _ = fs::remove_file(&part);
        return Err(HubError::Damaged(address.to_owned()));
    }
    fs::rename(&part, target).map_err(|e| unwritten(target, &e))
}

fn unwritten(path: &Path, e: &std::io::Error) -> HubError {
    HubError::Write { path: path.to_owned(), problem: e.to_string() }
}

/// Adds to `part` what it lacks, in one attempt; the SHA-256 that the hub promises.
fn receive(
    places: &Places,
    address: &str,
    part: &Path,
    progress: &mut dyn FnMut(Download),
) -> Result<Option<String>, HubError> {
    let broken = |problem: String| HubError::Offline { address: address.to_owned(), problem };
    let mut done = part.metadata().map_or(0, |m| m.len());
    let (response, promised) = request(places, address, done)?;
    if response.status() == 416 {
        // Nothing is missing.
        return Ok(promised);
    }
    if done > 0 && response.status() != 206 {
        done = 0;
    }
    let mut file = OpenOptions::new()
        .create(true)
        .append(done > 0)
        .write(true)
        .truncate(done == 0)
        .open(part)
        .map_err(|e| unwritten(part, &e))?;
    let total = number(response.headers(), "content-length").map(|left| left + done);
    let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
    let blocks = read_ahead(reader);
    progress(Download { done, total });
    loop {
        let block = match blocks.recv_timeout(places.stall) {
            Ok(block) => block.map_err(|e| broken(e.to_string()))?,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let waited = places.stall.as_secs();
                return Err(broken(format!(
                    "nothing arrived for {waited} s; the next run resumes at {done} bytes"
                )));
            }
        };
        file.write_all(&block).map_err(|e| unwritten(part, &e))?;
        done += block.len() as u64;
        progress(Download { done, total });
    }
    file.sync_all().map_err(|e| unwritten(part, &e))?;
    match total {
        Some(total) if total != done => {
            Err(broken(format!("{done} of {total} bytes arrived; the next run resumes there")))
        }
        _ => Ok(promised),
    }
}

/// Reads on a separate thread, so that silence can be distinguished from slowness: an overall limit would end large downloads, and the
/// library has no limit for one read. The thread ends with the reader, or when its blocks are no longer received.
fn read_ahead(mut reader: impl Read + Send + 'static) -> Receiver<std::io::Result<Vec<u8>>> {
    let (sender, blocks) = sync_channel(4);
    std::thread::spawn(move || {
        loop {
            let mut block = vec![0; 1 << 18];
            let read = reader.read(&mut block);
            let last = !matches!(read, Ok(n) if n > 0);
            let sent = match read {
                Ok(0) => break,
                Ok(n) => {
                    block.truncate(n);
                    sender.send(Ok(block))
                }
                Err(e) => sender.send(Err(e)),
            };
            if last || sent.is_err() {
                break;
            }
        }
    });
    blocks
}

/// Asks for a file from a byte on, following the hub to where it keeps large files; with the SHA-256 that the hub promises.
fn request(
    places: &Places,
    address: &str,
    from: u64,
) -> Result<(Response<ureq::Body>, Option<String>), HubError> {
    let agent: Agent = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("predilect/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let mut at = address.to_owned();
    let mut promised = None;
    for _ in 0..8 {
        let mut call = agent.get(&at);
        if from > 0 {
            call = call.header("range", format!("bytes={from}-"));
        }
        // The token is for the hub; the store it redirects to does not need it.
        if let Some(token) = places.token.as_ref().filter(|_| at.starts_with(&format!("{}/", places.hub))) {
            call = call.header("authorization", format!("Bearer {token}"));
        }
        let response = call
            .call()
            .map_err(|e| HubError::Offline { address: address.to_owned(), problem: e.to_string() })?;
        promised = promised.or_else(|| sha256(response.headers()));
        match response.status().as_u16() {
            200 | 206 => return Ok((response, promised)),
            // More was asked for than there is: what is here is complete, or not part of this file.
            416 if from > 0 => {
                let whole = text(response.headers(), "content-range");
                let whole = whole.and_then(|range| range.strip_prefix("bytes */")?.parse::<u64>().ok());
                return if whole == Some(from) {
                    Ok((response, promised))
                } else {
                    request(places, address, 0)
                };
            }
            301 | 302 | 303 | 307 | 308 => {
                let location = text(response.headers(), "location").unwrap_or_default();
                at = if location.starts_with('/') { format!("{}{location}", origin(&at)) } else { location };
            }
            status => return Err(HubError::Status { address: address.to_owned(), status }),
        }
    }
    Err(HubError::Offline { address: address.to_owned(), problem: "it redirects in circles".to_owned() })
}

fn origin(address: &str) -> &str {
    let start = address.find("://").map_or(0, |at| at + 3);
    address[start..].find('/').map_or(address, |end| &address[..start + end])
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.parse().ok()
}

/// Large files have their SHA-256 as their tag.
fn sha256(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, "x-linked-etag").or_else(|| text(headers, "etag"))?;
    let tag = tag.trim_start_matches("W/").trim_matches('"').to_ascii_lowercase();
    (tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(tag)
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        let n = file.read(&mut block)?;
        if n == 0 {
            break;
        }
        hash.update(&block[..n]);
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests;
