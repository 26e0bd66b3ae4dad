//! Gemini's generateContent.

use predilect_types::Role;
use serde_json::{Value, json};

use super::dialect::{Dialect, tokens};
use super::left_out::Optional;
use crate::contract::Capabilities;
use crate::error::{CallError, Fault};
use crate::question::{Answer, Enforce, Finish, Request, Usage, Want};
use crate::reasoning::Effort;

pub(super) struct Gemini {
    /// The model reasons first.
    pub(super) reasons: bool,
}

impl Dialect for Gemini {
    fn capabilities(&self) -> Capabilities {
        Capabilities { next: false, reasons: self.reasons, score: false, together: false }
    }

    /// Up to 2.5 a budget represents the effort: that of Google's own table for servers that speak OpenAI's protocol.
    fn reason(&self, model: &str, body: &mut Value, effort: Effort) -> bool {
        let budgets = model.starts_with("gemini-2");
        body["generationConfig"]["thinkingConfig"] = match effort {
            Effort::None => json!({"thinkingBudget": 0}),
            Effort::Minimal | Effort::Low if budgets => json!({"thinkingBudget": 1024}),
            Effort::Medium if budgets => json!({"thinkingBudget": 8192}),
            Effort::High if budgets => json!({"thinkingBudget": 24_576}),
            Effort::Xhigh | Effort::Max => return false,
            level => json!({"thinkingLevel": level.as_str()}),
        };
        true
    }

    fn optional(&self) -> &'static [Optional] {
        const {
            &[
                Optional::parameter("temperature", "/generationConfig/temperature", &["temperature"]),
                Optional::parameter("seed", "/generationConfig/seed", &["seed"]),
            ]
        }
    }

    fn write(&self, _: &str, request: &Request, token_budget: u32) -> Value {
        let part = |text: &str| json!([{ "text": text }]);
        let contents: Vec<Value> = request
            .messages
            .iter()
            .filter(|turn| turn.role != Role::System)
            .map(|turn| {
                let role = if turn.role == Role::Assistant { "model" } else { "user" };
                json!({"role": role, "parts": part(&turn.content)})
            })
            .collect();
        let mut config =
            json!({"temperature": request.temperature, "maxOutputTokens": request.max_tokens + token_budget});
        if let Some(seed) = request.seed {
            config["seed"] = seed.into();
        }
        if let Want::Json(schema) = &request.want {
            if schema.enforce != Enforce::Nothing {
                config["responseMimeType"] = "application/json".into();
            }
            if schema.enforce == Enforce::Schema {
                config["responseJsonSchema"] = schema.schema.clone();
            }
        }
        let mut body = json!({"contents": contents, "generationConfig": config});
        let system: Vec<&str> = request
            .messages
            .iter()
            .filter(|turn| turn.role == Role::System)
            .map(|turn| turn.content.as_str())
            .collect();
        if !system.is_empty() {
            body["systemInstruction"] = json!({"parts": part(&system.join("\n\n"))});
        }
        body
    }

    fn read(&self, _: &Request, body: &Value) -> Result<Answer, CallError> {
        let filtered =
            |why: &str| CallError::new(Fault::Filtered, format!("withheld by the provider: {why}"));
        if let Some(reason) = body.pointer("/promptFeedback/blockReason").and_then(Value::as_str) {
            return Err(filtered(reason));
        }
        let candidate = body
            .pointer("/candidates/0")
            .ok_or_else(|| CallError::new(Fault::Body, "the answer has no candidates"))?;
        let finish = match candidate.get("finishReason").and_then(Value::as_str) {
            Some("MAX_TOKENS") => Finish::Length,
            Some(reason @ ("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")) => {
                return Err(filtered(reason));
            }
            _ => Finish::Stop,
        };
        let reason = candidate.get("finishReason").and_then(Value::as_str).unwrap_or("STOP");
        if candidate.pointer("/content/parts").is_none() && !["STOP", "MAX_TOKENS"].contains(&reason) {
            return Err(CallError::new(
                Fault::Filtered,
                format!("the answer has no content and ends for {reason}"),
            ));
        }
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array);
        let text = parts
            .into_iter()
            .flatten()
            .filter(|part| part.get("thought").and_then(Value::as_bool) != Some(true))
            .filter_map(|part| part.get("text").and_then(Value::as_str))
            .collect();
        let usage = Usage {
            input: tokens(body, "/usageMetadata/promptTokenCount"),
            cached: tokens(body, "/usageMetadata/cachedContentTokenCount"),
            stored: 0,
            output: tokens(body, "/usageMetadata/candidatesTokenCount")
                + tokens(body, "/usageMetadata/thoughtsTokenCount"),
        };
        Ok(Answer { text, finish, next: Vec::new(), usage })
    }

    fn fault(&self, status: u16, body: &Value) -> Option<Fault> {
        let details = body.pointer("/error/details").and_then(Value::as_array);
        let reason = |name: &str| {
            details.into_iter().flatten().any(|d| d.get("reason").and_then(Value::as_str) == Some(name))
        };
        let said = body.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        if said.contains("hinking") && status == 400 {
            return Some(Fault::Unsupported);
        }
        // A wrong key comes as an invalid argument.
        if reason("API_KEY_INVALID") {
            return Some(Fault::Key);
        }
        Some(match body.pointer("/error/status").and_then(Value::as_str)? {
            "UNAUTHENTICATED" | "PERMISSION_DENIED" => Fault::Key,
            "NOT_FOUND" => Fault::NoModel,
            "RESOURCE_EXHAUSTED" => Fault::RateLimited,
            "UNAVAILABLE" => Fault::Overloaded,
            "DEADLINE_EXCEEDED" => Fault::Timeout,
            "INVALID_ARGUMENT" | "FAILED_PRECONDITION" => Fault::Request,
            _ => Fault::Server,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::Message;

    const MODEL: Gemini = Gemini { reasons: true };

    #[test]
    fn roles_schema_filters_and_thoughts_are_minded() {
        let request = Request {
            messages: vec![
                Message { role: Role::System, content: "s".to_owned() },
                Message::user("q"),
                Message::assistant("a"),
                Message::user("r"),
            ],
            want: Want::Json(crate::Schema {
                name: "n".to_owned(),
                schema: json!({"type": "object"}),
                enforce: Enforce::Schema,
            }),
            max_tokens: 5,
            temperature: 0.0,
            seed: None,
        };
        let mut body = MODEL.write("m", &request, 100);
        assert!(MODEL.reason("gemini-2.5-pro", &mut body, Effort::Low));
        assert_eq!(body["generationConfig"]["thinkingConfig"], json!({"thinkingBudget": 1024}));
        assert!(!MODEL.reason("gemini-3.8-flash", &mut body, Effort::Max));
        assert!(MODEL.reason("gemini-3.8-flash", &mut body, Effort::Low));
        assert_eq!(body["generationConfig"]["thinkingConfig"], json!({"thinkingLevel": "low"}));
        assert_eq!(body["generationConfig"]["maxOutputTokens"], 105);
        assert_eq!(body["contents"][1]["role"], "model");
        assert_eq!(body["systemInstruction"]["parts"][0]["text"], "s");
        assert_eq!(body["generationConfig"]["responseJsonSchema"]["type"], "object");
        let answer = MODEL
            .read(
                &request,
                &json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
                    {"text": "hm", "thought": true}, {"text": "{}"}]}}],
                    "usageMetadata": {"promptTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 3}}),
            )
            .unwrap();
        assert_eq!((answer.text.as_str(), answer.usage.output), ("{}", 5));
        let blocked = json!({"promptFeedback": {"blockReason": "SAFETY"}});
        assert_eq!(MODEL.read(&request, &blocked).unwrap_err().fault, Fault::Filtered);
        let fault = |status: &str| MODEL.fault(429, &json!({"error": {"status": status}}));
        assert_eq!(fault("RESOURCE_EXHAUSTED"), Some(Fault::RateLimited));
        let key = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]}});
        assert_eq!(MODEL.fault(400, &key), Some(Fault::Key));
        let level =
            json!({"error": {"status": "INVALID_ARGUMENT", "message": "Thinking level is not supported"}});
        assert_eq!(MODEL.fault(400, &level), Some(Fault::Unsupported));
    }
}
