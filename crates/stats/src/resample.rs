//! Which units are in each resample of a bootstrap?

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `times` draws of `n` numbers below `n`, with replacement; the same for one seed on every machine.
pub fn bootstrap(n: usize, times: usize, seed: u64) -> impl Iterator<Item = Vec<usize>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..times).map(move |_| (0..n).map(|_| rng.random_range(0..n)).collect())
}

/// Numbers from 0 to 1, one after another; the same for one seed on every machine.
pub fn uniforms(seed: u64) -> impl FnMut() -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    move || rng.random()
}

/// The quantile `q` of values in any order, by linear interpolation between neighbours; `None` without values.
pub fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let at = q * values.len().checked_sub(1)? as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    Some(values[low] + (at - at.floor()) * (values[high] - values[low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_repeatable_and_even() {
        let draws: Vec<_> = bootstrap(10, 1000, 3).collect();
        assert_eq!(draws, bootstrap(10, 1000, 3).collect::<Vec<_>>());
        let mut counts = [0; 10];
        draws.iter().flatten().for_each(|&at| counts[at] += 1);
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
        assert_eq!(bootstrap(0, 2, 0).collect::<Vec<_>>(), [[0_usize; 0]; 2]);
    }

    #[test]
    fn uniform_numbers_are_repeatable_and_even() {
        let (mut one, mut two) = (uniforms(5), uniforms(5));
        let numbers: Vec<f64> = (0..10_000).map(|_| one()).collect();
        assert!(numbers.iter().all(|x| (0.0..1.0).contains(x) && *x == two()));
        assert!((numbers.iter().sum::<f64>() / 1e4 - 0.5).abs() < 0.01);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.25), Some(1.5));
        assert_eq!(quantile(&mut [1.0], 0.9), Some(1.0));
        assert_eq!(quantile(&mut [], 0.5), None);
    }
}
