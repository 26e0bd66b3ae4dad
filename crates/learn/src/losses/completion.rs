//! What is the loss of one completion that is good or bad by itself, and what is subtracted from its score?

use super::check::LossError;
use super::dual::Dual;
use super::loss::Loss;
use super::objective::Objective;
use super::options::LossOptions;
use super::state::LossState;

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
