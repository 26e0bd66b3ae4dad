//! What is each loss called, and what does it need, by the catalogue?

use std::fmt;
use std::str::FromStr;

use super::catalogue::{Entry, catalogue};
use super::loss::{BatchScope, Loss};

impl Loss {
    /// What [`catalogue`] says about this loss.
    pub fn entry(self) -> &'static Entry {
        &catalogue()[self as usize]
    }

    /// The name, such as `exo_pair`: TRL's where TRL has the loss.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether log-probabilities under the reference are needed.
    pub fn needs_reference(self) -> bool {
        self.entry().reference
    }

    /// Whether `ln sum_v p_v^2` of each position is needed (WPO only).
    pub fn needs_spread(self) -> bool {
        self == Self::Wpo
    }

    /// Whether the gradient of a pair depends on the other pairs of the batch; how, [`Entry`]'s `scope` says.
    pub fn needs_batch(self) -> bool {
        self.entry().scope != BatchScope::Pair
    }

    /// Whether the probability `p` of the label enters; all others take the chosen completion as the better one.
    pub fn uses_label(self) -> bool {
        self.entry().soft
    }

    /// Whether it compares means over tokens of the policy alone, so that its reward of a completion is such a mean.
    pub fn averages(self) -> bool {
        matches!(self, Self::Simpo | Self::SoftSimpo | Self::Alphapo | Self::Orpo | Self::CpoIpo)
    }

    /// Whether a label of one half says something to it: that both completions should be equally probable.
    pub fn learns_from_ties(self) -> bool {
        matches!(self, Self::Soft | Self::Cipo | Self::SoftSimpo)
    }

    /// Whether examples without a partner are enough: [`super::Objective::evaluate_unpaired`].
    pub fn takes_unpaired(self) -> bool {
        matches!(self, Self::Kto | Self::ApoZeroUnpaired | Self::Bco)
    }

    /// Whether the loss sorts the scores of a batch, so that a value belongs to a rank rather than to a pair.
    pub(crate) fn sorts(self) -> bool {
        matches!(self, Self::Aot | Self::AotUnpaired)
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not a loss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLoss {
    /// The name as given.
    pub name: String,
}

impl fmt::Display for UnknownLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = catalogue().iter().map(|entry| entry.name).collect();
        write!(f, "\"{}\" is not a known loss; choose from {}", self.name, names.join(", "))
    }
}

impl std::error::Error for UnknownLoss {}

impl FromStr for Loss {
    type Err = UnknownLoss;

    /// Reads a name of the catalogue, with `-` for `_` and capitals allowed; `dpo` is `sigmoid`.
    fn from_str(text: &str) -> Result<Self, UnknownLoss> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        if name == "dpo" {
            return Ok(Self::Sigmoid);
        }
        let found = catalogue().iter().find(|entry| entry.name == name);
        found.map(|entry| entry.loss).ok_or_else(|| UnknownLoss { name: text.to_owned() })
    }
}

impl TryFrom<String> for Loss {
    type Error = UnknownLoss;

    fn try_from(text: String) -> Result<Self, UnknownLoss> {
        text.parse()
    }
}

impl From<Loss> for &'static str {
    fn from(loss: Loss) -> Self {
        loss.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_parses_and_comes_back() {
        for entry in catalogue() {
            assert_eq!(entry.name.parse::<Loss>(), Ok(entry.loss));
            assert_eq!(entry.loss.to_string(), entry.name);
            let json = serde_json::to_string(&entry.loss).unwrap();
            assert_eq!(json, format!("\"{}\"", entry.name));
            assert_eq!(serde_json::from_str::<Loss>(&json).unwrap(), entry.loss);
        }
        assert_eq!("EXO-pair".parse::<Loss>(), Ok(Loss::ExoPair));
        assert_eq!("dpo".parse::<Loss>(), Ok(Loss::Sigmoid));
    }

    #[test]
    fn every_name_of_trl_is_taken() {
        let names = "sigmoid hinge ipo exo_pair nca_pair robust bco_pair sppo_hard aot aot_unpaired apo_zero apo_down \
                     discopop sft sigmoid_norm kto apo_zero_unpaired cpo simpo orpo alphapo";
        for name in names.split(' ') {
            assert!(name.parse::<Loss>().unwrap().entry().trl.is_some(), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_there_are() {
        let error = "kto_pair".parse::<Loss>().unwrap_err();
        assert!(
            error.to_string().starts_with("\"kto_pair\" is not a known loss; choose from sigmoid, hinge,")
        );
        assert!(serde_json::from_str::<Loss>("\"kto_pair\"").is_err());
    }
}
