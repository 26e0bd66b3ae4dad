//! Texts and conversations as the tokens that a model was trained on.
//!
//! [`Tokens`] reads a model's tokenizer and chat template from its folder or its GGUF file. Examples for training are made as TRL's DPO
//! trainer (1.16) makes them, so that a model sees the same numbers here and there. As there, the name of a control token in a text, such
//! as `<|im_end|>`, is that token: who trains on strangers' texts has to look for such names before.

mod error;
mod folder;
mod gguf;
mod message;
#[cfg(test)]
mod models;
mod pre;
mod python;
mod template;
#[cfg(test)]
mod tests;
mod written;

pub use error::TokensError;
pub use message::Message;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use template::Template;
use tokenizers::Tokenizer;

/// A model's tokenizer, its special tokens and, where it has one, its chat template.
pub struct Tokens {
    tokenizer: Tokenizer,
    bos: Option<u32>,
    eos: Option<u32>,
    ends: Vec<u32>,
    /// What plain texts begin with and what follows them.
    before: Vec<u32>,
    after: Vec<u32>,
    size: usize,
    /// Special tokens by what they are for, such as `bos_token`.
    names: Vec<(String, String)>,
    template: Option<Template>,
}

/// A prompt and a completion as tokens: what a model is given, and what it is to learn to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The prompt, up to where the completion begins.
    pub prompt: Vec<u32>,
    /// The completion, with what ends it.
    pub completion: Vec<u32>,
    /// What was unusual.
    pub remark: Option<Remark>,
}

/// What is unusual about an example.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// The prompt alone is tokenized differently than before the completion: its template renders it differently, or a token spans the
    /// boundary. The completion begins where the two diverge, and the end of the prompt is left out, so that the model learns to continue
    /// from other tokens than it will be given.
    Parts {
        /// How many tokens of the prompt are left out.
        left_out: usize,
        /// Their text.
        text: String,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Parts { text, .. } = self;
        write!(
            f,
            "the chat template ends a prompt differently when a response follows; {text:?} is left out of the prompt"
        )
    }
}

impl Example {
    /// Moves the boundary forward to the first `length` tokens, for a pair of examples that are to have the same prompt: TRL cuts both
    /// where the first of them diverges. No change if the prompt is not longer than that.
    pub fn cut_prompt(&mut self, length: usize) {
        if length < self.prompt.len() {
            let moved = self.prompt.split_off(length);
            self.completion.splice(0..0, moved);
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("size", &self.size)
            .field("bos", &self.bos)
            .field("ends", &self.ends)
            .field("template", &self.template.is_some())
            .finish_non_exhaustive()
    }
}

impl Tokens {
    /// The tokens of a text, with nothing added at its ends. Names of special tokens in it are those tokens.
    ///
    /// # Errors
    ///
    /// [`TokensError::Tokenizer`] where the tokenizer has neither a token for a part of the text nor one for unknown text, or its
    /// description is inconsistent.
    ///
    /// The expressions that cut a text give up after a million steps back: behind some hundred thousand spaces in a row, the rest of a text
    /// can get other tokens than elsewhere.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokensError> {
        guarded(|| Ok(self.tokenizer.encode_fast(text, false)?.get_ids().to_vec()))
    }

    /// The text of tokens, special ones by their names. Numbers without a token are left out, as models have them whose table is padded;
    /// bytes that are not UTF-8 become `U+FFFD`.
    ///
    /// # Errors
    ///
    /// [`TokensError::Tokenizer`] where the tokenizer's description is at odds with itself.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokensError> {
        guarded(|| self.tokenizer.decode(ids, false))
    }

    /// The token that begins texts, if the model names one.
    #[must_use]
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The token that ends texts, if the model names one.
    #[must_use]
    pub fn eos(&self) -> Option<u32> {
        self.eos
    }

    /// All tokens that end what the model says, such as those of `<|im_end|>` or `<|eot_id|>`, the model's own first.
    #[must_use]
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// One more than the largest number of a token.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether the model has a chat template.
    #[must_use]
    pub fn has_template(&self) -> bool {
        self.template.is_some()
    }

    /// A conversation as the model's chat template writes it; `open`: up to where the model's answer begins.
    ///
    /// # Errors
    ///
    /// [`TokensError::NoTemplate`] and [`TokensError::Empty`]; [`TokensError::Template`], [`TokensError::Render`] and
    /// [`TokensError::Endless`] where the template is at fault; [`TokensError::SystemRefused`] and [`TokensError::Refused`] where it
    /// raises an exception.
    pub fn render(&self, messages: &[Message], open: bool) -> Result<String, TokensError> {
        let template = self.template.as_ref().ok_or(TokensError::NoTemplate)?;
        if messages.is_empty() {
            return Err(TokensError::Empty);
        }
        template.render(messages, open)
    }

    /// A conversation and what the model is to say next.
    ///
    /// The prompt is rendered up to where the answer begins, and again with the answer after it; the completion is what the second has
    /// after the first. If the second does not begin with the first, the completion begins where they diverge, and a remark says so.
    ///
    /// # Errors
    ///
    /// Those of [`Tokens::render`] and [`Tokens::encode`].
    pub fn conversation(&self, prompt: &[Message], completion: &str) -> Result<Example, TokensError> {
        if prompt.is_empty() {
            return Err(TokensError::Empty);
        }
        let alone = self.encode(&self.render(prompt, true)?)?;
        let mut messages = prompt.to_vec();
        messages.push(Message { role: "assistant", content: completion });
        let whole = self.encode(&self.render(&messages, false)?)?;
        self.example(alone, whole)
    }

    /// A text and its continuation, without a template: joined unchanged, followed by the name of the token that ends texts, unless it is
    /// there already or the model has none.
    ///
    /// # Errors
    ///
    /// Those of [`Tokens::encode`].
    pub fn plain(&self, prompt: &str, completion: &str) -> Result<Example, TokensError> {
        let mut joined = format!("{prompt}{completion}");
        if let Some(end) = self.eos.and_then(|eos| self.tokenizer.id_to_token(eos))
            && !completion.ends_with(&end)
        {
            joined.push_str(&end);
        }
        let alone = self.framed(prompt)?;
        let whole = self.framed(&joined)?;
        self.example(alone, whole)
    }

    /// The tokens of a plain text with what the tokenizer puts around it.
    fn framed(&self, text: &str) -> Result<Vec<u32>, TokensError> {
        Ok([self.before.as_slice(), &self.encode(text)?, &self.after].concat())
    }

    fn example(&self, mut prompt: Vec<u32>, mut whole: Vec<u32>) -> Result<Example, TokensError> {
        let common = prompt.iter().zip(&whole).take_while(|(a, b)| a == b).count();
        let completion = whole.split_off(common);
        let lost = prompt.split_off(common);
        let remark = if lost.is_empty() {
            None
        } else {
            Some(Remark::Parts { left_out: lost.len(), text: self.decode(&lost)? })
        };
        Ok(Example { prompt, completion, remark })
    }
}

/// Names of tokens that end a turn or a text, as llama.cpp knows them.
const ENDS: [&str; 19] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "</s>",
    "<|eom_id|>",
    "<EOT>",
    "[EOT]",
    "[EOS]",
    "<|end_of_text|>",
    "<end_of_utterance>",
    "<eos>",
    "<turn|>",
    "<｜end▁of▁sentence｜>",
];

/// The tokens that end what a model says: its own, those it lists, and special ones with names that say so.
fn ends(eos: Option<u32>, more: impl Iterator<Item = u32>, named: impl Fn(&str) -> Option<u32>) -> Vec<u32> {
    let mut ends: Vec<u32> = eos.into_iter().chain(more).collect();
    // Where a turn has parts, this one ends a part.
    let parts = named("<|return|>").is_some() && named("<|call|>").is_some();
    ends.extend(ENDS.iter().filter(|&&name| !(parts && name == "<|end|>")).filter_map(|name| named(name)));
    let mut seen = std::collections::HashSet::new();
    ends.retain(|&id| seen.insert(id));
    ends
}

/// Runs the library's code. It trusts the description of a tokenizer in places, so a malicious file could make it panic.
fn guarded<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, TokensError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(TokensError::Tokenizer(error.to_string())),
        Err(_) => Err(TokensError::Tokenizer("its description is at odds with itself".to_owned())),
    }
}
