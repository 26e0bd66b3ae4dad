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
        let mut child = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["serve", "--port", "0", "--no-open", "--quiet"])
            .args(args)
            .env_remove("PREDILECT_TOKEN")
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
        stream.write_all((all + "\r\n" + body).as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8(answer).expect("UTF-8");
        let (head, content) = answer.split_once("\r\n\r\n").expect("a head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let pairs = lines.filter_map(|line| line.split_once(": "));
        (
            status,
            pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
            content.to_owned(),
        )
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.send("GET", path, &[]);
        (status, body)
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

/// A text as an address holds it.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The model that wrote every A.
pub(crate) const MODEL: &str = "a-secret-model";

/// The header without which nothing is changed.
pub(crate) const CHANGES: (&str, &str) = ("Predilect-Request", "1");

/// A study of so many pairs by named models with a person's verdicts.
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
