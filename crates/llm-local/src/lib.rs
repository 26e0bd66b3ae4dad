//! A language model in this process, from a GGUF file: no server, no key, no network.
//!
//! The engine is llama.cpp, by the crate `llama-cpp-2`: any GGUF file, tokenizer and chat template as the file has them.
//! `open` makes a [`Model`](predilect_llm::Model) of `gguf:PATH` or `hf:ORG/NAME/FILE`. Questions about one pair are handed
//! over together: what they share is read once (`tree` says how), and the rest of all of them as one batch.
//!
//! Without the feature `local` only [`tree`] is there, and building it needs only Rust.
//!
//! Three questions of which two share all but their last token, and all share the first: of eight tokens five are read.
//!
//! ```
//! use predilect_llm_local::tree::Tree;
//!
//! let questions: [&[i32]; 3] = [&[1, 2, 3], &[1, 2, 4], &[1, 5]];
//! let tree = Tree::of(&questions);
//! assert_eq!((tree.root, tree.steps.len()), (1, 5));
//! assert_eq!(tree.steps[0].readers, 0..3);
//! ```

#[cfg(feature = "local")]
mod chat;
#[cfg(feature = "local")]
mod engine;
#[cfg(feature = "local")]
mod fingerprint;
#[cfg(feature = "local")]
mod hub;
#[cfg(feature = "local")]
mod model;
pub mod tree;

#[cfg(feature = "local")]
pub use hub::{Download, HubError, fetch};
#[cfg(feature = "local")]
pub use model::{LocalModel, LocalOptions, devices, open};
