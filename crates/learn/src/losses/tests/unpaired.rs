//! Examples without partners: METHOD-LEARN 7.2 and central differences.

use super::{fixed_state, objective, pairs};
use crate::losses::{Example, LossError, LossState, kto_baseline};

/// The four completions of both pairs.
fn examples() -> Vec<Example<'static>> {
    let [first, second] = pairs();
    [(first.chosen, true), (second.chosen, true), (first.rejected, false), (second.rejected, false)]
        .map(|(side, desirable)| Example { side, desirable, weight: 1.0 })
        .to_vec()
}

#[test]
fn worked_examples() {
    let rows = [
        ("kto", "{}", 0.2, 0.497087),
        ("kto", "{}", kto_baseline(&[-0.5, -0.1]), 0.496871),
        ("kto", r#"{"desirable_weight": 1.33}"#, 0.2, 0.581097),
        ("apo_zero_unpaired", "{}", 0.0, 0.496871),
    ];
    for (mixture, options, z0, expected) in rows {
        let mut state = LossState { kto_z0: Some(z0), ..LossState::default() };
        let batch = objective(mixture, options).evaluate_unpaired(&examples(), &mut state).unwrap();
        assert!((batch.value - expected).abs() < 1e-6, "{mixture} {options} {z0}: {}", batch.value);
        assert!((batch.per_example.iter().sum::<f64>() / 4.0 - batch.value).abs() < 1e-14);
    }
    let batch = objective("bco", "{}").evaluate_unpaired(&examples(), &mut LossState::default()).unwrap();
    assert!((batch.value - 0.703555).abs() < 1e-6);
    for (value, expected) in batch.per_example.iter().zip([0.543793, 0.854355, 0.503057, 0.913015]) {
        assert!((value - expected).abs() < 1e-6);
    }
}

#[test]
fn the_baseline_is_a_mean_at_least_zero() {
    assert_eq!(kto_baseline(&[]), 0.0);
    assert_eq!(kto_baseline(&[-1.0, 0.4]), 0.0);
    assert_eq!(kto_baseline(&[1.0, -0.5]), 0.25);
}

#[test]
fn gradients_are_central_differences() {
    let objective = objective("kto:0.5,bco:2,apo_zero_unpaired", r#"{"desirable_weight": 1.3}"#);
    let mut all = examples();
    all[1].weight = 0.5;
    let batch = objective.evaluate_unpaired(&all, &mut fixed_state()).unwrap();
    for at in 0..all.len() {
        for token in 0..all[at].side.policy.len() {
            let value = |by: f64| {
                let mut policy = all[at].side.policy.to_vec();
                policy[token] += by;
                let mut moved = all.clone();
                moved[at].side.policy = &policy;
                objective.evaluate_unpaired(&moved, &mut fixed_state()).unwrap().value
            };
            let difference = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((difference - batch.gradients[at][token]).abs() < 1e-9, "{at} {token}");
        }
    }
}

#[test]
fn pairs_and_their_completions_agree() {
    for mixture in ["kto", "bco", "apo_zero_unpaired"] {
        let objective = objective(mixture, "{}");
        let paired = objective.evaluate(&pairs(), &mut LossState { frozen: false, ..fixed_state() }).unwrap();
        let single = objective
            .evaluate_unpaired(&examples(), &mut LossState { frozen: false, ..fixed_state() })
            .unwrap();
        assert!((paired.value - single.value).abs() < 1e-14, "{mixture}");
        assert!((paired.gradients[1].rejected[3] - single.gradients[3][3]).abs() < 1e-14, "{mixture}");
    }
}

#[test]
fn what_cannot_be_computed_is_refused() {
    let refused = |mixture: &str, z0| {
        let mut state = LossState { kto_z0: z0, ..LossState::default() };
        objective(mixture, "{}").evaluate_unpaired(&examples(), &mut state).unwrap_err()
    };
    assert_eq!(refused("kto", None), LossError::NoBaseline);
    assert_eq!(refused("kto", Some(-0.1)), LossError::NoBaseline);
    assert!(refused("kto,sigmoid", Some(0.0)).to_string().starts_with("sigmoid needs pairs"));
    let empty = objective("kto", "{}").evaluate_unpaired(&[], &mut fixed_state());
    assert_eq!(empty.unwrap_err(), LossError::EmptyBatch);
}
