//! What of a model leaves it, in which shape, and may it be written there?

use std::borrow::Cow;
use std::path::Path;

use crate::degree_head::DEGREE_HEAD;
use crate::error::{LearnError, Result};
use crate::model::config::Config;
use crate::model::decoder::Model;
use crate::model::store::{Tensor, is_vector};

/// The dimensions of a tensor, as Hugging Face has them.
pub(super) fn shape(tensor: &Tensor) -> Vec<usize> {
    if is_vector(&tensor.name) { vec![tensor.cols] } else { vec![tensor.rows, tensor.cols] }
}

impl Model {
    /// The model's own tensors; what an adapter left behind is not among them.
    pub(super) fn outgoing(&self) -> Result<Vec<&Tensor>> {
        if !self.adapter().is_empty() {
            return Err(LearnError::Choice("the model has an adapter; merge it first".to_owned()));
        }
        let own = self
            .store
            .all()
            .map(|(_, tensor)| tensor)
            .filter(|t| !t.name.contains(".lora_") && t.name != DEGREE_HEAD);
        let own: Vec<&Tensor> = own.collect();
        for tensor in &own {
            if tensor.value.len() != tensor.rows * tensor.cols {
                return Err(LearnError::Shape {
                    name: tensor.name.clone(),
                    expected: format!("{} numbers", tensor.rows * tensor.cols),
                    found: format!("{} numbers", tensor.value.len()),
                });
            }
        }
        Ok(own)
    }
}

/// A tensor's numbers as `safetensors` files store them: Gemma's norms less one.
pub(super) fn less_one<'a>(tensor: &'a Tensor, config: &Config) -> Cow<'a, [f32]> {
    if config.norms_are_offsets() && tensor.name.ends_with("norm.weight") {
        tensor.value.iter().map(|w| w - 1.0).collect()
    } else {
        Cow::Borrowed(&tensor.value)
    }
}

/// The source must be of the model that is written.
pub(super) fn fits(own: &Config, source: &Config, path: &Path) -> Result<()> {
    if own == source {
        return Ok(());
    }
    Err(LearnError::Choice(format!(
        "{} is not the model that is to be written: their shapes differ",
        path.display()
    )))
}

/// Refuses to write over the source.
pub(super) fn elsewhere(target: &Path, source: &Path) -> Result<()> {
    match (target.canonicalize(), source.canonicalize()) {
        (Ok(target), Ok(source)) if target == source => {
            Err(LearnError::Choice(format!("{} cannot be written over itself", source.display())))
        }
        _ => Ok(()),
    }
}
