//! What did a judge call: A, B, a tie, something between, or no verdict?

use predilect_types::{TieKind, Verdict};

/// A value that named a winner: the rule's number, the value, what it was taken for.
pub(crate) type Noted = (usize, String, Call);

/// What a judge called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Call {
    A,
    B,
    Tie(TieKind),
    /// A preference between the two: the probability that A is better.
    Soft(f64),
    /// No verdict that could be parsed, as the file itself says.
    Missing,
}

impl Call {
    pub(crate) fn verdict(self, judge: impl Into<String>) -> Option<Verdict> {
        match self {
            Self::Tie(kind) => Some(Verdict::tie("", judge, kind)),
            other => other.p_a().map(|p_a| Verdict::new("", judge, p_a)),
        }
    }

    pub(crate) fn p_a(self) -> Option<f64> {
        match self {
            Self::A => Some(1.0),
            Self::B => Some(0.0),
            Self::Tie(_) => Some(0.5),
            Self::Soft(p_a) => Some(p_a),
            Self::Missing => None,
        }
    }

    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            Self::Soft(p_a) => Self::Soft(1.0 - p_a),
            other => other,
        }
    }

    /// The larger of two scores wins; equal ones are a tie.
    pub(crate) fn larger(a: f64, b: f64) -> Self {
        match a.partial_cmp(&b) {
            Some(std::cmp::Ordering::Greater) => Self::A,
            Some(std::cmp::Ordering::Less) => Self::B,
            Some(std::cmp::Ordering::Equal) => Self::Tie(TieKind::Tie),
            None => Self::Missing,
        }
    }
}
