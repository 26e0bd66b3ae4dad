//! A provider on this machine that speaks the protocols of OpenAI, Anthropic and Gemini, judges by length and fails on demand, in every way
//! there is.
//!
//! Answers depend on the question alone, faults on the question and how often it was asked, so that runs can be compared.

#![allow(clippy::too_many_lines, reason = "one case after the other")]

mod anthropic;
mod gemini;
mod refusals;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// Ways to fail that a repetition mends.
const PASSING: [&str; 9] = [
    "429 with Retry-After",
    "429 without",
    "500",
    "503",
    "slow",
    "closed before the answer",
    "closed within the answer",
    "cut JSON",
    "error with status 200",
];

/// The most questions that the model `small` has under way.
const SMALL: usize = 60;

/// What the provider has seen.
#[derive(Default)]
struct Seen {
    /// By question: times asked, times answered in full.
    questions: HashMap<u64, (u32, u32)>,
    faults: HashMap<&'static str, u64>,
    /// Files by number: the lines of a batch, as they were handed over.
    files: Vec<Vec<String>>,
    /// Batches by number: their file, their label, and how often they were asked for.
    batches: Vec<(usize, String, u32)>,
    /// Those that were more than the account bears.
    rejected: Vec<usize>,
    /// Anthropic's batches by number: their questions, and how often they were asked for.
    messages: Vec<(Vec<Value>, u32)>,
}

/// A running provider; it ends with the process.
pub(crate) struct Provider {
    address: SocketAddr,
    /// Share of calls that fail, in percent.
    rate: Arc<AtomicU64>,
    seen: Arc<Mutex<Seen>>,
}

/// Counts of calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Different questions.
    pub(crate) questions: u64,
    /// Calls, failed ones too.
    pub(crate) calls: u64,
    /// Full answers.
    pub(crate) answers: u64,
    /// Full answers beyond the first to the same question.
    pub(crate) repeated: u64,
    /// Faults by kind.
    pub(crate) faults: Vec<(&'static str, u64)>,
}

impl Provider {
    /// Starts one on that port of the loopback interface (0: any).
    pub(crate) fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).expect("a port on the loopback interface");
        let address = listener.local_addr().expect("an address");
        let (rate, seen) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Seen::default())));
        let provider = Self { address, rate: Arc::clone(&rate), seen: Arc::clone(&seen) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (rate, seen) = (Arc::clone(&rate), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &rate, &seen));
            }
        });
        provider
    }

    /// Where the protocols of Anthropic and Gemini are spoken.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A model string.
    pub(crate) fn model(&self, name: &str) -> String {
        format!("http://{}/v1#{name}", self.address)
    }

    /// Lets that share of the calls fail, in percent.
    pub(crate) fn fail(&self, percent: u64) {
        self.rate.store(percent, Ordering::SeqCst);
    }

    /// Counts since the start or the last [`Provider::forget`].
    pub(crate) fn counts(&self) -> Counts {
        counts(&self.seen.lock().expect("no panic"))
    }

    /// Begins to count anew.
    pub(crate) fn forget(&self) {
        *self.seen.lock().expect("no panic") = Seen::default();
    }
}

fn counts(seen: &Seen) -> Counts {
    let mut faults: Vec<_> = seen.faults.iter().map(|(kind, n)| (*kind, *n)).collect();
    faults.sort_unstable();
    let sum = |of: fn(&(u32, u32)) -> u32| seen.questions.values().map(|q| u64::from(of(q))).sum();
    Counts {
        questions: seen.questions.len() as u64,
        calls: sum(|q| q.0),
        answers: sum(|q| q.1),
        repeated: sum(|q| q.1.saturating_sub(1)),
        faults,
    }
}

/// Requests of one connection, until the client or a fault closes it.
fn serve(stream: TcpStream, rate: &AtomicU64, seen: &Mutex<Seen>) {
    let _ = stream.set_nodelay(true);
    let Ok(writer) = stream.try_clone() else { return };
    let (mut reader, mut writer) = (BufReader::new(stream), writer);
    while let Some((path, body)) = request(&mut reader) {
        let alive = if path == "/counts" {
            let counts = counts(&seen.lock().expect("no panic"));
            let faults: HashMap<_, _> = counts.faults.into_iter().collect();
            let text = json!({"questions": counts.questions, "calls": counts.calls, "answers": counts.answers,
                              "repeated": counts.repeated, "faults": faults});
            send(&mut writer, 200, "", &text.to_string()).is_ok()
        } else if path.contains("/messages") {
            let (status, text) = anthropic::serve(&path, &body, &mut seen.lock().expect("no panic"));
            send(&mut writer, status, "", &text).is_ok()
        } else if path.contains(":generateContent") {
            let (status, text) = gemini::serve(&path, &body, &mut seen.lock().expect("no panic"));
            send(&mut writer, status, "", &text).is_ok()
        } else if path.contains("/files") || path.contains("/batches") {
            let mut seen = seen.lock().expect("no panic");
            let text = batch(&path, &body, &mut seen);
            drop(seen);
            send(&mut writer, 200, "", &text).is_ok()
        } else {
            call(&mut writer, &body, rate, seen).unwrap_or(false)
        };
        if !alive {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let lower = line.trim().to_ascii_lowercase();
        if lower.is_empty() {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}

fn send(writer: &mut impl Write, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    writer.write_all(head.as_bytes())?;
    writer.write_all(body.as_bytes())
}

/// OpenAI's files and batches: a batch is under way when it is first asked for, and has ended afterwards. One question in
/// thirty was not reached in time.
fn batch(path: &str, body: &[u8], seen: &mut Seen) -> String {
    let parts: Vec<&str> = path.split('?').next().unwrap_or_default().split('/').collect();
    let number = |part: &str| part.rsplit('-').next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    let shown = |i: usize, seen: &Seen, ended: bool| {
        let (file, label, _) = &seen.batches[i];
        let total = seen.files[*file].len();
        if seen.rejected.contains(&i) {
            let error = json!({"code": "token_limit_exceeded", "message": "Enqueued token limit reached"});
            return json!({"id": format!("batch-{i}"), "status": "failed", "metadata": {"predilect": label},
                          "errors": {"data": [error]}});
        }
        json!({"id": format!("batch-{i}"), "status": if ended { "completed" } else { "in_progress" },
               "metadata": {"predilect": label}, "output_file_id": format!("out-{file}"),
               "request_counts": {"total": total, "completed": total / 2, "failed": 0}})
    };
    match (parts.as_slice(), body.is_empty()) {
        ([.., "files"], false) => {
            let text = String::from_utf8_lossy(body);
            seen.files.push(text.lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect());
            json!({"id": format!("file-{}", seen.files.len() - 1)}).to_string()
        }
        ([.., "batches"], false) => {
            let asked: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
            let label = asked["metadata"]["predilect"].as_str().unwrap_or_default().to_owned();
            seen.batches.push((number(asked["input_file_id"].as_str().unwrap_or_default()), label, 0));
            let last = seen.batches.len() - 1;
            let file = |i: usize| &seen.files[seen.batches[i].0];
            let of_small = file(last).first().is_some_and(|line| line.contains("\"model\":\"small\""));
            let open = (0..=last).filter(|i| seen.batches[*i].2 < 2 && !seen.rejected.contains(i));
            if of_small && open.map(|i| file(i).len()).sum::<usize>() > SMALL {
                seen.rejected.push(last);
            }
            shown(last, seen, false).to_string()
        }
        ([.., "batches"], true) => {
            let all: Vec<Value> = (0..seen.batches.len()).map(|i| shown(i, seen, false)).collect();
            json!({"data": all}).to_string()
        }
        ([.., "batches", id], _) => {
            let i = number(id);
            seen.batches[i].2 += 1;
            shown(i, seen, seen.batches[i].2 > 1).to_string()
        }
        ([.., "files", id, "content"], _) => {
            let lines = seen.files[number(id)].clone();
            let mut out = String::new();
            for line in lines {
                let line: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
                let key = line["custom_id"].as_str().unwrap_or_default();
                // The same key fails once and is answered when it comes again.
                let question = hash(key.as_bytes(), 0);
                let entry = seen.questions.entry(question).or_default();
                entry.0 += 1;
                let result = if let Some((status, error)) = refusals::refusal(&line["body"]) {
                    json!({"custom_id": key, "response": {"status_code": status, "body": {"error": error}}, "error": null})
                } else if question.is_multiple_of(30) && entry.0 == 1 {
                    json!({"custom_id": key, "response": null, "error": {"code": "batch_expired", "message": "too late"}})
                } else {
                    entry.1 += 1;
                    let body: Value =
                        serde_json::from_str(&answer(&line["body"], question)).unwrap_or(Value::Null);
                    json!({"custom_id": key, "response": {"status_code": 200, "body": body}, "error": null})
                };
                out.push_str(&result.to_string());
                out.push('\n');
            }
            out
        }
        _ => "{}".to_owned(),
    }
}

/// Answers one call; false when the connection is to be closed.
fn call(writer: &mut TcpStream, body: &[u8], rate: &AtomicU64, seen: &Mutex<Seen>) -> std::io::Result<bool> {
    let question = hash(body, 0);
    let attempt = {
        let mut seen = seen.lock().expect("no panic");
        let entry = seen.questions.entry(question).or_default();
        entry.0 += 1;
        entry.0
    };
    let json: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if let Some((status, error)) = refusals::refusal(&json) {
        send(writer, status, "", &json!({"error": error}).to_string())?;
        return Ok(true);
    }
    let draw = hash(body, u64::from(attempt));
    // No question fails more than three times in a row, so that every run comes to its end.
    if draw % 100 < rate.load(Ordering::SeqCst) && !attempt.is_multiple_of(4) {
        let kind = PASSING[(draw / 100) as usize % PASSING.len()];
        *seen.lock().expect("no panic").faults.entry(kind).or_default() += 1;
        return fail(writer, kind, &answer(&json, question));
    }
    let lasting = |code: &str| json!({"error": {"message": "withheld", "code": code}}).to_string();
    if question.is_multiple_of(97) {
        send(writer, 400, "", &lasting("content_filter"))?;
        return Ok(true);
    }
    send(writer, 200, "", &answer(&json, question))?;
    writer.flush()?;
    seen.lock().expect("no panic").questions.entry(question).or_default().1 += 1;
    Ok(true)
}

fn fail(writer: &mut TcpStream, kind: &str, whole: &str) -> std::io::Result<bool> {
    let error = |code: &str| json!({"error": {"message": "try again", "code": code}}).to_string();
    match kind {
        "429 with Retry-After" => send(writer, 429, "retry-after: 0.02\r\n", &error("rate_limit_exceeded"))?,
        "429 without" => send(writer, 429, "", &error("rate_limit_exceeded"))?,
        "500" => send(writer, 500, "", "<html>oops</html>")?,
        "503" => send(writer, 503, "", "")?,
        "slow" => {
            // Longer than any caller of the tests waits.
            std::thread::sleep(Duration::from_secs(4));
            return Ok(false);
        }
        "closed before the answer" => return Ok(false),
        "closed within the answer" => {
            let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", whole.len());
            writer.write_all(head.as_bytes())?;
            writer.write_all(&whole.as_bytes()[..whole.len() / 2])?;
            return Ok(false);
        }
        "cut JSON" => send(writer, 200, "", &whole[..whole.len() / 2])?,
        _ => send(writer, 200, "", &error("server_error"))?,
    }
    Ok(true)
}

/// The answer to a question: probabilities of letters where they are asked for, else JSON, sometimes oddly wrapped.
fn answer(body: &Value, question: u64) -> String {
    let prompt = body["messages"].as_array().and_then(|m| m.last()).and_then(|m| m["content"].as_str());
    let prompt = prompt.unwrap_or_default();
    if body["add_generation_prompt"] == false {
        // A reward model: longer is better here too.
        let score = 0.02 * prompt.len() as f64;
        return json!({"data": [{"data": [score]}], "usage": {"prompt_tokens": prompt.len() / 4}})
            .to_string();
    }
    let (first, second) = (length(prompt, "response_a"), length(prompt, "response_b"));
    // Longer is better, and a little better still in first place.
    let p = 1.0 / (1.0 + (-0.02 * (first - second) - 0.2).exp());
    let (text, logprobs) = if body["logprobs"] == true {
        let token = |token: &str, p: f64| json!({"token": token, "logprob": p.ln()});
        let top = if prompt.ends_with("one digit only.") {
            // Of a scale: most on a level more for every fifty characters of the response that is asked about.
            let length = if prompt.contains("has response B?") { second } else { first };
            let level = (length / 50.0).floor().clamp(0.0, 3.0) as usize;
            (0..4).map(|digit| token(&digit.to_string(), if digit == level { 0.6 } else { 0.1 })).collect()
        } else {
            vec![token("A", 0.9 * p), token("B", 0.9 * (1.0 - p)), token("The", 0.1)]
        };
        let first = top[0]["token"].clone();
        ("A".to_owned(), json!({"content": [{"token": first, "logprob": 0.0, "top_logprobs": top}]}))
    } else if let Some(sides) = body.pointer("/response_format/json_schema/schema/properties/A") {
        // Ratings: a level more for every fifty characters, on every property.
        let rate = |length: f64| filled(sides, (length / 50.0).floor().clamp(0.0, 3.0) as i64);
        (json!({"A": rate(first), "B": rate(second)}).to_string(), Value::Null)
    } else if body.pointer("/response_format/json_schema/schema/properties/intent_clear").is_some() {
        let constraints = if question.is_multiple_of(3) { json!(["be short", "be kind"]) } else { json!([]) };
        let analysis = json!({"intent_clear": !question.is_multiple_of(5), "feelings": false, "constraints": constraints,
                              "stances": [], "mistakes": []});
        (analysis.to_string(), Value::Null)
    } else if let Some(names) = body.pointer("/response_format/json_schema/schema/properties/scenario/enum") {
        (json!({"scenario": names[(question % 11) as usize]}).to_string(), Value::Null)
    } else if let Some(one) = body
        .pointer("/response_format/json_schema/schema")
        .filter(|schema| schema.pointer("/properties/verdict").is_none())
    {
        // One response alone.
        let level = (length(prompt, "response") / 50.0).floor().clamp(0.0, 3.0) as i64;
        (filled(one, level).to_string(), Value::Null)
    } else if !prompt.contains("<response") {
        // Not a question about responses: a text of its own, of 5 to 64 words.
        let words = 5 + question % 60;
        let written: Vec<String> =
            (0..words).map(|i| format!("word{}", (question >> (i % 32)) % 9)).collect();
        (written.join(" "), Value::Null)
    } else if prompt.ends_with("B is much better.") {
        // Arena-Hard's five verdicts.
        let verdict = match p {
            p if p > 0.9 => "A>>B",
            p if p > 0.5 => "A>B",
            p if p > 0.1 => "B>A",
            _ => "B>>A",
        };
        (format!("Both have their merits; [[A=B]] would be too easy. [[{verdict}]]"), Value::Null)
    } else {
        let verdict = format!("{{\"verdict\": \"{}\"}}", if p > 0.5 { "A" } else { "B" });
        let text = match question % 11 {
            0 => format!("```json\n{verdict}\n```"),
            1 => format!("I weighed both. {verdict} That is all."),
            2 => "{\"verdict\": \"C\"}".to_owned(),
            3 => "Both are good in their way.".to_owned(),
            _ => verdict,
        };
        (text, Value::Null)
    };
    // Now and then it will not judge at all.
    let refusal = (logprobs.is_null() && question % 23 == 4).then_some("I cannot judge these.");
    let (reasoned, left) = refusals::spent(body).unwrap_or((0, true));
    let (text, finish) = if left { (text, "stop") } else { (String::new(), "length") };
    json!({"choices": [{"message": {"role": "assistant", "content": text, "refusal": refusal}, "finish_reason": finish, "logprobs": logprobs}],
           "usage": {"prompt_tokens": prompt.len() / 4, "completion_tokens": reasoned + u64::from(left)}})
    .to_string()
}

/// The smallest JSON that fits a schema, with that level wherever a number is wanted.
fn filled(schema: &Value, level: i64) -> Value {
    match schema["type"].as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields
                .map(|(name, field)| (name.clone(), filled(field, level)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Some("array") => {
            let items = schema["minItems"].as_u64().unwrap_or(0);
            (0..items).map(|_| filled(&schema["items"], level)).collect::<Vec<_>>().into()
        }
        Some("boolean") => true.into(),
        Some("integer") => level.min(schema["maximum"].as_i64().unwrap_or(level)).into(),
        _ => "x".into(),
    }
}

/// The length of the text between the tags of that name, marked or not.
fn length(prompt: &str, name: &str) -> f64 {
    let start = prompt.find(&format!("<{name}"));
    let end = prompt.find(&format!("</{name}"));
    start.zip(end).map_or(0.0, |(start, end)| end.saturating_sub(start) as f64)
}

fn hash(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xcbf2_9ce4_8422_2325;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^ (hash >> 31)
}
