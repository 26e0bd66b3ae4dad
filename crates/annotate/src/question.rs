//! What all questions to a model have in common.

use predilect_llm::{Request, Want};
use predilect_types::{Message, Role};

/// A question with the words that stand above it; answered with the most probable answer.
pub(crate) fn question(system: &str, text: String, want: Want, max_tokens: u32, seed: u64) -> Request {
    Request {
        messages: vec![Message { role: Role::System, content: system.to_owned() }, Message::user(text)],
        want,
        max_tokens,
        temperature: 0.0,
        seed: Some(seed),
    }
}
