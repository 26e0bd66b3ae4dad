//! Asking language models: how a model is reached, what the calls take, and what cannot be read.

mod account;
mod telling;
mod unread;
mod windows;

use std::path::PathBuf;
use std::time::Duration;

use predilect_llm::{Enforce, HttpOptions, Model, ModelSpec, Prices, Reasoning, RunOptions, connect};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Remedy, Result};
use crate::watch::Watch;

pub use predilect_llm::Effort;

pub(crate) use crate::call_log::{log, log_if_there};
pub(crate) use account::{Failed, add, merge_stop, spent, stopped};
pub(crate) use telling::{pauses, telling};
pub(crate) use unread::{Cut, IsRead, Unreadable, ask_again};
pub(crate) use windows::{plan, planned, windows};

/// How language models are called. As JSON, what is left out is as in [`CallOptions::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct CallOptions {
    /// Nothing is sent or written: only what calls would take is reported.
    pub dry: bool,
    /// The most US dollars that are spent.
    pub budget: Option<f64>,
    /// What has been spent of it already, by other parts of the same run; never kept.
    #[serde(skip)]
    pub gone: f64,
    /// A table of prices (TOML) that takes precedence over the built-in one.
    pub prices: Option<PathBuf>,
    /// Most calls at once; fewer are made while the server asks for less.
    pub concurrency: u16,
    /// How often a call is repeated that may succeed later.
    pub retries: u16,
    /// The wait in seconds before the first repetition; it doubles each time.
    pub retry_wait: f64,
    /// How long an answer may take, in seconds; `None`: 120, or 600 where a model reasons first.
    pub timeout: Option<u32>,
    /// How far the provider enforces the JSON of written answers.
    pub enforce: Enforce,
    /// How hard a model that reasons does so before it answers; `None`: the provider's default.
    pub reasoning: Option<Effort>,
    /// Tokens it may write for itself before an answer.
    pub reasoning_tokens: Option<u32>,
    /// What failed for good in an earlier run is asked again.
    pub retry_failed: bool,
    /// No calls are made: what is logged is read again.
    pub offline: bool,
    /// Questions are handed over in the provider's batches.
    pub batch: bool,
    /// The most questions of one batch.
    pub batch_size: u32,
    /// Context size, in tokens, of a model in this process.
    pub context: u32,
    /// Threads of a model in this process; `None`: one per core.
    pub threads: Option<u16>,
}

impl Default for CallOptions {
    fn default() -> Self {
        Self {
            dry: false,
            budget: None,
            gone: 0.0,
            prices: None,
            concurrency: 16,
            retries: 6,
            retry_wait: 0.5,
            timeout: None,
            enforce: Enforce::default(),
            reasoning: None,
            reasoning_tokens: None,
            retry_failed: false,
            offline: false,
            batch: false,
            batch_size: 50_000,
            context: 8192,
            threads: None,
        }
    }
}

impl CallOptions {
    /// The same without what is about one run only: what it may cost, whether it is a rehearsal, and what this machine gives it.
    pub(crate) fn lasting(&self) -> Self {
        let usual = Self::default();
        Self {
            dry: usual.dry,
            budget: usual.budget,
            gone: usual.gone,
            retry_failed: usual.retry_failed,
            offline: usual.offline,
            threads: usual.threads,
            prices: self
                .prices
                .as_ref()
                .map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone())),
            ..self.clone()
        }
    }

    /// What cannot be done in that way, where options come from a file.
    pub(crate) fn problem(&self) -> Option<String> {
        let within = |value: u32, least: u32, most: u32| (least..=most).contains(&value);
        let checks = [
            (within(self.concurrency.into(), 1, 1024), "`concurrency` is not from 1 to 1024"),
            (within(self.retries.into(), 0, 100), "`retries` is over 100"),
            (
                self.retry_wait >= 0.0 && self.retry_wait.is_finite(),
                "`retry_wait` is not a number of seconds",
            ),
            (self.budget.is_none_or(|budget| budget >= 0.0), "`budget` is below zero"),
            (
                self.timeout.is_none_or(|timeout| within(timeout, 1, 3600)),
                "`timeout` is not from 1 to 3600 seconds",
            ),
            (
                self.reasoning_tokens.is_none_or(|tokens| tokens <= 1_000_000),
                "`reasoning_tokens` is over 1000000",
            ),
            (within(self.batch_size, 1, 50_000), "`batch_size` is not from 1 to 50000"),
            (within(self.context, 256, 1_048_576), "`context` is not from 256 to 1048576 tokens"),
        ];
        checks.into_iter().find(|(fine, _)| !fine).map(|(_, problem)| problem.to_owned())
    }

    /// A model that is ready to be asked.
    pub(crate) fn model(&self, spec: &ModelSpec, watch: &dyn Watch) -> Result<Box<dyn Model>> {
        if spec.provider.is_local() && (self.reasoning.is_some() || self.reasoning_tokens.is_some()) {
            return Err(Error::new(format!("{spec} runs in this process, where models answer at once"))
                .remedy(Remedy::NoReasoning));
        }
        #[cfg(feature = "local")]
        if spec.provider.is_local() {
            return self.local(spec, watch);
        }
        let _ = watch;
        let reasoning = Reasoning { effort: self.reasoning, tokens: self.reasoning_tokens };
        let usual = if reasoning.token_budget(spec) > 0 { 600 } else { 120 };
        let options = HttpOptions {
            timeout: Duration::from_secs(u64::from(self.timeout.unwrap_or(usual))),
            connections: usize::from(self.concurrency),
            reasoning,
            silent: self.dry || self.offline,
        };
        Ok(connect(spec, &options)?)
    }

    /// A model in this process; what has to be downloaded shows its progress.
    #[cfg(feature = "local")]
    fn local(&self, spec: &ModelSpec, watch: &dyn Watch) -> Result<Box<dyn Model>> {
        use crate::watch::{Event, Step};
        use predilect_llm_local::{LocalOptions, open};
        let options = LocalOptions { context: self.context, threads: self.threads.map(u32::from) };
        let mut downloads = false;
        let model = open(spec, &options, &mut |state| {
            if !std::mem::replace(&mut downloads, true) {
                watch.event(Event::Begin(Step::Downloading, state.total));
            }
            watch.event(Event::At(state.done));
        })?;
        if downloads {
            watch.event(Event::End);
        }
        Ok(Box::new(model))
    }

    /// What a model is called in a study unless the user says otherwise; another effort is another judge.
    pub fn named(&self, spec: &ModelSpec) -> String {
        match self.reasoning {
            None => spec.model.clone(),
            Some(effort) => format!("{} reasoning {}", spec.model, effort.as_str()),
        }
    }

    /// How a model is asked.
    pub(crate) fn run(&self, spec: &ModelSpec, watch: &dyn Watch) -> Result<RunOptions> {
        let mut prices = Prices::builtin();
        if let Some(path) = &self.prices {
            prices = prices.with(path)?;
        }
        let price =
            prices.find(&spec.to_string()).map(|price| if self.batch { price.in_batch() } else { price });
        if self.budget.is_some() && price.is_none() {
            return Err(Error::new(format!("a budget needs a price, and none is known for {spec}"))
                .remedy(Remedy::GivePrices));
        }
        Ok(RunOptions {
            concurrency: usize::from(self.concurrency),
            retries: u32::from(self.retries),
            wait: Duration::from_secs_f64(self.retry_wait),
            budget: self.budget,
            gone: self.gone,
            retry_failed: self.retry_failed,
            offline: self.offline,
            batch: self.batch,
            batch_calls: self.batch_size as usize,
            price,
            cancel: watch.cancel(),
        })
    }
}

/// A run's result, and why it ended early, if it did.
#[derive(Debug)]
pub struct Ran<T> {
    /// What was found, as far as it went. It is kept.
    pub found: T,
    /// Why it ended early.
    pub stopped: Option<Error>,
}

/// What models in this process run on, in words.
///
/// # Errors
///
/// What is missing, and what helps.
#[cfg(feature = "local")]
pub fn local_devices() -> Result<Vec<String>> {
    Ok(predilect_llm_local::devices()?)
}
