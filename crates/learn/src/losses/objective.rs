//! Which losses are to fall together, with which options, and what do they need of a batch?

use super::loss::{BatchScope, Loss};
use super::mixture::Mixture;
use super::options::{LossOptions, OptionError};

/// A mixture of losses with the options that shape them, checked together.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    mixture: Mixture,
    options: LossOptions,
}

impl Objective {
    /// The objective with these losses and options.
    ///
    /// # Errors
    /// If an option is out of range, or a loss has no value with these options.
    pub fn new(mixture: Mixture, options: LossOptions) -> Result<Self, OptionError> {
        options.validate(&mixture)?;
        Ok(Self { mixture, options })
    }

    /// The losses with their weights.
    pub fn mixture(&self) -> &Mixture {
        &self.mixture
    }

    /// The options.
    pub fn options(&self) -> &LossOptions {
        &self.options
    }

    /// Whether any loss needs log-probabilities under the reference.
    pub fn needs_reference(&self) -> bool {
        self.mixture.losses().any(Loss::needs_reference)
    }

    /// Whether any loss needs `ln sum_v p_v^2` of each position.
    pub fn needs_spread(&self) -> bool {
        self.mixture.losses().any(Loss::needs_spread)
    }

    /// Whether the gradient of a pair depends on the other pairs.
    pub fn needs_batch(&self) -> bool {
        self.scope() != BatchScope::Pair
    }

    /// How much of the batch the gradient of a pair depends on: the most that any loss asks for.
    pub fn scope(&self) -> BatchScope {
        let scopes = self.mixture.losses().map(|loss| loss.entry().scope);
        scopes.max().unwrap_or(BatchScope::Pair)
    }

    /// Whether rewards are means over tokens: without a reference, where any loss compares such means.
    pub fn averages(&self) -> bool {
        !self.needs_reference() && self.mixture.losses().any(Loss::averages)
    }

    /// Whether every loss learns from labels of one half.
    pub fn learns_from_ties(&self) -> bool {
        self.mixture.losses().all(Loss::learns_from_ties)
    }

    /// Whether any loss uses the probability of the label.
    pub fn uses_label(&self) -> bool {
        self.mixture.losses().any(Loss::uses_label)
    }
}
