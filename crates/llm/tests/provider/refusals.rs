//! What providers refuse: limits on strings in schemas; by models whose name contains `thinker`, which reason before they answer, also
//! temperatures and probabilities.

use serde_json::{Value, json};

/// Tokens that such a model writes for itself: few where it is told so.
fn wanted(body: &Value) -> u64 {
    let effort = body.get("reasoning_effort").or_else(|| body.pointer("/output_config/effort"));
    if effort.and_then(Value::as_str) == Some("low") { 50 } else { 300 }
}

fn thinks(body: &Value) -> bool {
    body["model"].as_str().is_some_and(|model| model.contains("thinker"))
}

/// Why a model does not take a call: status and error.
pub(super) fn refusal(body: &Value) -> Option<(u16, Value)> {
    let error = |param: Option<&str>, message: &str| json!({"message": message, "type": "invalid_request_error", "param": param, "code": null});
    let schema =
        body.pointer("/response_format/json_schema/schema").map(Value::to_string).unwrap_or_default();
    if schema.contains("maxLength") || schema.contains("minLength") {
        return Some((400, error(Some("response_format"), "Invalid schema: 'maxLength' is not permitted.")));
    }
    if !thinks(body) {
        None
    } else if body["logprobs"] == true {
        Some((403, error(None, "You are not allowed to request logprobs from this model")))
    } else if body.get("temperature").is_some() {
        Some((
            400,
            error(
                Some("temperature"),
                "Unsupported value: 'temperature' does not support 0 with this model.",
            ),
        ))
    } else {
        None
    }
}

/// Tokens written by such a model for itself, and whether any were left for an answer.
pub(super) fn spent(body: &Value) -> Option<(u64, bool)> {
    let limit =
        body.get("max_completion_tokens").or_else(|| body.get("max_tokens")).and_then(Value::as_u64)?;
    thinks(body).then(|| (wanted(body).min(limit), limit > wanted(body)))
}
