//! What calls cost, and which of them failed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Parse;

/// What the calls of a run took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// Calls that were made.
    pub calls: u64,
    /// Of these, repetitions of calls that might succeed later.
    pub retries: u64,
    /// Questions that the log has answered.
    pub from_log: u64,
    /// Questions that failed for good.
    pub failed: u64,
    /// Tokens read and written.
    pub tokens: u64,
    /// In US dollars; `None` if prices are not known.
    pub price: Option<f64>,
}

impl Spent {
    /// Whether anything was answered, readable or not.
    pub fn any_answer(&self) -> bool {
        self.from_log > 0 || self.calls.saturating_sub(self.retries) > self.failed
    }
}

impl std::ops::AddAssign for Spent {
    /// The price of the sum is known where both are.
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.retries += other.retries;
        self.from_log += other.from_log;
        self.failed += other.failed;
        self.tokens += other.tokens;
        self.price = self.price.zip(other.price).map(|(a, b)| a + b);
    }
}

/// What asking would take: a forecast, before anything is paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallPlan {
    /// Who is asked.
    pub name: String,
    /// Different questions.
    pub questions: u64,
    /// Of these, answered or failed already.
    pub logged: u64,
    /// Calls to make.
    pub calls: u64,
    /// About how many tokens these read.
    pub input_tokens: u64,
    /// The most tokens that their answers may have.
    pub output_tokens: u64,
    /// The most tokens that the model may write for itself before them.
    pub reasoning_tokens: u64,
    /// About their price in US dollars, where prices are known, without reasoning.
    pub price: Option<f64>,
    /// The same if the model reasons as long as it may, each time.
    pub price_with_reasoning: Option<f64>,
}

/// Failed questions by kind, each with a message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Failures(pub BTreeMap<String, Failure>);

impl Failures {
    /// Counts others with these, by kind; of each kind the first message stays.
    pub fn merge(&mut self, others: Self) {
        for (kind, failure) in others.0 {
            self.0.entry(kind).and_modify(|own| own.questions += failure.questions).or_insert(failure);
        }
    }
}

/// Questions that failed in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// How many.
    pub questions: u64,
    /// The message of one.
    pub example: String,
}

/// Answers that could not be read, by the reason, each with one of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Unread(pub BTreeMap<Parse, UnreadAnswers>);

/// Answers that could not be read for one reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadAnswers {
    /// How many.
    pub answers: u64,
    /// The beginning of one, on one line.
    pub example: String,
    /// What helps, in the words of whoever shows it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

/// US dollars as shown.
pub fn dollars(price: Option<f64>) -> String {
    match price {
        None => "price not known".to_owned(),
        Some(0.0) => "0 USD".to_owned(),
        Some(price) if price < 0.01 => format!("{price:.5} USD"),
        Some(price) => format!("{price:.2} USD"),
    }
}

impl Spent {
    /// Tokens and price, as shown.
    pub fn bill(&self) -> String {
        format!("{} tokens, {}", self.tokens, dollars(self.price))
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} ({} repeated, {} failed), {} answers from the log; {}",
            self.calls,
            self.retries,
            self.failed,
            self.from_log,
            self.bill()
        )
    }
}
