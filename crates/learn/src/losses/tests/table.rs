//! The values of METHOD-LEARN 7.2 and 7.3, which come from TRL 1.16.0 (torch 2.15.0, f64) or from the formula (its
//! `peers/losses`), to 1e-6.

use std::fmt::Write;
use std::path::Path;

use super::{fixed_state, objective, pairs};
use crate::losses::{Loss, LossState, catalogue, spa};

/// Beyond this the sixth decimal of the table would differ.
const TOLERANCE: f64 = 1e-6;

fn check(mixture: &str, options: &str, expected: [f64; 2]) {
    let objective = objective(mixture, options);
    for (pair, expected) in pairs().into_iter().zip(expected) {
        let batch = objective.evaluate(&[pair], &mut fixed_state()).unwrap();
        let near = (batch.value - expected).abs() < TOLERANCE;
        assert!(near, "{mixture} {options}: {} instead of {expected}", batch.value);
        assert!((batch.per_pair[0] - batch.value).abs() < 1e-14);
    }
}

/// Name of the loss, options and the values of both pairs.
const ROWS: &[(&str, &str, [f64; 2])] = &[
    ("sigmoid", "{}", [0.386871, 1.103186]),
    ("sigmoid", r#"{"beta": 0.1}"#, [0.620957, 0.765595]),
    ("cdpo", r#"{"label_smoothing": 0.1}"#, [0.461871, 1.033186]),
    ("robust", r#"{"label_smoothing": 0.1}"#, [0.293121, 1.190686]),
    ("hinge", "{}", [0.25, 1.7]),
    ("ipo", "{}", [0.140625, 2.175625]),
    ("ipo", r#"{"beta": 0.1}"#, [19.140625, 29.975625]),
    ("ipo_sum", "{}", [0.25, 5.76]),
    ("exo_pair", r#"{"label_smoothing": 0.001}"#, [1.589348, 3.980555]),
    ("nca_pair", "{}", [1.233747, 1.585534]),
    ("bco_pair", "{}", [1.046247, 1.769188]),
    ("sppo_hard", "{}", [0.125, 5.86]),
    ("apo_zero", "{}", [0.814667, 1.172816]),
    ("apo_down", "{}", [0.913488, 1.106011]),
    ("discopop", "{}", [0.472367, 1.103187]),
    ("sigmoid_norm", "{}", [0.549055, 0.818931]),
    ("sft", "{}", [0.583333, 1.625]),
    ("sigmoid:0.8,bco_pair:0.2,sft:1", "{}", [1.102079, 2.861387]),
    ("rpo", "{}", [0.970204, 2.728186]),
    // Half of the table's likelihood part, .291667 and .8125, on top of DPO.
    ("rpo", r#"{"nll_weight": 0.5}"#, [0.678538, 1.915686]),
    ("ld_dpo", r#"{"ld_alpha": 0.5}"#, [0.407351, 1.037488]),
    ("ld_dpo", r#"{"ld_alpha": 0}"#, [0.428701, 0.974077]),
    ("ld_dpo", r#"{"ld_alpha": 1}"#, [0.386871, 1.103186]),
    ("wpo", "{}", [0.772597, 1.526843]),
    ("sigmoid", r#"{"f_divergence": "forward_kl"}"#, [0.364235, 1.051146]),
    ("sigmoid", r#"{"f_divergence": "js_divergence"}"#, [0.523123, 0.863845]),
    ("sigmoid", r#"{"f_divergence": "alpha_divergence"}"#, [0.381226, 1.067690]),
    ("sigmoid", r#"{"f_divergence": "alpha_divergence", "f_alpha": 1}"#, [0.386871, 1.103186]),
    ("cpo", r#"{"nll_weight": 0}"#, [0.575939, 1.119960]),
    ("cpo", "{}", [1.159273, 2.744960]),
    ("cpo", r#"{"nll_weight": 0, "label_smoothing": 0.1}"#, [0.600939, 1.047460]),
    ("simpo", "{}", [0.814281, 1.377972]),
    ("simpo", r#"{"beta": 2}"#, [0.443426, 2.906233]),
    ("alphapo", "{}", [0.778742, 1.512993]),
    ("alphapo", r#"{"alphapo_alpha": 0}"#, [0.814281, 1.377972]),
    ("orpo", r#"{"beta": 0.1}"#, [0.615595, 1.835125]),
    ("attenuated", r#"{"attenuation": 0}"#, [0.575939, 1.119960]),
    ("attenuated", "{}", [0.474077, 1.111556]),
    ("attenuated", r#"{"attenuation": 2}"#, [0.251929, 1.086551]),
    ("attenuated", r#"{"attenuation": 1}"#, [0.386871, 1.103186]),
    ("ropo", "{}", [1.214172, 2.602834]),
    ("soft_ropo", "{}", [1.214172, 2.602834]),
    ("ropo_v1", "{}", [0.102851, 0.243956]),
    ("soft_simpo", r#"{"beta": 2}"#, [0.443426, 2.906233]),
    ("soft", "{}", [0.386871, 1.103186]),
    // Not in the table: TRL's `cpo` with loss_type hinge and ipo, by hand from lw - ll = .5, -1.45 and the mean
    // difference .541667, -1.175.
    ("cpo_hinge", r#"{"nll_weight": 0}"#, [0.75, 1.725]),
    ("cpo_ipo", r#"{"nll_weight": 0}"#, [0.210069, 4.730625]),
];

#[test]
fn every_row_of_both_pairs() {
    for (mixture, options, expected) in ROWS {
        check(mixture, options, *expected);
    }
}

#[test]
fn every_loss_is_in_some_test_of_values() {
    let elsewhere = [
        Loss::Aot,
        Loss::AotUnpaired,
        Loss::Kto,
        Loss::ApoZeroUnpaired,
        Loss::Bco,
        Loss::Gdpo,
        Loss::Cipo,
        Loss::Gipo,
        Loss::Gropo,
    ];
    for entry in catalogue() {
        let here = ROWS.iter().any(|(mixture, ..)| *mixture == entry.name);
        assert!(here || elsewhere.contains(&entry.loss), "{}", entry.name);
    }
}

#[test]
fn batches_of_both_pairs() {
    let rows = [
        ("aot", "{}", 0.688516),
        ("aot", r#"{"label_smoothing": 0.1}"#, 0.691016),
        ("aot_unpaired", "{}", 0.681975),
        ("aot_unpaired", r#"{"label_smoothing": 0.1}"#, 0.684475),
        ("sft", "{}", 1.0),
        ("kto", "{}", 0.497087),
        ("kto", r#"{"desirable_weight": 1.33}"#, 0.581097),
        ("apo_zero_unpaired", "{}", 0.496871),
        ("sigmoid", "{}", f64::midpoint(0.386871, 1.103186)),
        ("rpo", "{}", f64::midpoint(0.386871, 1.103186) + 1.0),
    ];
    for (mixture, options, expected) in rows {
        let objective = objective(mixture, options);
        let batch = objective.evaluate(&pairs(), &mut fixed_state()).unwrap();
        assert!((batch.value - expected).abs() < TOLERANCE, "{mixture} {options}: {}", batch.value);
        assert_eq!(batch.per_pair.is_empty(), mixture.starts_with("aot"));
        if !batch.per_pair.is_empty() {
            assert!((batch.per_pair.iter().sum::<f64>() / 2.0 - batch.value).abs() < 1e-14, "{mixture}");
        }
    }
}

#[test]
fn bco_takes_the_mean_of_what_it_has_seen() {
    let objective = objective("bco", "{}");
    let mut state = LossState::default();
    let batch = objective.evaluate(&pairs(), &mut state).unwrap();
    assert!((batch.value - 0.703555).abs() < TOLERANCE);
    assert!((state.bco.mean - 0.05).abs() < 1e-12);
    assert_eq!(state.bco.count, 4);
    let [first, second] = pairs();
    objective.evaluate(&[first], &mut state).unwrap();
    assert!((state.bco.mean - 0.2 / 6.0).abs() < 1e-12 && state.bco.count == 6);
    state.frozen = true;
    objective.evaluate(&[second], &mut state).unwrap();
    assert_eq!(state.bco.count, 6);
}

#[test]
fn the_log_odds_of_orpo() {
    // The table's o follows from the loss: o = logit(exp(-(loss + mean)/b)).
    let objective = objective("orpo", r#"{"beta": 0.1}"#);
    for ((pair, mean), expected) in
        pairs().into_iter().zip([-1.75 / 3.0, -3.25 / 2.0]).zip([0.965664, -1.970794])
    {
        let value = objective.evaluate(&[pair], &mut LossState::default()).unwrap().value;
        let s = f64::exp(-(value + mean) / 0.1);
        assert!(((s / (1.0 - s)).ln() - expected).abs() < TOLERANCE);
    }
}

/// Whether the values of a row were found by hand: METHOD-LEARN marks those of TRL.
fn by_formula(mixture: &str, options: &str) -> bool {
    const LOSSES: [&str; 11] = [
        "cdpo",
        "ipo_sum",
        "rpo",
        "attenuated",
        "ropo",
        "soft_ropo",
        "ropo_v1",
        "soft_simpo",
        "soft",
        "cpo_hinge",
        "cpo_ipo",
    ];
    // Where an option makes another loss of it, that one's values are expected.
    const SAME: [&str; 3] = ["\"f_alpha\": 1", "\"ld_alpha\": 1", "\"alphapo_alpha\": 0"];
    LOSSES.contains(&mixture)
        || (mixture, options) == ("cpo", "{}")
        || SAME.iter().any(|own| options.contains(own))
}

/// The same as a page beside the benchmarks: `UPDATE_LOSSES=1` writes it.
#[test]
fn the_page_of_losses_is_that_of_the_engine() {
    let mut page = "# Losses against TRL\n\nPairs 1 and 2 of `crates/learn/src/losses/tests/mod.rs`, beta 0.5 where nothing else is said. `TRL`: the values of \
                    TRL 1.16.0's own loss functions (torch 2.15.0, f64) on these log-probabilities; `formula`: by hand from the formula, of a loss or an \
                    option that TRL does not have. Written by the test of the same losses, which holds every value to 1e-6.\n\n\
                    | loss | options | pair 1 | expected | pair 2 | expected | from |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    for (mixture, options, expected) in ROWS {
        let objective = objective(mixture, options);
        let [one, two] = pairs().map(|pair| objective.evaluate(&[pair], &mut fixed_state()).unwrap().value);
        let from = if by_formula(mixture, options) { "formula" } else { "TRL" };
        let options = options.trim_matches(['{', '}']).replace('"', "");
        let [first, second] = expected;
        writeln!(page, "| {mixture} | {options} | {one:.6} | {first:.6} | {two:.6} | {second:.6} | {from} |")
            .unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benchmarks/train/losses.md");
    if std::env::var_os("UPDATE_LOSSES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap_or_default(),
        page,
        "UPDATE_LOSSES=1 writes what is computed"
    );
}

const SOFT: [&str; 5] = ["soft", "gdpo", "cipo", "gipo", "gropo"];

/// p, which pair (h 1.5 or -1.4), the five values and the five derivatives by h.
type SoftRow = (f64, usize, [f64; 5], [f64; 5]);

#[rustfmt::skip]
#[expect(clippy::approx_constant, reason = "values as the table prints them")]
const SOFT_ROWS: [SoftRow; 7] = [
    (1.0, 0, [0.386871, 0.386871, 0.25, 0.25, 0.102851], [-0.160411, -0.160411, 1.0, 1.0, -0.037831]),
    (0.9, 0, [0.461871, 0.437488, 0.49, 0.04, 0.114618], [-0.110411, -0.141737, 1.4, 0.32, -0.032476]),
    (0.7, 0, [0.611871, 0.554355, 1.21, 0.16, 0.140547], [-0.010411, -0.085111, 2.2, -0.32, -0.018289]),
    (0.5, 0, [0.761871, 0.693147, 2.25, 1.0, 0.169315], [0.089589, 0.0, 3.0, 0.0, 0.0]),
    (0.9, 1, [1.033186, 1.011845, 4.84, 4.4944, 0.228475], [-0.284094, -0.254581, -4.4, -3.392, -0.043969]),
    (0.7, 1, [0.893186, 0.842915, 3.24, 2.4336, 0.198201], [-0.184094, -0.113909, -3.6, -1.248, -0.021197]),
    (0.5, 1, [0.753186, 0.693147, 1.96, 1.0, 0.169315], [-0.084094, 0.0, -2.8, 0.0, 0.0]),
];

#[test]
fn soft_labels_with_gradients() {
    for (p, at, values, slopes) in SOFT_ROWS {
        let mut pair = pairs()[at];
        pair.p = p;
        for ((name, value), slope) in SOFT.into_iter().zip(values).zip(slopes) {
            let batch = objective(name, "{}").evaluate(&[pair], &mut LossState::default()).unwrap();
            assert!((batch.value - value).abs() < TOLERANCE, "{name} p {p} pair {at}: {}", batch.value);
            let gradient = &batch.gradients[0];
            for (token, sign) in
                gradient.chosen.iter().zip([1.0; 4]).chain(gradient.rejected.iter().zip([-1.0; 4]))
            {
                assert!((token * sign - slope).abs() < TOLERANCE, "{name} p {p} pair {at}: {token}");
            }
        }
    }
}

#[test]
fn soft_losses_of_token_means_with_certain_labels_are_ipo() {
    for name in ["cipo", "gipo"] {
        check(name, r#"{"token_means": true}"#, [0.140625, 2.175625]);
    }
}

#[test]
fn the_refined_label_makes_soft_dpo_the_loss_of_spa() {
    let expected = [(true, [0.386871, 1.103186]), (false, [0.461871, 1.033186])];
    for (trusted, values) in expected {
        for (mut pair, value) in pairs().into_iter().zip(values) {
            pair.p = spa::refined_label(0.1, trusted);
            let batch = objective("soft", "{}").evaluate(&[pair], &mut LossState::default()).unwrap();
            assert!((batch.value - value).abs() < TOLERANCE);
        }
    }
}
