//! What a labeller should judge next: the pair whose verdict is most informative about what they reward.
//!
//! With the weights' posterior N(m, S) as EP has it and the columns x of a pair, the fit expects A with the probability
//! `p = sigmoid(x . m)`, and a verdict on it adds the information `p (1 - p) x x'` to the precision. By the matrix determinant lemma log
//! det S then falls by `ln(1 + p (1 - p) x' S x)`: the pair with the largest fall is the next one of a sequential Bayesian D-optimal design
//! (Chaloner & Verdinelli 1995, Bayesian experimental design: a review, Statistical Science 10, section 4). The prior and the other
//! verdicts' approximations are held fixed as EP left them; under a Laplace prior a verdict that surprises can make a weight less sure for
//! a while.
//!
//! ```
//! // One weight, sd 2, about which nothing is known but that: p = 0.5, and a verdict takes ln(1 + 0.25 * 4) = ln 2 away.
//! let gain = predilect_analysis::labelling::gain(&[1.0], &[0.0], &[4.0]);
//! assert!((gain - 2.0_f64.ln()).abs() < 1e-15);
//! ```

use predilect_results::Fit;
use predilect_results::browse::Alike;
use predilect_results::comparison::Interval;
use predilect_stats::{EpOptions, Prior, ep, sigmoid};

use crate::compare::{SimilarityOptions, WeightTable, published_alike, similarity};
use crate::fit::drawn;
use crate::fit_options::{Draws, Engine, FitOptions, TERM_SD};
use crate::refusal::Refusal;
use crate::rows::{Rows, columns};
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;

/// Draws of a posterior that an interval of a correlation is made of.
const DRAWS: usize = 500;

/// What is known of a labeller's weights and terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Belief {
    /// The posterior means.
    pub mean: Vec<f64>,
    /// The posterior covariance, row-major.
    pub covariance: Vec<f64>,
    design: Design,
}

impl Belief {
    /// By the verdicts of one judge; without any (or where they cannot be fitted), by the prior alone. The number of verdicts does not
    /// matter.
    pub fn of(table: &FeatureTable, verdicts: &[VerdictRow], options: &FitOptions) -> Self {
        let design = Design::choose(options.terms, table, verdicts);
        let mut priors = vec![options.prior(); table.features.len()];
        priors.resize(table.features.len() + design.columns(), Prior::Normal { sd: TERM_SD });
        let rows = Rows::of(table, verdicts, &design).merged().rows;
        let (mean, covariance) = match rows.regression(&priors) {
            Ok(regression) => {
                let found = ep(&regression, &EpOptions::default());
                (found.mean, found.covariance)
            }
            Err(_) => (vec![0.0; priors.len()], diagonal(&priors)),
        };
        Self { mean, covariance, design }
    }

    /// By how much a verdict is expected to shrink log det of the covariance; of the row, `p_a` does not matter.
    pub fn gain(&self, table: &FeatureTable, row: &VerdictRow) -> f64 {
        gain(&columns(table, row, &self.design), &self.mean, &self.covariance)
    }

    /// The probability that the judge prefers A, at the posterior mean.
    pub fn p_a(&self, table: &FeatureTable, row: &VerdictRow) -> f64 {
        sigmoid(inner(&columns(table, row, &self.design), &self.mean))
    }
}

fn diagonal(priors: &[Prior]) -> Vec<f64> {
    let d = priors.len();
    let mut covariance = vec![0.0; d * d];
    for (j, prior) in priors.iter().enumerate() {
        covariance[j * d + j] = prior.sd().powi(2);
    }
    covariance
}

fn inner(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// By how much log det of a posterior covariance (row-major) falls by a verdict on a pair of these columns: `ln(1 + p (1 - p) x' S x)`.
pub fn gain(x: &[f64], mean: &[f64], covariance: &[f64]) -> f64 {
    let p = sigmoid(inner(x, mean));
    // Most columns of a comparison are 0.
    let told: Vec<usize> = (0..x.len()).filter(|&j| x[j] != 0.0).collect();
    let spread: f64 = told
        .iter()
        .map(|&j| x[j] * told.iter().map(|&k| covariance[j * x.len() + k] * x[k]).sum::<f64>())
        .sum();
    (p * (1.0 - p) * spread).ln_1p()
}

/// A judge's weights, for comparison with those of another.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// The fit by EP, unchecked.
    pub fit: Fit,
    draws: Option<Draws>,
}

impl Known {
    /// By the verdicts of one judge.
    ///
    /// # Errors
    ///
    /// Why there is no fit, in words for the reader.
    pub fn of(
        table: &FeatureTable,
        verdicts: &[VerdictRow],
        judge: &str,
        options: &FitOptions,
    ) -> Result<Self, Refusal> {
        let options = FitOptions { engine: Engine::Ep, folds: 0, keep_draws: DRAWS, ..options.clone() };
        let (fit, draws) = drawn(table, verdicts, judge, &options)?;
        Ok(Self { fit, draws: (!draws.values.is_empty()).then_some(draws) })
    }

    /// How alike the weights are to those of each published judge, the most alike first.
    pub fn among_published(&self) -> Vec<Alike> {
        published_alike(&self.fit, self.draws.as_ref())
    }

    /// The correlation of the weights with those of another judge, with the 90 % interval implied by both posteriors; `None` where one of
    /// them has the same weight everywhere.
    pub fn correlation(&self, other: &Self) -> Option<Interval> {
        let fits = [self.fit.clone(), other.fit.clone()];
        let draws = [self.draws.as_ref(), other.draws.as_ref()];
        let options = SimilarityOptions { resamples: DRAWS, ..SimilarityOptions::default() };
        let found = similarity(&WeightTable::of_fits(&fits, &draws), &options);
        let at = |square: &[Vec<Option<f64>>]| *square.first()?.get(1)?;
        Some(Interval { value: at(&found.overall)?, low: at(&found.low)?, high: at(&found.high)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::{Feature, PairInfo};
    use crate::terms::Terms;
    use predilect_types::Order;

    /// Pairs of these comparisons, each with a separate prompt.
    fn table(rows: &[Vec<f64>]) -> FeatureTable {
        let mut table = FeatureTable {
            features: (0..rows[0].len()).map(|at| Feature { name: format!("f{at}") }).collect(),
            ..FeatureTable::default()
        };
        for (at, row) in rows.iter().enumerate() {
            table.pairs.push(PairInfo { cluster: at as u64, model_a: None, model_b: None });
            table.values.extend(row.iter().copied());
        }
        table
    }

    fn verdict(pair: u32, p_a: f64) -> VerdictRow {
        VerdictRow { pair, judge: 0, p_a, weight: 1.0, order: Order::Unknown, annotator: None, group: None }
    }

    fn options() -> FitOptions {
        FitOptions { terms: Terms::NONE, ..FitOptions::default() }
    }

    /// `ln det` by elimination.
    fn ln_det(matrix: &[f64], d: usize) -> f64 {
        let mut a = matrix.to_vec();
        let mut sum = 0.0;
        for j in 0..d {
            sum += a[j * d + j].ln();
            for i in j + 1..d {
                let factor = a[i * d + j] / a[j * d + j];
                for k in j..d {
                    a[i * d + k] -= factor * a[j * d + k];
                }
            }
        }
        sum
    }

    /// The inverse by Gauss and Jordan, without pivots: the matrices are positive definite.
    fn inverse(matrix: &[f64], d: usize) -> Vec<f64> {
        let (mut a, mut out) = (matrix.to_vec(), vec![0.0; d * d]);
        (0..d).for_each(|j| out[j * d + j] = 1.0);
        for j in 0..d {
            let pivot = a[j * d + j];
            for k in 0..d {
                a[j * d + k] /= pivot;
                out[j * d + k] /= pivot;
            }
            for i in (0..d).filter(|i| *i != j) {
                let factor = a[i * d + j];
                for k in 0..d {
                    a[i * d + k] -= factor * a[j * d + k];
                    out[i * d + k] -= factor * out[j * d + k];
                }
            }
        }
        out
    }

    #[test]
    fn a_worked_example() {
        // x' S x = 4 + 2 * 0.5 * (-1) * 2 ... by hand: [1, -1] with S = [[2, 0.5], [0.5, 1]] is 2 - 1 + 1 = 2.
        let (x, covariance) = ([1.0, -1.0], [2.0, 0.5, 0.5, 1.0]);
        // x . m = ln 3, so p = 3/4 and p (1 - p) = 3/16.
        let mean = [3.0_f64.ln(), 0.0];
        assert!((gain(&x, &mean, &covariance) - (1.0_f64 + 2.0 * 3.0 / 16.0).ln()).abs() < 1e-15);
        // A pair without any difference is uninformative.
        assert_eq!(gain(&[0.0, 0.0], &mean, &covariance), 0.0);
    }

    #[test]
    fn without_verdicts_there_is_the_prior() {
        let table = table(&[vec![1.0, 0.0], vec![1.0, 1.0], vec![0.0, 0.0]]);
        let belief = Belief::of(&table, &[], &options());
        // A Laplace prior of scale 0.1 has the variance 0.02.
        assert_eq!(belief.mean, [0.0, 0.0]);
        assert!((belief.covariance[0] - 0.02).abs() < 1e-15 && belief.covariance[1] == 0.0);
        // The pair that differs in more is asked first: ln(1 + 0.25 * 0.04).
        let gains: Vec<f64> = (0..3).map(|pair| belief.gain(&table, &verdict(pair, 0.5))).collect();
        assert!((gains[1] - 1.01_f64.ln()).abs() < 1e-15, "{gains:?}");
        assert!(gains[1] > gains[0] && gains[0] > gains[2] && gains[2] == 0.0, "{gains:?}");
    }

    #[test]
    fn verdicts_make_one_surer_and_what_is_known_is_asked_no_more() {
        let table = table(&[vec![1.0, 0.0], vec![0.0, 1.0]]);
        let prior = Belief::of(&table, &[], &options());
        let by = |each: u32| -> Vec<VerdictRow> {
            (0..200).map(|at| verdict(0, f64::from(at % each != 0))).collect()
        };
        let leaning = Belief::of(&table, &by(4), &options());
        assert!(leaning.mean[0] > 0.5 && leaning.p_a(&table, &verdict(0, 0.5)) > 0.6, "{leaning:?}");
        let after = Belief::of(&table, &by(2), &options());
        assert!(after.mean[0].abs() < 1e-9 && after.covariance[0] < 0.8 * prior.covariance[0], "{after:?}");
        assert!(after.gain(&table, &verdict(1, 0.5)) > after.gain(&table, &verdict(0, 0.5)));
        // Ties alone, and one-sided verdicts, are known as well.
        assert!(Belief::of(&table, &[verdict(0, 0.5)], &options()).covariance[0] < prior.covariance[0]);
    }

    #[test]
    fn who_rewards_the_same_is_alike() {
        let rows: Vec<Vec<f64>> = (0..60)
            .map(|at| (0..5).map(|j| f64::from((at * (2 * j + 3) + at / 7) % 3) - 1.0).collect())
            .collect();
        let table = table(&rows);
        let known = |name: &str, weights: [f64; 5], from: usize| {
            let p = |row: &[f64]| f64::from(inner(row, &weights) > 0.0);
            let all = (0_u32..).zip(&rows).skip(from).take(40);
            let verdicts: Vec<VerdictRow> = all.map(|(pair, row)| verdict(pair, p(row))).collect();
            Known::of(&table, &verdicts, name, &options()).unwrap()
        };
        let weights = [3.0, 1.0, 0.0, -1.0, -2.0];
        let (one, same) = (known("one", weights, 0), known("same", weights, 20));
        let alike = one.correlation(&same).unwrap();
        assert!(alike.value > 0.8 && alike.low <= alike.value && alike.value <= alike.high, "{alike:?}");
        let unlike = one.correlation(&known("other", weights.map(|w| -w), 20)).unwrap();
        assert!(unlike.value < -0.8 && unlike.low <= unlike.value && unlike.high < 0.0, "{unlike:?}");
    }

    proptest! {
        /// The slow way: the precision with the information added, inverted, and the determinants of both covariances.
        #[test]
        fn the_fall_is_that_of_the_determinants(
            factor in prop::collection::vec(-1.0_f64..1.0, 9),
            mean in prop::collection::vec(-2.0_f64..2.0, 3),
            x in prop::collection::vec(-1_i8..=1, 3),
        ) {
            let d = 3;
            let mut covariance = vec![0.0; d * d];
            for j in 0..d {
                for k in 0..d {
                    covariance[j * d + k] = (0..d).map(|i| factor[j * d + i] * factor[k * d + i]).sum();
                }
                covariance[j * d + j] += 0.1;
            }
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            let p = sigmoid(inner(&x, &mean));
            let mut precision = inverse(&covariance, d);
            for j in 0..d {
                for k in 0..d {
                    precision[j * d + k] += p * (1.0 - p) * x[j] * x[k];
                }
            }
            let fall = ln_det(&covariance, d) - ln_det(&inverse(&precision, d), d);
            let found = gain(&x, &mean, &covariance);
            prop_assert!((found - fall).abs() < 1e-9, "{} {}", found, fall);
        }
    }
}
