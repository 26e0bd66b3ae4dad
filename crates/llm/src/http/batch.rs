//! Batches of OpenAI (a file of requests, a batch, a file of answers) and of Anthropic (one request, a stream of answers).

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::HttpModel;
use super::agent::agent;
use super::batch_api::BatchApi;
use super::left_out::Optional;
use super::said::message;
use crate::batch::{Batch, BatchState, LostBatch};
use crate::error::{CallError, Fault, Remedy};
use crate::question::Request;

/// Pages of a hundred batches that are looked through, newest first.
const PAGES: usize = 20;
/// The largest file of answers, in bytes.
const MAX_ANSWERS: u64 = 4 << 30;

impl Batch for HttpModel {
    fn submit(&self, label: &str, calls: &[(&str, &Request)]) -> Result<String, CallError> {
        match self.api()? {
            BatchApi::OpenAi(base) => {
                let mut lines = String::new();
                for (key, request) in calls {
                    let body = self.body(request, &[], true);
                    let line = json!({"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body});
                    lines.push_str(&line.to_string());
                    lines.push('\n');
                }
                let edge = format!("predilect-{label}");
                let form = format!(
                    "--{edge}\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--{edge}\r\n\
                     content-disposition: form-data; name=\"file\"; filename=\"predilect.jsonl\"\r\n\
                     content-type: application/jsonl\r\n\r\n{lines}\r\n--{edge}--\r\n"
                );
                let kind = format!("multipart/form-data; boundary={edge}");
                let file = self.json(&self.post(&format!("{base}/files"), &kind, &form)?)?;
                let file = id(&file)?;
                let batch = json!({"input_file_id": file, "endpoint": "/v1/chat/completions",
                    "completion_window": "24h", "metadata": {"predilect": label}});
                let batch = self.post(&format!("{base}/batches"), "application/json", &batch.to_string())?;
                id(&self.json(&batch)?)
            }
            BatchApi::Anthropic(messages) => {
                let requests: Vec<Value> = calls
                    .iter()
                    .map(|(key, request)| json!({"custom_id": key, "params": self.body(request, &[], true)}))
                    .collect();
                let body = json!({"requests": requests}).to_string();
                id(&self.json(&self.post(&format!("{messages}/batches"), "application/json", &body)?)?)
            }
        }
    }

    fn find(&self, lost: &LostBatch) -> Result<Option<String>, CallError> {
        let (address, openai) = match self.api()? {
            BatchApi::OpenAi(base) => (format!("{base}/batches?limit=100"), true),
            BatchApi::Anthropic(messages) => (format!("{messages}/batches?limit=100"), false),
        };
        let mut batches: Vec<Value> = Vec::new();
        let mut after = String::new();
        for _ in 0..PAGES {
            let list = self.json(&self.get(&format!("{address}{after}"))?)?;
            let page = list.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
            let last = page.last().and_then(|batch| id(batch).ok());
            batches.extend(page);
            match last.filter(|_| list.get("has_more") == Some(&Value::Bool(true))) {
                Some(last) if openai => after = format!("&after={last}"),
                Some(last) => after = format!("&after_id={last}"),
                None => break,
            }
        }
        let is_it = |batch: &&Value| {
            if openai {
                return batch.pointer("/metadata/predilect").and_then(Value::as_str) == Some(&lost.label);
            }
            if batch.get("id").and_then(Value::as_str).is_some_and(|id| lost.others.iter().any(|o| o == id)) {
                return false;
            }
            // No label is kept here: batches are recognised by the number of questions and the time.
            let counts = batch.get("request_counts").and_then(Value::as_object);
            let total: u64 = counts.into_iter().flat_map(|c| c.values()).filter_map(Value::as_u64).sum();
            // Of the time, the day: two clocks differ by minutes, batches end within a day.
            let made = batch.get("created_at").and_then(Value::as_str).unwrap_or_default();
            total == lost.calls && made.get(..10) >= lost.at.get(..10)
        };
        let found: Vec<&Value> = batches.iter().filter(is_it).collect();
        match found.as_slice() {
            [] => Ok(None),
            [only] => id(only).map(Some),
            many => Err(CallError::new(
                Fault::Request,
                format!("{} batches may be the one that was submitted at {}", many.len(), lost.at),
            )
            .remedy(Remedy::CancelBatches)),
        }
    }

    fn fetch(&self, id: &str, without: &[String]) -> Result<BatchState, CallError> {
        match self.api()? {
            BatchApi::OpenAi(base) => {
                let batch = self.json(&self.get(&format!("{base}/batches/{id}"))?)?;
                let status = batch.get("status").and_then(Value::as_str).unwrap_or_default();
                if !["completed", "failed", "expired", "cancelled"].contains(&status) {
                    let count = |name: &str| {
                        batch.pointer(&format!("/request_counts/{name}")).and_then(Value::as_u64).unwrap_or(0)
                    };
                    return Ok(BatchState::Running {
                        done: count("completed") + count("failed"),
                        total: count("total"),
                    });
                }
                let mut answers = Vec::new();
                let mut any = false;
                for name in ["output_file_id", "error_file_id"] {
                    if let Some(file) = batch.get(name).and_then(Value::as_str) {
                        any = true;
                        self.openai_lines(
                            &self.get(&format!("{base}/files/{file}/content"))?,
                            without,
                            &mut answers,
                        );
                    }
                }
                if status == "failed" && !any {
                    let said = batch
                        .pointer("/errors/data/0/message")
                        .and_then(Value::as_str)
                        .unwrap_or("no reason");
                    let error = self.clean(&format!("the batch was rejected: {said}"));
                    return Err(CallError::new(Fault::Request, error).remedy(Remedy::SmallerBatches));
                }
                Ok(BatchState::Ended(answers))
            }
            BatchApi::Anthropic(messages) => {
                let batch = self.json(&self.get(&format!("{messages}/batches/{id}"))?)?;
                if batch.get("processing_status").and_then(Value::as_str) != Some("ended") {
                    let count = |name: &str| {
                        batch.pointer(&format!("/request_counts/{name}")).and_then(Value::as_u64).unwrap_or(0)
                    };
                    let done = ["succeeded", "errored", "canceled", "expired"].map(count).iter().sum();
                    return Ok(BatchState::Running { done, total: done + count("processing") });
                }
                let mut answers = Vec::new();
                self.anthropic_lines(
                    &self.get(&format!("{messages}/batches/{id}/results"))?,
                    without,
                    &mut answers,
                );
                Ok(BatchState::Ended(answers))
            }
        }
    }
}

type Answers = Vec<(String, Result<String, CallError>)>;

impl HttpModel {
    fn api(&self) -> Result<&BatchApi, CallError> {
        self.batch.as_ref().ok_or_else(|| {
            CallError::new(Fault::Unsupported, format!("{} takes no batches", self.name))
                .remedy(Remedy::NoBatches)
        })
    }

    fn openai_lines(&self, text: &str, without: &[String], answers: &mut Answers) {
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let Some(key) = line.get("custom_id").and_then(Value::as_str) else { continue };
            let body = line.pointer("/response/body").cloned().unwrap_or(Value::Null);
            let status = line.pointer("/response/status_code").and_then(Value::as_u64);
            let answer = match status {
                Some(200..300) => Ok(body.to_string()),
                Some(status) => {
                    let status = u16::try_from(status).unwrap_or(500);
                    Err(self
                        .learnt(status, &body, without)
                        .unwrap_or_else(|| self.refusal(status, &body.to_string())))
                }
                // Not processed in time, or lost: it may be handed over again.
                None => {
                    let said = line.pointer("/error/message").and_then(Value::as_str).unwrap_or("no answer");
                    Err(CallError::new(Fault::Timeout, self.clean(said)))
                }
            };
            answers.push((key.to_owned(), answer));
        }
    }

    fn anthropic_lines(&self, text: &str, without: &[String], answers: &mut Answers) {
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let Some(key) = line.get("custom_id").and_then(Value::as_str) else { continue };
            let answer = match line.pointer("/result/type").and_then(Value::as_str) {
                Some("succeeded") => {
                    Ok(line.pointer("/result/message").cloned().unwrap_or(Value::Null).to_string())
                }
                Some("errored") => {
                    let error = line.pointer("/result/error").cloned().unwrap_or(Value::Null);
                    let fault = self.dialect.fault(400, &error).unwrap_or(Fault::Server);
                    let said = || CallError::new(fault, self.clean(&message(&error, "no reason")));
                    Err(self.learnt(400, &error, without).unwrap_or_else(said))
                }
                other => Err(CallError::new(
                    Fault::Timeout,
                    format!("not answered: {}", other.unwrap_or("unknown")),
                )),
            };
            answers.push((key.to_owned(), answer));
        }
    }

    /// A refusal that the next batch avoids; this one was handed over `without` some parameters.
    fn learnt(&self, status: u16, body: &Value, without: &[String]) -> Option<CallError> {
        let sent = |one: &Optional| !without.iter().any(|name| name == one.name);
        let one = self.refused_parameter(status, body, sent)?;
        self.left_out.add(one);
        Some(CallError::new(Fault::Parameter, format!("{} takes no {}", self.name, one.name)))
    }

    /// Files of answers are large: they get more time than a call.
    fn slow(&self) -> Agent {
        agent(&self.url, Duration::from_hours(1), 1)
    }

    fn get(&self, address: &str) -> Result<String, CallError> {
        let mut call = self.slow().get(address);
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        self.text(call.call())
    }

    fn post(&self, address: &str, kind: &str, body: &str) -> Result<String, CallError> {
        let mut call = self.slow().post(address).header("content-type", kind);
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        self.text(call.send(body))
    }

    fn text(
        &self,
        response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<String, CallError> {
        let mut response = response.map_err(|error| self.broken(&self.url, &error))?;
        let status = response.status().as_u16();
        let reader = response.body_mut().with_config().limit(MAX_ANSWERS).lossy_utf8(true);
        let body = self.received(reader.read_to_string().map_err(|error| self.broken(&self.url, &error))?);
        if (200..300).contains(&status) { Ok(body) } else { Err(self.refusal(status, &body)) }
    }

    fn json(&self, text: &str) -> Result<Value, CallError> {
        serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let name = &self.name;
            CallError::new(
                Fault::Body,
                format!("the answer of {name} is not valid JSON (line {line}, column {column})"),
            )
        })
    }
}

fn id(object: &Value) -> Result<String, CallError> {
    object
        .get("id")
        .and_then(Value::as_str)
        .filter(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
        .map(str::to_owned)
        .ok_or_else(|| CallError::new(Fault::Body, "the provider's answer has no id"))
}
