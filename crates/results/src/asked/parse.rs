//! How an answer could be read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a reply could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Parse {
    /// As it was asked for.
    Clean,
    /// With prose or a code fence around it, or in other words that mean the same.
    Wrapped,
    /// A value was there but is not one of those that were asked for.
    OffScale,
    /// Two different values were there, and the last is not a conclusion.
    Contradictory,
    /// The model refused.
    Refused,
    /// Cut off by the limit of tokens.
    Truncated,
    /// Cut off while the model reasoned: a value within its reasoning is not an answer.
    Reasoning,
    /// The server gave the question back.
    Echo,
    /// The answer has no words.
    Empty,
    /// No such value was found.
    Unreadable,
    /// The call itself failed.
    Failed,
}

impl Parse {
    /// Every way.
    pub const ALL: [Self; 11] = [
        Self::Clean,
        Self::Wrapped,
        Self::OffScale,
        Self::Contradictory,
        Self::Refused,
        Self::Truncated,
        Self::Reasoning,
        Self::Echo,
        Self::Empty,
        Self::Unreadable,
        Self::Failed,
    ];

    /// Whether a value was read.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Clean | Self::Wrapped)
    }

    /// The word in receipts and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Wrapped => "wrapped",
            Self::OffScale => "off_scale",
            Self::Contradictory => "contradictory",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::Reasoning => "reasoning",
            Self::Echo => "echo",
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
            Self::Failed => "failed",
        }
    }

    /// The reason that the answer could not be read, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contradictory => "two verdicts that differ",
            Self::Reasoning => "cut off while it reasoned",
            Self::Truncated => "cut off",
            Self::Echo => "the server gives the question back (echo)",
            Self::Empty => "the answer is empty",
            Self::OffScale => "a value outside the scale",
            Self::Unreadable => "does not contain what was asked for",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Clean | Self::Wrapped => "read",
        }
    }
}
