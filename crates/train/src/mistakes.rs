//! What the engine says went wrong, as an error of the library.

use std::io::ErrorKind;

use predilect_learn::LearnError;
use predilect_learn::tokens::TokensError;
use predilect_workbench::Error;

/// The most pairs that are named.
const NAMED: usize = 8;

/// An error of the engine, with what helps.
pub(crate) fn learnt(error: LearnError) -> Error {
    let what = error.to_string();
    match error {
        LearnError::File { path, source } => {
            let named = Error::new(format!("{}: {source}", path.display()));
            if source.kind() == ErrorKind::NotFound && path.ends_with("adapter_config.json") {
                return named.words("name the folder of an adapter; a run that has not ended has none yet");
            }
            named.words("name a model's folder with config.json, model.safetensors and tokenizer.json, or a GGUF file")
        }
        LearnError::Broken { .. } => {
            Error::new(what).words("fetch or write the file again: it is cut or of another kind")
        }
        LearnError::Shape { name, .. } if name.contains(".lora_") => {
            Error::new(what).words("name the model that the adapter was trained on")
        }
        LearnError::Shape { .. } => {
            Error::new(what).words("config.json and weights must be of one model: fetch both again")
        }
        LearnError::Unsupported(_) => {
            Error::new(what).words("take a model of one of these kinds, or train with TRL")
        }
        LearnError::Tokens(TokensError::Read { .. }) => Error::new(what)
            .words("name a folder with tokenizer.json, or a GGUF file, which has its tokenizer inside"),
        _ => Error::new(what),
    }
}

/// A loss that is no number any more.
pub(crate) fn not_finite(step: usize, examples: &[usize], ids: &[String]) -> Error {
    let named: Vec<&str> =
        examples.iter().take(NAMED).filter_map(|at| ids.get(*at).map(String::as_str)).collect();
    let more = examples.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Error::new(format!(
        "the loss of step {step} is not finite; its pairs: {}{rest}. The weights before it are kept",
        named.join(", ")
    ))
    .words("lower the learning rate or beta, clip shorter, or leave those pairs out")
}
