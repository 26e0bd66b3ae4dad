//! How long the whole published job takes: 33 judges x 16 groups x 10 folds = 5,280 fits by EP, on one core.
//!
//! The weights are the published ones (`../shared/data/preference_dissection/fitted_weights`), the comparisons are
//! simulated with the published group sizes, the verdicts drawn from the weights. Run with
//! `cargo bench -p predilect-stats --bench published_job`.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::path::Path;
use std::time::Instant;

use predilect_stats::{EpOptions, Prior, Regression, ep};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 29;
/// Pairs of each group (Li et al. 2024).
const SIZES: [(&str, usize); 16] = [
    ("Advice", 400),
    ("Code", 400),
    ("Communication", 400),
    ("Creative_Writing", 400),
    ("Daily_Tasks", 400),
    ("Exam_Questions", 400),
    ("Functional_Writing", 400),
    ("Knowledge-aware", 820),
    ("NLP_Tasks", 400),
    ("Others", 820),
    ("Unsafe_Queries", 400),
    ("express_feeling", 121),
    ("intent_unclear", 459),
    ("w_constraints", 1418),
    ("w_mistakes", 401),
    ("w_stances", 388),
];

/// The numbers of a line's `"parameters": [...]`.
fn parameters(line: &str) -> Option<Vec<f64>> {
    let list = line.split("\"parameters\":").nth(1)?.split('[').nth(1)?.split(']').next()?;
    list.split(',').map(|x| x.trim().parse().ok()).collect()
}

/// CPU time of this thread in seconds, if the system reports it (Linux).
fn cpu_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse::<f64>().ok().map(|ns| ns / 1e9)
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/preference_dissection/fitted_weights");
    if !folder.is_dir() {
        eprintln!("skipped: {} is missing, so there are no published weights", folder.display());
        return;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (mut fits, mut wall, mut cpu, mut iterations, mut worst) = (0, 0.0, 0.0, 0, 0);
    for (group, pairs) in SIZES {
        let text = std::fs::read_to_string(folder.join(format!("{group}.jsonl"))).expect("a weight file");
        for weights in text.lines().filter_map(parameters) {
            assert_eq!(weights.len(), COLUMNS);
            let x: Vec<f64> =
                (0..pairs * COLUMNS).map(|_| [0.0, 0.0, 1.0, -1.0][rng.random_range(0..4)]).collect();
            let y: Vec<f64> = x
                .chunks(COLUMNS)
                .map(|row| {
                    let f: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
                    f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp())))
                })
                .collect();
            let (start, cpu_start) = (Instant::now(), cpu_seconds());
            for fold in 0..10 {
                let keep: Vec<usize> = (0..pairs).filter(|row| row % 10 != fold).collect();
                let x: Vec<f64> = keep
                    .iter()
                    .flat_map(|&row| x[row * COLUMNS..(row + 1) * COLUMNS].iter().copied())
                    .collect();
                let y: Vec<f64> = keep.iter().map(|&row| y[row]).collect();
                let regression = Regression::new(&x, &y, None, &[Prior::Laplace { scale: 0.1 }; COLUMNS])
                    .expect("a valid table");
                let fit = ep(&regression, &EpOptions::default());
                assert!(fit.converged);
                fits += 1;
                iterations += fit.iterations;
                worst = worst.max(fit.iterations);
            }
            wall += start.elapsed().as_secs_f64();
            cpu += cpu_seconds().zip(cpu_start).map_or(f64::NAN, |(end, start)| end - start);
        }
    }
    println!(
        "{fits} fits: {wall:.2} s wall, {cpu:.2} s CPU on one core, cutting the folds included; {:.1} iterations a fit, at most {worst}",
        iterations as f64 / f64::from(fits)
    );
}
