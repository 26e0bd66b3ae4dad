//! A language model in this process, from a GGUF file: no server, no key, no network.
//!
//! The engine is llama.cpp, by the crate `llama-cpp-2`: any GGUF file, tokenizer and chat template as the file has them.
//! `open` makes a [`Model`](predilect_llm::Model) of `gguf:PATH` or `hf:ORG/NAME/FILE`. Questions about one pair are handed
//! over together: what they share is read once (`tree` says how), and the rest of all of them as one batch.
//!
//! Without the feature `local` this crate is empty, and building it needs only Rust.

#![cfg(feature = "local")]

mod chat;
mod engine;
mod fingerprint;
mod hub;
mod model;
pub mod tree;

pub use hub::{Download, HubError, fetch};
pub use model::{LocalModel, LocalOptions, devices, open};
