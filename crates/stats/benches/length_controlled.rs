//! One model's length-controlled win rate: how long does the fit take, all penalties and folds included?
//!
//! The peer is scikit-learn's liblinear (`benchmarks/lc_vs_reference.py`, which hands over the rows of a real file). Run with
//! `cargo bench -p predilect-stats --bench length_controlled [ROWS.csv]`; a line is a preference and a difference in characters.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::time::Instant;

use predilect_stats::ranking::{Beside, length_controlled};

/// Fits that are timed together.
const FITS: u32 = 50;

fn main() {
    let path = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let text = path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_else(|| {
        let line = |i: u32| format!("{},{}\n", f64::from(i * 7 % 10) / 9.0, f64::from(i * 37 % 900) - 600.0);
        (0..805).map(line).collect()
    });
    let rows: Vec<(f64, f64)> = text
        .lines()
        .filter_map(|line| {
            let (preference, difference) = line.split_once(',')?;
            Some((preference.parse().ok()?, difference.parse().ok()?))
        })
        .collect();
    let (preferences, differences): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
    let mut last = None;
    let start = Instant::now();
    for _ in 0..FITS {
        last = length_controlled(&preferences, &differences, Beside::default());
    }
    let seconds = start.elapsed().as_secs_f64() / f64::from(FITS);
    match last {
        Some(fit) => println!("{seconds:.6} s, {} rows, {:.4} %", preferences.len(), 100.0 * fit.lc_win_rate),
        None => println!("nothing to fit"),
    }
}
