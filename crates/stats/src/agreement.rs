//! How far do two raters agree? Chance-corrected coefficients of paired ratings, in one pass.

/// Sums over units that both raters rated; adding is exact up to rounding and needs no list of the ratings.
///
/// Both coefficients are 1 for perfect agreement and 0 for what chance would give. Ratings may be fractions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Agreement {
    n: f64,
    sum: [f64; 2],
    squares: [f64; 2],
    differences: f64,
}

impl Agreement {
    /// Counts one unit.
    pub fn add(&mut self, first: f64, second: f64) {
        self.n += 1.0;
        for (side, x) in [first, second].into_iter().enumerate() {
            self.sum[side] += x;
            self.squares[side] += x * x;
        }
        self.differences += (first - second) * (first - second);
    }

    /// Units that both rated.
    pub fn units(&self) -> u64 {
        self.n as u64
    }

    /// Cohen's kappa with quadratic weights: `1 - sum (a - b)^2 / (sum over all pairs of ratings (a_i - b_j)^2 / n)`.
    ///
    /// On the levels of a scale it equals the usual one from the table of counts, 1 - sum w o / sum w e with w = (i - j)^2.
    /// `None` without units or where both raters gave one and the same rating throughout.
    pub fn kappa(&self) -> Option<f64> {
        let expected = (self.squares[0] + self.squares[1]) - 2.0 * self.sum[0] * self.sum[1] / self.n;
        (self.n > 0.0 && expected > 1e-12 * (self.squares[0] + self.squares[1]))
            .then(|| 1.0 - self.differences / expected)
    }

    /// Krippendorff's alpha for two raters and interval data: `1 - D_o / D_e`, where `D_o` is the mean squared difference within
    /// units and `D_e` the mean over all pairs of the 2 n ratings.
    ///
    /// `None` without units or where all ratings are the same.
    pub fn alpha(&self) -> Option<f64> {
        let values = 2.0 * self.n;
        let sum = self.sum[0] + self.sum[1];
        let squares = self.squares[0] + self.squares[1];
        // Twice the unbiased variance of all ratings is their mean squared difference.
        let expected = 2.0 * (squares - sum * sum / values) / (values - 1.0);
        (self.n > 0.0 && expected > 1e-12 * squares).then(|| 1.0 - self.differences / self.n / expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(f64, f64)]) -> Agreement {
        let mut sums = Agreement::default();
        for &(a, b) in pairs {
            sums.add(a, b);
        }
        sums
    }

    /// From the table of counts, as textbooks have it.
    fn kappa_by_table(pairs: &[(usize, usize)], levels: usize) -> f64 {
        let n = pairs.len() as f64;
        let mut counts = vec![vec![0.0; levels]; levels];
        for &(a, b) in pairs {
            counts[a][b] += 1.0;
        }
        let row = |i: usize| counts[i].iter().sum::<f64>();
        let column = |j: usize| counts.iter().map(|r| r[j]).sum::<f64>();
        let (mut observed, mut expected) = (0.0, 0.0);
        for (i, r) in counts.iter().enumerate() {
            for (j, count) in r.iter().enumerate() {
                let weight = (i as f64 - j as f64).powi(2);
                observed += weight * count / n;
                expected += weight * row(i) * column(j) / (n * n);
            }
        }
        1.0 - observed / expected
    }

    /// By the definition: all pairs of values.
    fn alpha_by_pairs(pairs: &[(f64, f64)]) -> f64 {
        let values: Vec<f64> = pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        let observed = pairs.iter().map(|(a, b)| (a - b).powi(2)).sum::<f64>() / pairs.len() as f64;
        let mut expected = 0.0;
        for (i, x) in values.iter().enumerate() {
            for (j, y) in values.iter().enumerate() {
                if i != j {
                    expected += (x - y).powi(2);
                }
            }
        }
        1.0 - observed / (expected / (values.len() * (values.len() - 1)) as f64)
    }

    #[test]
    fn the_sums_give_what_the_definitions_give() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            ((state >> 33) % 4) as usize
        };
        for n in [3, 10, 200] {
            let levels: Vec<(usize, usize)> = (0..n).map(|_| (draw(), draw())).collect();
            let pairs: Vec<(f64, f64)> = levels.iter().map(|&(a, b)| (a as f64, b as f64)).collect();
            let sums = of(&pairs);
            assert!((sums.kappa().unwrap() - kappa_by_table(&levels, 4)).abs() < 1e-12);
            assert!((sums.alpha().unwrap() - alpha_by_pairs(&pairs)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_worked_example() {
        // Two raters, five units: differences 0, 0, 1, 0, 2.
        let sums = of(&[(0.0, 0.0), (1.0, 1.0), (2.0, 3.0), (3.0, 3.0), (3.0, 1.0)]);
        // Expected: sum a^2 + sum b^2 - 2 sum a sum b / n = 23 + 20 - 2 x 9 x 8 / 5 = 14.2; observed 5.
        assert!((sums.kappa().unwrap() - (1.0 - 5.0 / 14.2)).abs() < 1e-12);
        // D_o = 1; variance of ten ratings (43 - 17^2 / 10) / 9 = 1.5667, D_e twice that.
        assert!((sums.alpha().unwrap() - (1.0 - 1.0 / (2.0 * 14.1 / 9.0))).abs() < 1e-12);
        assert_eq!(sums.units(), 5);
    }

    #[test]
    fn what_cannot_be_known_is_none() {
        assert_eq!((Agreement::default().kappa(), Agreement::default().alpha()), (None, None));
        let constant = of(&[(2.0, 2.0), (2.0, 2.0)]);
        assert_eq!((constant.kappa(), constant.alpha()), (None, None));
        let perfect = of(&[(0.0, 0.0), (2.5, 2.5)]);
        assert_eq!((perfect.kappa(), perfect.alpha()), (Some(1.0), Some(1.0)));
        // One rater always says the same: no better than chance.
        assert!(of(&[(0.0, 1.0), (2.0, 1.0)]).kappa().unwrap().abs() < 1e-12);
    }
}
