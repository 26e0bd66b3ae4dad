//! A hundred thousand votes over two hundred models with their difference in length: how long until scores without and with it, their
//! covariances, and what holding it equal changes?
//!
//! Run with `cargo bench -p predilect-stats --bench held_equal`.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use predilect_stats::ranking::{Fitted, RankingOptions, Robust, Vote, changes, rank, rank_from};
use rand::{RngExt, SeedableRng};

const VOTES: usize = 100_000;
const A_PROMPT: usize = 3;
const MODELS: u32 = 200;
const ROUNDS: usize = 15;

fn main() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(0);
    let strengths: Vec<f64> = (0..MODELS).map(|_| rng.random_range(-2.0..2.0)).collect();
    let (mut votes, mut lengths) = (Vec::new(), Vec::new());
    for i in 0..VOTES {
        let a = rng.random_range(0..MODELS);
        let b = (a + rng.random_range(1..MODELS)) % MODELS;
        let longer: f64 = rng.random_range(-2.0..2.0);
        let d = strengths[a as usize] - strengths[b as usize] + 0.3 * longer;
        let y = f32::from(u8::from(rng.random_range(0.0..1.0) < 1.0 / (1.0 + (-d).exp())));
        votes.push(Vote { a, b, y, weight: 1.0, cluster: (i / A_PROMPT) as u64 });
        lengths.push(longer);
    }
    let (models, shares) = (MODELS as usize, vec![1.0 / f64::from(MODELS); MODELS as usize]);
    let options = RankingOptions { robust: Robust::Clusters, ..RankingOptions::default() };
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let raw = rank(&votes, models, &[], options).expect("a ranking");
        times[0].push(start.elapsed());
        let start = Instant::now();
        let held = rank_from(&raw.top, &votes, models, &lengths, options).expect("a ranking");
        times[1].push(start.elapsed());
        let start = Instant::now();
        let sides = [(&raw, &[][..]), (&held, &*lengths)].map(|(found, covariates)| Fitted {
            votes: &votes,
            covariates,
            top: Some(&found.top),
        });
        let found = changes(sides[0], sides[1], &shares, options, true).expect("changes");
        assert!(found.is_some());
        times[2].push(start.elapsed());
    }
    for (name, times) in ["raw", "held equal", "changes"].iter().zip(&mut times) {
        times.sort();
        let shown = |at: usize| 1e3 * times[at].as_secs_f64();
        println!("{name}: median {:.1} ms, least {:.1} ms", shown(ROUNDS / 2), shown(0));
    }
}
