//! How calls are made, and what a run would do.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::price::Price;

/// Maximum number of calls in one batch: at most what every provider accepts.
const BATCH_CALLS: usize = 50_000;

/// How calls are made.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOptions {
    /// Most calls at once. Where the server asks for less, fewer are made, and slowly more again.
    pub concurrency: usize,
    /// How often a call is repeated that may succeed later.
    pub retries: u32,
    /// The wait before the first repetition; it doubles each time, up to a minute.
    pub wait: Duration,
    /// The most US dollars that this run may spend. Every call is reserved at its dearest (a token for each byte, as many
    /// written as allowed, for each try that may cost), so the last calls that might fit are not made.
    pub budget: Option<f64>,
    /// What has been spent of it already.
    pub gone: f64,
    /// Ask again what failed for good in an earlier run. What may succeed later is asked again in any case.
    pub retry_failed: bool,
    /// Make no calls: read what is logged.
    pub offline: bool,
    /// Hand questions over in batches, and fetch those that have ended; [`RunOptions::price`] is then the batch price.
    pub batch: bool,
    /// The most questions of one batch.
    pub batch_calls: usize,
    /// What tokens cost, where it is known.
    pub price: Option<Price>,
    /// Stops the run from outside.
    pub cancel: Cancel,
}

impl RunOptions {
    /// What is left of the budget.
    pub(super) fn left(&self) -> Option<f64> {
        self.budget.map(|budget| budget - self.gone)
    }
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            retries: 6,
            wait: Duration::from_millis(500),
            budget: None,
            gone: 0.0,
            retry_failed: false,
            offline: false,
            batch: false,
            batch_calls: BATCH_CALLS,
            price: None,
            cancel: Cancel::default(),
        }
    }
}

/// What a run would do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Plan {
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

impl Plan {
    /// A plan without calls.
    #[must_use]
    pub fn nothing(price: Option<Price>) -> Self {
        let zero = price.map(|_| 0.0);
        Self { price: zero, price_with_reasoning: zero, ..Self::default() }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let sum = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a + b);
        Self {
            questions: self.questions + other.questions,
            logged: self.logged + other.logged,
            calls: self.calls + other.calls,
            input_tokens: self.input_tokens + other.input_tokens,
            output_tokens: self.output_tokens + other.output_tokens,
            reasoning_tokens: self.reasoning_tokens + other.reasoning_tokens,
            price: sum(self.price, other.price),
            price_with_reasoning: sum(self.price_with_reasoning, other.price_with_reasoning),
        }
    }
}
