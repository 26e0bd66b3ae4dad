//! What is the loss of completions that are good or bad by themselves, without a partner?

use super::check::{self, LossError, Needs};
use super::completion::{Shifts, example};
use super::dual::Dual;
use super::loss::Loss;
use super::objective::Objective;
use super::pair::Side;
use super::state::LossState;

/// One completion that is desirable or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example<'a> {
    /// The completion.
    pub side: Side<'a>,
    /// Whether it is desirable.
    pub desirable: bool,
    /// Factor of its loss, at least 0, in addition to `desirable_weight` or `undesirable_weight`.
    pub weight: f64,
}

/// The loss of a batch of [`Example`]s.
#[derive(Debug, Clone, PartialEq)]
pub struct UnpairedBatch {
    /// The mean of weight times loss over the examples.
    pub value: f64,
    /// The loss of each example before its weight, the weight of its kind included.
    pub per_example: Vec<f64>,
    /// The derivative of `value` by the policy's log-probability of each token, by example.
    pub gradients: Vec<Vec<f64>>,
}

/// KTO's baseline z0: the mean log-ratio of mismatched completions, that is `sum_t (ln policy - ln reference)` of the
/// completion of another example after this one's prompt; at least 0, and 0 if there are none. No gradient flows
/// through it, so the forward passes need none. Source: arXiv 2402.01306.
pub fn kto_baseline(mismatched_log_ratios: &[f64]) -> f64 {
    if mismatched_log_ratios.is_empty() {
        return 0.0;
    }
    (mismatched_log_ratios.iter().sum::<f64>() / mismatched_log_ratios.len() as f64).max(0.0)
}

impl Objective {
    /// The loss and gradients of examples without partners, for mixtures of `kto`, `apo_zero_unpaired` and `bco`.
    ///
    /// # Errors
    /// If the mixture has another loss, numbers are missing or not log-probabilities, or `kto` has no baseline.
    pub fn evaluate_unpaired(
        &self,
        examples: &[Example<'_>],
        state: &mut LossState,
    ) -> Result<UnpairedBatch, LossError> {
        if let Some(loss) = self.mixture().losses().find(|loss| !loss.takes_unpaired()) {
            return Err(LossError::NeedsPairs { loss });
        }
        if examples.is_empty() {
            return Err(LossError::EmptyBatch);
        }
        for (item, example) in examples.iter().enumerate() {
            check::weight(item, example.weight)?;
            check::side(&example.side, Needs { reference: true, spread: false }, (item, "completion"))?;
        }
        let log_ratio = |example: &Example<'_>| {
            example.side.policy.iter().sum::<f64>() - example.side.reference.iter().sum::<f64>()
        };
        let shifts = Shifts::new(self, state, examples.iter().map(log_ratio))?;
        let count = examples.len() as f64;
        let mut batch = UnpairedBatch { value: 0.0, per_example: Vec::new(), gradients: Vec::new() };
        for own in examples {
            let of = |&(loss, weight): &(Loss, f64)| {
                example(loss, (Dual::chosen(log_ratio(own)), own.desirable), self.options(), shifts) * weight
            };
            let loss = self.mixture().terms().iter().map(of).fold(Dual::default(), |sum, term| sum + term);
            batch.value += own.weight * loss.value / count;
            batch.per_example.push(loss.value);
            batch.gradients.push(vec![own.weight * loss.chosen / count; own.side.policy.len()]);
        }
        Ok(batch)
    }
}
