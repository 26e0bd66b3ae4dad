//! Length control compared with slow reference implementations and known figures.

use super::*;
use rand::{RngExt, SeedableRng};

#[test]
fn the_minimum_is_one() {
    let rows: Vec<Row> = (0..40)
        .map(|i| Row {
            y: f64::from(i % 5) / 4.0,
            x: [1.0, f64::from(i % 7) / 7.0 - 0.4, f64::from(i % 3)],
            w: 1.0,
        })
        .collect();
    for c in [1e-4, 0.1, 1.0, 100.0] {
        let w = minimise(&rows, None, c, [3.0, -3.0, 1.0], EXACT);
        let value = |w: [f64; 3]| {
            c * rows.iter().map(|row| row.loss(&w)).sum::<f64>() + w.iter().map(|w| w.abs()).sum::<f64>()
        };
        for j in 0..3 {
            for step in [1e-3, -1e-3] {
                let mut other = w;
                other[j] += step;
                assert!(value(other) >= value(w), "{c} {w:?}");
            }
        }
    }
    assert_eq!(minimise(&rows, None, 1e-4, [3.0, -3.0, 1.0], EXACT), [0.0; 3]);
}

#[test]
fn length_is_taken_out() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
    let differences: Vec<f64> = (0..2000).map(|_| rng.random_range(-500.0..1500.0)).collect();
    let preferences: Vec<f64> = differences
        .iter()
        .map(|d| f64::from(u8::from(rng.random_range(0.0..1.0) < sigmoid(-0.5 + 1.5 * (d / 577.0).tanh()))))
        .collect();
    let found = length_controlled(&preferences, &differences, Beside::default()).unwrap();
    assert!(found.win_rate > 0.5, "{found:?}");
    assert!((found.lc_win_rate - sigmoid(-0.5)).abs() < 3.0 * found.lc_standard_error, "{found:?}");
    assert!(found.lc_standard_error > 0.005 && found.lc_standard_error < 0.03, "{found:?}");
}

#[test]
fn variants_of_the_baseline_say_what_length_does() {
    // A model that is always shorter: its own outputs cannot distinguish weakness from brevity, the variants can.
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(9);
    let drawn =
        |p: f64, rng: &mut rand_chacha::ChaCha8Rng| f64::from(u8::from(rng.random_range(0.0..1.0) < p));
    let differences: Vec<f64> = (0..2000).map(|_| rng.random_range(-1300.0..-100.0)).collect();
    let longer = standardised(&differences).unwrap();
    let preferences: Vec<f64> = longer.iter().map(|x| drawn(sigmoid(-1.0 + 1.5 * x), &mut rng)).collect();
    let variants: Vec<Variant> = (0..4000)
        .map(|i| {
            let longer = if i % 2 == 0 { -0.8 } else { 0.8 };
            Variant {
                preference: drawn(sigmoid(1.5 * longer), &mut rng),
                longer,
                difficulty: 0.0,
                weight: 0.1,
            }
        })
        .collect();
    let alone = length_controlled(&preferences, &differences, Beside::default()).unwrap();
    let beside =
        length_controlled(&preferences, &differences, Beside { variants: &variants, ..Beside::default() })
            .unwrap();
    assert!((beside.theta + 1.0).abs() < 0.35 && (beside.phi - 1.5).abs() < 0.35, "{beside:?}");
    assert!(beside.lc_standard_error < alone.lc_standard_error, "{alone:?} {beside:?}");
}

#[test]
fn preferences_on_one_prompt_count_together() {
    let differences: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 200) * 9.0 - 500.0).collect();
    let preferences: Vec<f64> = (0..200).map(|i| f64::from(i * 7 % 10) / 9.0).collect();
    let once = length_controlled(&preferences, &differences, Beside::default()).unwrap();
    let four = |values: &[f64]| values.iter().flat_map(|&x| [x; 4]).collect::<Vec<f64>>();
    let prompts: Vec<u64> = (0..800).map(|i| i / 4).collect();
    let beside = Beside { prompts: &prompts, ..Beside::default() };
    let again = length_controlled(&four(&preferences), &four(&differences), beside).unwrap();
    assert!((again.standard_error / once.standard_error - 1.0).abs() < 1e-9, "{once:?} {again:?}");
    assert!((again.lc_standard_error / once.lc_standard_error - 1.0).abs() < 0.02, "{once:?} {again:?}");
    let one = [3_u64; 200];
    let same = Beside { prompts: &one, ..Beside::default() };
    assert!(length_controlled(&preferences, &differences, same).unwrap().lc_standard_error.is_nan());
}

#[test]
fn what_cannot_be_fitted_is_none() {
    assert_eq!(length_controlled(&[], &[], Beside::default()), None);
    assert_eq!(length_controlled(&[0.5, 0.7], &[3.0, 3.0], Beside::default()), None);
    assert_eq!(length_controlled(&[f64::NAN, f64::NAN], &[3.0, 4.0], Beside::default()), None);
    // Three of three do not determine the error.
    assert!(
        length_controlled(&[1.0; 3], &[3.0, 4.0, 9.0], Beside::default()).unwrap().lc_standard_error.is_nan()
    );
}
