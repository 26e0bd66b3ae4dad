//! What is one pair to train on, and can a model take its tokens?

use crate::error::{LearnError, Result};
use crate::model::Tree;

/// A pair as tokens, with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The prompt's tokens.
    pub prompt: Vec<u32>,
    /// The tokens of the chosen completion and of the rejected one.
    pub completions: [Vec<u32>; 2],
    /// The probability that the chosen completion is preferred.
    pub p: f64,
    /// Factor of its loss.
    pub weight: f64,
}

impl Example {
    pub(crate) fn tree(&self) -> Tree {
        Tree::new(&self.prompt, &[&self.completions[0], &self.completions[1]])
    }

    /// Whether all its tokens are in a vocabulary of that size.
    ///
    /// # Errors
    ///
    /// When one is not, or a part has no token.
    pub fn fits(&self, vocab: usize) -> Result<()> {
        check(self, vocab)
    }

    /// Tokens of both completions.
    pub fn tokens(&self) -> usize {
        self.completions[0].len() + self.completions[1].len()
    }
}

pub(super) fn check(example: &Example, vocab: usize) -> Result<()> {
    check_tokens(&example.prompt, vocab)?;
    example.completions.iter().try_for_each(|completion| check_tokens(completion, vocab))
}

pub(super) fn check_tokens(tokens: &[u32], vocab: usize) -> Result<()> {
    if tokens.is_empty() {
        return Err(LearnError::Choice("empty prompt or completion".to_owned()));
    }
    match tokens.iter().find(|token| **token as usize >= vocab) {
        None => Ok(()),
        Some(token) => Err(LearnError::Choice(format!(
            "token {token} is outside the vocabulary of {vocab}: tokenizer and weights do not match"
        ))),
    }
}
