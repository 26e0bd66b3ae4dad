//! Which turns are in a text that names the speaker in words: `### Instruction:`, `Human:`, `USER:`?

use std::borrow::Cow;

use memchr::memmem;
use predilect_types::{Message, Role};

use super::marks::{split_any, strip_endings};
use super::turns::{marked, turn};

/// Alpaca and its kin: headings of three hashes.
pub(super) fn hashes(body: &str) -> Option<Vec<Message>> {
    const HEADINGS: &[(&str, Role)] = &[
        ("### Instruction:", Role::User),
        ("### Response:", Role::Assistant),
        ("### Human:", Role::User),
        ("### User:", Role::User),
        ("### Assistant:", Role::Assistant),
        ("### System:", Role::System),
    ];
    const INPUT: &str = "### Input:";
    let at = memmem::find(body.as_bytes(), b"### ")?;
    if at > 0 && !body.starts_with('B') {
        return None;
    }
    let (sentence, rest) = body.split_at_checked(at)?;
    let heading = |text: &str| {
        let (mark, role) = HEADINGS.iter().find(|(mark, _)| text.starts_with(mark))?;
        Some((mark.len(), role.clone()))
    };
    let mut turns = Vec::new();
    if !sentence.trim().is_empty() {
        turns.push(turn(Role::System, sentence));
    }
    turns.extend(marked(rest, &heading)?);
    for turn in &mut turns {
        if turn.role == Role::User
            && let Some((instruction, input)) = turn.content.split_once(INPUT)
        {
            turn.content = match (instruction.trim_end(), input.trim_start()) {
                (only, "") | ("", only) => only.to_owned(),
                (instruction, input) => format!("{instruction}\n\n{input}"),
            };
        }
    }
    let asked = turns.iter().position(|turn| turn.role == Role::User)?;
    let answered = turns.iter().rposition(|turn| turn.role == Role::Assistant)?;
    (asked < answered).then_some(turns)
}

/// Transcripts with a name and a colon at the beginning of a line.
///
/// `apart`: a blank line precedes the first name, as HH-RLHF writes it; then one name is enough. Else both names must occur, and alternate
/// unless blank lines separate them and the person is called `Human`.
pub(super) fn transcript(body: &str, apart: bool) -> Option<Vec<Message>> {
    const NAMES: &[(&str, Role)] = &[
        ("Human:", Role::User),
        ("User:", Role::User),
        ("Assistant:", Role::Assistant),
        ("System:", Role::System),
    ];
    const SMALL: &[(&str, Role)] = &[
        ("human:", Role::User),
        ("user:", Role::User),
        ("assistant:", Role::Assistant),
        ("system:", Role::System),
    ];
    let small = body.starts_with(|c: char| c.is_ascii_lowercase());
    let human = if body.starts_with("Human:") || body.starts_with("Assistant:") {
        "Human:"
    } else if body.starts_with("User:") {
        "User:"
    } else if body.starts_with("System:") {
        if body.contains("\nHuman:") { "Human:" } else { "User:" }
    } else if body.starts_with("human:") || (body.starts_with("system:") && body.contains("\nhuman:")) {
        "human:"
    } else if body.starts_with("user:") || body.starts_with("system:") {
        "user:"
    } else {
        return None;
    };
    let apart = apart && human == "Human:";
    let wide = apart || body.contains(if small { "\n\nassistant:" } else { "\n\nAssistant:" });
    let names: Vec<&(&str, Role)> = if small { SMALL } else { NAMES }
        .iter()
        .filter(|(name, role)| match role {
            Role::User => *name == human,
            Role::System => body.starts_with(name),
            _ => true,
        })
        .collect();
    let find = |line: &str| names.iter().find(|(name, _)| line.starts_with(name)).copied();
    let (first, mut speaker) = find(body).map(|(name, role)| (name.len(), role.clone()))?;
    let mut from = first;
    let mut turns = Vec::new();
    for at in memchr::memchr_iter(b'\n', body.as_bytes()) {
        if at < from || (wide && !body.get(..at).is_some_and(|before| before.ends_with('\n'))) {
            continue;
        }
        if let Some((name, next)) = body.get(at + 1..).and_then(find) {
            turns.push(turn(std::mem::replace(&mut speaker, next.clone()), body.get(from..at)?));
            from = at + 1 + name.len();
        }
    }
    turns.push(turn(speaker, strip_endings(body.get(from..)?)));
    if apart {
        return Some(turns);
    }
    let both = turns.iter().any(|turn| turn.role == Role::User)
        && turns.iter().any(|turn| turn.role == Role::Assistant)
        && turns.first().is_some_and(|turn| turn.role != Role::Assistant);
    let strict = !wide || human != "Human:";
    let in_turns = turns.iter().zip(turns.iter().skip(1)).all(|(turn, next)| turn.role != next.role);
    (both && (!strict || in_turns)).then_some(turns)
}

/// Vicuna: alternating `USER:` and `ASSISTANT:`, separated by blanks or `</s>`.
pub(super) fn vicuna(body: &str) -> Option<Vec<Message>> {
    let mut turns = Vec::new();
    let mut rest = body;
    let sentence = ["A chat between", "A conversation between", "SYSTEM:"];
    if let Some((mark, after)) = split_any(body, &sentence) {
        let at = vicuna_mark(body, "USER:")?;
        let (system, next) = body.split_at_checked(at)?;
        let system =
            if mark == "SYSTEM:" { Cow::from(after.get(..at - mark.len())?) } else { Cow::from(system) };
        turns.push(turn(Role::System, strip_endings(&system)));
        rest = next;
    }
    let closed = rest.contains("</s>");
    rest = rest.strip_prefix("USER:")?;
    loop {
        let at = vicuna_mark(rest, "ASSISTANT:")?;
        let (asked, after) = rest.split_at_checked(at)?;
        turns.push(turn(Role::User, asked));
        let after = after.strip_prefix("ASSISTANT:")?;
        let mut from = 0;
        let next = loop {
            let Some(at) = after.get(from..).and_then(|tail| vicuna_mark(tail, "USER:")) else { break None };
            let at = from + at;
            // Where answers are closed, an open one only mentions the mark.
            if !closed || after.get(..at)?.trim_end().ends_with("</s>") {
                break Some(at);
            }
            from = at + 1;
        };
        let (answer, next) = after.split_at_checked(next.unwrap_or(after.len()))?;
        turns.push(turn(Role::Assistant, strip_endings(answer)));
        match next.strip_prefix("USER:") {
            Some(next) => rest = next,
            None => return Some(turns),
        }
        // A last question without an answer.
        if vicuna_mark(rest, "ASSISTANT:").is_none() {
            turns.push(turn(Role::User, strip_endings(rest)));
            return Some(turns);
        }
    }
}

/// The position of a mark at the beginning, after a blank or after the end of an answer.
fn vicuna_mark(text: &str, mark: &str) -> Option<usize> {
    memmem::find_iter(text.as_bytes(), mark.as_bytes()).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace) || before.ends_with("</s>")
    })
}
