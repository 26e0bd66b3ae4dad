//! How long 4 x (500 + 2000) draws take.

use criterion::{Criterion, criterion_group, criterion_main};
use predilect_bayes::{NutsOptions, nuts};
use predilect_stats::{Precision, Prior, Regression};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn benchmarks(c: &mut Criterion) {
    let mut group = c.benchmark_group("nuts");
    group.sample_size(10);
    for rows in [360, 738] {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let weights: Vec<f64> = (0..29).map(|_| rng.random_range(-0.5..0.5)).collect();
        let x: Vec<f64> = (0..rows * 29).map(|_| [0.0, 0.0, 1.0, -1.0][rng.random_range(0..4)]).collect();
        let verdicts: Vec<f64> = x
            .chunks(29)
            .map(|row| {
                let f: f64 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
                f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp())))
            })
            .collect();
        let regression = Regression::new(&x, &verdicts, None, &[Prior::Laplace { scale: 0.1 }; 29])
            .expect("a valid table");
        for precision in [Precision::Single, Precision::Double] {
            group.bench_function(format!("{precision:?}/{rows}"), |b| {
                let options = NutsOptions { precision, ..NutsOptions::default() };
                b.iter(|| nuts(&regression, &options).expect("draws").gradients);
            });
        }
    }
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
