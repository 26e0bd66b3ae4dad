//! Whether the posterior by expectation propagation is the true one, and draws from it: importance sampling.
//!
//! The proposal is a copula with EP's correlations and EP's exact tilted marginals: in four of five draws Gaussian, in
//! the fifth Student t with five degrees of freedom. A logistic likelihood falls off more slowly than any Gaussian, so
//! with few rows the true tails are the heavier ones; the t part keeps the weights bounded there. Where the weights
//! against the true posterior have a light tail (Pareto k below 0.7) and the weighted means are EP's, EP is right to the
//! precision that is reported.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::ep::EpPosterior;
use crate::likelihood::{Likelihood, Precision};
use crate::linalg::{cholesky, dot};
use crate::normal;
use crate::pareto;
use crate::posterior::Shape;
use crate::regression::{Prior, Regression};
use crate::score_map::ScoreMap;
use crate::wide::{Work, wide};

/// The Pareto k at which the check fails.
pub const K_LIMIT: f64 = 0.7;
/// The distance of a weighted mean from EP's, in posterior sd and beyond Monte Carlo error, at which the check fails.
pub const SHIFT_LIMIT: f64 = 0.15;

/// Draws of a first look: enough to recognise a good fit.
const FIRST: usize = 256;
/// What a first look must show to be the last one: k with two of its own errors below the limit, ...
const FIRST_K: f64 = 0.33;
/// ... and so much of the draws effective.
const FIRST_ESS: f64 = 0.6;

/// Share of the draws from the Student part of the proposal, and its degrees of freedom.
const STUDENT_SHARE: f64 = 0.2;
const STUDENT_DF: usize = 5;

/// What the check found.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// Pareto k of the importance weights.
    pub k: f64,
    /// Effective share of the draws, 0..1.
    pub ess_share: f64,
    /// Largest distance of a weighted mean from EP's, in posterior sd.
    pub largest_shift: f64,
    /// Largest distance of a weighted mean from the plain mean of the same draws, in posterior sd.
    pub own_shift: f64,
    /// The draws, row-major, one weight vector each.
    pub draws: Vec<f64>,
    /// Their smoothed log weights, normalised.
    pub ln_weights: Vec<f64>,
}

impl Check {
    /// Whether EP can replace the posterior.
    pub fn passed(&self) -> bool {
        self.failure().is_none()
    }

    /// What speaks against EP, in words.
    pub fn failure(&self) -> Option<String> {
        if self.k.is_nan() || self.k >= K_LIMIT {
            return Some(format!("Pareto k {:.2}, limit {K_LIMIT}", self.k));
        }
        let allowed = SHIFT_LIMIT + self.monte_carlo_error();
        (self.largest_shift > allowed)
            .then(|| format!("a mean is off by {:.2} posterior sd, limit {allowed:.2}", self.largest_shift))
    }

    /// Four standard errors of a weighted mean, in posterior sd.
    pub fn monte_carlo_error(&self) -> f64 {
        4.0 / (self.ln_weights.len() as f64 * self.ess_share).sqrt()
    }

    /// `count` draws of equal weight by systematic resampling, row-major; the same draw may come more than once.
    pub fn resample(&self, count: usize, seed: u64) -> Vec<f64> {
        let d = self.draws.len() / self.ln_weights.len();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let start: f64 = rng.random();
        let mut out = Vec::with_capacity(count * d);
        let mut sum = 0.0;
        let mut taken = 0;
        for (i, w) in self.ln_weights.iter().enumerate() {
            sum += w.exp();
            while taken < count && (taken as f64 + start) / count as f64 <= sum {
                out.extend_from_slice(&self.draws[i * d..(i + 1) * d]);
                taken += 1;
            }
        }
        // Rounding can leave the sum a hair below 1.
        while taken < count {
            out.extend_from_slice(&self.draws[self.draws.len() - d..]);
            taken += 1;
        }
        out
    }
}

/// The check with few draws if these are unambiguous, else with `count`.
///
/// Unambiguous: a small Pareto k, most draws effective, and weighted means within the limit less two standard errors. With the same draws
/// weighted and unweighted, the error of their difference is `sqrt((1 / ess - 1) / S)` sd, a third of a mean's own.
pub fn adaptive(regression: &Regression, fit: &EpPosterior, count: usize, seed: u64) -> Option<Check> {
    let first = run(regression, fit, FIRST, seed, Precision::Single)?;
    let error = ((1.0 / first.ess_share - 1.0).max(0.0) / FIRST as f64).sqrt();
    let good =
        first.k < FIRST_K && first.ess_share > FIRST_ESS && first.own_shift < SHIFT_LIMIT - 2.0 * error;
    if good { Some(first) } else { check(regression, fit, count, seed) }
}

/// Draws `count` times from the proposal and weighs the draws by the true posterior.
///
/// `None` when EP's covariance is not positive definite. Cost: about 25 ns per draw and weight in addition to the likelihood.
pub fn check(regression: &Regression, fit: &EpPosterior, count: usize, seed: u64) -> Option<Check> {
    run(regression, fit, count, seed, Precision::Double)
}

/// Draws from EP's own posterior, row-major: a Gaussian copula with its correlations and its exact tilted marginals, unweighted. It does
/// not read the rows, so that a thousand draws of 30 weights take about a millisecond however many rows there are; whether EP is right is
/// not known.
///
/// `None` when EP's covariance is not positive definite.
pub fn unchecked(fit: &EpPosterior, count: usize, seed: u64) -> Option<Vec<f64>> {
    let d = fit.marginals.len();
    let factor = factor(fit)?;
    let shapes: Vec<Shape> = fit.marginals.iter().map(|m| m.shape).collect::<Option<_>>()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draws = Vec::with_capacity(count * d);
    let mut noise = vec![0.0; d];
    for _ in 0..count {
        noise.fill_with(|| normal::quantile(rng.random_range(f64::EPSILON..1.0)));
        for (row, shape) in factor.chunks_exact(d).zip(&shapes) {
            let z = dot(row, &noise);
            draws.push(match shape {
                Shape::Normal { mean, sd } => mean + sd * z,
                Shape::Laplace(tilt) => tilt.at_score(z),
            });
        }
    }
    Some(draws)
}

/// The Cholesky factor of EP's correlations, with zeros above the diagonal.
fn factor(fit: &EpPosterior) -> Option<Vec<f64>> {
    let d = fit.marginals.len();
    let sd: Vec<f64> = (0..d).map(|j| fit.covariance[j * d + j].sqrt()).collect();
    let mut factor: Vec<f64> = (0..d * d).map(|at| fit.covariance[at] / (sd[at / d] * sd[at % d])).collect();
    if !cholesky(&mut factor, d) {
        return None;
    }
    (0..d * d).filter(|at| at % d > at / d).for_each(|at| factor[at] = 0.0);
    Some(factor)
}

fn run(
    regression: &Regression,
    fit: &EpPosterior,
    count: usize,
    seed: u64,
    precision: Precision,
) -> Option<Check> {
    let d = regression.columns();
    let factor = factor(fit)?;
    let shapes: Vec<Shape> = fit.marginals.iter().map(|m| m.shape).collect::<Option<_>>()?;
    let maps: Option<Vec<ScoreMap>> = shapes.iter().map(ScoreMap::new).collect();
    let mut likelihood = Likelihood::new(regression, precision);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut draws = Vec::with_capacity(count * d);
    let mut ln_weights = Vec::with_capacity(count);
    let (mut noise, mut scores) = (vec![0.0; d], vec![0.0; d]);
    let mixture = Mixture::new(d);
    // Column by column, so that a product adds whole lines.
    let columns: Vec<f64> = (0..d * d).map(|at| factor[at % d * d + at / d]).collect();
    for draw in 0..count {
        // In a first look every other draw is the one before, turned around: as good for means, and half the work.
        if precision == Precision::Single && draw % 2 == 1 {
            for x in &mut noise {
                *x = -*x;
            }
        } else {
            Mixture::fill(&mut noise, &mut rng);
        }
        wide(Correlated { columns: &columns, noise: &noise, scores: &mut scores });
        // ln weight = ln prior + ln likelihood - ln proposal; the proposal's density is that of z over the slopes of w(z).
        let mut ln_weight = -mixture.ln_density(dot(&noise, &noise));
        let start = draws.len();
        let mut slopes = 1.0;
        for j in 0..d {
            let z = scores[j];
            let w = match &maps {
                Some(maps) => {
                    let (w, slope) = maps[j].at(z);
                    // In posterior sd, so that the product of many stays in range; the constants cancel among weights.
                    slopes *= slope / fit.marginals[j].sd;
                    w
                }
                None => match &shapes[j] {
                    Shape::Normal { mean, sd } => mean + sd * z,
                    Shape::Laplace(tilt) => tilt.at_score(z),
                },
            };
            if maps.is_none() {
                ln_weight -= shapes[j].ln_density(w) + 0.5 * z * z;
            } else if j % 8 == 7 {
                ln_weight += slopes.ln();
                slopes = 1.0;
            }
            ln_weight += match regression.priors[j] {
                Prior::Laplace { scale } => -w.abs() / scale,
                Prior::Normal { sd } => -0.5 * (w / sd).powi(2),
            };
            draws.push(w);
        }
        ln_weight += slopes.ln();
        ln_weights.push(ln_weight + likelihood.value(&draws[start..]));
    }
    Some(weighed(fit, draws, &ln_weights))
}

/// What weights say of their draws.
fn weighed(fit: &EpPosterior, draws: Vec<f64>, ln_weights: &[f64]) -> Check {
    let (d, count) = (fit.marginals.len(), ln_weights.len());
    let smoothed = pareto::smooth(ln_weights);
    let weights: Vec<f64> = smoothed.ln_weights.iter().map(|w| w.exp()).collect();
    let (mut weighted, mut plain) = (vec![0.0; d], vec![0.0; d]);
    for (draw, weight) in draws.chunks_exact(d).zip(&weights) {
        for ((weighted, plain), w) in weighted.iter_mut().zip(&mut plain).zip(draw) {
            *weighted += weight * w;
            *plain += w / count as f64;
        }
    }
    let (mut largest_shift, mut own_shift) = (0.0_f64, 0.0_f64);
    for ((weighted, plain), marginal) in weighted.iter().zip(&plain).zip(&fit.marginals) {
        largest_shift = largest_shift.max((weighted - marginal.mean).abs() / marginal.sd);
        own_shift = own_shift.max((weighted - plain).abs() / marginal.sd);
    }
    Check {
        k: smoothed.k,
        ess_share: smoothed.ess_share,
        largest_shift,
        own_shift,
        draws,
        ln_weights: smoothed.ln_weights,
    }
}

/// The product of a matrix, given by its columns, with a vector.
struct Correlated<'a> {
    columns: &'a [f64],
    noise: &'a [f64],
    scores: &'a mut [f64],
}

impl Work for Correlated<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.scores.fill(0.0);
        for (column, x) in self.columns.chunks_exact(self.noise.len()).zip(self.noise) {
            self.scores.iter_mut().zip(column).for_each(|(z, l)| *z += l * x);
        }
    }
}

/// Standard normal in `d` dimensions with probability 0.8, multivariate Student t with probability 0.2.
struct Mixture {
    d: f64,
    /// ln of the Student normaliser over the normal one.
    ln_student: f64,
}

impl Mixture {
    fn new(d: usize) -> Self {
        let (d, df) = (d as f64, STUDENT_DF as f64);
        // Gamma((df + d) / 2) / (Gamma(df / 2) (df pi)^(d/2)), times (2 pi)^(d/2).
        let ln_student = libm::lgamma(0.5 * (df + d)) - libm::lgamma(0.5 * df) + 0.5 * d * (2.0 / df).ln();
        Self { d, ln_student }
    }

    fn fill(out: &mut [f64], rng: &mut ChaCha8Rng) {
        let mut normal = || normal::quantile(rng.random_range(f64::EPSILON..1.0));
        for slot in out.iter_mut() {
            *slot = normal();
        }
        if rng.random::<f64>() < STUDENT_SHARE {
            let mut normal = || normal::quantile(rng.random_range(f64::EPSILON..1.0));
            let chi2: f64 = (0..STUDENT_DF).map(|_| normal().powi(2)).sum();
            let scale = (STUDENT_DF as f64 / chi2).sqrt();
            for slot in out {
                *slot *= scale;
            }
        }
    }

    /// ln density at a point of that squared length, up to a constant.
    fn ln_density(&self, square: f64) -> f64 {
        let df = STUDENT_DF as f64;
        let normal = (1.0 - STUDENT_SHARE).ln() - 0.5 * square;
        let student = STUDENT_SHARE.ln() + self.ln_student - 0.5 * (df + self.d) * (square / df).ln_1p();
        let top = normal.max(student);
        top + ((normal - top).exp() + (student - top).exp()).ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ep::{EpOptions, ep};
    use crate::testing::random_table;

    /// A wrong posterior is recognised with few draws too: a mean moved by a third of an sd, and sds of a third.
    #[test]
    fn a_first_look_lets_nothing_wrong_pass() {
        let table = random_table(400, 12, false, 1);
        let regression = table.regression(Prior::Laplace { scale: 0.1 });
        let right = ep(&regression, &EpOptions::default());
        let looked = adaptive(&regression, &right, 2000, 3).unwrap();
        assert!(looked.passed() && looked.ln_weights.len() == FIRST);
        for seed in 0..10 {
            let mut moved = right.clone();
            let sd = moved.marginals[2].sd;
            moved.marginals[2].shape = Some(Shape::Normal { mean: moved.marginals[2].mean + 0.33 * sd, sd });
            assert!(adaptive(&regression, &moved, 2000, seed).unwrap().ln_weights.len() > FIRST, "{seed}");
            let mut narrow = right.clone();
            for marginal in &mut narrow.marginals {
                marginal.shape = Some(Shape::Normal { mean: marginal.mean, sd: 0.33 * marginal.sd });
            }
            let found = adaptive(&regression, &narrow, 2000, seed).unwrap();
            assert!(found.ln_weights.len() > FIRST && !found.passed(), "{seed}: {}", found.k);
        }
    }

    /// Draws without reading the rows have EP's marginals and correlations.
    #[test]
    fn unchecked_draws_are_those_of_the_posterior() {
        let table = random_table(400, 6, false, 1);
        let regression = table.regression(Prior::Laplace { scale: 0.1 });
        let fit = ep(&regression, &EpOptions::default());
        let (count, d) = (40_000, 6);
        let draws = unchecked(&fit, count, 5).unwrap();
        assert_eq!(draws, unchecked(&fit, count, 5).unwrap());
        for (j, marginal) in fit.marginals.iter().enumerate() {
            let mut own: Vec<f64> = draws.chunks_exact(d).map(|draw| draw[j]).collect();
            let mean = own.iter().sum::<f64>() / count as f64;
            assert!((mean - marginal.mean).abs() < 0.03 * marginal.sd, "{j}: {mean} {}", marginal.mean);
            own.sort_by(f64::total_cmp);
            for (at, expected) in [(0.05, marginal.q05), (0.5, marginal.q50), (0.95, marginal.q95)] {
                let found = own[(at * count as f64) as usize];
                assert!((found - expected).abs() < 0.05 * marginal.sd, "{j} {at}: {found} {expected}");
            }
        }
        let product = |i: usize, j: usize| {
            let (a, b) = (fit.marginals[i].mean, fit.marginals[j].mean);
            draws.chunks_exact(d).map(|draw| (draw[i] - a) * (draw[j] - b)).sum::<f64>() / count as f64
        };
        for (i, j) in [(0, 1), (2, 5), (3, 4)] {
            let scale = fit.marginals[i].sd * fit.marginals[j].sd;
            assert!((product(i, j) - fit.covariance[i * d + j]).abs() < 0.05 * scale, "{i} {j}");
        }
    }

    #[test]
    fn the_proposal_is_the_posterior_but_for_little() {
        for (weighted, seed) in [(false, 1), (true, 2)] {
            let table = random_table(400, 12, weighted, seed);
            let regression = table.regression(Prior::Laplace { scale: 0.1 });
            let fit = ep(&regression, &EpOptions::default());
            let check = check(&regression, &fit, 20_000, 3).unwrap();
            assert!(
                fit.converged && check.passed() && check.ess_share > 0.7,
                "{} {}",
                check.k,
                check.ess_share
            );
            assert!(check.largest_shift < 0.01 + check.monte_carlo_error(), "{}", check.largest_shift);
            let draws = check.resample(5000, 1);
            assert_eq!(draws.len(), 5000 * 12);
        }
    }
}
