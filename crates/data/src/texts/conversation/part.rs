//! What is a part of a message: text, a thought, a call of a tool, its result, or an image and its like?

use serde_json::Value;

use super::keys::content_key;
use super::object::Object;

/// Whether an object is a part of a message by its own type or keys.
pub(super) fn is_part(part: &Object) -> bool {
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
    is_gemini(part)
        || is_thought(part, kind)
        || is_call(part, kind)
        || is_result(part, kind)
        || kind.ends_with("text")
        || medium(part, kind).is_some_and(|medium| medium != kind || MEDIA.contains(&medium))
}

fn is_gemini(part: &Object) -> bool {
    const KEYS: &[&str] = &[
        "functionCall",
        "function_call",
        "functionResponse",
        "function_response",
        "inlineData",
        "inline_data",
        "fileData",
        "file_data",
    ];
    KEYS.iter().any(|key| part.get(*key).is_some_and(Value::is_object))
}

pub(super) fn is_thought(part: &Object, kind: &str) -> bool {
    matches!(kind, "thinking" | "reasoning" | "redacted_thinking" | "thought")
        || (kind.is_empty() && part.get("thinking").is_some_and(Value::is_string))
        || part.get("thought") == Some(&Value::Bool(true))
}

pub(super) fn is_call(part: &Object, kind: &str) -> bool {
    kind.ends_with("tool_use")
        || kind.ends_with("tool_call")
        || kind == "function_call"
        || ["functionCall", "function_call", "function"]
            .iter()
            .any(|key| part.get(*key).is_some_and(Value::is_object))
        || (part.get("name").is_some_and(Value::is_string)
            && ["arguments", "args", "parameters"].iter().any(|key| part.contains_key(*key))
            && content_key(part).is_none())
}

pub(super) fn is_result(part: &Object, kind: &str) -> bool {
    kind.ends_with("tool_result")
        || kind.ends_with("tool_response")
        || kind.ends_with("_call_output")
        || ["functionResponse", "function_response"]
            .iter()
            .any(|key| part.get(*key).is_some_and(Value::is_object))
}

const MEDIA: &[&str] = &["image", "audio", "video", "file", "document"];

/// What a part shows other than text: `image`, `audio`, .., or its type by its own name.
pub(super) fn medium<'a>(part: &'a Object, kind: &'a str) -> Option<&'a str> {
    let known = |text: &str| MEDIA.iter().copied().find(|medium| text.contains(medium));
    if let Some(medium) = known(kind) {
        return Some(medium);
    }
    for key in ["inlineData", "inline_data", "fileData", "file_data"] {
        if let Some(data) = part.get(key).filter(|data| data.is_object()) {
            let mime = data.get("mimeType").or_else(|| data.get("mime_type")).and_then(Value::as_str);
            return Some(mime.and_then(known).unwrap_or("file"));
        }
    }
    if !kind.is_empty() && !kind.ends_with("text") {
        return Some(kind);
    }
    part.iter().filter(|(_, value)| !value.is_null()).find_map(|(key, _)| known(key))
}
