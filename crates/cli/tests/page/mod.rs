//! A server of the page that ends with the test, and how it is asked.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A server that ends with the test.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        Self::start_in(args, &[])
    }

    /// The same with additional variables.
    pub(crate) fn start_in(args: &[&str], variables: &[(&str, &Path)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["serve", "--port", "0", "--no-open", "--quiet"])
            .args(args)
            .env_remove("PREDILECT_TOKEN")
            // No list of studies, unless a test sets a place for it.
            .env("XDG_STATE_HOME", "/dev/null")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a server");
        let mut line = String::new();
        let out = child.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address =
            line.trim().strip_prefix("listening on http://").expect("an address").trim_end_matches('/');
        Self { address: address.to_owned(), child }
    }

    /// Ends it as Ctrl-C does, and waits for that.
    #[cfg(unix)]
    pub(crate) fn end(&mut self) {
        let told = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(told.is_ok_and(|told| told.success()));
        self.child.wait().expect("it ends");
    }

    /// Sends a request, and gives back the status, the headers and the body.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (u16, BTreeMap<String, String>, String) {
        self.send_body(method, path, headers, "")
    }

    /// The same with a body.
    pub(crate) fn send_body(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, BTreeMap<String, String>, String) {
        let (status, headers, content) = self.send_bytes(method, path, headers, body.as_bytes());
        (status, headers, String::from_utf8(content).expect("UTF-8"))
    }

    /// The same with bytes there and back.
    pub(crate) fn send_bytes(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        let mut all = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        if headers.iter().all(|(name, _)| *name != "Host") {
            all = all + "Host: " + &self.address + "\r\n";
        }
        for (name, value) in headers {
            all = all + name + ": " + value + "\r\n";
        }
        if !body.is_empty() {
            all = all + "Content-Length: " + &body.len().to_string() + "\r\n";
        }
        stream.write_all((all + "\r\n").as_bytes()).expect("sent");
        // A server that has heard enough answers and closes.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let at = answer.windows(4).position(|end| end == b"\r\n\r\n");
        let at = at.unwrap_or_else(|| panic!("no head of an answer: {ended:?}"));
        let content = answer.split_off(at + 4);
        let head = String::from_utf8(answer).expect("UTF-8");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let pairs = lines.filter_map(|line| line.split_once(": "));
        let headers: BTreeMap<String, String> =
            pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let chunked = headers.get("transfer-encoding").is_some_and(|how| how == "chunked");
        (status, headers, if chunked { joined(&content) } else { content })
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        // A study that is still being read is asked for again, as a browser does.
        loop {
            let (status, headers, body) = self.send("GET", path, &[]);
            if status != 202 || !headers.contains_key("refresh") {
                return (status, body);
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pieces of a body that was sent in pieces.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(end) = chunks.windows(2).position(|end| end == b"\r\n") {
        let size =
            std::str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("a size");
        if size == 0 {
            break;
        }
        all.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 4 + size..];
    }
    all
}

/// A text, encoded for an address.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The model that wrote every A.
pub(crate) const MODEL: &str = "a-secret-model";

/// The header without which nothing is changed.
pub(crate) const CHANGES: (&str, &str) = ("Predilect-Request", "1");

/// A study of this many pairs by named models with a person's verdicts.
pub(crate) fn study(folder: &Path, pairs: usize) -> PathBuf {
    let file = folder.join("pairs.jsonl");
    let line = |i: usize| {
        let (a, b) = ("yes ".repeat(i % 7 + 1), "no ".repeat(i % 5 + 1));
        json!({"id": format!("p{i}"), "prompt": format!("Q{i}?"), "response_a": a, "response_b": b, "judge": "person",
            "p_a": i % 2, "model_a": MODEL, "model_b": "another"})
        .to_string()
    };
    std::fs::write(&file, (0..pairs).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let study = folder.join("study");
    let done = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["import", "--quiet"])
        .arg(&file)
        .arg("-o")
        .arg(&study)
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    study
}
