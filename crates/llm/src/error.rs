//! What can go wrong in a call, and whether asking again may help: distinguished by type, never by message.

use std::fmt::Write;
use std::time::Duration;

use predilect_types::{Failure, Kind};
use strum::{EnumIter, IntoStaticStr};

/// The kind of a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Too many calls at once (429).
    RateLimited,
    /// The server has more to do than it can (503, 529).
    Overloaded,
    /// The server failed (other 5xx, 408, 409, 425).
    Server,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke before the answer was complete.
    Connection,
    /// An answer that is cut off or not in the provider's format.
    Body,
    /// The key is missing, wrong, or not allowed to do this.
    Key,
    /// A quota or a balance is used up.
    Quota,
    /// There is no such model or address.
    NoModel,
    /// No server was reached: nothing was sent, so nothing is paid for.
    Unreachable,
    /// The model cannot do what was asked.
    Unsupported,
    /// The answer came without the probabilities that were asked for.
    NoProbabilities,
    /// The provider withheld question or answer.
    Filtered,
    /// The question itself is not accepted, e.g. because it is too long.
    Request,
    /// A parameter that the call can do without is refused; the next try is made without it.
    Parameter,
    /// The model reasoned until no tokens were left for an answer.
    NoRoom,
    /// No call was made: the log has no answer, and the run is offline.
    Offline,
}

impl Fault {
    /// Every kind with its name in logs and reports.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::RateLimited, "rate_limited"),
        (Self::Overloaded, "overloaded"),
        (Self::Server, "server"),
        (Self::Timeout, "timeout"),
        (Self::Connection, "connection"),
        (Self::Unreachable, "unreachable"),
        (Self::Body, "body"),
        (Self::Key, "key"),
        (Self::Quota, "quota"),
        (Self::NoModel, "no_model"),
        (Self::Unsupported, "unsupported"),
        (Self::NoProbabilities, "no_probabilities"),
        (Self::Filtered, "filtered"),
        (Self::Request, "request"),
        (Self::Parameter, "parameter"),
        (Self::NoRoom, "no_room"),
        (Self::Offline, "offline"),
    ];

    /// Whether the same call may succeed later.
    pub fn can_be_retried(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Overloaded
                | Self::Server
                | Self::Timeout
                | Self::Connection
                | Self::Unreachable
                | Self::Body
                | Self::Parameter
        )
    }

    /// Whether every other call would fail alike, so that the run must stop.
    pub fn stops_the_run(self) -> bool {
        matches!(self, Self::Key | Self::Quota | Self::NoModel | Self::Unsupported)
    }

    /// Whether the provider may have charged for the call although it gave no usable answer.
    pub fn may_cost(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Connection
                | Self::Body
                | Self::Filtered
                | Self::NoProbabilities
                | Self::NoRoom
        )
    }

    /// Whether the server asks for fewer calls at once.
    pub fn asks_for_less(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded | Self::Timeout)
    }

    /// Its name in logs and reports.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(fault, _)| *fault)
    }
}

/// What the user can do about a failed call. Front ends say it in their own words: a flag, a switch on a page, a keyword.
#[derive(Debug, Clone, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "kebab-case")]
pub enum Remedy {
    /// Words that are the same in every front end.
    #[strum(serialize = "as-said")]
    Words(String),
    /// A program that was built with local models.
    LocalBuild,
    /// Run again after the wait: the run continues where it was.
    RunAgainThen,
    /// One batch is enough: the others must be cancelled where the provider shows them.
    CancelBatches,
    /// Calls that are made one by one.
    NoBatches,
    /// Answers that wait in batches must be fetched first.
    FetchBatches,
    /// Fewer questions in one batch.
    SmallerBatches,
    /// A batch that is gone for good: its questions can be handed over again.
    HandOverAgain,
    /// Another reasoning effort among those that the model knows, or no reasoning.
    OtherEffort,
    /// Another way to switch reasoning, or no reasoning, at a server that does not accept this one.
    OtherReasoning,
    /// More tokens for reasoning, or less reasoning.
    MoreRoom,
    /// A looser form of the answer, or free text.
    LooserForm,
    /// Written answers, which need no token probabilities: the model does not return them.
    NotTold,
    /// Written answers, at a server that cannot do what was asked.
    WriteInstead,
    /// Written verdicts, because the letters get no probability.
    WrittenVerdicts,
    /// Written answers, for a model whose tokens are not the letters.
    Written,
    /// Scores come from the address of a server with a reward model.
    RewardServer,
    /// Less context, which needs less memory.
    SmallerContext,
    /// More context, for longer questions.
    LargerContext,
}

impl From<&str> for Remedy {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl From<String> for Remedy {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What kind of failure.
    pub fault: Fault,
    /// What happened, without any key.
    pub message: String,
    /// What the user can do.
    pub remedy: Option<Remedy>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl Failure for CallError {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn remedy_key(&self) -> Option<&'static str> {
        self.remedy.as_ref().map(Into::into)
    }
}

impl CallError {
    /// A failure of that kind.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), remedy: None, retry_after: None }
    }

    /// With what the user can do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<Remedy>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// With how long the server asks to wait; who is asked to wait longer than [`CallError::PATIENCE`] has used up a quota.
    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        match wait.filter(|wait| *wait > Self::PATIENCE) {
            Some(long) => {
                self.fault = Fault::Quota;
                let _ = write!(self.message, " (asks to wait {} minutes)", long.as_secs().div_ceil(60));
                self.remedy = Some(Remedy::RunAgainThen);
            }
            None => self.retry_after = wait,
        }
        self
    }

    /// The longest wait that a run sits out.
    pub const PATIENCE: Duration = Duration::from_mins(15);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_name_that_reads_back_and_one_consequence() {
        for (fault, name) in Fault::ALL {
            assert_eq!((fault.as_str(), Fault::parse(name)), (name, Some(fault)));
            assert!(!(fault.can_be_retried() && fault.stops_the_run()));
            assert!(!fault.asks_for_less() || fault.can_be_retried());
        }
        assert_eq!(Fault::parse("else"), None);
    }

    #[test]
    fn a_run_does_not_sleep_for_hours() {
        let asked =
            |seconds| CallError::new(Fault::RateLimited, "slower").after(Some(Duration::from_secs(seconds)));
        assert_eq!(asked(60).retry_after, Some(Duration::from_mins(1)));
        let long = asked(7000);
        assert_eq!((long.fault, long.retry_after), (Fault::Quota, None));
        assert!(long.message.ends_with("(asks to wait 117 minutes)"), "{}", long.message);
    }
}
