//! What is the loss of completions that are good or bad by themselves, without a partner?

use super::check::{self, LossError, Needs};
use super::dual::Dual;
use super::evaluate::Objective;
use super::loss::Loss;
use super::options::LossOptions;
use super::pair::Side;
use super::state::LossState;

/// One completion that is desirable or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example<'a> {
    /// The completion.
    pub side: Side<'a>,
    /// Whether it is desirable.
    pub desirable: bool,
    /// Factor of its loss, at least 0, beside `desirable_weight` or `undesirable_weight`.
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

/// What is subtracted from log-ratios or rewards, without a gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shifts {
    /// KTO's baseline of log-ratios.
    pub(crate) z0: f64,
    /// BCO's threshold of rewards, which are beta times log-ratios.
    pub(crate) delta: f64,
}

impl Shifts {
    /// Takes the batch's log-ratios into the state where a loss wants it, and reads off what to subtract.
    pub(crate) fn new(
        objective: &Objective,
        state: &mut LossState,
        log_ratios: impl Iterator<Item = f64>,
    ) -> Result<Self, LossError> {
        let uses = |wanted| objective.mixture().losses().any(|loss| loss == wanted);
        let z0 = match state.kto_z0 {
            Some(z0) if z0 >= 0.0 && z0.is_finite() => z0,
            _ if uses(Loss::Kto) => return Err(LossError::NoBaseline),
            _ => 0.0,
        };
        if uses(Loss::Bco) && !state.frozen {
            log_ratios.for_each(|a| state.bco.push(objective.options().beta * a));
        }
        Ok(Self { z0, delta: state.bco.mean })
    }
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

/// The loss of one completion with log-ratio `a`, times the weight of its kind.
pub(crate) fn example(
    loss: Loss,
    (a, desirable): (Dual, bool),
    options: &LossOptions,
    shifts: Shifts,
) -> Dual {
    let b = options.beta;
    // How well the completion is placed: the larger, the better.
    let good = |a: Dual, shift: f64| if desirable { a * b - shift } else { -(a * b - shift) };
    let value = match loss {
        Loss::Kto => (-good(a, b * shifts.z0)).sigmoid(),
        Loss::Bco => good(a, shifts.delta).logistic_loss(),
        _ => (-good(a, 0.0)).sigmoid(),
    };
    value * if desirable { options.desirable_weight } else { options.undesirable_weight }
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
