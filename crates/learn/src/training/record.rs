//! What is reported of a step, and of held-out pairs.

use serde::{Deserialize, Serialize};

/// What one step did. Means are over the pairs of the step; of single completions, what is said of chosen ones is a mean over the desirable
/// ones, and of rejected ones over the others: `None`, or not a number, where there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Its number, from 1.
    pub step: usize,
    /// Epochs passed, a fraction within the current one.
    pub epoch: f64,
    /// The loss before the step.
    pub loss: f64,
    /// The rate at which it was made.
    pub learning_rate: f64,
    /// The length of the gradient before it was clipped.
    pub grad_norm: f64,
    /// `beta (ln pi - ln ref)` of the chosen completions; `None` without a reference.
    pub rewards_chosen: Option<f64>,
    /// The same of the rejected ones.
    pub rewards_rejected: Option<f64>,
    /// The mean difference of the two.
    pub margin: Option<f64>,
    /// Share of pairs whose chosen completion has the larger reward; a pair of equal rewards counts one half. Of single completions: of every
    /// desirable one with every other one.
    pub accuracy: Option<f64>,
    /// Mean over completion tokens of `|ln pi - ln ref|`, in nats: how far the policy went from the reference on these tokens.
    pub drift: Option<f64>,
    /// Summed log-probability of the chosen completions.
    pub logp_chosen: f64,
    /// The same of the rejected ones.
    pub logp_rejected: f64,
    /// Tokens of completions in the step.
    pub tokens: usize,
    /// What SPA's refinement of labels found; `None` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa: Option<SpaRecord>,
    /// SPO's mean cross-entropy, before its weight; it is part of `loss`. `None` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degree_loss: Option<f64>,
}

/// What the refinement did in one step.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct SpaRecord {
    /// The mean of the de-coupled margins `beta h~`.
    pub margin: f64,
    /// Share of pairs that were doubtful.
    pub doubtful: f64,
    /// The threshold that they lay at or below.
    pub threshold: f64,
    /// By how much their labels were smoothed.
    pub smoothing: f64,
}

/// Results on held-out pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// After this many steps.
    pub step: usize,
    /// The mean loss.
    pub loss: f64,
    /// Share of pairs whose chosen completion has the larger reward (the larger log-probability, without a reference); a pair of equal ones
    /// counts one half. Of single completions: of every desirable one with every other one; `None` without one of each.
    pub accuracy: Option<f64>,
    /// The mean difference of rewards; `None` without a reference.
    pub margin: Option<f64>,
    /// Pairs, or single completions.
    pub pairs: usize,
}
