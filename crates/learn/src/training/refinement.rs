//! How labels are refined, and the state of the refinement.

use serde::{Deserialize, Serialize};

use crate::error::{LearnError, Result};
use crate::losses::spa::{SpaOptions, Threshold};
use crate::model::Model;

/// How labels are refined in one round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refinement {
    /// Smoothing and threshold.
    pub options: SpaOptions,
    /// The round, from 1; it is kept, but has no effect.
    pub round: usize,
    /// Factor with which the reference is subtracted from the policy, at least 0; 0 leaves the policy unchanged.
    pub lambda: f64,
}

impl Refinement {
    /// The paper's for a round from 1: `lambda` is 1/2, 1/4, 1/8, ...
    pub fn of_round(round: usize) -> Self {
        Self { options: SpaOptions::default(), round, lambda: (-(round.max(1) as f64)).exp2() }
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = |what: &str| Err(LearnError::Choice(what.to_owned()));
        let SpaOptions { smoothing, warm_up, window, share } = self.options;
        if !(self.lambda >= 0.0 && self.lambda <= 100.0) {
            return wrong("lambda must be at least 0 and at most 100");
        }
        if !(0.0..=0.5).contains(&smoothing) {
            return wrong("labels can be smoothed by 0 to one half");
        }
        if !(0.0..=1.0).contains(&warm_up) || !(0.0..=1.0).contains(&share) {
            return wrong("the warm-up and the share of the window must be from 0 to 1");
        }
        if window == 0 {
            return wrong("the threshold needs a window of at least one step");
        }
        Ok(())
    }
}

/// The state of the refinement of labels; with it a training run continues unchanged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpaState {
    /// How it is done.
    pub refinement: Refinement,
    /// The latest step means.
    pub threshold: Threshold,
}

/// A refinement with what it needs.
pub(super) struct Refining {
    pub(super) state: SpaState,
    /// The reference, where it is not the policy without its adapter.
    pub(super) reference: Option<Box<Model>>,
}
