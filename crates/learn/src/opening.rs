//! A model with its tokenizer, from a folder or a GGUF file.

use std::path::Path;

use crate::error::Result;
use crate::model::{Gguf, Model};
use crate::tokens::Tokens;

/// Opens a model and its tokenizer: a folder of Hugging Face's, or a GGUF file.
///
/// # Errors
///
/// When either cannot be read, or they are of a kind that is not known here.
pub fn open(path: &Path) -> Result<(Model, Tokens)> {
    if path.is_dir() {
        let tokens = Tokens::from_folder(path)?;
        return Ok((Model::open(path)?, tokens));
    }
    let mut file = Gguf::open(path)?;
    let tokens = Tokens::from_gguf(&file.content)?;
    Ok((file.model()?, tokens))
}

/// Opens the tokenizer of such a model alone.
///
/// # Errors
///
/// When it cannot be read, or is of a kind that is not known here.
pub fn open_tokens(path: &Path) -> Result<Tokens> {
    if path.is_dir() {
        return Ok(Tokens::from_folder(path)?);
    }
    Ok(Tokens::from_gguf(&Gguf::open(path)?.content)?)
}

/// Threads that this process computes with.
pub fn threads() -> usize {
    rayon::current_num_threads()
}
