//! Which marks do chat templates leave in a text, and which of them can be cut off?

use std::sync::LazyLock;

use memchr::{memchr3_iter, memmem};

/// What may precede the first mark.
pub(super) const BEGINNINGS: &[&str] = &[
    "<s>",
    "<bos>",
    "<|begin_of_text|>",
    "<BOS_TOKEN>",
    DEEPSEEK_BEGIN,
    "<|endoftext|>",
    "[gMASK]",
    "<sop>",
];

/// What may end a text or a turn.
pub(super) const ENDINGS: &[&str] = &[
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

pub(super) const DEEPSEEK_BEGIN: &str = "<｜begin▁of▁sentence｜>";
pub(super) const DEEPSEEK_END: &str = "<｜end▁of▁sentence｜>";

/// Marks by which [`has_marks`] knows a template, wherever they occur.
pub(super) const MARKS: &[&str] = &[
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

/// The first mark of a template in a text, for a remark on a text that [`decode`](super::decode) left whole.
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

/// The first of some marks that a text begins with, and what follows it.
pub(super) fn split_any<'a>(text: &'a str, marks: &[&'static str]) -> Option<(&'static str, &'a str)> {
    marks.iter().find_map(|mark| Some((*mark, text.strip_prefix(mark)?)))
}

/// A text without the blanks and the marks of an end that it ends with.
pub(super) fn strip_endings(text: &str) -> &str {
    let mut rest = text.trim_end();
    while let Some(shorter) = ENDINGS.iter().find_map(|mark| rest.strip_suffix(mark)) {
        rest = shorter.trim_end();
    }
    rest
}
