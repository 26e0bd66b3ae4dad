//! Which losses are added up, with which weights?

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::loss::Loss;
use super::needs::UnknownLoss;

/// A weighted sum of losses, at least one, each at most once, with weights above 0.
///
/// As text `sigmoid:0.8,bco_pair:0.2,sft:1`, where a name without a weight has weight 1. `mpo` alone is that sum, TRL's form of
/// the mixed preference optimisation of arXiv 2411.10442 (which also shifts the rewards of its BCO part). JSON has the same text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Mixture(Vec<(Loss, f64)>);

/// Why a text or list is not a mixture.
#[derive(Debug, Clone, PartialEq)]
pub enum MixtureError {
    /// There is no loss.
    Empty,
    /// A name that is not a loss.
    Unknown(UnknownLoss),
    /// What follows the colon is not a number.
    NotANumber {
        /// The loss.
        loss: Loss,
        /// The text after the colon.
        weight: String,
    },
    /// A weight that is not above 0 or not finite.
    Weight {
        /// The loss.
        loss: Loss,
        /// Its weight.
        weight: f64,
    },
    /// A loss that occurs twice.
    Twice(Loss),
}

impl fmt::Display for MixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                write!(f, "no loss is named; write one such as sigmoid, or a sum such as sigmoid:0.8,sft:0.2")
            }
            Self::Unknown(error) => error.fmt(f),
            Self::NotANumber { loss, weight } => {
                write!(
                    f,
                    "the weight \"{weight}\" of {loss} is not a number; write, for instance, {loss}:0.5"
                )
            }
            Self::Weight { loss, weight } => {
                let weight = Figure(*weight);
                write!(f, "the weight of {loss} is {weight}, but must be above 0; leave the loss out instead")
            }
            Self::Twice(loss) => write!(f, "{loss} is named twice; add up its weights"),
        }
    }
}

impl std::error::Error for MixtureError {}

impl Mixture {
    /// The weighted sum of `terms`.
    ///
    /// # Errors
    /// If there is no term, a weight is not above 0 or a loss occurs twice.
    pub fn new(terms: Vec<(Loss, f64)>) -> Result<Self, MixtureError> {
        if terms.is_empty() {
            return Err(MixtureError::Empty);
        }
        for (at, &(loss, weight)) in terms.iter().enumerate() {
            if !(weight > 0.0 && weight.is_finite()) {
                return Err(MixtureError::Weight { loss, weight });
            }
            if terms[..at].iter().any(|&(earlier, _)| earlier == loss) {
                return Err(MixtureError::Twice(loss));
            }
        }
        Ok(Self(terms))
    }

    /// The losses with their weights, in the order given.
    pub fn terms(&self) -> &[(Loss, f64)] {
        &self.0
    }

    /// The losses, in the order given.
    pub fn losses(&self) -> impl Iterator<Item = Loss> {
        self.0.iter().map(|&(loss, _)| loss)
    }
}

impl From<Loss> for Mixture {
    fn from(loss: Loss) -> Self {
        Self(vec![(loss, 1.0)])
    }
}

impl FromStr for Mixture {
    type Err = MixtureError;

    fn from_str(text: &str) -> Result<Self, MixtureError> {
        if text.trim().is_empty() {
            return Err(MixtureError::Empty);
        }
        if text.trim().eq_ignore_ascii_case("mpo") {
            return Self::new(vec![(Loss::Sigmoid, 0.8), (Loss::BcoPair, 0.2), (Loss::Sft, 1.0)]);
        }
        let term = |part: &str| {
            let (name, weight) = part.split_once(':').unwrap_or((part, "1"));
            let loss = name.parse().map_err(MixtureError::Unknown)?;
            let weight = weight.trim();
            match weight.parse() {
                Ok(number) => Ok((loss, number)),
                Err(_) => Err(MixtureError::NotANumber { loss, weight: weight.to_owned() }),
            }
        };
        Self::new(text.split(',').map(term).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(loss, 1.0)] = self.0[..] {
            return write!(f, "{loss}");
        }
        for (at, (loss, weight)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(f, "{comma}{loss}:{weight}")?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Mixture {
    type Error = MixtureError;

    fn try_from(text: String) -> Result<Self, MixtureError> {
        text.parse()
    }
}

impl From<Mixture> for String {
    fn from(mixture: Mixture) -> Self {
        mixture.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back() {
        for text in ["sigmoid", "sigmoid:0.8,bco_pair:0.2,sft:1", "kto:2"] {
            let mixture: Mixture = text.parse().unwrap();
            assert_eq!(mixture.to_string(), text);
            let json = serde_json::to_string(&mixture).unwrap();
            assert_eq!(serde_json::from_str::<Mixture>(&json).unwrap(), mixture);
        }
        assert_eq!("mpo".parse::<Mixture>(), "sigmoid:.8, bco_pair: 0.2, sft".parse());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |text: &str| text.parse::<Mixture>().unwrap_err().to_string();
        assert!(error(" ").starts_with("no loss is named"));
        assert!(error("sigmoid,").starts_with("\"\" is not a known loss"));
        assert_eq!(error("sft:x"), "the weight \"x\" of sft is not a number; write, for instance, sft:0.5");
        assert!(error("sft:0").starts_with("the weight of sft is 0, but must be above 0"));
        assert!(error("sft:nan").starts_with("the weight of sft is NaN"));
        assert_eq!(error("dpo,sigmoid:2"), "sigmoid is named twice; add up its weights");
    }
}
