//! Small servers on this machine that answer as a script says.
//!
//! Rules are `STATUS BODY`, `says TEXT` (a chat's answer), `says TEXT with REASON` (the reason it ended), `closes`, or
//! `moving`: a writer that does what it is told and a judge that likes length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// Starts one; its address as `--model` takes it.
pub(crate) fn start(rules: &str) -> String {
    if rules == "moving" {
        return crate::moving::server(true, Duration::ZERO).0;
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = answer(rules);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || while serve_one(&stream, answer.as_ref()).is_some() {});
        }
    });
    format!("http://{address}/v1#m")
}

fn answer(rules: &str) -> Option<(u16, String)> {
    if rules == "closes" {
        return None;
    }
    let (first, rest) = rules.split_once(' ').unwrap_or((rules, ""));
    if first != "says" {
        return Some((first.parse().expect("a status"), rest.to_owned()));
    }
    let (text, reason) = rest.split_once(" with ").unwrap_or((rest, "stop"));
    let choice = json!({"message": {"content": text}, "finish_reason": reason});
    let usage = json!({"prompt_tokens": 5, "completion_tokens": 5});
    Some((200, json!({"choices": [choice], "usage": usage}).to_string()))
}

fn serve_one(stream: &TcpStream, answer: Option<&(u16, String)>) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(count) = line.to_lowercase().strip_prefix("content-length:") {
            length = count.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    lines.read_exact(&mut vec![0; length]).ok()?;
    let (status, said) = answer?;
    let kind = if serde_json::from_str::<Value>(said).is_ok() { "application/json" } else { "text/html" };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} so\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1/\r\n\r\n{said}",
        said.len()
    )
    .ok()
}
