//! What the posterior of the preference model is, by expectation propagation: no draws, no Monte Carlo error.
//!
//! Every row's likelihood and every Laplace prior is replaced by a Gaussian site whose moments match the true factor
//! in the context of all others (Minka 2001; Rasmussen and Williams 2006, section 3.6). All sites are updated in
//! parallel and undamped; the factors are log-concave, so every site keeps a precision of 0 or more. Soft verdicts
//! cost nothing: their linear part is exact, and what is left of every row is the factor (1 - sigmoid(x . w))^weight.

mod expansion;
mod folds;
mod lead;
mod priors;
mod rows;
mod tail;
mod width;

use std::borrow::Cow;

use pulp::{Arch, Simd, WithSimd};

pub use self::folds::{Folds, held_out_means};
use self::lead::lead;
use self::priors::{LEAST_PRECISION, PriorSites};
use self::rows::RowSites;
use self::width::Width;
use crate::lanes::Lanes;
use crate::laplace::LaplaceTilt;
use crate::linalg::{inverse_cholesky, solve, stride};
use crate::posterior::{Marginal, Shape};
use crate::regression::{Prior, Regression};
use crate::rows::Aligned;

/// Single precision continues until this distance to its fixed point: about where its rounding shows.
const ROUGH: f64 = 2e-6;
/// The same by the root of the number of rows, where these are many: a posterior sd then is a smaller part of the sums.
const ROUGH_OF_MANY: f64 = 3e-8;

/// How long and how exactly to iterate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpOptions {
    /// Largest distance from the fixed point, of a mean (in posterior sd) and of a variance (relative), at which the fit
    /// has converged; foretold from the last two changes.
    pub tolerance: f64,
    /// Iterations after which it has not.
    pub max_iterations: usize,
}

impl Default for EpOptions {
    fn default() -> Self {
        Self { tolerance: 1e-6, max_iterations: 100 }
    }
}

/// A posterior by expectation propagation.
#[derive(Debug, Clone, PartialEq)]
pub struct EpPosterior {
    /// Per weight: the tilted marginal and what it says.
    pub marginals: Vec<Marginal>,
    /// Means of the Gaussian approximation.
    pub mean: Vec<f64>,
    /// Covariance of the Gaussian approximation, row-major.
    pub covariance: Vec<f64>,
    /// Iterations taken.
    pub iterations: usize,
    /// Whether the sites came to rest within the tolerance.
    pub converged: bool,
}

/// Fits a regression.
///
/// Never fails: a fit that does not converge, or whose precision matrix is not positive definite to working
/// precision, says `converged: false` and gives its last finite state. The first iterations, which only lead into the
/// neighbourhood of the fixed point, sweep the rows in f32 as long as that makes headway; the last ones, and with them
/// the result, are f64. Cost: about n d^2 + d^3 multiply-adds and n x 12 exponentials an iteration, 4 to 11 iterations. Of 16,000 rows or
/// more a part leads first, a sixteenth of a million. Memory: 1.5 n d + d^2 floats.
pub fn ep(regression: &Regression, options: &EpOptions) -> EpPosterior {
    // One group of rows costs the same in either width.
    run(regression, options, regression.rows.groups() > 1)
}

/// A fit that starts in single precision or not.
fn run(regression: &Regression, options: &EpOptions, rough: bool) -> EpPosterior {
    let (state, iterations, converged) = solved(regression, options, rough);
    state.finish(regression, iterations, converged)
}

/// The last state, after how many iterations, and whether it is at rest.
fn solved(regression: &Regression, options: &EpOptions, rough: bool) -> (State, usize, bool) {
    let mut fit = Fit::of(&regression.linear, options);
    let mut state = State::new(regression);
    let weights = regression.weights.as_deref();
    let mut sites = RowSites::<f64>::new(Cow::Borrowed(&regression.rows), weights);
    let mut healthy = false;
    if rough {
        let narrow = regression.rows.narrow();
        let led = lead(&mut fit, &mut state, regression, &narrow);
        let mut rough = RowSites::<f32>::new(Cow::Owned(narrow), weights);
        if !led {
            state = State::new(regression);
            rough.start();
        }
        let goal = ROUGH.max(options.tolerance).max(ROUGH_OF_MANY * (regression.rows.rows as f64).sqrt());
        // Led, the first iteration matches sites that say nothing yet.
        healthy = (led || fit.step(&mut state, &mut rough, true))
            && fit.descend(&mut state, &mut rough, goal, true);
        sites.go_on_from(&rough);
    }
    if !healthy {
        state = State::new(regression);
        sites.start();
        healthy = fit.step(&mut state, &mut sites, true);
    }
    // The distance that f32 predicted to its own fixed point does not apply to this one; how fast the error shrinks does.
    state.remaining = f64::INFINITY;
    healthy = healthy && fit.descend(&mut state, &mut sites, options.tolerance, false);
    let converged = healthy && state.remaining < options.tolerance;
    (state, fit.iterations, converged)
}

/// A fit under way.
struct Fit<'a> {
    /// The linear part of the log likelihood of the rows that count.
    linear: &'a [f64],
    arch: Arch,
    iterations: usize,
    most: usize,
}

impl<'a> Fit<'a> {
    fn of(linear: &'a [f64], options: &EpOptions) -> Self {
        Self { linear, arch: Arch::new(), iterations: 0, most: options.max_iterations }
    }
}

impl Fit<'_> {
    /// Iterates until at most `goal` is left, or with `headway` while the change at least halves; false when the state is no longer sound.
    fn descend<T: Runs>(
        &mut self,
        state: &mut State,
        sites: &mut RowSites<'_, T>,
        goal: f64,
        headway: bool,
    ) -> bool {
        while state.remaining >= goal && self.iterations < self.most {
            let before = state.change;
            self.iterations += 1;
            if !self.step(state, sites, false) {
                return false;
            }
            if headway && state.change > 0.5 * before {
                break;
            }
        }
        true
    }

    fn step<T: Runs>(&self, state: &mut State, sites: &mut RowSites<'_, T>, first: bool) -> bool {
        T::run(self.arch, Step { state, sites, linear: self.linear, first })
    }
}

/// Everything an iteration reads and writes except the sites of the rows.
#[derive(Clone)]
struct State {
    priors: PriorSites,
    /// Posterior means and variances, and the inverse Cholesky factor of the precision (rows of whole registers).
    mean: Aligned<f64>,
    variance: Aligned<f64>,
    inverse: Aligned<f64>,
    /// Scratch: the precision matrix, the right-hand side, the next means and variances.
    precision: Aligned<f64>,
    shift: Aligned<f64>,
    next_mean: Aligned<f64>,
    next_variance: Aligned<f64>,
    /// Largest change of the last step, and the estimate of what is left to the fixed point.
    change: f64,
    remaining: f64,
    /// By what the last change was smaller than the one before.
    factor: f64,
}

impl State {
    fn new(regression: &Regression) -> Self {
        let d = regression.columns();
        let p = stride(d);
        Self {
            priors: PriorSites::new(regression),
            mean: Aligned::new(0.0, p),
            variance: Aligned::new(1.0, p),
            inverse: Aligned::new(0.0, d * p),
            precision: Aligned::new(0.0, d * p),
            shift: Aligned::new(0.0, p),
            next_mean: Aligned::new(0.0, p),
            next_variance: Aligned::new(1.0, p),
            change: f64::INFINITY,
            remaining: f64::INFINITY,
            factor: 0.0,
        }
    }

    /// The marginals.
    fn shapes<'a>(&'a self, regression: &'a Regression) -> impl Iterator<Item = Shape> + 'a {
        let (mean, variance) = (self.mean.as_slice(), self.variance.as_slice());
        let (precision, shift) = (self.priors.precision.as_slice(), self.priors.shift.as_slice());
        regression.priors.iter().enumerate().map(move |(j, prior)| match *prior {
            Prior::Normal { .. } => Shape::Normal { mean: mean[j], sd: variance[j].sqrt() },
            Prior::Laplace { scale } => {
                // The cavity: the posterior without the prior's site.
                let rest = (1.0 / variance[j] - precision[j]).max(LEAST_PRECISION / (scale * scale));
                let natural = mean[j] / variance[j] - shift[j];
                Shape::Laplace(LaplaceTilt::new(natural / rest, 1.0 / rest, scale))
            }
        })
    }

    fn finish(self, regression: &Regression, iterations: usize, converged: bool) -> EpPosterior {
        let d = regression.columns();
        let p = stride(d);
        let marginals = self.shapes(regression).map(Marginal::of_shape).collect();
        let (mean, inverse) = (self.mean.as_slice(), self.inverse.as_slice());
        let mut covariance = vec![0.0; d * d];
        for row in inverse.chunks_exact(p) {
            for (i, &value) in row[..d].iter().enumerate().filter(|(_, value)| **value != 0.0) {
                for (slot, other) in covariance[i * d..(i + 1) * d].iter_mut().zip(row) {
                    *slot += value * other;
                }
            }
        }
        EpPosterior { marginals, mean: mean[..d].to_vec(), covariance, iterations, converged }
    }
}

struct Step<'a, 'b, T: Width> {
    state: &'a mut State,
    sites: &'a mut RowSites<'b, T>,
    linear: &'a [f64],
    /// Only solve for the starting sites, without an update.
    first: bool,
}

/// A float of which a step is made in the widest registers there are.
trait Runs: Width {
    /// One update with the widest registers there are; see [`step`].
    fn run(arch: Arch, step: Step<'_, '_, Self>) -> bool;
}

macro_rules! runs {
    ($float:ident) => {
        impl Runs for $float {
            fn run(arch: Arch, step: Step<'_, '_, Self>) -> bool {
                arch.dispatch(step)
            }
        }

        impl WithSimd for Step<'_, '_, $float> {
            type Output = bool;

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> bool {
                step(simd, self)
            }
        }
    };
}

runs!(f64);
runs!(f32);

/// One parallel update; false when the precision matrix is not positive definite.
#[inline(always)]
fn step<S: Simd, T: Width + Lanes<S>>(simd: S, step: Step<'_, '_, T>) -> bool {
    let Step { state, sites, linear, first } = step;
    let d = linear.len();
    let p = stride(d);
    if !first {
        state.priors.update(simd, state.mean.as_slice(), state.variance.as_slice());
    }
    let precision = state.precision.as_mut_slice();
    let shift = state.shift.as_mut_slice();
    let posterior = (!first).then(|| (state.mean.as_slice(), state.inverse.as_slice()));
    sites.sweep(simd, posterior, precision, shift);
    for j in 0..d {
        precision[j * p + j] += state.priors.precision.as_slice()[j];
        shift[j] += linear[j] + state.priors.shift.as_slice()[j];
    }
    let (next_mean, next_variance) = (state.next_mean.as_mut_slice(), state.next_variance.as_mut_slice());
    if !inverse_cholesky(simd, precision, state.inverse.as_mut_slice(), d) {
        return false;
    }
    solve(simd, state.inverse.as_slice(), shift, next_mean, next_variance);
    let (mean, variance) = (state.mean.as_mut_slice(), state.variance.as_mut_slice());
    // A step that leaves the numbers is not taken: the last sound state stays.
    if (0..d).any(|j| !(next_mean[j].is_finite() && next_variance[j].is_finite() && next_variance[j] > 0.0)) {
        return false;
    }
    let mut change = 0.0_f64;
    for j in 0..d {
        change = change.max((next_mean[j] - mean[j]).abs() / next_variance[j].sqrt());
        change = change.max((next_variance[j] / variance[j] - 1.0).abs());
        mean[j] = next_mean[j];
        variance[j] = next_variance[j];
    }
    // Near its fixed point the iteration shrinks the error by a constant factor, so the change foretells what is left. The
    // larger of the last two factors is safe against a lucky step and against the one where the floats get wider.
    let factor = (change / state.change).clamp(0.0, 0.9);
    let safe = factor.max(state.factor);
    state.remaining = if state.change.is_finite() { change * safe / (1.0 - safe) } else { change };
    (state.change, state.factor) = (change, factor);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random_table;

    /// Largest difference of means, in posterior sds, and of sds, relative.
    fn apart(a: &EpPosterior, b: &EpPosterior) -> f64 {
        a.marginals
            .iter()
            .zip(&b.marginals)
            .map(|(a, b)| ((a.mean - b.mean).abs() / b.sd).max((a.sd / b.sd - 1.0).abs()))
            .fold(0.0, f64::max)
    }

    #[test]
    fn starting_in_single_precision_changes_nothing() {
        for (n, d, weighted) in [
            (3, 2, false),
            (70, 5, true),
            (360, 29, false),
            (2000, 9, true),
            (30_000, 3, false),
            (70_000, 5, true),
        ] {
            for prior in [Prior::Laplace { scale: 0.1 }, Prior::Normal { sd: 2.0 }] {
                let regression = random_table(n, d, weighted, 5 + n as u64).regression(prior);
                let (rough, plain) = (
                    run(&regression, &EpOptions::default(), true),
                    run(&regression, &EpOptions::default(), false),
                );
                assert!(rough.converged && plain.converged, "{n} {d} {prior:?}");
                assert!(apart(&rough, &plain) < 3e-6, "{n} {d} {prior:?}: {}", apart(&rough, &plain));
            }
        }
    }

    /// Where f32 runs out of digits or stalls, f64 takes over and the outcome is its own.
    #[test]
    fn what_single_precision_cannot_hold_is_left_to_double() {
        for scale in [1e-25, 1e-8, 1e2, 1e4, 1e6] {
            let table = random_table(300, 3, false, 9);
            let x: Vec<f64> = table
                .x
                .iter()
                .enumerate()
                .map(|(i, x)| match i % 3 {
                    0 => x * scale,
                    // Two columns that f32 can hardly distinguish.
                    1 => table.x[i + 1] + 1e-7 * x,
                    _ => *x,
                })
                .collect();
            let regression =
                Regression::new(&x, &table.verdicts, None, &[Prior::Normal { sd: 2.0 }; 3]).unwrap();
            let (rough, plain) = (
                run(&regression, &EpOptions::default(), true),
                run(&regression, &EpOptions::default(), false),
            );
            assert_eq!(rough.converged, plain.converged, "{scale}");
            if plain.converged {
                assert!(apart(&rough, &plain) < 1e-5, "{scale}: {}", apart(&rough, &plain));
            }
        }
    }
}
