//! Ten million votes over two hundred models in memory: how long until there are scores with their covariance?
//!
//! The peer is evalica's core on arrays of numbers (`benchmarks/rank_vs_evalica.py`). Run with
//! `cargo bench -p predilect-stats --bench ranking`.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use predilect_stats::ranking::{RankingOptions, Ties, Vote, rank};
use rand::{RngExt, SeedableRng};

const VOTES: usize = 10_000_000;
const MODELS: u32 = 200;

fn main() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let strengths: Vec<f64> = (0..MODELS).map(|_| rng.random_range(-2.0..2.0)).collect();
    let votes: Vec<Vote> = (0..VOTES)
        .map(|i| {
            let a = rng.random_range(0..MODELS);
            let b = (a + rng.random_range(1..MODELS)) % MODELS;
            let p = 1.0 / (1.0 + (strengths[b as usize] - strengths[a as usize]).exp());
            let y = if rng.random_range(0.0..1.0) < 0.1 {
                0.5
            } else {
                f32::from(u8::from(rng.random_range(0.0..1.0) < p))
            };
            Vote { a, b, y, weight: 1.0, cluster: i as u64 }
        })
        .collect();
    for ties in [Ties::Half, Ties::RaoKupper, Ties::Davidson] {
        let start = Instant::now();
        match rank(&votes, MODELS as usize, &[], RankingOptions { ties, ..RankingOptions::default() }) {
            Ok(found) => println!("{ties:?}: {:.3} s, {} steps", start.elapsed().as_secs_f64(), found.steps),
            Err(error) => println!("{ties:?}: {error}"),
        }
    }
}
