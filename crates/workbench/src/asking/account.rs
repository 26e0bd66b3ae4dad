//! What the calls of a run took, which of them failed, and why it ended.

use predilect_llm::{Fault, Outcome, Stop, Totals};
use predilect_results::asked::{Failure, Failures, Spent, dollars};

use crate::error::{Error, Remedy};

/// What a run took, as reported.
pub(crate) fn spent(total: &Totals) -> Spent {
    Spent {
        calls: total.calls,
        retries: total.retries,
        from_log: total.from_log,
        failed: total.failed,
        tokens: total.usage.input + total.usage.output,
        price: total.price,
    }
}

/// Adds what one window took.
pub(crate) fn add(sum: &mut Totals, more: &Totals) {
    sum.calls += more.calls;
    sum.retries += more.retries;
    sum.from_log += more.from_log;
    sum.failed += more.failed;
    sum.usage = sum.usage.plus(more.usage);
    sum.price = sum.price.zip(more.price).map(|(a, b)| a + b);
}

/// Keeps why a run stopped; whether the next window may be asked. Batches of every window are handed over.
pub(crate) fn merge_stop(stopped: &mut Option<Stop>, stop: Option<Stop>) -> bool {
    match (stopped.take(), stop) {
        (Some(Stop::Batch { waiting }), Some(Stop::Batch { waiting: more })) => {
            *stopped = Some(Stop::Batch { waiting: waiting + more });
            true
        }
        (Some(Stop::Batch { waiting }), None) => {
            *stopped = Some(Stop::Batch { waiting });
            true
        }
        (_, stop) => {
            let going = stop.is_none() || matches!(stop, Some(Stop::Batch { .. }));
            *stopped = stop;
            going
        }
    }
}

/// Why a run ended early, as the user sees it.
pub(crate) fn stopped(stop: Stop, budget: Option<f64>) -> Error {
    match stop {
        Stop::Cancelled => Error::cancelled(),
        Stop::Budget => Error::new(format!("the budget of {} is used up", dollars(budget))),
        Stop::Fault(error) => Error::from(error),
        Stop::Log(error) => Error::from(error),
        Stop::Batch { waiting } => Error::waiting(format!(
            "{waiting} questions wait in batches of the provider, which answers within a day"
        )),
    }
}

/// Failed questions, as counted.
pub(crate) trait Failed {
    /// Counts those of one window.
    fn add(&mut self, outcomes: &[Vec<Option<Outcome>>]);

    /// The error of a run without a readable answer although no failure stopped it.
    fn nothing_but(&self, read: u64) -> Option<Error>;

    /// Whether this many questions found no server at all.
    fn no_server(&self, questions: u64) -> bool;
}

impl Failed for Failures {
    fn add(&mut self, outcomes: &[Vec<Option<Outcome>>]) {
        for error in outcomes.iter().flatten().flatten().filter_map(|outcome| outcome.answer.as_ref().err()) {
            let new = || Failure { questions: 0, example: error.message.clone() };
            self.0.entry(error.fault.as_str().to_owned()).or_insert_with(new).questions += 1;
        }
    }

    fn nothing_but(&self, read: u64) -> Option<Error> {
        let (kind, Failure { example, .. }) = self.0.iter().next().filter(|_| read == 0)?;
        let failed = Error::new(format!("no question was answered, e.g. {example}"));
        Some(match Fault::parse(kind) {
            Some(Fault::Unreachable | Fault::Connection) => failed.remedy(Remedy::StartServer),
            Some(Fault::Body) => failed.words(
                "is it an OpenAI-compatible server? Check the address: most servers want /v1 at its end",
            ),
            _ => failed,
        })
    }

    fn no_server(&self, questions: u64) -> bool {
        let of = |fault: Fault| self.0.get(fault.as_str()).map_or(0, |failure| failure.questions);
        of(Fault::Unreachable) + of(Fault::Connection) == questions
    }
}
