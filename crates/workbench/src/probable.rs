//! How probable a model behind a server finds texts that it has not written: its log-probabilities of their tokens.

use std::path::Path;

use predilect_llm::{Model, ModelSpec, Request, RunOptions, Runner, Want};
use predilect_results::asked::Failures;

use crate::asking::{self, CallOptions, Failed, stopped, telling};
use crate::error::{Error, Result};
use crate::watch::{Event, Step, Watch};

/// Tokens of a text by the model's own vocabulary, and how many of them are only what comes before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// All of them.
    pub tokens: Vec<u32>,
    /// From here on they are asked about; 1 at least, as nothing says how probable the first is.
    pub from: usize,
}

/// What a server said, as far as it went.
#[derive(Debug)]
pub struct Probable {
    /// For each passage the sum of the log-probabilities of its tokens; `None` if there is no answer (yet).
    pub sums: Vec<Option<f64>>,
    /// What failed.
    pub failures: Failures,
    /// Why it ended early.
    pub stopped: Option<Error>,
}

/// A server that is ready to be asked.
pub struct Prober {
    model: Box<dyn Model>,
    run: RunOptions,
}

impl Prober {
    /// Opens the model.
    ///
    /// # Errors
    ///
    /// When it cannot be asked in that way.
    pub fn begin(model: &ModelSpec, calls: &CallOptions, watch: &dyn Watch) -> Result<Self> {
        Ok(Self { model: calls.model(model, watch)?, run: calls.run(model, watch)? })
    }

    /// Asks about every passage that the log in that folder does not answer.
    ///
    /// # Errors
    ///
    /// When the log cannot be opened.
    pub fn ask(&self, folder: &Path, passages: &[Passage], watch: &dyn Watch) -> Result<Probable> {
        let log = asking::log(folder)?;
        watch.event(Event::Begin(Step::Scoring, Some(passages.len() as u64)));
        let groups: Vec<_> = passages.iter().map(|passage| vec![asked(passage)]).collect();
        let runner = Runner { model: self.model.as_ref(), log: &log, options: self.run.clone() };
        let report = runner.run(&groups, &telling(watch));
        watch.event(Event::End);
        let mut failures = Failures::default();
        failures.add(&report.outcomes);
        let sum = |own: &Vec<Option<predilect_llm::Outcome>>| {
            own.first()?.as_ref()?.answer.as_ref().ok()?.next.first().copied().flatten()
        };
        let sums: Vec<Option<f64>> = report.outcomes.iter().map(sum).collect();
        let told = sums.iter().flatten().count() as u64;
        let problem = report
            .stop
            .map(|stop| stopped(stop, self.run.budget))
            .or_else(|| failures.nothing_but(told).filter(|_| !passages.is_empty()));
        Ok(Probable { sums, failures, stopped: problem })
    }
}

fn asked(passage: &Passage) -> Request {
    Request {
        messages: Vec::new(),
        want: Want::LogProbs { tokens: passage.tokens.clone(), from: passage.from },
        max_tokens: 1,
        temperature: 0.0,
        seed: None,
    }
}
