//! A model for tests: answers and faults by rule, no network.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::contract::{Capabilities, Model};
use crate::error::CallError;
use crate::question::{Answer, Finish, Request, Usage, Want};

/// What a scripted model answers to a request at its n-th try (from 0): text and probabilities of continuations.
pub type Script = dyn Fn(&Request, u32) -> Result<(String, Vec<f64>), CallError> + Send + Sync;

/// A model that follows a script.
pub struct Scripted {
    script: Box<Script>,
    /// Tries of each request, by its JSON.
    tries: Mutex<HashMap<String, u32>>,
    calls: AtomicU64,
}

impl Scripted {
    /// A model with that script.
    pub fn new(
        script: impl Fn(&Request, u32) -> Result<(String, Vec<f64>), CallError> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Box::new(script), tries: Mutex::default(), calls: AtomicU64::new(0) }
    }

    /// Calls so far, failed ones too.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Model for Scripted {
    fn name(&self) -> &'static str {
        "scripted:test"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { next: true, reasons: false, score: false, together: false }
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let id = serde_json::to_string(request).unwrap_or_default();
        let attempt = {
            let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
            let count = tries.entry(id).or_default();
            *count += 1;
            *count - 1
        };
        let (text, next) = (self.script)(request, attempt)?;
        Ok(json!({"text": text, "next": next, "input": request.input_tokens(self)}).to_string())
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        let broken = |_| CallError::new(crate::Fault::Body, "the scripted answer is cut off");
        let json: Value = serde_json::from_str(body).map_err(broken)?;
        let text = json["text"].as_str().unwrap_or_default().to_owned();
        let listed = json["next"].as_array().map(Vec::as_slice).unwrap_or_default();
        let next = match &request.want {
            Want::Next(of) => (0..of.len())
                .map(|i| listed.get(i).and_then(Value::as_f64).filter(|p| *p > 0.0).map(f64::ln))
                .collect(),
            Want::LogProbs { .. } => vec![listed.first().and_then(Value::as_f64)],
            Want::Text | Want::Json(_) | Want::Score => Vec::new(),
        };
        let usage = Usage { input: json["input"].as_u64().unwrap_or(0), output: 1, ..Usage::default() };
        Ok(Answer { text, finish: Finish::Stop, next, usage })
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").field("calls", &self.calls()).finish_non_exhaustive()
    }
}
