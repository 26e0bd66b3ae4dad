//! Why a judge has no fit in a group.

use std::fmt;

use predilect_types::{Failure, Kind};

/// Why there is no fit; it displays as words for the reader.
///
/// Estimator and sampler know numbers only: what they say becomes a refusal, which can be asked what every error of the library can.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// Fewer verdicts than asked for.
    Few {
        /// Those that count.
        verdicts: usize,
        /// The fewest that are fitted.
        least: usize,
    },
    /// All verdicts have weight 0.
    Weightless,
    /// All verdicts are ties.
    Ties,
    /// Nearly all verdicts are for one side, which a term for the side explains alone.
    OneSided {
        /// Those that count.
        verdicts: usize,
        /// Of these, for that side.
        for_side: f64,
        /// A or B.
        side: char,
    },
    /// No property was rated.
    NoProperty,
    /// Both responses of every pair are alike.
    NothingDiffers,
    /// The estimator's message on numbers that allow no estimate.
    Unfit(String),
    /// The draws cannot be made: what the sampler says.
    Undrawn(String),
    /// No judge has this name.
    NoJudge,
    /// No group has this name.
    NoGroup,
    /// None of the draws can be used.
    NoDraws,
    /// The work was stopped.
    Stopped,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Few { verdicts, least } => {
                let s = if *verdicts == 1 { "" } else { "s" };
                write!(out, "{verdicts} verdict{s}; a fit needs at least {least}")
            }
            Self::Weightless => out.write_str("every verdict has the weight 0"),
            Self::Ties => out.write_str("every verdict is a tie"),
            Self::OneSided { verdicts, for_side, side } => write!(
                out,
                "one-sided: {for_side:.1} of {verdicts} verdicts prefer {side}; where the sides carry no meaning, it can be fitted without terms"
            ),
            Self::NoProperty => out.write_str("no property to fit"),
            Self::NothingDiffers => out.write_str(
                "no property differs between the responses of any pair (or the pairs have no texts)",
            ),
            Self::Unfit(why) => write!(out, "cannot be fitted: {why}"),
            Self::Undrawn(why) => out.write_str(why),
            Self::NoJudge => out.write_str("no such judge"),
            Self::NoGroup => out.write_str("no such group"),
            Self::NoDraws => out.write_str("the fit gave no draws"),
            Self::Stopped => out.write_str("the work was stopped"),
        }
    }
}

impl std::error::Error for Refusal {}

impl Failure for Refusal {
    fn kind(&self) -> Kind {
        if *self == Self::Stopped { Kind::Cancelled } else { Kind::Refused }
    }

    fn remedy_key(&self) -> Option<&'static str> {
        match self {
            Self::Few { .. } => Some("ask-for-fewer-verdicts"),
            Self::OneSided { .. } => Some("leave-terms-out"),
            _ => None,
        }
    }
}
