//! Inputs from which no loss can be computed.

use super::{fixed_state, objective, pairs};
use crate::losses::{BatchScope, LossState, PairScores, Side, catalogue};

fn refused(mixture: &str, change: impl Fn(&mut PairScores<'static>)) -> String {
    let mut pairs = pairs();
    change(&mut pairs[1]);
    objective(mixture, "{}").evaluate(&pairs, &mut LossState::default()).unwrap_err().to_string()
}

#[test]
fn each_fault_is_named_with_its_place() {
    assert_eq!(refused("sigmoid", |pair| pair.p = 1.5), "item 1: the label is 1.5, but must be from 0 to 1");
    assert!(refused("sigmoid", |pair| pair.p = f64::NAN).starts_with("item 1: the label is NaN"));
    assert!(refused("sigmoid", |pair| pair.weight = -1.0).starts_with("item 1: the weight is -1"));
    assert!(refused("aot", |pair| pair.weight = 2.0).starts_with("item 1 has weight 2, but aot sorts"));
    let no_reference = refused("sft,hinge", |pair| pair.chosen.reference = &[]);
    assert_eq!(no_reference, "item 1: the chosen text has 2 tokens but 0 reference numbers");
    let other = refused("cpo", |pair| pair.rejected.reference = &[-1.0]);
    assert_eq!(other, "item 1: the rejected text has 4 tokens but 1 reference numbers");
    assert!(refused("wpo", |pair| pair.chosen.spread = &[]).ends_with("2 tokens but 0 spread numbers"));
    let empty = refused("sigmoid", |pair| pair.chosen = Side::default());
    assert!(empty.starts_with("item 1: the chosen text has no tokens"));
    let positive = refused("sft", |pair| pair.chosen.policy = &[-1.0, 0.5]);
    assert_eq!(positive, "item 1: the policy value of chosen token 1 is 0.5, which is not a log-probability");
    assert!(refused("kto", |_| ()).starts_with("kto needs a baseline"));
    let none = objective("sft", "{}").evaluate(&[], &mut LossState::default());
    assert_eq!(none.unwrap_err().to_string(), "the batch is empty");
}

#[test]
fn nothing_is_asked_for_that_is_not_needed() {
    for entry in catalogue() {
        let objective = objective(entry.name, r#"{"label_smoothing": 0.1}"#);
        assert_eq!(objective.needs_reference(), entry.reference);
        assert_eq!(objective.uses_label(), entry.soft);
        let mut pairs = pairs();
        for pair in &mut pairs {
            for side in [&mut pair.chosen, &mut pair.rejected] {
                if !entry.reference {
                    side.reference = &[];
                }
                if !objective.needs_spread() {
                    side.spread = &[];
                }
            }
        }
        assert!(objective.evaluate(&pairs, &mut fixed_state()).is_ok(), "{}", entry.name);
    }
}

/// Whether the gradient of the first pair really changes with the second is what `scope` says.
#[test]
fn scope_is_what_the_gradient_depends_on() {
    for entry in catalogue() {
        let objective = objective(entry.name, r#"{"label_smoothing": 0.1}"#);
        let gradient = |change: &dyn Fn(&mut PairScores<'static>)| {
            let mut pairs = pairs();
            change(&mut pairs[1]);
            let mut state = LossState { kto_z0: Some(0.2), ..LossState::default() };
            objective.evaluate(&pairs, &mut state).unwrap().gradients[0].clone()
        };
        let same = gradient(&|_| ());
        let scores = gradient(&|pair| pair.chosen.policy = &[-0.1, -0.2]) != same;
        let counts = gradient(&|pair| {
            pair.chosen =
                Side { policy: &[-1.25, -1.0, -1.0], reference: &[-1.0, -1.0, -0.75], spread: &[-1.2; 3] };
        }) != same;
        let found = match (scores, counts) {
            (true, _) => BatchScope::Scores,
            (false, true) => BatchScope::TokenCounts,
            (false, false) => BatchScope::Pair,
        };
        // KTO depends on the others through its baseline, which is given here.
        let expected = if entry.name == "kto" { BatchScope::Pair } else { entry.scope };
        assert_eq!(found, expected, "{}", entry.name);
        assert_eq!(entry.loss.needs_batch(), entry.scope != BatchScope::Pair);
    }
}
