//! How did a question and a run end, and what was done?

use std::time::Duration;

use crate::error::CallError;
use crate::log_error::LogError;
use crate::question::{Answer, Usage};

/// What whoever looks on is told, from the thread in which it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A question has ended.
    Ended,
    /// The server wants no calls for so long.
    Paused(Duration),
}

/// How one question ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The key in the call log.
    pub key: String,
    /// The answer, or the error.
    pub answer: Result<Answer, CallError>,
    /// Whether it came from the log.
    pub from_log: bool,
}

/// Why a run ended before its last question.
#[derive(Debug)]
pub enum Stop {
    /// The next call might have exceeded the budget.
    Budget,
    /// It was cancelled from outside.
    Cancelled,
    /// Every other call would have failed alike.
    Fault(CallError),
    /// The log could not be read or written.
    Log(LogError),
    /// Questions wait in batches of the provider; a later run fetches their answers.
    Batch {
        /// Questions of this run that wait.
        waiting: u64,
    },
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Calls made, repetitions included.
    pub calls: u64,
    /// Of these, repetitions.
    pub retries: u64,
    /// Questions answered from the log.
    pub from_log: u64,
    /// Questions that failed for good.
    pub failed: u64,
    /// Tokens of the calls made.
    pub usage: Usage,
    /// Their price in US dollars, where prices are known.
    pub price: Option<f64>,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunReport {
    /// For each group one per question, in their order; `None` if it was not asked.
    pub outcomes: Vec<Vec<Option<Outcome>>>,
    /// What was done.
    pub totals: Totals,
    /// Why it ended early.
    pub stop: Option<Stop>,
}
