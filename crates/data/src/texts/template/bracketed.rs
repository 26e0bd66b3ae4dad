//! Which turns are in a text with the marks of a chat template: marks in angle brackets, or `[INST]` and `<<SYS>>`?

use memchr::{memchr, memmem};
use predilect_types::{Message, Role};

use super::super::speaker::{known_role, role};
use super::marks::{BEGINNINGS, DEEPSEEK_BEGIN, DEEPSEEK_END, ENDINGS, split_any, strip_endings};
use super::turns::{marked, turn};

/// Templates whose marks are in angle brackets.
pub(super) fn angled(body: &str, deepseek: bool) -> Option<Vec<Message>> {
    const HEADED: &[Headed] = &[
        Headed { open: "<|im_start|>", close: "\n", ends: &["<|im_end|>"] },
        Headed {
            open: "<|start_header_id|>",
            close: "<|end_header_id|>",
            ends: &["<|eot_id|>", "<|eom_id|>", "<|end_of_text|>"],
        },
        Headed { open: "<|header_start|>", close: "<|header_end|>", ends: &["<|eot|>", "<|eom|>"] },
        Headed { open: "<start_of_turn>", close: "\n", ends: &["<end_of_turn>"] },
        Headed { open: "<|START_OF_TURN_TOKEN|><|", close: "_TOKEN|>", ends: &["<|END_OF_TURN_TOKEN|>"] },
    ];
    if let Some(template) = HEADED.iter().find(|template| body.starts_with(template.open)) {
        return template.turns(body);
    }
    if body.starts_with("<<SYS>>") {
        return inst(body);
    }
    if body.starts_with("<｜") || deepseek {
        let at = memmem::find(body.as_bytes(), "<｜User｜>".as_bytes())?;
        if at > 0 && !deepseek {
            return None;
        }
        let (system, rest) = body.split_at_checked(at)?;
        let mut turns = Vec::new();
        if !system.trim().is_empty() {
            turns.push(turn(Role::System, system));
        }
        turns.extend(marked(rest, &|text| match text {
            _ if text.starts_with("<｜User｜>") => Some(("<｜User｜>".len(), Role::User)),
            _ if text.starts_with("<｜Assistant｜>") => Some(("<｜Assistant｜>".len(), Role::Assistant)),
            _ => None,
        })?);
        return clean(turns, &[DEEPSEEK_BEGIN, DEEPSEEK_END]);
    }
    let turns = marked(body, &|text| {
        let inner = text.strip_prefix("<|")?;
        let end = memchr(b'|', inner.as_bytes().get(..inner.len().min(16))?)?;
        let (name, rest) = inner.split_at_checked(end)?;
        let lower = name.bytes().all(|byte| byte.is_ascii_lowercase());
        Some((name.len() + 4, known_role(name).filter(|_| lower && rest.starts_with("|>"))?))
    })?;
    clean(turns, &["<|end|>", "<|endoftext|>"])
}

/// A template that spells each turn's role between two marks.
struct Headed {
    open: &'static str,
    close: &'static str,
    ends: &'static [&'static str],
}

impl Headed {
    fn turns(&self, body: &str) -> Option<Vec<Message>> {
        let mut turns = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            rest = rest.strip_prefix(self.open)?;
            let (name, said) = match rest.split_once(self.close) {
                Some(parts) => parts,
                // The text ends with the header after which a model would continue.
                None => (rest, ""),
            };
            let name = name.trim();
            if name.is_empty() || name.len() > 32 || name.contains(|c: char| c.is_whitespace() || c == '<') {
                return None;
            }
            let mut end = None;
            for at in memmem::find_iter(said.as_bytes(), b"<") {
                let (_, here) = said.split_at_checked(at)?;
                if let Some((_, after)) = split_any(here, self.ends) {
                    end = Some((at, after));
                    break;
                }
                if here.starts_with(self.open) {
                    end = Some((at, here));
                    break;
                }
            }
            let (length, after) = end.unwrap_or((said.len(), ""));
            turns.push(turn(role(name), strip_endings(said.get(..length)?)));
            rest = after.trim_start();
            while let Some((_, after)) = split_any(rest, ENDINGS).or_else(|| split_any(rest, BEGINNINGS)) {
                rest = after.trim_start();
            }
        }
        let known = |turn: &Message| !matches!(turn.role, Role::Other(_));
        turns.iter().any(known).then_some(turns)
    }
}

/// Llama 2 and Mistral: instructions in brackets, answers after them.
pub(super) fn inst(body: &str) -> Option<Vec<Message>> {
    let mut turns = Vec::new();
    let mut rest = body;
    for (open, close) in [("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"), ("<<SYS>>", "<</SYS>>")] {
        if let Some(inner) = rest.strip_prefix(open) {
            let (system, after) = inner.split_once(close)?;
            turns.push(turn(Role::System, system));
            rest = after.trim_start();
        }
    }
    while !rest.is_empty() {
        let (mut asked, after) = rest.strip_prefix("[INST]")?.split_once("[/INST]")?;
        if let Some(inner) = asked.trim_start().strip_prefix("<<SYS>>") {
            let (system, question) = inner.split_once("<</SYS>>")?;
            turns.push(turn(Role::System, system));
            asked = question;
        }
        turns.push(turn(Role::User, asked));
        let end = memmem::find(after.as_bytes(), b"[INST]").unwrap_or(after.len());
        let (mut answer, next) = after.split_at_checked(end)?;
        if !next.is_empty() {
            answer = answer.trim_end().strip_suffix("<s>").unwrap_or(answer);
        }
        let answer = turn(Role::Assistant, strip_endings(answer));
        if !answer.content.is_empty() {
            turns.push(answer);
        }
        rest = next;
    }
    if !turns.iter().any(|turn| turn.role == Role::User) {
        return None;
    }
    clean(turns, &["[INST]", "[/INST]", "<<SYS>>", "<</SYS>>"])
}

/// The turns, unless one of them still contains one of the marks.
fn clean(turns: Vec<Message>, marks: &[&str]) -> Option<Vec<Message>> {
    let marked = |turn: &Message| marks.iter().any(|mark| turn.content.contains(mark));
    (!turns.iter().any(marked)).then_some(turns)
}
