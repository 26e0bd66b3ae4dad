//! A decoder that can be trained: forward over one prompt and its completions, and backward from the log-probabilities of their tokens.

mod attention;
mod buffer;
mod config;
mod decode;
mod decoder;
mod entries;
mod export;
mod gate;
mod head;
mod layer;
mod linear;
mod lora;
pub(crate) mod maths;
mod rope;
mod rows;
mod sample;
mod store;
mod stream;
mod tree;
mod vector;
mod weights;

pub use config::{Config, Family, Stretch};
pub(crate) use decoder::Slopes;
pub use decoder::{Forward, Model, Pass};
pub use export::{FolderNumbers, GgufNumbers, SIDE_FILES, SpecialTokens};
pub use gate::Gate;
pub use lora::{LoraOptions, Target, UnknownTarget};
pub use sample::{Sample, SampleOptions, Sampling};
pub(crate) use store::is_vector;
pub use store::{Gradients, Id, Store, Tensor};
pub use tree::Tree;
pub(crate) use weights::folder::Shard;
pub(crate) use weights::gguf::Gguf;
