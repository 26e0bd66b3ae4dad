//! Iterations of expectation propagation: the state they change, and one parallel update of all sites.

use pulp::{Arch, Simd, WithSimd};

use super::options::{EpOptions, EpPosterior};
use super::priors::{LEAST_PRECISION, PriorSites};
use super::rows::RowSites;
use super::width::Width;
use crate::lanes::Lanes;
use crate::laplace::LaplaceTilt;
use crate::linalg::{inverse_cholesky, solve, stride};
use crate::posterior::{Marginal, Shape};
use crate::regression::{Prior, Regression};
use crate::rows::Aligned;

/// A fit under way.
pub(super) struct Fit<'a> {
    /// The linear part of the log likelihood of the rows that count.
    linear: &'a [f64],
    arch: Arch,
    pub(super) iterations: usize,
    most: usize,
}

impl<'a> Fit<'a> {
    pub(super) fn of(linear: &'a [f64], options: &EpOptions) -> Self {
        Self { linear, arch: Arch::new(), iterations: 0, most: options.max_iterations }
    }
}

impl Fit<'_> {
    /// Iterates until at most `goal` is left, or with `headway` while the change at least halves; false when the state is no longer sound.
    pub(super) fn descend<T: Runs>(
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

    pub(super) fn step<T: Runs>(&self, state: &mut State, sites: &mut RowSites<'_, T>, first: bool) -> bool {
        T::run(self.arch, Step { state, sites, linear: self.linear, first })
    }
}

/// Everything an iteration reads and writes except the sites of the rows.
#[derive(Clone)]
pub(super) struct State {
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
    pub(super) change: f64,
    pub(super) remaining: f64,
    /// By what the last change was smaller than the one before.
    pub(super) factor: f64,
}

impl State {
    pub(super) fn new(regression: &Regression) -> Self {
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
    pub(super) fn shapes<'a>(&'a self, regression: &'a Regression) -> impl Iterator<Item = Shape> + 'a {
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

    pub(super) fn finish(self, regression: &Regression, iterations: usize, converged: bool) -> EpPosterior {
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

pub(super) struct Step<'a, 'b, T: Width> {
    state: &'a mut State,
    sites: &'a mut RowSites<'b, T>,
    linear: &'a [f64],
    /// Only solve for the starting sites, without an update.
    first: bool,
}

/// A float of which a step is made in the widest registers there are.
pub(super) trait Runs: Width {
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
