//! How much is analysed together: numbers beyond which a run would end in memory or in hours, and not in an answer.

use std::fmt;

use predilect_types::Failure;

/// Judges of one table: each is fitted separately.
pub const MOST_JUDGES: usize = 10_000;
/// Groups of one table.
pub const MOST_GROUPS: usize = 10_000;
/// Judges that are compared pair by pair.
pub const MOST_COMPARED: usize = 500;
/// Models that are ranked by strength: their errors are drawn, a kilobyte for each. Win rates have no such limit.
pub const MOST_MODELS: usize = 200_000;
/// Features of one fit: its matrix, too, has their number squared.
pub const MOST_FEATURES: usize = 2_000;

/// More of something than is analysed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMany {
    /// Judges of one table; counting stops at the limit.
    Judges,
    /// Groups of one table; counting stops at the limit.
    Groups,
    /// Judges to compare.
    Compared(usize),
    /// Models to rank.
    Models(usize),
    /// Features of a fit.
    Features(usize),
}

impl TooMany {
    /// Whether this many judges can be compared pair by pair.
    ///
    /// # Errors
    ///
    /// If there are more than [`MOST_COMPARED`].
    pub fn compared(judges: usize) -> Result<(), Self> {
        if judges > MOST_COMPARED { Err(Self::Compared(judges)) } else { Ok(()) }
    }

    /// Whether this many models can be estimated together.
    ///
    /// # Errors
    ///
    /// If there are more than [`MOST_MODELS`].
    pub fn models(models: usize) -> Result<(), Self> {
        if models > MOST_MODELS { Err(Self::Models(models)) } else { Ok(()) }
    }

    /// Whether this many features fit into one fit.
    ///
    /// # Errors
    ///
    /// If there are more than [`MOST_FEATURES`].
    pub fn features(features: usize) -> Result<(), Self> {
        if features > MOST_FEATURES { Err(Self::Features(features)) } else { Ok(()) }
    }
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Judges => write!(f, "the verdicts are by more than {MOST_JUDGES} judges"),
            Self::Groups => write!(f, "the pairs are in more than {MOST_GROUPS} groups"),
            Self::Compared(judges) => {
                write!(f, "{judges} judges are too many to compare pair by pair: at most {MOST_COMPARED}")
            }
            Self::Models(models) => {
                write!(
                    f,
                    "the strengths of {models} models cannot be estimated together: at most {MOST_MODELS}"
                )
            }
            Self::Features(features) => {
                write!(f, "{features} numeric columns are too many for one fit: at most {MOST_FEATURES}")
            }
        }
    }
}

impl std::error::Error for TooMany {}

impl Failure for TooMany {
    fn remedy_key(&self) -> Option<&'static str> {
        Some(match self {
            Self::Judges => "fewer-judges",
            Self::Groups => "fewer-groups",
            Self::Compared(_) => "compare-fewer",
            Self::Models(_) => "fewer-models",
            Self::Features(_) => "fewer-features",
        })
    }
}
