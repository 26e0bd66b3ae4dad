//! A small server on this machine, for answers that no provider of the tests gives.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// A server on this machine, by what it makes of a path and a body: status and answer. None closes the connection.
pub(crate) fn serve_calls(
    answer: impl Fn(&str, &Value) -> Option<(u16, Value)> + Send + Sync + Clone + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || while serve_one(&stream, &answer).is_some() {});
        }
    });
    format!("http://{address}/v1#m")
}

fn serve_one(mut stream: &TcpStream, answer: &impl Fn(&str, &Value) -> Option<(u16, Value)>) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).to_lowercase();
    let length = head.split("content-length:").nth(1)?.lines().next()?.trim().parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let path = head.split(' ').nth(1)?;
    let (status, said) = answer(path, &body)?;
    let said = said.to_string();
    let reply = format!(
        "HTTP/1.1 {status} so\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{said}",
        said.len()
    );
    stream.write_all(reply.as_bytes()).ok()
}

/// A server that answers A after a while, and counts its answers.
#[allow(dead_code)]
pub(crate) fn serve_a(wait: Duration) -> (String, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&count);
    let address = serve_calls(move |_, _| {
        std::thread::sleep(wait);
        counted.fetch_add(1, Ordering::SeqCst);
        let choice = json!({"message": {"content": "{\"verdict\": \"A\"}"}, "finish_reason": "stop"});
        Some((200, json!({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 5}})))
    });
    (address, count)
}
