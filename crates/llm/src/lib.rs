//! What is a language model to this project: questions in, answers and probabilities out, each paid once.
//!
//! [`Model`] is the contract. [`connect`] makes one from a string such as `openai:gpt-4.1` or
//! `http://localhost:8000/v1#model`; [`Scripted`] is one for tests. A [`Runner`] asks many questions: it looks each up in
//! the [`CallLog`] first, asks as many at once as the server bears, repeats what can be repeated and stops before a budget
//! is exceeded.
//!
//! The contract is synchronous, because a model in this process is: a call in flight is a thread that waits.
//!
//! ```
//! use predilect_llm::{ModelSpec, SpecError};
//!
//! let spec: ModelSpec = "http://127.0.0.1:8000/v1#qwen".parse()?;
//! assert_eq!(spec.model, "qwen");
//! // Keys come from the environment, and an address with one is not repeated.
//! let refused = "http://user:key@host/v1#qwen".parse::<ModelSpec>().expect_err("a key");
//! assert!(!refused.to_string().contains("key@"));
//! # Ok::<(), SpecError>(())
//! ```

mod batch;
mod cancel;
mod contract;
mod error;
mod http;
mod log;
mod log_error;
mod price;
mod question;
mod reasoning;
mod runner;
mod scripted;
mod spec;
mod thoughts;
mod token;

pub use batch::{Batch, BatchState, LostBatch};
pub use cancel::Cancel;
pub use contract::{Capabilities, Model};
pub use error::{CallError, Fault, Remedy as CallRemedy};
pub use http::{HttpOptions, connect};
pub use log::{CallLog, Entry, NewBatch, PendingBatch, key};
pub use log_error::{LogError, LogTrouble};
pub use price::{Price, PriceError, Prices};
pub use question::{Answer, Enforce, Finish, LEAST_MASS, Request, Schema, Usage, Want};
pub use reasoning::{Effort, Reasoning};
pub use runner::{Outcome, Plan, Progress, RunOptions, RunReport, Runner, Stop, Totals};
pub use scripted::{Script, Scripted};
pub use spec::{ModelSpec, Provider, SpecError};
pub use thoughts::{FINAL, MESSAGE, THOUGHTS, begins_with_reasoning, to_the_answer};
pub use token::{answer_of, meaning};
