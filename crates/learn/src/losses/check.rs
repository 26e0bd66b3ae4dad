//! Can a loss be computed from these numbers?

use std::fmt;

use super::figure::Figure;
use super::loss::Loss;
use super::pair::{PairScores, Side};

/// Log-probabilities above 0 by more than this are not rounding errors.
const ROUNDING: f64 = 1e-3;

/// Why a batch has no loss. Items are counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub enum LossError {
    /// A batch without a pair or example.
    EmptyBatch,
    /// A completion without a token.
    EmptyCompletion {
        /// The pair or example.
        item: usize,
        /// `chosen`, `rejected` or `completion`.
        side: &'static str,
    },
    /// Numbers that are needed but missing, or of another completion.
    Length {
        /// The pair or example.
        item: usize,
        /// `chosen`, `rejected` or `completion`.
        side: &'static str,
        /// `reference` or `spread`.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many tokens there are.
        tokens: usize,
    },
    /// A number that is not a log-probability: not finite, or above 0 by more than 0.001.
    NotALogProbability {
        /// The pair or example.
        item: usize,
        /// `chosen`, `rejected` or `completion`.
        side: &'static str,
        /// `policy`, `reference` or `spread`.
        what: &'static str,
        /// The token.
        token: usize,
        /// The number.
        value: f64,
    },
    /// A label outside 0 to 1.
    Label {
        /// The pair.
        item: usize,
        /// The label.
        p: f64,
    },
    /// A negative or infinite weight.
    Weight {
        /// The pair or example.
        item: usize,
        /// The weight.
        weight: f64,
    },
    /// A weight other than 1 with a loss that sorts scores, where a score does not belong to a pair.
    WeightOfRank {
        /// The loss.
        loss: Loss,
        /// The pair.
        item: usize,
        /// The weight.
        weight: f64,
    },
    /// `kto` without its baseline z0, or with one that is not finite or below 0.
    NoBaseline,
    /// A loss of pairs, asked for examples without a partner.
    NeedsPairs {
        /// The loss.
        loss: Loss,
    },
}

impl fmt::Display for LossError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyBatch => write!(f, "the batch is empty"),
            Self::EmptyCompletion { item, side } => {
                write!(f, "item {item}: the {side} text has no tokens; keep at least its end-of-text token")
            }
            Self::Length { item, side, what, found, tokens } => {
                write!(f, "item {item}: the {side} text has {tokens} tokens but {found} {what} numbers")
            }
            Self::NotALogProbability { item, side, what, token, value } => {
                let value = Figure(*value);
                write!(
                    f,
                    "item {item}: the {what} value of {side} token {token} is {value}, which is not a log-probability"
                )
            }
            Self::Label { item, p } => {
                write!(f, "item {item}: the label is {}, but must be from 0 to 1", Figure(*p))
            }
            Self::Weight { item, weight } => {
                let weight = Figure(*weight);
                write!(f, "item {item}: the weight is {weight}, but must be finite and at least 0")
            }
            Self::WeightOfRank { loss, item, weight } => {
                let weight = Figure(*weight);
                write!(
                    f,
                    "item {item} has weight {weight}, but {loss} sorts scores across pairs; use weight 1 or another loss"
                )
            }
            Self::NoBaseline => {
                write!(f, "kto needs a baseline z0 of at least 0; compute it from mismatched completions")
            }
            Self::NeedsPairs { loss } => {
                write!(
                    f,
                    "{loss} needs pairs; for examples without a partner use kto, apo_zero_unpaired or bco"
                )
            }
        }
    }
}

impl std::error::Error for LossError {}

/// What a mixture needs of each completion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    pub(crate) reference: bool,
    pub(crate) spread: bool,
}

/// Checks labels, weights and both completions of every pair.
pub(crate) fn pairs(pairs: &[PairScores<'_>], needs: Needs) -> Result<(), LossError> {
    if pairs.is_empty() {
        return Err(LossError::EmptyBatch);
    }
    for (item, pair) in pairs.iter().enumerate() {
        if !(0.0..=1.0).contains(&pair.p) {
            return Err(LossError::Label { item, p: pair.p });
        }
        weight(item, pair.weight)?;
        side(&pair.chosen, needs, (item, "chosen"))?;
        side(&pair.rejected, needs, (item, "rejected"))?;
    }
    Ok(())
}

/// Checks a weight.
pub(crate) fn weight(item: usize, weight: f64) -> Result<(), LossError> {
    if weight >= 0.0 && weight.is_finite() { Ok(()) } else { Err(LossError::Weight { item, weight }) }
}

/// Checks one completion, called by its item and name in errors.
pub(crate) fn side(own: &Side<'_>, needs: Needs, name: (usize, &'static str)) -> Result<(), LossError> {
    let (item, side) = name;
    let tokens = own.policy.len();
    if tokens == 0 {
        return Err(LossError::EmptyCompletion { item, side });
    }
    let all = [
        ("policy", own.policy, true),
        ("reference", own.reference, needs.reference),
        ("spread", own.spread, needs.spread),
    ];
    for (what, values, needed) in all {
        if values.len() != tokens && (needed || !values.is_empty()) {
            return Err(LossError::Length { item, side, what, found: values.len(), tokens });
        }
        for (token, &value) in values.iter().enumerate() {
            if !(value.is_finite() && value <= ROUNDING) {
                return Err(LossError::NotALogProbability { item, side, what, token, value });
            }
        }
    }
    Ok(())
}
