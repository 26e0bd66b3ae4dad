//! How far an evaluation can be moved by writing what its judge likes, and whether fitted weights are causes.
//!
//! [`Steering`] takes what a judge rewards, tells a model to write so (or the reverse), has judges score what it wrote, and compares the
//! expected shift with the measured one. [`Verifying`] changes one property of a response at a time and asks the judge again.
//!
//! ```
//! use predilect_steer::{Choose, Limits, Messages, Shows, choose};
//! use predilect_workbench::JudgeWeights;
//!
//! let weights = JudgeWeights::published("gpt-4-1106-preview")?;
//! let limits = Limits { top: 3, sure: 0.9, choose: Choose::Strongest, without: &[] };
//! let chosen = choose(weights.all()?, &Messages::own(), Shows::default(), limits);
//! assert_eq!(chosen.aligned.len(), 3);
//! # Ok::<(), predilect_workbench::Error>(())
//! ```

mod arms;
mod drawn;
mod edited;
pub mod edits;
mod effects;
mod equal_length;
mod measure;
mod messages;
mod opponent;
mod plan;
mod position;
mod predict;
mod prompts;
mod rating;
mod request;
mod responses;
mod steering;
mod trying;
mod verifying;

pub use messages::{Lines, Messages};
pub use plan::{Choose, Chosen, Limits, Shows, choose};
pub use prompts::Protocol;
pub use request::{Baseline, SteerRequest, VerifyRequest, arms};
pub use steering::Steering;
pub use verifying::Verifying;
