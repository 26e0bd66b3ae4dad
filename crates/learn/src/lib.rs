//! How a small language model learns from preferences.
//!
//! [`model`] is a decoder, forward and backward; [`losses`] says from log-probabilities how each token should move; [`optimise`] moves the
//! weights. This crate does not know studies, judges or files of preferences.
//!
//! ```
//! use predilect_learn::losses::Mixture;
//!
//! let loss: Mixture = "sigmoid:0.8,sft:1".parse().expect("two losses with weights");
//! assert_eq!(loss.to_string(), "sigmoid:0.8,sft:1");
//! ```

mod adapter;
mod degree_head;
mod error;
mod files;
pub mod keywords;
pub mod losses;
pub mod model;
mod opening;
pub mod optimise;
mod random;
pub mod spa_training;
mod tensor_bytes;
pub mod tokens;
mod training;

pub use degree_head::DEGREE_HEAD;
pub use error::{LearnError, Result};
pub use opening::{called, open, open_tokens, threads};
pub use training::{
    Degraded, Evaluation, Example, Plan, Refinement, SpaRecord, SpaState, State, StepRecord, Trainer,
    TrainingOptions,
};
