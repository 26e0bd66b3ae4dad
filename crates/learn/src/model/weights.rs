//! Weights from files: a folder of Hugging Face's, or a GGUF file; always as `f32` under Hugging Face's names.

mod build;
pub(crate) mod folder;
pub(crate) mod gguf;

use std::path::Path;

use super::decoder::Model;
use crate::error::Result;

impl Model {
    /// Opens a model: a folder of Hugging Face's (`config.json`, `model.safetensors` or its index), or a GGUF file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is of a family that the engine does not know, or its tensors do not fit its configuration.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() { folder::open(path) } else { gguf::Gguf::open(path)?.model() }
    }
}
