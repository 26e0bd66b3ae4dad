//! What can go wrong in a call, and whether asking again may help: told by type, never by message.

use std::time::Duration;

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
    /// No connection, or one that broke before the whole answer was there.
    Connection,
    /// An answer that is cut off or no answer of this provider.
    Body,
    /// The key is missing, wrong, or not allowed to do this.
    Key,
    /// Nothing is left of a quota or a balance.
    Quota,
    /// There is no such model or address.
    NoModel,
    /// The model cannot do what was asked.
    Unsupported,
    /// The answer came without the probabilities that were asked for.
    NoProbabilities,
    /// The provider withheld question or answer.
    Filtered,
    /// The question itself is not accepted, e.g. because it is too long.
    Request,
}

impl Fault {
    /// Every kind with its name in logs and reports.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::RateLimited, "rate_limited"),
        (Self::Overloaded, "overloaded"),
        (Self::Server, "server"),
        (Self::Timeout, "timeout"),
        (Self::Connection, "connection"),
        (Self::Body, "body"),
        (Self::Key, "key"),
        (Self::Quota, "quota"),
        (Self::NoModel, "no_model"),
        (Self::Unsupported, "unsupported"),
        (Self::NoProbabilities, "no_probabilities"),
        (Self::Filtered, "filtered"),
        (Self::Request, "request"),
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
                | Self::Body
        )
    }

    /// Whether every other call would fail alike, so that the run must stop.
    pub fn stops_the_run(self) -> bool {
        matches!(self, Self::Key | Self::Quota | Self::NoModel | Self::Unsupported)
    }

    /// Whether the provider may have charged for the call although it gave nothing that can be used.
    pub fn may_cost(self) -> bool {
        matches!(self, Self::Timeout | Self::Connection | Self::Body | Self::Filtered | Self::NoProbabilities)
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

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What kind of failure.
    pub fault: Fault,
    /// What happened, without any key.
    pub message: String,
    /// What the user can do.
    pub remedy: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl CallError {
    /// A failure of that kind.
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), remedy: None, retry_after: None }
    }

    /// With what the user can do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// With how long the server asks to wait.
    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }
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
}
