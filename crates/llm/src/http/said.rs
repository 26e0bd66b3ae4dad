//! What the body of an error says.

use serde_json::Value;

use crate::error::Fault;

/// What an error's body says; of a gateway, also what the provider behind it said.
pub(super) fn message(json: &Value, body: &str) -> String {
    let error = json.get("error").unwrap_or(json);
    let behind = |name: &str| error.pointer(&format!("/metadata/{name}")).and_then(Value::as_str);
    if let (Some(said), Some(raw)) = (error.get("message").and_then(Value::as_str), behind("raw")) {
        let who = behind("provider_name").map_or_else(String::new, |name| format!(" ({name})"));
        return format!("{said}{who}: {raw}");
    }
    let text = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    // Whole: a key that is cut in two would not be found in it.
    text.map_or_else(|| body.trim().to_owned(), str::to_owned)
}

/// What an error means that comes with success and without a code.
pub(super) fn by_words(said: &str) -> Option<Fault> {
    let said = said.to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&["unauthorized", "api key", "api_key", "no auth", "authentication", "forbidden"]) {
        return Some(Fault::Key);
    }
    if about(&[
        "insufficient balance",
        "insufficient credit",
        "insufficient quota",
        "credit balance",
        "billing",
        "exceeded your current quota",
        "payment required",
    ]) {
        return Some(Fault::Quota);
    }
    about(&["model not found", "unknown model", "no such model"]).then_some(Fault::NoModel)
}

/// A whole number, or one in quotation marks.
pub(super) fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|n| n.try_into().ok()).or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_passes_on_what_was_said_behind_it() {
        let raw = serde_json::json!({"error": {"message": "Provider returned error", "metadata": {"raw": "too long", "provider_name": "N"}}});
        assert_eq!(message(&raw, ""), "Provider returned error (N): too long");
    }
}
