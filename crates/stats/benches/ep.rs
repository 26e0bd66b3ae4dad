//! How long one posterior takes, and the whole published job of 5,280 fits.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use predilect_stats::{EpOptions, Likelihood, Precision, Prior, Regression, ep};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Comparisons as real ones are distributed, roughly: half of them 0, verdicts from Laplace(0, 0.25) weights.
fn table(rows: usize, seed: u64, small: bool) -> Regression {
    const COLUMNS: usize = 29;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let weights: Vec<f64> = (0..COLUMNS)
        .map(|_| -0.25 * rng.random::<f64>().ln() * if rng.random::<bool>() { 1.0 } else { -1.0 })
        .collect();
    let x: Vec<f64> = (0..rows * COLUMNS).map(|_| [0.0, 0.0, 1.0, -1.0][rng.random_range(0..4)]).collect();
    let verdicts: Vec<f64> = x
        .chunks(COLUMNS)
        .map(|row| {
            let f: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
            f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp())))
        })
        .collect();
    let priors = [Prior::Laplace { scale: 0.1 }; COLUMNS];
    let made = if small {
        let x: Vec<i8> = x.iter().map(|x| *x as i8).collect();
        Regression::of_small(&x, &verdicts, None, &priors)
    } else {
        Regression::new(&x, &verdicts, None, &priors)
    };
    made.expect("a valid table")
}

fn benchmarks(c: &mut Criterion) {
    for rows in [360, 738] {
        let regression = table(rows, 1, false);
        c.bench_function(&format!("ep/{rows}"), |b| {
            b.iter(|| ep(black_box(&regression), &EpOptions::default()));
        });
        let mut gradient = vec![0.0; 29];
        let w = vec![0.1; 29];
        for precision in [Precision::Double, Precision::Single] {
            let mut likelihood = Likelihood::new(&regression, precision);
            c.bench_function(&format!("gradient/{precision:?}/{rows}"), |b| {
                b.iter(|| likelihood.value_and_gradient(black_box(&w), &mut gradient));
            });
        }
    }
}

/// Slices of large studies: what a filter that takes everything costs beyond reading.
fn large(c: &mut Criterion) {
    let mut group = c.benchmark_group("ep, large");
    group.sample_size(10);
    for rows in [10_000, 100_000, 1_000_000] {
        for (kind, small) in [("floats", false), ("bytes", true)] {
            let regression = table(rows, 1, small);
            group.bench_function(format!("{rows}, {kind}"), |b| {
                b.iter(|| ep(black_box(&regression), &EpOptions::default()));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, benchmarks, large);
criterion_main!(benches);
