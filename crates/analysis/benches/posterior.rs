//! How long does one posterior of 29 comparisons take that a user waits for, with intervals over prompts?
//!
//! `cargo bench -p predilect-analysis --bench posterior`

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use predilect_analysis::table::{Feature, FeatureTable, PairInfo, VerdictRow};
use predilect_analysis::{FitOptions, posterior};
use predilect_types::Order;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 29;

fn simulate(pairs: usize, each: usize) -> FeatureTable {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut table = FeatureTable {
        features: (0..COLUMNS).map(|k| Feature { name: format!("p{k}") }).collect(),
        judges: vec!["judge".to_owned()],
        values: (0..pairs * COLUMNS).map(|_| [0.0, 0.0, 1.0, -1.0][rng.random_range(0..4)]).collect(),
        ..FeatureTable::default()
    };
    let weights: Vec<f64> = (0..COLUMNS).map(|_| rng.random_range(-0.6..0.6)).collect();
    for pair in 0..pairs as u32 {
        let f: f64 = table.row(pair).zip(&weights).map(|(x, w)| x * w).sum();
        let prompt = pair / each as u32;
        let cluster = u64::from(prompt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        table.pairs.push(PairInfo { cluster, model_a: None, model_b: None });
        table.prompts.push(prompt);
        table.verdicts.push(VerdictRow {
            pair,
            judge: 0,
            p_a: f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp()))),
            weight: 1.0,
            order: Order::Unknown,
            annotator: None,
            group: None,
        });
    }
    table
}

fn main() {
    for pairs in [10_000, 100_000, 1_000_000] {
        for each in [1, 3] {
            let table = simulate(pairs, each);
            let mut times: Vec<f64> = (0..9)
                .map(|_| {
                    let start = Instant::now();
                    let fit = posterior(&table, &table.verdicts, "judge", &FitOptions::default());
                    assert!(fit.is_ok_and(|fit| fit.converged));
                    start.elapsed().as_secs_f64() * 1e3
                })
                .collect();
            times.sort_by(f64::total_cmp);
            println!(
                "{pairs} pairs, {each} a prompt: median {:.1} ms, worst of nine {:.1} ms",
                times[4], times[8]
            );
        }
    }
}
