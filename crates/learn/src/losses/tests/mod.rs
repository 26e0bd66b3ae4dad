//! Checks against METHOD-LEARN 7 and against central differences.

mod errors;
mod properties;
mod table;
mod unpaired;

use super::{LossOptions, LossState, Objective, PairScores, RunningMean, Side};

/// The two pairs of METHOD-LEARN 7.2.
pub(crate) fn pairs() -> [PairScores<'static>; 2] {
    const CERTAIN: &[f64] = &[-1.2; 4];
    let side = |policy: &'static [f64], reference: &'static [f64]| Side {
        policy,
        reference,
        spread: &CERTAIN[..policy.len()],
    };
    [
        PairScores::new(
            side(&[-0.50, -1.00, -0.25], &[-0.75, -1.25, -0.50]),
            side(&[-1.50, -0.75], &[-1.00, -0.50]),
        ),
        PairScores::new(
            side(&[-1.25, -2.00], &[-1.00, -1.75]),
            side(&[-0.25, -0.50, -0.75, -0.30], &[-0.50, -0.75, -1.00, -0.45]),
        ),
    ]
}

/// An objective with beta 0.5 unless `options` (JSON) say otherwise.
pub(crate) fn objective(mixture: &str, options: &str) -> Objective {
    let mut fields = serde_json::json!({ "beta": 0.5 });
    let given: serde_json::Value = serde_json::from_str(options).unwrap();
    fields.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    let options: LossOptions = serde_json::from_value(fields).unwrap();
    Objective::new(mixture.parse().unwrap(), options).unwrap()
}

/// A state with KTO's baseline 0.2 and a fixed threshold of BCO.
pub(crate) fn fixed_state() -> LossState {
    LossState { kto_z0: Some(0.2), bco: RunningMean { count: 4, mean: 0.05 }, frozen: true }
}
