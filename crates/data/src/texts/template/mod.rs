//! Is a text a conversation written with a chat template or as a transcript, and which turns does it contain?
//!
//! Only a text that begins with a template's mark is split. Turns are trimmed of the blanks around them, marks of the beginning and the end
//! of texts and turns are dropped, and a last assistant turn without text (where a model would continue) is left out.

mod bracketed;
mod marks;
mod named;
mod turns;

use predilect_types::{Message, Role};

use bracketed::{angled, inst};
use marks::{BEGINNINGS, DEEPSEEK_BEGIN, split_any};
use named::{hashes, transcript, vicuna};

pub(crate) use marks::{has_marks, without_end};

/// Whether a text whose first non-blank byte is this one can begin with a mark at all.
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

#[cfg(test)]
mod tests;
