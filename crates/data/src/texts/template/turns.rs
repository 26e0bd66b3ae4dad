//! Which turns does a text give when it is parted at its marks?

use predilect_types::{Message, Role};

use super::marks::strip_endings;

pub(super) fn turn(role: Role, content: &str) -> Message {
    Message { role, content: content.trim().to_owned() }
}

/// Splits a text that begins with a mark at each place where `mark` knows one by its length and the role it opens.
pub(super) fn marked(body: &str, mark: &dyn Fn(&str) -> Option<(usize, Role)>) -> Option<Vec<Message>> {
    let first = *body.as_bytes().first()?;
    let (length, mut speaker) = mark(body)?;
    let mut from = length;
    let mut turns = Vec::new();
    for at in memchr::memchr_iter(first, body.as_bytes()) {
        if at < from {
            continue;
        }
        if let Some((length, next)) = body.get(at..).and_then(mark) {
            turns.push(turn(std::mem::replace(&mut speaker, next), strip_endings(body.get(from..at)?)));
            from = at + length;
        }
    }
    turns.push(turn(speaker, strip_endings(body.get(from..)?)));
    Some(turns)
}
