//! Anthropic's messages.

use predilect_types::Role;
use serde_json::{Value, json};

use super::dialect::{Dialect, tokens};
use super::left_out::{Change, Optional, without_limits};
use crate::contract::Capabilities;
use crate::error::{CallError, Fault};
use crate::question::{Answer, Enforce, Finish, Request, Usage, Want};
use crate::reasoning::{Effort, claude};

pub(super) struct Anthropic {
    /// The model reasons first.
    pub(super) reasons: bool,
}

impl Dialect for Anthropic {
    fn capabilities(&self) -> Capabilities {
        Capabilities { next: false, reasons: self.reasons, score: false, together: false }
    }

    /// Before 4.6 a budget had to be given instead of an effort; up to 4.8 models think only if they are told to.
    fn reason(&self, model: &str, body: &mut Value, effort: Effort) -> bool {
        let version = claude(model);
        match effort {
            Effort::None if version < (5, 0) => {}
            Effort::None => body["thinking"] = json!({"type": "disabled"}),
            Effort::Minimal => return false,
            _ if version < (4, 6) => return false,
            other => {
                body["output_config"]["effort"] = other.as_str().into();
                if version < (5, 0) {
                    body["thinking"] = json!({"type": "adaptive"});
                }
            }
        }
        true
    }

    fn optional(&self) -> &'static [Optional] {
        const {
            &[
                Optional::parameter("temperature", "/temperature", &["temperature"]),
                Optional {
                    name: "schema",
                    at: "/output_config/format",
                    words: &["format", "output_format", "schema", "json_schema"],
                    also: &[],
                    change: Change::Remove,
                    // It may be one schema that is refused.
                    for_all: false,
                },
            ]
        }
    }

    fn write(&self, model: &str, request: &Request, token_budget: u32) -> Value {
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
            "max_tokens": request.max_tokens + token_budget,
            "temperature": request.temperature,
        });
        if !system.is_empty() {
            body["system"] = system.join("\n\n").into();
        }
        if let Want::Json(schema) = &request.want
            && schema.enforce == Enforce::Schema
            && claude(model) >= (4, 5)
        {
            let schema = without_limits(&schema.schema);
            body["output_config"]["format"] = json!({"type": "json_schema", "schema": schema});
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
            stored: made,
            output: tokens(body, "/usage/output_tokens"),
        };
        Ok(Answer { text, finish, next: Vec::new(), usage })
    }

    fn fault(&self, _: u16, body: &Value) -> Option<Fault> {
        let said = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        Some(match body.pointer("/error/type").and_then(Value::as_str)? {
            // An empty balance comes as a bad request.
            "invalid_request_error" if said.contains("credit balance") => Fault::Quota,
            "invalid_request_error" if ["thinking", "effort"].iter().any(|word| said.contains(word)) => {
                Fault::Unsupported
            }
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
    use crate::question::Schema;
    use crate::question::Want;
    use predilect_types::Message;

    const OLD: Anthropic = Anthropic { reasons: false };

    #[test]
    fn the_system_turn_stands_apart_and_the_text_is_joined() {
        let request = Request {
            messages: vec![Message { role: Role::System, content: "s".to_owned() }, Message::user("q")],
            want: Want::Text,
            max_tokens: 5,
            temperature: 0.0,
            seed: None,
        };
        let body = OLD.write("claude-3-5-haiku", &request, 100);
        assert_eq!(
            body,
            json!({"model": "claude-3-5-haiku", "system": "s", "messages": [{"role": "user", "content": "q"}], "max_tokens": 105,
                   "temperature": 0.0})
        );
        let answer = OLD
            .read(
                &request,
                &json!({"content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
                        "stop_reason": "max_tokens", "usage": {"input_tokens": 3, "output_tokens": 2,
                        "cache_read_input_tokens": 4}}),
            )
            .unwrap();
        assert_eq!((answer.text.as_str(), answer.finish), ("ab", Finish::Length));
        assert_eq!(answer.usage, Usage { input: 7, cached: 4, stored: 0, output: 2 });
        let fault = |kind: &str| OLD.fault(529, &json!({"type": "error", "error": {"type": kind}}));
        let said = |message: &str| {
            OLD.fault(400, &json!({"error": {"type": "invalid_request_error", "message": message}}))
        };
        assert_eq!(said("Your credit balance is too low to access the API."), Some(Fault::Quota));
        assert_eq!(said("`thinking` cannot be disabled on this model."), Some(Fault::Unsupported));
        assert_eq!(said("prompt is too long"), Some(Fault::Request));
        assert_eq!(fault("overloaded_error"), Some(Fault::Overloaded));
        assert_eq!(fault("authentication_error"), Some(Fault::Key));
    }

    #[test]
    fn efforts_and_schemas_are_sent_to_models_that_know_them() {
        let said = |model: &str, effort| {
            let mut body = json!({});
            OLD.reason(model, &mut body, effort).then_some(body)
        };
        assert_eq!(said("claude-sonnet-5", Effort::Low), Some(json!({"output_config": {"effort": "low"}})));
        assert_eq!(said("claude-opus-4-7", Effort::High).unwrap()["thinking"], json!({"type": "adaptive"}));
        assert_eq!(said("claude-haiku-5-5", Effort::None), Some(json!({"thinking": {"type": "disabled"}})));
        assert_eq!(said("claude-haiku-4-5", Effort::None), Some(json!({})));
        assert_eq!(
            (said("claude-haiku-4-5", Effort::Low), said("claude-opus-5", Effort::Minimal)),
            (None, None)
        );

        let number = json!({"type": "integer", "minimum": 0, "maximum": 3});
        let schema = json!({"type": "object", "properties": {"minimum": number.clone(), "n": number}});
        let schema = Schema { name: "s".to_owned(), schema, enforce: Enforce::Schema };
        let request = Request {
            messages: vec![Message::user("q")],
            want: Want::Json(schema),
            max_tokens: 5,
            temperature: 0.0,
            seed: None,
        };
        let mut body = OLD.write("claude-sonnet-5", &request, 0);
        assert!(OLD.reason("claude-sonnet-5", &mut body, Effort::Low));
        let plain = json!({"type": "integer"});
        assert_eq!(
            body["output_config"],
            json!({"effort": "low", "format": {"type": "json_schema",
                   "schema": {"type": "object", "properties": {"minimum": plain.clone(), "n": plain}}}})
        );
        assert_eq!(OLD.write("claude-sonnet-4-20250514", &request, 0).get("output_config"), None);
        let loose = request.enforcing(Enforce::Object);
        assert_eq!(OLD.write("claude-sonnet-5", &loose, 0).get("output_config"), None);
    }
}
