//! What the tests of `steer` and `verify` share: a server whose writer does what it is told and whose judge likes length, a study of that
//! judge.

#![allow(dead_code, reason = "every test uses its part")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::serving::serve_calls;

/// What a server was asked.
#[derive(Clone, Default)]
pub(crate) struct Seen(pub(crate) Arc<Mutex<Vec<Value>>>);

impl Seen {
    pub(crate) fn calls(&self) -> Vec<Value> {
        self.0.lock().expect("seen").clone()
    }

    /// How many different questions, and how many in all.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let calls = self.calls();
        let different: BTreeSet<String> = calls.iter().map(Value::to_string).collect();
        (different.len(), calls.len())
    }
}

/// A server: the models `writer` and `base` write, `rater` rates, all others judge by length. `system` says whether system turns are taken.
pub(crate) fn server(system: bool, wait: Duration) -> (String, Seen) {
    let seen = Seen::default();
    let noted = seen.clone();
    let address = serve_calls(move |_, body| {
        std::thread::sleep(wait);
        let turns = body["messages"].as_array().cloned().unwrap_or_default();
        let text = |turn: &Value| turn["content"].as_str().unwrap_or_default().to_owned();
        let writes = ["writer", "base", "silent"].contains(&body["model"].as_str().unwrap_or_default());
        if writes && !system && turns.first().is_some_and(|turn| turn["role"] == "system") {
            return Some((
                400,
                json!({"error": {"message": "System role not supported", "type": "invalid_request_error"}}),
            ));
        }
        noted.0.lock().expect("seen").push(body.clone());
        let all: String = turns.iter().map(text).collect::<Vec<_>>().join("\n");
        let message = match () {
            () if writes => json!({"content": written(&all, &body["model"])}),
            () if body["model"] == "rater" => json!({"content": rated(&all, body).to_string()}),
            () => judged(&all, body),
        };
        let mut choice = json!({"message": message, "finish_reason": "stop"});
        if body["logprobs"] == true {
            choice["logprobs"] = choice["message"]["logprobs"].take();
        }
        Some((200, json!({"choices": [choice], "usage": {"prompt_tokens": 20, "completion_tokens": 10}})))
    });
    (address, seen)
}

/// Words that do what the message says about length.
pub(crate) fn written(asked: &str, model: &Value) -> String {
    let words = match () {
        () if model == "silent" => 0,
        () if model == "base" => 40,
        () if asked.contains("twice as long") => 120,
        () if asked.contains("half as long") => 15,
        () if asked.contains("something original") => return format!("unheard {}", own_words(asked)),
        () => 50 + asked.len() % 7,
    };
    (0..words).map(|at| format!("word{}", at % 50)).collect::<Vec<_>>().join(" ")
}

/// The response that is to be edited, as it is.
fn own_words(asked: &str) -> &str {
    asked.rsplit("The response to edit:").next().unwrap_or_default().trim()
}

/// What is novel says "unheard" first; of all else both have as much, and nothing applies.
fn rated(asked: &str, body: &Value) -> Value {
    fn filled(schema: &Value, novel: bool) -> Value {
        match schema["type"].as_str() {
            Some("object") => {
                let own = schema["properties"].as_object().into_iter().flatten();
                own.map(|(name, of)| {
                    let value =
                        if name == "novel" { json!(if novel { 3 } else { 0 }) } else { filled(of, novel) };
                    (name.clone(), value)
                })
                .collect()
            }
            Some("array") => json!([]),
            Some("boolean") => json!(false),
            Some("string") => json!(""),
            _ => json!(1),
        }
    }
    let mut all = filled(&body["response_format"]["json_schema"]["schema"], false);
    for side in ["A", "B"] {
        let of = body["response_format"]["json_schema"]["schema"]["properties"][side].clone();
        let text = asked.split(&format!("<response_{}", side.to_lowercase())).nth(1).unwrap_or_default();
        let is_novel = text.split("</response").next().is_some_and(|own| own.contains("unheard"));
        if !of.is_null() {
            all[side] = filled(&of, is_novel);
        }
    }
    all
}

/// The longer one wins; a grade grows with length.
pub(crate) fn judged(asked: &str, body: &Value) -> Value {
    let part = |tag: &str| {
        let from = asked.find(&format!("<{tag}")).unwrap_or(0);
        let to = asked[from..].find(&format!("</{tag}")).map_or(asked.len(), |at| from + at);
        asked[from..to].split_whitespace().count() as f64
    };
    if body["logprobs"] == true {
        let x = ((part("response_a") - part("response_b")) / 20.0).clamp(-3.0, 3.0);
        let p = 1.0 / (1.0 + (-x).exp());
        let top = json!([{"token": "A", "logprob": p.ln()}, {"token": "B", "logprob": (1.0 - p).ln()}]);
        return json!({"content": "A", "logprobs": {"content": [{"token": "A", "logprob": p.ln(), "top_logprobs": top}]}});
    }
    let grade = (part("response") / 12.0).clamp(1.0, 10.0).round();
    json!({"content": json!({"grade": grade as u64}).to_string()})
}

/// Verdicts of a judge that likes length, on pairs with a prompt each.
pub(crate) fn study(folder: &Path) -> PathBuf {
    let path = folder.join("pairs.jsonl");
    let mut text = String::new();
    for i in 0..400_usize {
        // Only length matters: longer texts contain no more different words.
        let words = |n: usize, different: usize| {
            (0..n).map(|at| format!("w{}", at % different)).collect::<Vec<_>>().join(" ")
        };
        let (a, b) = (10 + i * 7 % 60, 10 + i * 13 % 60);
        let (of_a, of_b) = (4 + i * 5 % 11, 4 + i * 3 % 11);
        let p_a = if i % 11 == 0 { a <= b } else { a > b };
        writeln!(
            text,
            "{}",
            json!({"id": format!("p{i}"), "prompt": format!("question {i}"), "response_a": words(a, of_a), "response_b": words(b, of_b),
                   "judge": "m", "p_a": f64::from(u8::from(p_a))})
        )
        .expect("a string grows");
    }
    fs::write(&path, text).expect("written");
    path
}

pub(crate) fn prompts(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("prompts.jsonl");
    fs::write(&path, text).expect("written");
    path
}

pub(crate) fn plain_prompts(folder: &Path, n: usize) -> PathBuf {
    let all: Vec<String> = (0..n)
        .map(|i| json!({"id": format!("q{i}"), "prompt": format!("Ask {}?", "so ".repeat(i))}).to_string())
        .collect();
    prompts(folder, &all.join("\n"))
}

pub(crate) fn steer(study: &Path, prompts: &Path, address: &str, output: &Path, more: &[&str]) -> Command {
    let model = |name: &str| address.replace("#m", &format!("#{name}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.arg("steer").arg(study).args([
        "--judge",
        "m",
        "--properties",
        "length,informal,interactive",
        "--no-grammar",
        "--json",
        "--quiet",
        "--no-probe",
    ]);
    command.arg("--prompts").arg(prompts).args(["--model", &model("writer"), "--judge-model", &model("m")]);
    command.args(["--retry-wait", "0.01", "-o"]).arg(output).args(more);
    command
}

pub(crate) fn json_of(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

pub(crate) fn found(command: &mut Command) -> Value {
    json_of(&command.output().expect("it starts"))
}

pub(crate) fn refused(command: &mut Command, why: &str) {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains(why), "{why}: {said}");
}

pub(crate) fn row<'a>(found: &'a Value, arm: &str, judge: &str) -> &'a Value {
    let rows = found["arms"].as_array().expect("arms");
    rows.iter().find(|row| row["arm"] == arm && row["judge"] == judge).expect("a row")
}
