//! The same provider by Anthropic's protocol: messages one by one and in batches.

use serde_json::{Value, json};

use super::{Seen, answer, hash, refusals};

/// The answer to `/v1/messages` and everything below it, with its status.
pub(super) fn serve(path: &str, body: &[u8], seen: &mut Seen) -> (u16, String) {
    let path = path.split('?').next().unwrap_or_default();
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let Some((_, below)) = path.split_once("/messages/batches") else {
        let question = hash(body.to_string().as_bytes(), 0);
        let entry = seen.questions.entry(question).or_default();
        (entry.0, entry.1) = (entry.0 + 1, entry.1 + 1);
        return match refusal(&body) {
            Some(error) => (400, error.to_string()),
            None => (200, message(&body, question).to_string()),
        };
    };
    let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
    let number = |id: &str| id.rsplit('_').next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    let text = match parts.as_slice() {
        [] if body["requests"].is_array() => {
            seen.messages.push((body["requests"].as_array().cloned().unwrap_or_default(), 0));
            shown(seen.messages.len() - 1, seen).to_string()
        }
        [] => {
            let all: Vec<Value> = (0..seen.messages.len()).map(|i| shown(i, seen)).collect();
            json!({"data": all, "has_more": false}).to_string()
        }
        [id] => {
            seen.messages[number(id)].1 += 1;
            shown(number(id), seen).to_string()
        }
        [id, ..] => {
            let mut lines = String::new();
            for request in seen.messages[number(id)].0.clone() {
                let (key, params) = (&request["custom_id"], &request["params"]);
                let question = hash(params.to_string().as_bytes(), 0);
                let entry = seen.questions.entry(question).or_default();
                entry.0 += 1;
                let result = if let Some(error) = refusal(params) {
                    json!({"type": "errored", "error": error})
                } else if question.is_multiple_of(30) && entry.0 == 1 {
                    json!({"type": "expired"})
                } else if question.is_multiple_of(31) && entry.0 == 1 {
                    json!({"type": "errored", "error": {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}})
                } else {
                    entry.1 += 1;
                    json!({"type": "succeeded", "message": message(params, question)})
                };
                lines.push_str(&json!({"custom_id": key, "result": result}).to_string());
                lines.push('\n');
            }
            lines
        }
    };
    (200, text)
}

/// Newer models take no temperature, and say so in a message only.
fn refusal(params: &Value) -> Option<Value> {
    refusals::refusal(params)?;
    let error =
        json!({"type": "invalid_request_error", "message": "`temperature` is deprecated for this model."});
    Some(json!({"type": "error", "error": error}))
}

/// A batch is under way when it is first asked for, and has ended afterwards.
fn shown(i: usize, seen: &Seen) -> Value {
    let (requests, asked) = &seen.messages[i];
    let (all, ended) = (requests.len(), *asked > 1);
    let (processing, succeeded) = if ended { (0, all) } else { (all, 0) };
    json!({"id": format!("msgbatch_{i}"), "type": "message_batch", "processing_status": if ended { "ended" } else { "in_progress" },
           "created_at": "2026-01-01T00:00:00Z", "results_url": null,
           "request_counts": {"processing": processing, "succeeded": succeeded, "errored": 0, "canceled": 0, "expired": 0}})
}

fn message(params: &Value, question: u64) -> Value {
    let said: Value = serde_json::from_str(&answer(params, question)).unwrap_or(Value::Null);
    let text = &said["choices"][0]["message"]["content"];
    let cut = said["choices"][0]["finish_reason"] == "length";
    let refused = said["choices"][0]["message"]["refusal"].is_string();
    let content = match (refusals::spent(params), cut) {
        (None, _) => json!([{"type": "text", "text": text}]),
        (Some(_), true) => json!([{"type": "thinking", "thinking": "", "signature": "s"}]),
        (Some(_), false) => {
            json!([{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": text}])
        }
    };
    json!({"type": "message", "role": "assistant", "content": content,
           "stop_reason": if cut { "max_tokens" } else if refused { "refusal" } else { "end_turn" },
           "usage": {"input_tokens": said["usage"]["prompt_tokens"], "output_tokens": said["usage"]["completion_tokens"]}})
}
