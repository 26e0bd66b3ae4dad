//! Which turns are in a text that names its two speakers by their parts, `Customer:` and `Agent:`?
//!
//! Only for texts that have to be conversations: a response may be a dialogue that somebody asked for.

use predilect_types::{Message, Role};

/// Names of those who ask.
const ASKING: &[&str] =
    &["customer", "client", "user", "caller", "patient", "visitor", "buyer", "guest", "student", "human"];
/// Names of those who answer.
const ANSWERING: &[&str] = &[
    "agent",
    "support",
    "support agent",
    "customer service",
    "representative",
    "advisor",
    "operator",
    "doctor",
    "seller",
    "tutor",
    "teacher",
    "assistant",
    "bot",
    "chatbot",
    "ai",
];

/// The turns of a text in which one who asks and one who answers take turns, each named at the beginning of a line.
pub(crate) fn dialogue(text: &str) -> Option<Vec<Message>> {
    let mut turns: Vec<Message> = Vec::new();
    let mut names: [Option<&str>; 2] = [None, None];
    for line in text.trim().lines() {
        let Some((name, role, said)) = spoken(line) else {
            // What goes on behind the first line of a turn.
            let last = turns.last_mut()?;
            last.content.push('\n');
            last.content.push_str(line);
            continue;
        };
        let known = names.get_mut(usize::from(role == Role::Assistant))?;
        let same = known.is_none_or(|known| known.eq_ignore_ascii_case(name));
        if !same || turns.last().is_some_and(|last| last.role == role) {
            return None;
        }
        *known = Some(name);
        turns.push(Message { role, content: said.to_owned() });
    }
    for turn in &mut turns {
        turn.content = turn.content.trim().to_owned();
    }
    let complete = turns.len() > 1 && turns.iter().all(|turn| !turn.content.is_empty());
    complete.then_some(turns)
}

/// Who speaks in a line, and what is said.
fn spoken(line: &str) -> Option<(&str, Role, &str)> {
    let (name, said) = line.split_once(':')?;
    let name = name.trim();
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    let role = if is(ASKING) {
        Role::User
    } else if is(ANSWERING) {
        Role::Assistant
    } else {
        return None;
    };
    Some((name, role, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<Vec<(String, String)>> {
        let turns = dialogue(text)?;
        Some(turns.into_iter().map(|turn| (turn.role.to_string(), turn.content)).collect())
    }

    #[test]
    fn two_who_take_turns_are_a_dialogue() {
        let text = "Customer: my card\nis lost\n\nAgent: Which one?\n\nCustomer: The red one.";
        let turn = |role: &str, said: &str| (role.to_owned(), said.to_owned());
        assert_eq!(
            told(text),
            Some(vec![
                turn("user", "my card\nis lost"),
                turn("assistant", "Which one?"),
                turn("user", "The red one.")
            ])
        );
        assert!(told("Agent: Hello!\nCustomer: Hi.").is_some());
        for text in [
            "Customer: my card",
            "Dear Customer:\nAgent: x\nCustomer: y",
            "Customer: a\nClient: b\nAgent: c",
            "Customer: a\nCustomer: b\nAgent: c",
            "Customer:\nAgent: c",
            "Note: a\nAgent: b",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
