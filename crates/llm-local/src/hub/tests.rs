//! Downloads that break off, stall, are damaged or were there already, from a small server of files.

use super::*;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const CONTENT: &[u8] = b"GGUF and some more bytes of a model";

/// What the store does with a request.
#[derive(Clone, Copy, PartialEq)]
enum Store {
    SendsAll,
    /// Half of what was asked for, and then the connection is closed.
    BreaksOff,
    /// Half of what was asked for, and then nothing more on an open connection.
    Stalls,
    /// Nothing at all on an open connection.
    Silent,
}

/// A hub on this machine: redirects to its store, which has the file; `first`: what the store does with the first requests.
fn hub(first: &'static [Store], tag: &str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (log, tag) = (Arc::clone(&asked), tag.to_owned());
    // Another host by its name.
    let store = address.replace("127.0.0.1", "localhost");
    std::thread::spawn(move || {
        let mut first = first.iter().copied();
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines: Vec<String> = Vec::new();
            for line in BufReader::new(&stream).lines().map(Result::unwrap) {
                if line.is_empty() {
                    break;
                }
                lines.push(line);
            }
            let from = lines.iter().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("range: bytes=")?.trim_end_matches('-').parse().ok()
            });
            log.lock().unwrap().push(lines.join("\n"));
            let head = if lines[0].contains("/resolve/main/no.gguf") {
                "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_owned()
            } else if lines[0].contains("/resolve/") {
                format!(
                    "HTTP/1.1 302 Found\r\nlocation: {store}/store/file\r\nx-linked-etag: \"{tag}\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            } else if from.is_some_and(|from| from >= CONTENT.len()) {
                let length = CONTENT.len();
                format!(
                    "HTTP/1.1 416 X\r\ncontent-range: bytes */{length}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                )
            } else {
                let rest = &CONTENT[from.unwrap_or(0)..];
                let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", rest.len())
            };
            let _ = stream.write_all(head.as_bytes());
            if !lines[0].contains("/resolve/") {
                let rest = CONTENT.get(from.unwrap_or(0)..).unwrap_or_default();
                let does = first.next().unwrap_or(Store::SendsAll);
                let cut = match does {
                    Store::SendsAll => rest.len(),
                    Store::BreaksOff | Store::Stalls => rest.len() / 2,
                    Store::Silent => 0,
                };
                let _ = stream.write_all(&rest[..cut]);
                if matches!(does, Store::Stalls | Store::Silent) {
                    open.push(stream);
                }
            }
        }
    });
    (address, asked)
}

fn content_hash() -> String {
    hex(&Sha256::digest(CONTENT))
}

fn places(folder: &Path, hub: String) -> Places {
    Places {
        hub,
        token: Some("hf_secret".to_owned()),
        theirs: folder.join("theirs"),
        ours: folder.join("ours"),
        stall: Duration::from_millis(300),
    }
}

#[test]
fn a_download_that_breaks_off_or_stalls_goes_on_and_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, asked) = hub(&[Store::BreaksOff, Store::Stalls, Store::Silent], &content_hash());
    let places = places(folder.path(), hub);
    let mut seen = Vec::new();
    // Half, half of the rest, nothing: then the run gives up, and the next one goes on.
    let first = fetch_from(&places, "org/name/file.gguf", &mut |d| seen.push(d));
    assert!(
        matches!(&first, Err(HubError::Offline { problem, .. }) if problem.contains("at 26 bytes")),
        "{first:?}"
    );
    let path = fetch_from(&places, "org/name/file.gguf", &mut |d| seen.push(d)).unwrap();
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    let length = CONTENT.len() as u64;
    assert_eq!(seen.last().unwrap(), &Download { done: length, total: Some(length) });
    assert!(seen.iter().all(|d| d.total == Some(length)), "{seen:?}");
    // Once more: nothing is asked.
    let before = asked.lock().unwrap().len();
    assert_eq!(fetch_from(&places, "org/name/file.gguf", &mut |_| {}).unwrap(), path);
    let asked = asked.lock().unwrap();
    assert_eq!((asked.len(), before), (before, 8));
    let froms: Vec<_> = asked
        .iter()
        .filter(|a| a.contains("/store/"))
        .map(|a| {
            a.to_ascii_lowercase().lines().find_map(|l| l.strip_prefix("range: bytes=").map(str::to_owned))
        })
        .collect();
    assert_eq!(froms, [None, Some("17-".to_owned()), Some("26-".to_owned()), Some("26-".to_owned())]);
    // The token is sent to the hub only, not to where it redirects.
    assert!(asked.iter().all(|a| a.contains("hf_secret") == a.contains("/resolve/")), "{asked:?}");
}

#[test]
fn a_download_that_was_killed_before_its_last_step_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, asked) = hub(&[], &content_hash());
    let places = places(folder.path(), hub);
    let there = folder.path().join("ours/org/name/main");
    fs::create_dir_all(&there).unwrap();
    // Whole, and then longer than the file: only the first needs nothing more.
    for (part, calls) in [(CONTENT, 2), (&[CONTENT, b"x"].concat()[..], 4)] {
        let _ = fs::remove_file(there.join("file.gguf"));
        fs::write(there.join("file.part"), part).unwrap();
        let path = fetch_from(&places, "org/name/file.gguf", &mut |_| {}).unwrap();
        assert_eq!((fs::read(path).unwrap().as_slice(), asked.lock().unwrap().len()), (CONTENT, calls));
        asked.lock().unwrap().clear();
    }
}

#[test]
fn a_damaged_file_is_not_kept_and_what_others_have_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (hub, _) = hub(&[], &"0".repeat(64));
    let places = places(folder.path(), hub);
    let get = |name: &str| fetch_from(&places, name, &mut |_| {});
    assert!(matches!(get("org/name/file.gguf"), Err(HubError::Damaged(_))));
    assert!(matches!(get("org/name/no.gguf"), Err(HubError::Status { status: 404, .. })));
    assert!(!folder.path().join("ours/org/name/main/file.gguf").exists());
    let snapshot = folder.path().join("theirs/models--org--name/snapshots/abc");
    fs::create_dir_all(&snapshot).unwrap();
    fs::write(snapshot.join("file.gguf"), "theirs").unwrap();
    assert_eq!(get("org/name/file.gguf").unwrap(), snapshot.join("file.gguf"));
    for bad in
        ["", "org", "org/name", "org/../x", "org/name/", "/org/name/x", "org/name/../../x", "org/na me/x"]
    {
        assert!(matches!(get(bad), Err(HubError::Name(_))), "{bad}");
    }
    let nowhere = Places { hub: "http://127.0.0.1:9".to_owned(), ..places };
    let error = fetch_from(&nowhere, "org/other/file.gguf", &mut |_| {}).unwrap_err();
    assert!(error.remedy().contains("gguf:PATH"), "{error}");
}
