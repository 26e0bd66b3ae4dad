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
    /// On the levels of a scale it equals the usual one from the table of counts, 1 - sum w o / sum w e with w = (i - j)^2. `None` without
    /// units or if both raters gave one and the same rating throughout.
    pub fn kappa(&self) -> Option<f64> {
        let expected = (self.squares[0] + self.squares[1]) - 2.0 * self.sum[0] * self.sum[1] / self.n;
        (self.n > 0.0 && expected > 1e-12 * (self.squares[0] + self.squares[1]))
            .then(|| 1.0 - self.differences / expected)
    }

    /// Krippendorff's alpha for two raters and interval data: `1 - D_o / D_e`, where `D_o` is the mean squared difference within
    /// units and `D_e` the mean over all pairs of the 2 n ratings.
    ///
    /// `None` without units or if all ratings are the same.
    pub fn alpha(&self) -> Option<f64> {
        let values = 2.0 * self.n;
        let sum = self.sum[0] + self.sum[1];
        let squares = self.squares[0] + self.squares[1];
        // Twice the unbiased variance of all ratings is their mean squared difference.
        let expected = 2.0 * (squares - sum * sum / values) / (values - 1.0);
        (self.n > 0.0 && expected > 1e-12 * squares).then(|| 1.0 - self.differences / self.n / expected)
    }
}

/// Two judges' verdicts on the same pairs: how often each called A, a tie or B where the other did so, and how far apart their soft
/// verdicts are. Adding and scaling sums, so that a bootstrap need not see the pairs again.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairedVerdicts {
    /// Rows: the first judge's A, tie, B; columns: the second's.
    counts: [[f64; 3]; 3],
    soft: f64,
    sums: Agreement,
}

/// How far two judges agree; see [`PairedVerdicts::estimates`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct VerdictAgreement {
    /// Share of pairs on which both called the same of A, tie and B: S1 of Zheng et al. (2023), a third by chance.
    pub same: Option<f64>,
    /// The same among pairs that neither judge called a tie: their S2, one half by chance.
    pub same_without_ties: Option<f64>,
    /// Mean of p q + (1 - p)(1 - q): how often draws from the two soft verdicts agree.
    pub soft: Option<f64>,
    /// Cohen's kappa of A, tie and B.
    pub kappa: Option<f64>,
    /// Cohen's kappa of the soft verdicts with quadratic weights.
    pub weighted_kappa: Option<f64>,
    /// Krippendorff's alpha of the soft verdicts as interval data.
    pub alpha: Option<f64>,
}

impl PairedVerdicts {
    /// Counts a pair that both judged: `p_a` of the first and of the second; 0.5 is a tie.
    pub fn add(&mut self, first: f64, second: f64) {
        let category = |p: f64| if p > 0.5 { 0 } else { usize::from(p < 0.5) + 1 };
        self.counts[category(first)][category(second)] += 1.0;
        self.soft += first * second + (1.0 - first) * (1.0 - second);
        self.sums.add(first, second);
    }

    /// Adds the sums of other pairs, `times` over.
    pub fn add_all(&mut self, other: &Self, times: f64) {
        for (row, theirs) in self.counts.iter_mut().zip(&other.counts) {
            for (count, their) in row.iter_mut().zip(theirs) {
                *count += times * their;
            }
        }
        self.soft += times * other.soft;
        self.sums.n += times * other.sums.n;
        self.sums.differences += times * other.sums.differences;
        for side in 0..2 {
            self.sums.sum[side] += times * other.sums.sum[side];
            self.sums.squares[side] += times * other.sums.squares[side];
        }
    }

    /// Pairs that both judged.
    pub fn pairs(&self) -> u64 {
        self.sums.units()
    }

    /// The coefficients; each is `None` if it is not defined.
    pub fn estimates(&self) -> VerdictAgreement {
        let n = self.sums.n;
        let c = &self.counts;
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let row = |i: usize| c[i].iter().sum::<f64>();
        let column = |j: usize| c.iter().map(|row| row[j]).sum::<f64>();
        let same = c[0][0] + c[1][1] + c[2][2];
        let decided = c[0][0] + c[0][2] + c[2][0] + c[2][2];
        let chance = if n > 0.0 { (0..3).map(|i| row(i) * column(i)).sum::<f64>() / (n * n) } else { 1.0 };
        VerdictAgreement {
            same: ratio(same, n),
            same_without_ties: ratio(c[0][0] + c[2][2], decided),
            soft: ratio(self.soft, n),
            kappa: (chance < 1.0 - 1e-12).then(|| (same / n - chance) / (1.0 - chance)),
            weighted_kappa: self.sums.kappa(),
            alpha: self.sums.alpha(),
        }
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

    #[test]
    fn verdicts_are_compared_with_and_without_ties() {
        let mut sums = PairedVerdicts::default();
        // Six pairs: two both A, one both B, one both tie, one A against B, one tie against A.
        for (p, q) in [(1.0, 0.8), (1.0, 1.0), (0.0, 0.0), (0.5, 0.5), (1.0, 0.0), (0.5, 1.0)] {
            sums.add(p, q);
        }
        let found = sums.estimates();
        assert_eq!((sums.pairs(), found.same), (6, Some(4.0 / 6.0)));
        assert_eq!(found.same_without_ties, Some(0.75));
        assert!((found.soft.unwrap() - (0.8 + 1.0 + 1.0 + 0.5 + 0.0 + 0.5) / 6.0).abs() < 1e-15);
        // Margins: first A 3, tie 2, B 1; second A 3, tie 1, B 2.
        let chance = (9.0 + 2.0 + 2.0) / 36.0;
        assert!((found.kappa.unwrap() - (4.0 / 6.0 - chance) / (1.0 - chance)).abs() < 1e-15);
        let mut twice = PairedVerdicts::default();
        twice.add_all(&sums, 2.0);
        assert_eq!((twice.pairs(), twice.estimates().kappa), (12, found.kappa));
        assert_eq!(PairedVerdicts::default().estimates(), VerdictAgreement::default());
    }
}
