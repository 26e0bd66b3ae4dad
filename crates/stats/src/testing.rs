//! What the tests of this crate fit: random tables with known properties.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::logistic::sigmoid;
use crate::regression::{Prior, Regression};

/// A table as [`Regression::new`] takes it.
pub(crate) struct Table {
    pub(crate) x: Vec<f64>,
    pub(crate) verdicts: Vec<f64>,
    pub(crate) weights: Option<Vec<f64>>,
}

impl Table {
    pub(crate) fn regression(&self, prior: Prior) -> Regression {
        let d = self.x.len() / self.verdicts.len();
        Regression::new(&self.x, &self.verdicts, self.weights.as_deref(), &vec![prior; d]).unwrap()
    }

    /// The same rows in this order.
    pub(crate) fn in_order(&self, order: &[usize]) -> Self {
        let d = self.x.len() / self.verdicts.len();
        let of = |values: &Vec<f64>| order.iter().map(|row| values[*row]).collect();
        Self {
            x: order.iter().flat_map(|row| &self.x[row * d..(row + 1) * d]).copied().collect(),
            verdicts: of(&self.verdicts),
            weights: self.weights.as_ref().map(of),
        }
    }

    /// What rows without features add to the log likelihood, negated: weight x ln 2 each.
    pub(crate) fn empty_rows_constant(&self, d: usize) -> f64 {
        (0..self.verdicts.len())
            .filter(|row| self.x[row * d..(row + 1) * d].iter().all(|&x| x == 0.0))
            .map(|row| self.weights.as_ref().map_or(1.0, |w| w[row]) * std::f64::consts::LN_2)
            .sum()
    }
}

/// `n` rows of `d` ternary comparisons, verdicts from Laplace(0, 0.3) weights; with weights also soft and tied verdicts.
pub(crate) fn random_table(n: usize, d: usize, weighted: bool, seed: u64) -> Table {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let truth: Vec<f64> = (0..d)
        .map(|_| 0.3 * -rng.random::<f64>().ln() * if rng.random::<bool>() { 1.0 } else { -1.0 })
        .collect();
    let x: Vec<f64> = (0..n * d).map(|_| f64::from(rng.random_range(-1_i8..=1))).collect();
    let verdicts = (0..n)
        .map(|row| {
            let f: f64 = x[row * d..(row + 1) * d].iter().zip(&truth).map(|(x, w)| x * w).sum();
            let p = sigmoid(f);
            match (weighted, row % 3) {
                (true, 0) => p,
                (true, 1) => 0.5,
                _ => f64::from(u8::from(rng.random::<f64>() < p)),
            }
        })
        .collect();
    let weights = weighted.then(|| (0..n).map(|_| rng.random_range(0.1..3.0)).collect());
    Table { x, verdicts, weights }
}
