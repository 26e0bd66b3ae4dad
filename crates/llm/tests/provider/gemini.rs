//! The same provider by Gemini's protocol.

use serde_json::{Value, json};

use super::{Seen, answer, hash};

/// The answer to `models/NAME:generateContent`, with its status. The key `wrong` is invalid, the model `old` reasons at no level.
pub(super) fn serve(path: &str, body: &[u8], seen: &mut Seen) -> (u16, String) {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let refused = |message: &str| {
        let error = json!({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": message}});
        (400, error.to_string())
    };
    if path.contains("/models/old:") && body.pointer("/generationConfig/thinkingConfig").is_some() {
        return refused("Thinking level is not supported for this model.");
    }
    if body.pointer("/generationConfig/seed").is_some() && path.contains("/models/old:") {
        return refused("Invalid value at 'generation_config': seed is not supported");
    }
    let question = hash(body.to_string().as_bytes(), 0);
    let entry = seen.questions.entry(question).or_default();
    (entry.0, entry.1) = (entry.0 + 1, entry.1 + 1);
    let prompt =
        body["contents"].as_array().and_then(|turns| turns.last()).map(|turn| &turn["parts"][0]["text"]);
    let mut asked = json!({"messages": [{"content": prompt}]});
    if let Some(schema) = body.pointer("/generationConfig/responseJsonSchema") {
        asked["response_format"] = json!({"json_schema": {"schema": schema}});
    }
    let said: Value = serde_json::from_str(&answer(&asked, question)).unwrap_or(Value::Null);
    let said = &said["choices"][0]["message"]["content"];
    let parts = json!([{"text": "I think.", "thought": true}, {"text": said}]);
    let body = json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 2, "thoughtsTokenCount": 3}});
    (200, body.to_string())
}
