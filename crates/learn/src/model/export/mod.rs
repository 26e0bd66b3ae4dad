//! A trained model as files that other programs read: a folder of Hugging Face's, or a GGUF file of llama.cpp's.
//!
//! Functions here write to a path that the caller chose for the purpose, a temporary one: they do not replace existing files atomically.

mod config;
mod folder;
mod gguf;
mod metadata;
mod numbers;
mod outgoing;
mod tokenizer;

pub use config::SpecialTokens;
pub use folder::SIDE_FILES;
pub use numbers::{FolderNumbers, GgufNumbers};
