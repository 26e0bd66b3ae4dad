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

/// What others call a model: the repository on Hugging Face of which a GGUF file says that it comes from there; otherwise the path.
pub fn called(path: &Path) -> String {
    /// The host of repositories.
    const HOST: &str = "https://huggingface.co/";
    let said = |key: &str| {
        let file = Gguf::open(path).ok()?;
        file.content.metadata.get(key)?.to_string().ok().cloned()
    };
    let repository = || {
        let named = said("general.source.huggingface.repository");
        let addressed = || {
            let address = said("general.source.repo_url").or_else(|| said("general.repo_url"))?;
            address.strip_prefix(HOST).map(|name| name.trim_end_matches('/').to_owned())
        };
        named.or_else(addressed).filter(|name| name.split('/').filter(|part| !part.is_empty()).count() == 2)
    };
    let at_home = || std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    if path.is_dir() { at_home() } else { repository().unwrap_or_else(at_home) }
}

/// Threads that this process computes with.
pub fn threads() -> usize {
    rayon::current_num_threads()
}
