//! Who speaks, by the names that files use for the roles of turns?

use predilect_types::Role;

/// The name of the role of a model's reasoning before the answer that it belongs to.
pub(crate) const REASONING: &str = "reasoning";

/// Who speaks, by the names that files use, whatever the case.
///
/// Results of tools have the role `tool`, thoughts the role `reasoning`; any other name is kept as written.
pub(crate) fn role(name: &str) -> Role {
    known_role(name).unwrap_or_else(|| Role::Other(name.trim().to_owned()))
}

/// The same where the name is known.
pub(crate) fn known_role(name: &str) -> Option<Role> {
    const USER: &[&str] = &["user", "human", "prompter", "customer", "humanmessage", "user_message"];
    const ASSISTANT: &[&str] = &[
        "assistant",
        "ai",
        "bot",
        "chatbot",
        "gpt",
        "model",
        "chatgpt",
        "function_call",
        "tool_call",
        "aimessage",
        "aimessagechunk",
    ];
    const TOP: &[&str] = &["system", "developer", "systemmessage"];
    const TOOL: &[&str] = &[
        "tool",
        "function",
        "observation",
        "ipython",
        "tool_response",
        "tool_result",
        "tool_output",
        "function_response",
        "function_result",
        "function_call_output",
        "toolmessage",
    ];
    let name = name.trim();
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is(USER) {
        Some(Role::User)
    } else if is(ASSISTANT) {
        Some(Role::Assistant)
    } else if is(TOP) {
        Some(Role::System)
    } else if is(TOOL) {
        Some(Role::Other("tool".to_owned()))
    } else if is(&["reasoning", "thinking", "thought"]) {
        Some(Role::Other(REASONING.to_owned()))
    } else {
        None
    }
}
