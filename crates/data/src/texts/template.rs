//! Is a text a conversation written with a chat template or as a transcript, and which turns does it hold?
//!
//! Only a text that begins with a template's mark is taken apart. Turns are trimmed of the blanks around them, marks of
//! the beginning and the end of texts and turns are dropped, and a last assistant turn without text (where a model would
//! go on) is no turn.

use std::borrow::Cow;

use memchr::{memchr, memchr3_iter, memmem};
use predilect_types::{Message, Role};
use std::sync::LazyLock;

use super::conversation::{known_role, role};

/// What may stand before the first mark.
const BEGINNINGS: &[&str] = &[
    "<s>",
    "<bos>",
    "<|begin_of_text|>",
    "<BOS_TOKEN>",
    DEEPSEEK_BEGIN,
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
];

/// What may stand at the end of a text or a turn.
const ENDINGS: &[&str] = &[
    "</s>",
    "<eos>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|eot|>",
    "<end_of_turn>",
    "<|END_OF_TURN_TOKEN|>",
    "<|END_RESPONSE|>",
    DEEPSEEK_END,
];

const DEEPSEEK_BEGIN: &str = "<｜begin▁of▁sentence｜>";
const DEEPSEEK_END: &str = "<｜end▁of▁sentence｜>";

/// Marks by which [`has_marks`] knows a template, wherever they occur.
const MARKS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|eot_id|>",
    "<|header_start|>",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|START_OF_TURN_TOKEN|>",
    "<|END_OF_TURN_TOKEN|>",
    "<|user|>",
    "<|assistant|>",
    "<|system|>",
    "<|prompter|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|begin_of_text|>",
    "<｜User｜>",
    "<｜Assistant｜>",
    DEEPSEEK_BEGIN,
    DEEPSEEK_END,
    "<<SYS>>",
    "[INST]",
    "[/INST]",
];

/// The same for marks that count only at the beginning of a line, after a blank one where `true`.
const LINE_MARKS: &[(&str, bool)] =
    &[("Human:", true), ("Assistant:", true), ("### Instruction:", false), ("### Response:", false)];

/// Whether a text whose first byte that is no blank is this one can begin with a mark at all.
pub(crate) fn may_begin(first: u8) -> bool {
    matches!(first, b'<' | b'[' | b'#' | b'H' | b'U' | b'A' | b'B' | b'S' | b'h' | b'u' | b's')
}

/// The turns of a text that begins with a template's mark (after blanks and a mark of the beginning) and follows that
/// template to its end; `None` for any other text, also for one that only mentions a mark.
///
/// | template | begins with |
/// |---|---|
/// | ChatML, Llama 3 and 4, Gemma, Cohere | `<\|im_start\|>`, `<\|start_header_id\|>`, `<start_of_turn>`, .. and a role |
/// | Zephyr, Tulu, Phi, GLM | `<\|user\|>`, `<\|assistant\|>`, `<\|system\|>` |
/// | `DeepSeek` | `<｜User｜>`; text between the beginning of the sentence and it is the system turn |
/// | Llama 2, Mistral | `[INST]`, with `<<SYS>>` or `[SYSTEM_PROMPT]` or without |
/// | Alpaca and its kin | `### Instruction:`, `### Human:`, `### User:`; there must be a response mark |
/// | transcripts | a blank line and `Human:` or `Assistant:`; without the blank line, both in turns |
/// | Vicuna | `USER:`, with `ASSISTANT:` after it |
///
/// The sentence that Alpaca's and Vicuna's templates put first ("Below is an instruction", "A chat between") becomes a
/// system turn.
pub(crate) fn decode(text: &str) -> Option<Vec<Message>> {
    let mut body = text.trim_start();
    let mut deepseek = false;
    while let Some((mark, rest)) = split_any(body, BEGINNINGS) {
        deepseek |= mark == DEEPSEEK_BEGIN;
        body = rest.trim_start();
    }
    deepseek &= body.contains("<｜User｜>");
    let mut turns = match body.as_bytes().first()? {
        _ if deepseek => angled(body, deepseek)?,
        b'<' => angled(body, deepseek)?,
        b'[' => inst(body)?,
        b'#' => hashes(body)?,
        b'B' if body.starts_with("Below is an instruction") => hashes(body)?,
        b'H' | b'A' | b'U' | b'S' | b'h' | b'u' | b's' => {
            let blank = text.get(..text.len() - body.len()).unwrap_or_default();
            transcript(body, blank.ends_with("\n\n")).or_else(|| vicuna(body))?
        }
        _ => return None,
    };
    if turns.last().is_some_and(|last| last.role == Role::Assistant && last.content.is_empty()) {
        turns.pop();
    }
    (!turns.is_empty()).then_some(turns)
}

/// How much of a text without other marks is left when the marks of a turn's end are cut off it, as where the prompt and
/// the response were cut out of one templated text; `None` where it does not end with one.
///
/// `</s>` stays in a text that has `<s>`, which is HTML.
pub(crate) fn without_end(text: &str) -> Option<usize> {
    let whole = text.trim_end();
    if !whole.ends_with('>') {
        return None;
    }
    let rest = strip_endings(whole);
    (rest.len() < whole.len() && has_marks(rest).is_none() && !rest.contains("<s>")).then_some(rest.len())
}

/// What begins an answer in Vicuna's transcripts.
static ANSWER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("ASSISTANT:"));

/// The first mark of a template that a text holds, for a remark on a text that [`decode`] left whole.
pub(crate) fn has_marks(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    if let Some((mark, _)) = LINE_MARKS.iter().find(|(mark, _)| text.starts_with(mark)) {
        return Some(mark);
    }
    for at in memchr3_iter(b'<', b'[', b'\n', bytes) {
        let here = bytes.get(at..)?;
        let found = if let Some(line) = here.strip_prefix(b"\n") {
            let blank = at.checked_sub(1).is_none_or(|before| bytes.get(before) == Some(&b'\n'));
            let mut marks = LINE_MARKS.iter();
            marks.find(|(mark, apart)| (blank || !apart) && line.starts_with(mark.as_bytes())).map(|(m, _)| m)
        } else {
            MARKS.iter().find(|mark| here.starts_with(mark.as_bytes()))
        };
        if let Some(mark) = found {
            return Some(mark);
        }
    }
    ANSWER.find(bytes).map(|_| "ASSISTANT:")
}

fn turn(role: Role, content: &str) -> Message {
    Message { role, content: content.trim().to_owned() }
}

/// The first of some marks that a text begins with, and what follows it.
fn split_any<'a>(text: &'a str, marks: &[&'static str]) -> Option<(&'static str, &'a str)> {
    marks.iter().find_map(|mark| Some((*mark, text.strip_prefix(mark)?)))
}

/// A text without the blanks and the marks of an end that it ends with.
fn strip_endings(text: &str) -> &str {
    let mut rest = text.trim_end();
    while let Some(shorter) = ENDINGS.iter().find_map(|mark| rest.strip_suffix(mark)) {
        rest = shorter.trim_end();
    }
    rest
}

/// Templates whose marks are in angle brackets.
fn angled(body: &str, deepseek: bool) -> Option<Vec<Message>> {
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

/// The turns, unless one of them still holds one of the marks.
fn clean(turns: Vec<Message>, marks: &[&str]) -> Option<Vec<Message>> {
    let marked = |turn: &Message| marks.iter().any(|mark| turn.content.contains(mark));
    (!turns.iter().any(marked)).then_some(turns)
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
                // The text ends with the header under which a model would go on.
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

/// Splits a text that begins with a mark at each place where `mark` knows one by its length and the role it opens.
fn marked(body: &str, mark: &dyn Fn(&str) -> Option<(usize, Role)>) -> Option<Vec<Message>> {
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

/// Llama 2 and Mistral: instructions in brackets, answers after them.
fn inst(body: &str) -> Option<Vec<Message>> {
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

/// Alpaca and its kin: headings of three hashes.
fn hashes(body: &str) -> Option<Vec<Message>> {
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
/// `apart`: a blank line stands before the first name, as HH-RLHF writes it; then one name is enough. Else both names
/// must occur, and take turns unless blank lines set them apart and the person is called `Human`.
fn transcript(body: &str, apart: bool) -> Option<Vec<Message>> {
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

/// Vicuna: `USER:` and `ASSISTANT:` in turns, set apart by blanks or `</s>`.
fn vicuna(body: &str) -> Option<Vec<Message>> {
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

/// Where a mark stands at the beginning, after a blank or after the end of an answer.
fn vicuna_mark(text: &str, mark: &str) -> Option<usize> {
    memmem::find_iter(text.as_bytes(), mark.as_bytes()).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        before.is_empty() || before.ends_with(char::is_whitespace) || before.ends_with("</s>")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[allow(clippy::unnecessary_wraps, reason = "as `decode` answers")]
    fn turns(said: &[(&str, &str)]) -> Option<Vec<Message>> {
        Some(said.iter().map(|(name, text)| turn(role(name), text)).collect())
    }

    #[test]
    fn each_template_is_taken_apart() {
        let whole = turns(&[
            ("system", "S"),
            ("user", "a\nb"),
            ("assistant", "c"),
            ("user", "d"),
            ("assistant", "e"),
        ]);
        for text in [
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na\nb<|im_end|>\n<|im_start|>assistant\nc<|im_end|>\n\
             <|im_start|>user\nd<|im_end|>\n<|im_start|>assistant\ne<|im_end|>\n",
            "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user\
             <|end_header_id|>\n\na\nb<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nc<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\nd<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\ne",
            "<bos><start_of_turn>system\nS<end_of_turn>\n<start_of_turn>user\na\nb<end_of_turn>\n<start_of_turn>model\n\
             c<end_of_turn>\n<start_of_turn>user\nd<end_of_turn>\n<start_of_turn>model\ne<end_of_turn><eos>",
            "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|>\
             <|USER_TOKEN|>a\nb<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>c<|END_OF_TURN_TOKEN|>\
             <|START_OF_TURN_TOKEN|><|USER_TOKEN|>d<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>e",
            "<|system|>\nS</s>\n<|user|>\na\nb</s>\n<|assistant|>\nc</s>\n<|user|>\nd</s>\n<|assistant|>\ne</s>",
            "<|system|>S<|end|><|user|>\na\nb<|end|>\n<|assistant|>\nc<|end|><|user|>d<|end|><|assistant|>e<|endoftext|>",
            "<｜begin▁of▁sentence｜>S<｜User｜>a\nb<｜Assistant｜>c<｜end▁of▁sentence｜><｜User｜>d<｜Assistant｜>e\
             <｜end▁of▁sentence｜>",
            "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\na\nb [/INST] c </s><s>[INST] d [/INST] e </s>",
            "<s>[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]a\nb[/INST]c</s>[INST]d[/INST]e</s>",
            "SYSTEM: S USER: a\nb ASSISTANT: c</s>USER: d ASSISTANT: e</s>",
            "System: S\n\nHuman: a\nb\n\nAssistant: c\n\nHuman: d\n\nAssistant: e",
            "### System:\nS\n\n### User:\na\nb\n\n### Assistant:\nc\n\n### User:\nd\n\n### Assistant:\ne",
        ] {
            assert_eq!(decode(text), whole, "{text}");
        }
    }

    #[test]
    fn a_text_to_go_on_from_ends_with_the_question() {
        let asked = turns(&[("user", "q")]);
        for text in [
            "\n\nHuman: q\n\nAssistant:",
            "\n\nHuman: q",
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n",
            "<|start_header_id|>user<|end_header_id|>\n\nq<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            "<start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\n",
            "<|user|>\nq</s>\n<|assistant|>\n",
            "<s>[INST] q [/INST]",
            "USER: q ASSISTANT:",
            "### Instruction:\nq\n\n### Response:\n",
            "<｜User｜>q<｜Assistant｜>",
        ] {
            assert_eq!(decode(text), asked, "{text}");
        }
    }

    #[test]
    fn transcripts() {
        assert_eq!(
            decode("\n\nHuman: hi\n\nAssistant: a\nHuman: x\n\nHuman: y\n\nAssistant: b\n"),
            turns(&[("user", "hi"), ("assistant", "a\nHuman: x"), ("user", "y"), ("assistant", "b")])
        );
        assert_eq!(decode("\n\nAssistant: only"), turns(&[("assistant", "only")]));
        let two = turns(&[("user", "a"), ("assistant", "b")]);
        assert_eq!(decode("Human: a\nAssistant: b"), two);
        assert_eq!(decode("User: a\n\nAssistant: b"), two);
        assert_eq!(decode("user: a\nassistant: b"), two);
        assert_eq!(decode("human: a\n\nassistant: b"), two);
        for text in ["user: the person who asks", "human: a\nhuman: b\nassistant: c", "user: a\nAssistant: b"]
        {
            assert_eq!(decode(text), None, "{text}");
        }
        for plain in [
            "Human: an essay",
            "Assistant: b",
            "Human: a\nHuman: b\nAssistant: c",
            "H: a\n\nA: b",
            "He said:\n\nHuman: a\n\nAssistant: b",
            "User: the person\n\nSystem: the machine",
            "\n\nAssistant:",
        ] {
            assert_eq!(decode(plain), None, "{plain}");
        }
    }

    #[test]
    fn alpaca_and_vicuna() {
        assert_eq!(
            decode("### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n### Sum\n3"),
            turns(&[("user", "Add.\n\n1 2"), ("assistant", "### Sum\n3")])
        );
        assert_eq!(
            decode(
                "Below is an instruction that describes a task.\n\n### Instruction:\nx\n\n### Response:\ny"
            ),
            turns(&[
                ("system", "Below is an instruction that describes a task."),
                ("user", "x"),
                ("assistant", "y")
            ])
        );
        assert_eq!(decode("### Human: x?### Assistant: y"), turns(&[("user", "x?"), ("assistant", "y")]));
        assert_eq!(
            decode("A chat between a user and an assistant. USER: x ASSISTANT: the USER: y</s>"),
            turns(&[
                ("system", "A chat between a user and an assistant."),
                ("user", "x"),
                ("assistant", "the USER: y")
            ])
        );
        assert_eq!(
            decode("USER: a ASSISTANT: b USER: c"),
            turns(&[("user", "a"), ("assistant", "b"), ("user", "c")])
        );
        for plain in [
            "### Instruction:\nx",
            "## Title\n### Human: x\n### Assistant: y",
            "A chat between friends",
            "USER: x",
            "USERS: x ASSISTANT: y",
            "A chat between ASSISTANT: and USER: x",
        ] {
            assert_eq!(decode(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_mention_is_no_conversation() {
        for (plain, mark) in [
            ("The mark <|im_start|>user opens a turn.", Some("<|im_start|>")),
            ("Use [INST] here", Some("[INST]")),
            ("[INST] never closed", Some("[INST]")),
            ("[INST] a [/INST] b [/INST] c", Some("[INST]")),
            ("<|im_start|>user\na<|im_end|> and then <|im_start|>user\nb<|im_end|>", Some("<|im_start|>")),
            ("<|im_start|> <|im_end|>", Some("<|im_start|>")),
            ("Answer\n\nHuman: more", Some("Human:")),
            ("Answer\nHuman: more", None),
            ("x USER: a ASSISTANT: b", Some("ASSISTANT:")),
            ("x\n### Response:\ny", Some("### Response:")),
            ("<p>Hello</p> a[0] < b", None),
            ("", None),
        ] {
            assert_eq!((decode(plain), has_marks(plain)), (None, mark), "{plain}");
        }
    }

    #[test]
    fn marks_of_the_end_are_cut_off() {
        assert_eq!(without_end("answer<|im_end|>\n"), Some(6));
        assert_eq!(without_end("answer </s>"), Some(6));
        assert_eq!(without_end("an <s>old</s>"), None);
        assert_eq!(without_end("a<|im_start|>b<|im_end|>"), None);
        assert_eq!(without_end("<p>x</p>"), None);
    }

    /// Pieces of which hostile and unlucky texts consist.
    fn pieces() -> impl Strategy<Value = String> {
        let mut all: Vec<&str> = [MARKS, ENDINGS, BEGINNINGS].concat();
        all.extend([
            "Human:",
            "Assistant:",
            "User:",
            "USER:",
            "ASSISTANT:",
            "SYSTEM:",
            "System:",
            "\n",
            "\n\n",
            " ",
            "é",
            "x",
            "user",
            "assistant",
            "<|USER_TOKEN|>",
            "### Instruction:",
            "### Input:",
            "### Response:",
            "### ",
            "<</SYS>>",
            "Below is an instruction",
            "A chat between",
        ]);
        proptest::collection::vec(proptest::sample::select(all), 0..14).prop_map(|some| some.concat())
    }

    proptest! {
        #[test]
        fn nothing_panics_and_the_marks_of_turns_are_gone(text in pieces()) {
            let _ = (has_marks(&text), without_end(&text));
            if let Some(turns) = decode(&text) {
                prop_assert!(!turns.is_empty());
                let start = text.trim_start();
                for turn in &turns {
                    if start.starts_with("<|im_start|>") {
                        prop_assert!(!turn.content.contains("<|im_start|>") && !turn.content.contains("<|im_end|>"));
                    }
                    if start.starts_with("[INST]") {
                        prop_assert!(!turn.content.contains("INST]"));
                    }
                }
            }
        }

        #[test]
        fn a_text_without_a_mark_is_none(text in "[a-z é.,:\n]{0,100}") {
            prop_assert_eq!((decode(&text), has_marks(&text), without_end(&text)), (None, None, None));
        }
    }
}
