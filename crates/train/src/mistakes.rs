//! What the engine says went wrong, as an error of the library.

use predilect_learn::LearnError;
use predilect_workbench::Error;

/// The most pairs that are named.
const NAMED: usize = 8;

/// An error of the engine.
pub(crate) fn learnt(error: LearnError) -> Error {
    match error {
        LearnError::File { path, source } => Error::new(format!("{}: {source}", path.display())),
        other => Error::new(other.to_string()),
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
