//! What is one pair or one labelled completion to train on, and can a model take its tokens?

use crate::error::{LearnError, Result};
use crate::losses::{LossError, Objective};
use crate::model::Tree;

/// A pair as tokens, or one completion by itself, with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The prompt's tokens.
    pub prompt: Vec<u32>,
    /// The tokens of the chosen completion and of the rejected one, or of one completion by itself.
    pub completions: Vec<Vec<u32>>,
    /// The probability that the chosen completion is preferred; one completion by itself is desirable from one half on.
    pub p: f64,
    /// Factor of its loss.
    pub weight: f64,
}

impl Example {
    pub(crate) fn tree(&self) -> Tree {
        Tree::new(&self.prompt, &self.completions.iter().map(Vec::as_slice).collect::<Vec<&[u32]>>())
    }

    /// Whether all its tokens are in a vocabulary of that size.
    ///
    /// # Errors
    ///
    /// When one is not, or a part has no token.
    pub fn fits(&self, vocab: usize) -> Result<()> {
        check(self, vocab)
    }

    /// Tokens of its completions.
    pub fn tokens(&self) -> usize {
        self.completions.iter().map(Vec::len).sum()
    }

    /// Whether it is one completion by itself.
    pub fn is_single(&self) -> bool {
        self.completions.len() == 1
    }
}

pub(super) fn check(example: &Example, vocab: usize) -> Result<()> {
    if !matches!(example.completions.len(), 1 | 2) {
        return Err(LearnError::Choice(format!("{} completions of a prompt", example.completions.len())));
    }
    check_tokens(&example.prompt, vocab)?;
    example.completions.iter().try_for_each(|completion| check_tokens(completion, vocab))
}

/// How many completions each of these has: two, or one.
///
/// # Errors
///
/// When some have two and some one, or one where a loss compares two.
pub(super) fn completions_of_each(examples: &[&Example], objective: &Objective) -> Result<usize> {
    let single = examples.iter().filter(|example| example.is_single()).count();
    if single == 0 {
        return Ok(2);
    }
    if single < examples.len() {
        return Err(LearnError::Choice(
            "pairs and single completions cannot be trained on together".to_owned(),
        ));
    }
    match objective.mixture().losses().find(|loss| !loss.takes_unpaired()) {
        Some(loss) => Err(LossError::NeedsPairs { loss }.into()),
        None => Ok(1),
    }
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
