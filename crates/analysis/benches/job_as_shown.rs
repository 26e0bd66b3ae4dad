//! How long does the published job take as a user runs it: every fit checked, ten held-out folds, a search for terms, and intervals over
//! prompts? For comparison, the fits alone in one run on one core.
//!
//! 33 judges on 5,240 pairs of simulated comparisons (29 columns) in 11 scenarios and 5 overlapping cases of the published sizes: 561 fits
//! of 121 to 5,240 rows. `cargo bench -p predilect-analysis --bench job_as_shown [-- JUDGES]`

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::ops::ControlFlow;
use std::time::Instant;

use predilect_analysis::table::{Feature, FeatureTable, PairInfo, VerdictRow};
use predilect_analysis::{FitOptions, dissect};
use predilect_stats::{EpOptions, Prior, Regression, ep};
use predilect_types::Order;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 29;
/// Pairs of the scenarios, which add up, and of the cases, which overlap them (Li et al. 2024).
const SCENARIOS: [usize; 11] = [400, 400, 400, 400, 400, 400, 400, 820, 400, 820, 400];
const CASES: [usize; 5] = [121, 459, 1418, 401, 388];

fn simulate(judges: usize) -> FeatureTable {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let pairs: usize = SCENARIOS.iter().sum();
    let mut table = FeatureTable {
        features: (0..COLUMNS).map(|k| Feature { name: format!("p{k}") }).collect(),
        judges: (0..judges).map(|j| format!("judge {j}")).collect(),
        groups: (0..16).map(|g| format!("group {g}")).collect(),
        values: (0..pairs * COLUMNS).map(|_| [0.0, 0.0, 1.0, -1.0][rng.random_range(0..4)]).collect(),
        ..FeatureTable::default()
    };
    let mut pair = 0;
    for (scenario, size) in SCENARIOS.into_iter().enumerate() {
        for _ in 0..size {
            table.memberships.push(scenario as u32);
            for (case, size) in CASES.into_iter().enumerate() {
                if rng.random_range(0..pairs) < size {
                    table.memberships.push((11 + case) as u32);
                }
            }
            table.group_ends.push(table.memberships.len() as u32);
            table.pairs.push(PairInfo { cluster: pair, model_a: None, model_b: None });
            pair += 1;
        }
    }
    for judge in 0..judges {
        let weights: Vec<f64> = (0..COLUMNS).map(|_| rng.random_range(-0.6..0.6)).collect();
        for pair in 0..pairs as u32 {
            let f: f64 = table.row(pair).zip(&weights).map(|(x, w)| x * w).sum();
            table.verdicts.push(VerdictRow {
                pair,
                judge: judge as u32,
                p_a: f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp()))),
                weight: 1.0,
                order: Order::Unknown,
                annotator: None,
                group: None,
            });
        }
    }
    table
}

fn main() {
    let judges = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(33);
    let table = simulate(judges);
    // One core, as the published job.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let run = |options: &FitOptions| {
        let start = Instant::now();
        let fits = pool.install(|| dissect(&table, options, &|_| {}, &mut |_, _| ControlFlow::Continue(())));
        (start.elapsed().as_secs_f64(), fits)
    };
    // The fits alone: packed and solved.
    let start = Instant::now();
    let mut alone = 0;
    for judge in 0..judges as u32 {
        let own: Vec<&VerdictRow> = table.verdicts.iter().filter(|v| v.judge == judge).collect();
        for group in std::iter::once(None).chain((0..16).map(Some)) {
            let rows = own.iter().filter(|v| group.is_none_or(|g| table.groups_of(v.pair).contains(&g)));
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for row in rows {
                x.extend(table.row(row.pair));
                y.push(row.p_a);
            }
            let regression =
                Regression::new(&x, &y, None, &[Prior::Laplace { scale: 0.1 }; COLUMNS]).expect("a table");
            alone += usize::from(ep(&regression, &EpOptions::default()).converged);
        }
    }
    let published = start.elapsed().as_secs_f64();
    println!("{alone} fits alone: {published:.2} s");
    let (seconds, fits) = run(&FitOptions::default());
    let passed = fits.fits.iter().filter(|fit| fit.converged && fit.engine == "ep").count();
    let count = fits.fits.len();
    println!(
        "{count} fits as shown: {seconds:.2} s, {:.2} ms each, {passed} passed their check",
        1e3 * seconds / count as f64
    );
    for (what, options) in [
        ("without folds", FitOptions { folds: 0, ..FitOptions::default() }),
        ("without folds, independent", FitOptions { folds: 0, independent: true, ..FitOptions::default() }),
    ] {
        println!("{what}: {:.2} s", run(&options).0);
    }
}
