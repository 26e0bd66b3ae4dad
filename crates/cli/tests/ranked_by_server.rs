//! `predilect ranking-accuracy` on a model behind a server that echoes log-probabilities.
#![cfg(feature = "train")]

mod trained;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use trained::model;
use trained::runs::{pairs, run, text, told};

/// How probable the server finds a token, by its number alone.
fn ln(token: u64) -> f64 {
    -0.1 - (token % 7) as f64 / 10.0
}

type Seen = Arc<Mutex<Vec<Vec<u64>>>>;

/// What a server does with a text.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Says how probable all of it is, as vLLM does.
    Echoes,
    /// Says it only of the token that it has written.
    Writes,
    /// Refuses one text in five.
    Refuses,
}

/// A server of older completions; its address, and the tokens that it was sent.
fn server(kind: Kind) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let seen: Seen = Arc::default();
    let sent = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sent = Arc::clone(&sent);
            std::thread::spawn(move || while answer(&stream, kind, &sent).is_some() {});
        }
    });
    (format!("http://{address}/v1#m"), seen)
}

fn answer(stream: &TcpStream, kind: Kind, seen: &Seen) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let (mut length, mut line, mut first) = (0, String::new(), String::new());
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if first.is_empty() {
            first.clone_from(&line);
        }
        if let Some(count) = line.to_lowercase().strip_prefix("content-length:") {
            length = count.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    assert!(first.starts_with("POST /v1/completions "), "{first}");
    assert_eq!((&body["echo"], &body["max_tokens"], &body["model"]), (&json!(true), &json!(1), &json!("m")));
    let tokens: Vec<u64> = body["prompt"].as_array()?.iter().filter_map(Value::as_u64).collect();
    let mut said: Vec<Option<f64>> = match kind {
        Kind::Writes => Vec::new(),
        _ => tokens.iter().enumerate().map(|(at, token)| (at > 0).then(|| ln(*token))).collect(),
    };
    // The token that was written comes last, and belongs to nobody.
    said.push(Some(-99.0));
    let answer = json!({"choices": [{"text": "x", "logprobs": {"token_logprobs": said}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": tokens.len(), "completion_tokens": 1}});
    let refuses = kind == Kind::Refuses && tokens.iter().sum::<u64>().is_multiple_of(5);
    seen.lock().expect("no panic").push(tokens);
    let refused = json!({"error": {"message": "this text is too long", "code": "context_length_exceeded"}});
    let (status, text) = if refuses { (400, refused.to_string()) } else { (200, answer.to_string()) };
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} so\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
        text.len()
    )
    .ok()
}

fn ranked<'a>(pairs: &'a Path, model: &'a str, tokenizer: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["ranking-accuracy", text(pairs), "--model", model, "--tokenizer", text(tokenizer)];
    args.extend(["--json", "--quiet"]);
    args.extend(more);
    args
}

#[test]
fn what_a_server_echoes_ranks_the_pairs() {
    let place = tempfile::tempdir().expect("a folder");
    let (tokenizer, pairs) = (model(place.path()), pairs(place.path(), 12));
    let (address, seen) = server(Kind::Echoes);
    let (base, _) = server(Kind::Echoes);
    let found = told(&ranked(&pairs, &address, &tokenizer, &["--each", "--reference", &base]));
    assert_eq!((&found["pairs"], &found["model"]), (&json!(12), &json!(address)), "{found:#}");
    // Both find the same probable, so nothing is gained on the reference.
    assert_eq!(found["reward_accuracy"], Value::Null);
    let sent = seen.lock().expect("no panic").clone();
    assert_eq!(sent.len(), 24);
    // Every sum is over the tokens of one response: the last ones of what was sent.
    let sum =
        |tokens: &[u64], count: u64| tokens.iter().rev().take(count as usize).map(|t| ln(*t)).sum::<f64>();
    let mut right = 0;
    for row in found["each"].as_array().expect("rows") {
        for (side, count) in [("chosen", "chosen_tokens"), ("rejected", "rejected_tokens")] {
            let (own, count) = (row[side].as_f64().expect("a sum"), row[count].as_u64().expect("a count"));
            assert!(sent.iter().any(|tokens| (sum(tokens, count) - own).abs() < 1e-9), "{side} {own}");
        }
        right += i32::from(row["chosen"].as_f64() >= row["rejected"].as_f64());
    }
    assert!((found["accuracy"].as_f64().expect("a share") - f64::from(right) / 12.0).abs() < 1e-12);
    // The tokens are those that a model in this process ranks by.
    let here =
        told(&["ranking-accuracy", text(&pairs), "--model", text(&tokenizer), "--each", "--json", "--quiet"]);
    let counts = |found: &Value| -> Vec<Value> {
        let rows = found["each"].as_array().expect("rows").iter();
        rows.map(|row| json!([row["chosen_tokens"], row["rejected_tokens"]])).collect()
    };
    assert_eq!(counts(&found), counts(&here));
}

#[test]
fn of_a_study_what_was_answered_is_kept_in_its_log() {
    let place = tempfile::tempdir().expect("a folder");
    let (tokenizer, pairs, study) = (model(place.path()), pairs(place.path(), 6), place.path().join("study"));
    told_nothing(&["import", text(&pairs), "-o", text(&study), "--quiet"]);
    let (address, seen) = server(Kind::Echoes);
    let first = told(&ranked(&study, &address, &tokenizer, &[]));
    let again = told(&ranked(&study, &address, &tokenizer, &[]));
    assert_eq!((first["accuracy"].as_f64(), first["pairs"].as_u64()), (again["accuracy"].as_f64(), Some(6)));
    assert_eq!(seen.lock().expect("no panic").len(), 12);
    assert_eq!(first["options"]["server"], json!(address), "{}", first["options"]);
}

#[test]
fn what_a_server_refuses_is_left_out_and_said() {
    let place = tempfile::tempdir().expect("a folder");
    let (tokenizer, pairs) = (model(place.path()), pairs(place.path(), 24));
    let (address, _) = server(Kind::Refuses);
    let found = told(&ranked(&pairs, &address, &tokenizer, &[]));
    let left_out = found["count"]["left_out"]["not answered by the server"].as_u64().expect("some");
    assert!(left_out > 0 && found["pairs"].as_u64() == Some(24 - left_out), "{found:#}");
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains("without an answer, e.g.") && remarks.contains("too long"), "{remarks}");
}

fn told_nothing(args: &[&str]) {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_server_that_does_not_echo_is_said_to_be_the_wrong_one() {
    let place = tempfile::tempdir().expect("a folder");
    let (tokenizer, pairs) = (model(place.path()), pairs(place.path(), 6));
    let (address, _) = server(Kind::Writes);
    let output = run(&ranked(&pairs, &address, &tokenizer, &[]));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("log-probabilities of 1 tokens instead of"), "{said}");
    assert!(said.contains("`echo`"), "{said}");
    for (more, why) in [
        (vec!["--adapter", "a"], "an adapter cannot be put on a model behind a server"),
        (vec!["--reference", "here"], "must both be behind servers"),
    ] {
        let output = run(&ranked(&pairs, &address, &tokenizer, &more));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
    let output = run(&["ranking-accuracy", text(&pairs), "--model", &address, "--quiet"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("--tokenizer names a folder"));
}
