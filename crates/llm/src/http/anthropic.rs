//! Anthropic's messages.

use predilect_types::Role;
use serde_json::{Value, json};

use super::{Dialect, tokens};
use crate::contract::{Answer, Capabilities, Finish, Request, Usage};
use crate::error::{CallError, Fault};

pub(super) struct Anthropic;

impl Dialect for Anthropic {
    fn capabilities(&self) -> Capabilities {
        Capabilities { next: false, schema: false, seed: false, score: false, together: false }
    }

    fn write(&self, model: &str, request: &Request) -> Value {
        let system: Vec<&str> = request
            .messages
            .iter()
            .filter(|turn| turn.role == Role::System)
            .map(|turn| turn.content.as_str())
            .collect();
        let messages: Vec<Value> = request
            .messages
            .iter()
            .filter(|turn| turn.role != Role::System)
            .map(|turn| json!({"role": turn.role.as_str(), "content": turn.content}))
            .collect();
        let mut body = json!({
            "model": model,
            "messages": messages,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
        });
        if !system.is_empty() {
            body["system"] = system.join("\n\n").into();
        }
        body
    }

    fn read(&self, _: &Request, body: &Value) -> Result<Answer, CallError> {
        let parts = body
            .get("content")
            .and_then(Value::as_array)
            .ok_or_else(|| CallError::new(Fault::Body, "the answer has no content"))?;
        let text = parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect();
        let finish = match body.get("stop_reason").and_then(Value::as_str) {
            Some("max_tokens") => Finish::Length,
            Some("refusal") => Finish::Refused,
            _ => Finish::Stop,
        };
        let cached = tokens(body, "/usage/cache_read_input_tokens");
        let made = tokens(body, "/usage/cache_creation_input_tokens");
        let usage = Usage {
            input: tokens(body, "/usage/input_tokens") + cached + made,
            cached,
            output: tokens(body, "/usage/output_tokens"),
        };
        Ok(Answer { text, finish, next: Vec::new(), usage })
    }

    fn fault(&self, _: u16, body: &Value) -> Option<Fault> {
        Some(match body.pointer("/error/type").and_then(Value::as_str)? {
            "authentication_error" | "permission_error" => Fault::Key,
            "billing_error" => Fault::Quota,
            "not_found_error" => Fault::NoModel,
            "rate_limit_error" => Fault::RateLimited,
            "overloaded_error" => Fault::Overloaded,
            "invalid_request_error" | "request_too_large" => Fault::Request,
            "timeout_error" => Fault::Timeout,
            _ => Fault::Server,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Want;
    use predilect_types::Message;

    #[test]
    fn the_system_turn_stands_apart_and_the_text_is_joined() {
        let request = Request {
            messages: vec![Message { role: Role::System, content: "s".to_owned() }, Message::user("q")],
            want: Want::Text,
            max_tokens: 5,
            temperature: 0.0,
            seed: None,
        };
        let body = Anthropic.write("m", &request);
        assert_eq!(
            body,
            json!({"model": "m", "system": "s", "messages": [{"role": "user", "content": "q"}], "max_tokens": 5,
                   "temperature": 0.0})
        );
        let answer = Anthropic
            .read(
                &request,
                &json!({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                        "stop_reason": "max_tokens", "usage": {"input_tokens": 3, "output_tokens": 2,
                        "cache_read_input_tokens": 4}}),
            )
            .unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("ab", Finish::Length));
        assert_eq!(answer.usage, Usage { input: 7, cached: 4, output: 2 });
        let fault = |kind: &str| Anthropic.fault(529, &json!({"type": "error", "error": {"type": kind}}));
        assert_eq!(fault("overloaded_error"), Some(Fault::Overloaded));
        assert_eq!(fault("authentication_error"), Some(Fault::Key));
    }
}
