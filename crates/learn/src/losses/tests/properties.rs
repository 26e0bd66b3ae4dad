//! Properties of every loss on random pairs.

use proptest::prelude::*;

use super::{fixed_state, objective};
use crate::losses::{BatchScope, Loss, Objective, PairScores, Side, catalogue};

/// The numbers of one completion.
#[derive(Debug, Clone)]
struct Completion {
    policy: Vec<f64>,
    reference: Vec<f64>,
    spread: Vec<f64>,
}

impl Completion {
    fn side(&self) -> Side<'_> {
        Side { policy: &self.policy, reference: &self.reference, spread: &self.spread }
    }
}

#[derive(Debug, Clone)]
struct Pair {
    chosen: Completion,
    rejected: Completion,
    p: f64,
    weight: f64,
}

fn completion() -> impl Strategy<Value = Completion> {
    let token = (-4.0..-0.05_f64, -4.0..-0.05_f64, -3.0..-0.05_f64);
    proptest::collection::vec(token, 1..6).prop_map(|tokens| Completion {
        policy: tokens.iter().map(|token| token.0).collect(),
        reference: tokens.iter().map(|token| token.1).collect(),
        spread: tokens.iter().map(|token| token.2).collect(),
    })
}

fn batch() -> impl Strategy<Value = Vec<Pair>> {
    let pair = (completion(), completion(), 0.0..=1.0_f64, 0.1..3.0_f64);
    let pair = pair.prop_map(|(chosen, rejected, p, weight)| Pair { chosen, rejected, p, weight });
    proptest::collection::vec(pair, 1..5)
}

fn scores(pairs: &[Pair], weighted: bool) -> Vec<PairScores<'_>> {
    pairs
        .iter()
        .map(|pair| PairScores {
            chosen: pair.chosen.side(),
            rejected: pair.rejected.side(),
            p: pair.p,
            weight: if weighted { pair.weight } else { 1.0 },
        })
        .collect()
}

/// The value with one token moved.
fn moved(objective: &Objective, pairs: &[Pair], place: (usize, bool, usize), by: f64) -> f64 {
    let mut pairs = pairs.to_vec();
    let (at, chosen, token) = place;
    let side = if chosen { &mut pairs[at].chosen } else { &mut pairs[at].rejected };
    side.policy[token] += by;
    let weighted = !sorts(objective);
    objective.evaluate(&scores(&pairs, weighted), &mut fixed_state()).unwrap().value
}

fn sorts(objective: &Objective) -> bool {
    objective.mixture().losses().any(|loss| matches!(loss, Loss::Aot | Loss::AotUnpaired))
}

/// The derivative by five points, exact to the fourth power of the step.
fn five_points(value: impl Fn(f64) -> f64, step: f64) -> f64 {
    (8.0 * (value(step) - value(-step)) - (value(2.0 * step) - value(-2.0 * step))) / (12.0 * step)
}

/// Compares every token's gradient with differences.
fn compare(objective: &Objective, pairs: &[Pair]) -> Result<(), TestCaseError> {
    let batch = objective.evaluate(&scores(pairs, !sorts(objective)), &mut fixed_state()).unwrap();
    let kinked = sorts(objective)
        || objective.mixture().losses().any(|loss| matches!(loss, Loss::Hinge | Loss::CpoHinge));
    for (at, gradient) in batch.gradients.iter().enumerate() {
        let places = (0..gradient.chosen.len()).map(|token| (at, true, token));
        for place in places.chain((0..gradient.rejected.len()).map(|token| (at, false, token))) {
            let own = if place.1 { gradient.chosen[place.2] } else { gradient.rejected[place.2] };
            let value = |by: f64| moved(objective, pairs, place, by);
            let (coarse, fine) = (five_points(value, 2e-4), five_points(value, 1e-4));
            let scale = own.abs().max(fine.abs()).max(1e-3);
            let rounding = 1e-11 * batch.value.abs();
            // Where two steps disagree there is a kink between them: of the hinge, or where two ranks change places.
            if (coarse - fine).abs() > 1e-7 * scale + rounding {
                prop_assert!(kinked, "{} {place:?}: {coarse} and {fine}", objective.mixture());
                continue;
            }
            let near = (own - fine).abs() <= 1e-6 * scale + rounding;
            prop_assert!(near, "{} {place:?}: {own} instead of {fine}", objective.mixture());
        }
    }
    Ok(())
}

const DIVERGENCES: [&str; 4] = ["reverse_kl", "forward_kl", "js_divergence", "alpha_divergence"];

/// An objective of one loss with every option away from the values at which it has no effect.
fn one(entry: &crate::losses::Entry, divergence: &str) -> Objective {
    let options = format!(
        r#"{{"label_smoothing": 0.1, "f_divergence": "{divergence}", "discopop_tau": 0.3, "nll_weight": 0.7,
             "desirable_weight": 1.3, "ld_alpha": 0.3}}"#
    );
    objective(entry.name, &options)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_are_differences(pairs in batch()) {
        for entry in catalogue().iter().filter(|entry| entry.loss != Loss::Wpo) {
            for divergence in DIVERGENCES {
                if divergence == "reverse_kl" || entry.divergence {
                    compare(&one(entry, divergence), &pairs)?;
                }
            }
        }
    }

    #[test]
    fn gradients_of_mixtures_are_differences(pairs in batch()) {
        for mixture in ["mpo", "aot:0.3,orpo:2,kto,ld_dpo:0.5", "soft,sft:0.2,simpo", "gipo,bco:0.1,cpo"] {
            compare(&objective(mixture, "{}"), &pairs)?;
        }
    }

    /// WPO's weight has no gradient: its gradient is the weight times that of DPO.
    #[test]
    fn wpo_is_dpo_times_a_constant(pairs in batch()) {
        for pair in &pairs {
            let alone = std::slice::from_ref(pair);
            let mean = |own: &Completion| {
                own.policy.iter().zip(&own.spread).map(|(log_p, spread)| log_p - spread).sum::<f64>() / own.policy.len() as f64
            };
            let weight = (mean(&pair.chosen) + mean(&pair.rejected)).exp();
            let of = |name| objective(name, "{}").evaluate(&scores(alone, true), &mut fixed_state()).unwrap();
            let (wpo, dpo) = (of("wpo"), of("sigmoid"));
            prop_assert!((wpo.value - weight * dpo.value).abs() <= 1e-12 * wpo.value);
            let (own, plain) = (wpo.gradients[0].chosen[0], dpo.gradients[0].chosen[0]);
            prop_assert!((own - weight * plain).abs() <= 1e-12 * own.abs());
        }
    }

    #[test]
    fn soft_labels_below_one_half_swap_the_roles(pairs in batch()) {
        let swapped: Vec<Pair> = pairs
            .iter()
            .map(|pair| Pair {
                chosen: pair.rejected.clone(),
                rejected: pair.chosen.clone(),
                p: 1.0 - pair.p,
                weight: pair.weight,
            })
            .collect();
        for entry in catalogue().iter().filter(|entry| entry.soft) {
            for options in ["{}", r#"{"token_means": true}"#] {
                let objective = objective(entry.name, options);
                let own = objective.evaluate(&scores(&pairs, true), &mut fixed_state()).unwrap();
                let other = objective.evaluate(&scores(&swapped, true), &mut fixed_state()).unwrap();
                prop_assert!((own.value - other.value).abs() <= 1e-10 * (1.0 + own.value.abs()), "{}", entry.name);
                for (own, other) in own.gradients.iter().zip(&other.gradients) {
                    for (a, b) in own.chosen.iter().zip(&other.rejected).chain(own.rejected.iter().zip(&other.chosen)) {
                        prop_assert!((a - b).abs() <= 1e-10 * (1.0 + a.abs()), "{}", entry.name);
                    }
                }
            }
        }
    }

    /// A batch whose pairs do not depend on each other is the mean of its pairs.
    #[test]
    fn batches_are_means_of_pairs(pairs in batch()) {
        for entry in catalogue().iter().filter(|entry| entry.scope == BatchScope::Pair) {
            let objective = one(entry, "reverse_kl");
            let all = objective.evaluate(&scores(&pairs, true), &mut fixed_state()).unwrap();
            let mut sum = 0.0;
            for (at, pair) in pairs.iter().enumerate() {
                let alone = objective.evaluate(&scores(std::slice::from_ref(pair), true), &mut fixed_state()).unwrap();
                sum += alone.value / pairs.len() as f64;
                prop_assert!((alone.per_pair[0] - all.per_pair[at]).abs() <= 1e-12 * (1.0 + alone.per_pair[0].abs()));
            }
            prop_assert!((all.value - sum).abs() <= 1e-12 * (1.0 + sum.abs()), "{}", entry.name);
        }
    }
}

#[test]
fn extremes_stay_finite() {
    let side = |policy: f64, reference: f64| Completion {
        policy: vec![policy],
        reference: vec![reference],
        spread: vec![policy.max(-1.0)],
    };
    let ends = [0.0, -1e-300, -1e-9, -1.0, -745.0, -1e4];
    let mut seen = 0;
    for (a, b) in ends.iter().flat_map(|a| ends.map(|b| (*a, b))) {
        for (c, d) in ends.iter().flat_map(|c| ends.map(|d| (*c, d))) {
            for (entry, divergence) in catalogue().iter().flat_map(|entry| DIVERGENCES.map(|of| (entry, of)))
            {
                if divergence != "reverse_kl" && !entry.divergence {
                    continue;
                }
                let pair = Pair { chosen: side(a, b), rejected: side(c, d), p: 0.9, weight: 1.0 };
                let objective = one(entry, divergence);
                let batch = objective.evaluate(&scores(&[pair], true), &mut fixed_state()).unwrap();
                let gradient = &batch.gradients[0];
                let finite = batch.value.is_finite()
                    && gradient.chosen[0].is_finite()
                    && gradient.rejected[0].is_finite();
                assert!(finite, "{} {divergence} at {a} {b} {c} {d}: {batch:?}", entry.name);
                seen += 1;
            }
        }
    }
    assert!(seen > 30_000);
}
