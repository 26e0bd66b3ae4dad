//! What the engine says went wrong, as an error of the library.

use std::io::ErrorKind;
use std::path::Path;

use predilect_learn::LearnError;
use predilect_learn::tokens::TokensError;
use predilect_types::Subject;
use predilect_workbench::Error;

/// The most pairs that are named.
const NAMED: usize = 8;

/// An error of the engine, with what helps and the file that it is about. The engine knows tokens and numbers only, so that what every
/// error of the library can be asked is said here.
pub(crate) fn learnt(error: LearnError) -> Error {
    let (what, subject) = (error.to_string(), subject(&error));
    let said = match error {
        LearnError::File { path, source } => {
            let named = Error::new(format!("{}: {source}", path.display()));
            if source.kind() == ErrorKind::NotFound && path.ends_with("adapter_config.json") {
                named.words("give an adapter folder; a run that has not finished has no adapter yet")
            } else {
                named.words(
                    "give a folder with config.json, model.safetensors and tokenizer.json, or a GGUF file",
                )
            }
        }
        LearnError::Written { source, .. } => Error::new(what).words(match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "free some space on the disk, then run the same command: it resumes from the last checkpoint, or starts again where there is none"
            }
            _ => "check that the folder exists and can be written to",
        }),
        LearnError::Adapter { .. } => Error::new(what).words(
            "give a plain LoRA adapter, or merge this one into its model with PEFT and give the merged folder",
        ),
        LearnError::Broken { .. } => {
            Error::new(what).words("download the file again: it is truncated or in another format")
        }
        LearnError::Shape { name, .. } if name.contains(".lora_") => {
            Error::new(what).words("give the model that the adapter was trained on")
        }
        LearnError::Shape { .. } => Error::new(what)
            .words("config.json and the weights must belong to one model: download both again"),
        LearnError::Layers { .. } => Error::new(what)
            .words("configuration and weights must belong to one model: download them again"),
        LearnError::Unsupported(_) => Error::new(what).words("use a supported model, or train with TRL"),
        LearnError::Tokens(TokensError::Read { .. }) => Error::new(what)
            .words("give a folder with tokenizer.json, or a GGUF file, which contains its tokenizer"),
        _ => Error::new(what),
    };
    said.about(subject)
}

/// The file that an error of the engine is about, where it is about one.
fn subject(error: &LearnError) -> Subject {
    match error {
        LearnError::File { path, .. }
        | LearnError::Written { path, .. }
        | LearnError::Adapter { path, .. }
        | LearnError::Broken { path, .. }
        | LearnError::Tokens(
            TokensError::Read { path, .. }
            | TokensError::TooLarge { path, .. }
            | TokensError::File { path, .. },
        ) => Subject::file(path.display().to_string()),
        _ => Subject::default(),
    }
}

/// A checkpoint from which a run cannot be resumed.
pub(crate) fn damaged(checkpoint: &Path, error: &LearnError) -> Error {
    Error::new(error.to_string())
        .words(format!(
            "the checkpoint is damaged: remove the folder {} to train from the beginning, or choose another output folder",
            checkpoint.display()
        ))
        .about(subject(error))
}

/// Some of these pairs by their ids, and the number of the others.
fn some(examples: &[usize], ids: &[String]) -> String {
    let named: Vec<&str> =
        examples.iter().take(NAMED).filter_map(|at| ids.get(*at).map(String::as_str)).collect();
    let more = examples.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    named.join(", ") + &rest
}

/// The weights that training has led to have no finite loss on these pairs; `kept`: the step whose weights were kept, if any can be used.
pub(crate) fn diverging(step: usize, (examples, ids): (&[usize], &[String]), kept: Option<usize>) -> Error {
    let what = format!(
        "training diverged: the loss or its gradient is not finite at step {step} (pairs: {})",
        some(examples, ids)
    );
    match kept {
        Some(kept) => Error::new(format!("{what}; the weights of step {kept}, the last checkpoint, were kept")),
        None => Error::new(format!("{what}, and no usable checkpoint was made before it")),
    }
    .words("lower the learning rate, beta, the gradient norm or the adapter's alpha, and train into another folder")
}

/// Held-out pairs that cannot be evaluated.
pub(crate) fn not_evaluated(examples: &[usize], ids: &[String]) -> Error {
    Error::new(format!(
        "the log-probabilities of held-out pairs are not finite (pairs: {}); the weights so far were kept",
        some(examples, ids)
    ))
    .words("are the model's weights damaged? Download it again; if they are not, drop these pairs")
}

/// A loss that is not a finite number.
pub(crate) fn not_finite(step: usize, examples: &[usize], ids: &[String]) -> Error {
    let pairs = some(examples, ids);
    if step == 1 {
        return Error::new(format!(
            "the loss of the first step is not finite (pairs: {pairs}); nothing was trained"
        ))
        .words("are the model's weights damaged? Download it again; if they are not, drop these pairs");
    }
    Error::new(format!(
        "the loss of step {step} is not finite (pairs: {pairs}); the weights before it were kept"
    ))
    .words("lower the learning rate, beta or the gradient norm, or drop these pairs")
}
