//! Exact Shapley values of one pair: how long do they take, by the number of properties that differ?

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use predilect_stats::shapley::shapley;

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group("shapley");
    for parts in [5_usize, 12, 29] {
        let z: Vec<f64> = (0..parts).map(|i| 0.1 * (i % 7) as f64 - 0.25).collect();
        group.bench_with_input(BenchmarkId::from_parameter(parts), &z, |b, z| b.iter(|| shapley(z)));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
