//! What the posterior of the preference model is, by expectation propagation: no draws, no Monte Carlo error.
//!
//! Every row's likelihood and every Laplace prior is replaced by a Gaussian site whose moments match the true factor
//! in the context of all others (Minka 2001; Rasmussen and Williams 2006, section 3.6). All sites are updated in
//! parallel and undamped; the factors are log-concave, so every site keeps a precision of 0 or more. Soft verdicts
//! cost nothing: their linear part is exact, and what is left of every row is the factor (1 - sigmoid(x . w))^weight.

use pulp::{Arch, Simd, WithSimd};

use crate::lanes::Lanes;
use crate::laplace::LaplaceTilt;
use crate::linalg::{inverse_cholesky, solve, stride};
use crate::posterior::{Marginal, Shape};
use crate::problem::{Prior, Problem};
use crate::quadrature::{RULES, order_for};
use crate::rows::{Aligned, RowPack};

/// Registers worked on together.
const CHUNK: usize = 8;

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

/// Fits a problem.
///
/// Never fails: a fit that does not come to rest, or whose precision matrix is not positive definite to working
/// precision, says `converged: false` and gives its last finite state. Cost: about n d^2 + d^3 multiply-adds and n x 12
/// exponentials an iteration, 5 to 11 iterations. Memory: n d + d^2 floats.
pub fn ep(problem: &Problem, options: &EpOptions) -> EpPosterior {
    let mut state = State::new(problem);
    let arch = Arch::new();
    let mut converged = false;
    let mut iterations = 0;
    let mut healthy = arch.dispatch(Step { state: &mut state, problem, first: true });
    while healthy && iterations < options.max_iterations {
        iterations += 1;
        healthy = arch.dispatch(Step { state: &mut state, problem, first: false });
        if healthy && state.remaining < options.tolerance {
            converged = true;
            break;
        }
    }
    state.finish(problem, iterations, converged && healthy)
}

/// Everything an iteration reads and writes.
struct State {
    /// Precision and shift of the rows' sites, padded like the rows.
    row_precision: Aligned<f64>,
    row_shift: Aligned<f64>,
    row_weight: Option<Aligned<f64>>,
    prior_precision: Vec<f64>,
    prior_shift: Vec<f64>,
    /// Posterior means and variances, and the inverse Cholesky factor of the precision (rows of whole registers).
    mean: Aligned<f64>,
    variance: Aligned<f64>,
    inverse: Aligned<f64>,
    /// Scratch: the precision matrix, the right-hand side, the next means and variances.
    precision: Aligned<f64>,
    shift: Aligned<f64>,
    next_mean: Aligned<f64>,
    next_variance: Aligned<f64>,
    /// Scratch: a register of partial sums per pair of columns, and per column.
    pair_sums: Aligned<f64>,
    column_sums: Aligned<f64>,
    /// Largest change of the last step, and the estimate of what is left to the fixed point.
    change: f64,
    remaining: f64,
}

impl State {
    fn new(problem: &Problem) -> Self {
        let d = problem.columns();
        let p = stride(d);
        let rows = &problem.rows;
        let weight = |row: usize| problem.weights.as_ref().map_or(1.0, |w| w[row]);
        // The second-order expansion of -ln(1 + e^f) at f = 0.
        let row_precision = rows.per_row((0..rows.rows).map(|row| 0.25 * weight(row)), 0.0);
        let row_shift = rows.per_row((0..rows.rows).map(|row| -0.5 * weight(row)), 0.0);
        Self {
            row_precision,
            row_shift,
            row_weight: problem.weights.as_ref().map(|w| rows.per_row(w.iter().copied(), 1.0)),
            prior_precision: problem.priors.iter().map(|prior| prior.sd().powi(-2)).collect(),
            prior_shift: vec![0.0; d],
            mean: Aligned::new(0.0, p),
            variance: Aligned::new(1.0, p),
            inverse: Aligned::new(0.0, d * p),
            precision: Aligned::new(0.0, d * p),
            shift: Aligned::new(0.0, p),
            next_mean: Aligned::new(0.0, p),
            next_variance: Aligned::new(1.0, p),
            pair_sums: Aligned::new(0.0, d * (d + 1) / 2 * 8),
            column_sums: Aligned::new(0.0, d * 8),
            change: f64::INFINITY,
            remaining: f64::INFINITY,
        }
    }

    fn finish(self, problem: &Problem, iterations: usize, converged: bool) -> EpPosterior {
        let d = problem.columns();
        let p = stride(d);
        let (mean, variance, inverse) =
            (self.mean.as_slice(), self.variance.as_slice(), self.inverse.as_slice());
        let marginals = (0..d)
            .map(|j| {
                let shape = match problem.priors[j] {
                    Prior::Normal { .. } => Shape::Normal { mean: mean[j], sd: variance[j].sqrt() },
                    Prior::Laplace { scale } => {
                        let (mean, variance) =
                            cavity(mean[j], variance[j], self.prior_precision[j], self.prior_shift[j], scale);
                        Shape::Laplace(LaplaceTilt::new(mean, variance, scale))
                    }
                };
                Marginal::of_shape(shape)
            })
            .collect();
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

/// Mean and variance of the posterior without the site of a Laplace prior.
///
/// Where the data say nothing the site is the whole posterior and nothing is left without it; a variance of a million
/// squared scales then stands for "no information".
#[inline(always)]
fn cavity(mean: f64, variance: f64, precision: f64, shift: f64, scale: f64) -> (f64, f64) {
    let limit = 1e-12 / (scale * scale);
    let rest = (1.0 / variance - precision).max(limit);
    ((mean / variance - shift) / rest, 1.0 / rest)
}

struct Step<'a> {
    state: &'a mut State,
    problem: &'a Problem,
    /// Only solve for the starting sites, without an update.
    first: bool,
}

impl WithSimd for Step<'_> {
    type Output = bool;

    /// One parallel update; false when the precision matrix is not positive definite.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        let Self { state, problem, first } = self;
        let d = problem.columns();
        if !first {
            update_priors(state, problem);
        }
        update_rows(simd, state, problem, first);
        // The new precision matrix (upper triangle) and right-hand side.
        let pairs = <f64 as Lanes<S>>::load(state.pair_sums.as_slice());
        let columns = <f64 as Lanes<S>>::load(state.column_sums.as_slice());
        let p = stride(d);
        let precision = state.precision.as_mut_slice();
        let shift = state.shift.as_mut_slice();
        let mut pair = 0;
        for j in 0..d {
            for k in 0..=j {
                precision[k * p + j] = f64::sum(simd, pairs[pair]);
                pair += 1;
            }
            precision[j * p + j] += state.prior_precision[j];
            shift[j] = f64::sum(simd, columns[j]) + problem.linear[j] + state.prior_shift[j];
        }
        let (next_mean, next_variance) = (state.next_mean.as_mut_slice(), state.next_variance.as_mut_slice());
        if !inverse_cholesky(simd, precision, state.inverse.as_mut_slice(), d) {
            return false;
        }
        solve(simd, state.inverse.as_slice(), shift, next_mean, next_variance);
        let (mean, variance) = (state.mean.as_mut_slice(), state.variance.as_mut_slice());
        let mut change = 0.0_f64;
        let mut finite = true;
        for j in 0..d {
            change = change.max((next_mean[j] - mean[j]).abs() / next_variance[j].sqrt());
            change = change.max((next_variance[j] / variance[j] - 1.0).abs());
            finite &= next_mean[j].is_finite() && next_variance[j] > 0.0;
            mean[j] = next_mean[j];
            variance[j] = next_variance[j];
        }
        // Near its fixed point the iteration shrinks the error by a constant factor, so the change foretells what is left.
        let factor = (change / state.change).clamp(0.0, 0.9);
        state.remaining = if state.change.is_finite() { change * factor / (1.0 - factor) } else { change };
        state.change = change;
        finite
    }
}

/// Matches the site of every Laplace prior to its tilted moments.
#[inline(always)]
fn update_priors(state: &mut State, problem: &Problem) {
    let (mean, variance) = (state.mean.as_slice(), state.variance.as_slice());
    for (j, prior) in problem.priors.iter().enumerate() {
        let Prior::Laplace { scale } = *prior else { continue };
        let (m, v) = cavity(mean[j], variance[j], state.prior_precision[j], state.prior_shift[j], scale);
        let tilted = LaplaceTilt::new(m, v, scale).moments();
        let precision = (1.0 / tilted.variance - 1.0 / v).max(0.0);
        let shift = tilted.mean / tilted.variance - m / v;
        if precision.is_finite() && shift.is_finite() {
            state.prior_precision[j] = precision;
            state.prior_shift[j] = shift;
        }
    }
}

/// Matches the site of every row, and sums precision x x^T and shift x over all rows.
#[inline(always)]
fn update_rows<S: Simd>(simd: S, state: &mut State, problem: &Problem, first: bool) {
    let d = problem.columns();
    let vectors = RowPack::<f64>::GROUP / <f64 as Lanes<S>>::LANES;
    let zero = f64::splat(simd, 0.0);
    let pairs = <f64 as Lanes<S>>::load_mut(state.pair_sums.as_mut_slice());
    let columns = <f64 as Lanes<S>>::load_mut(state.column_sums.as_mut_slice());
    pairs[..d * (d + 1) / 2].fill(zero);
    columns[..d].fill(zero);
    let precision = <f64 as Lanes<S>>::load_mut(state.row_precision.as_mut_slice());
    let shift = <f64 as Lanes<S>>::load_mut(state.row_shift.as_mut_slice());
    let weight = state.row_weight.as_ref().map(|w| <f64 as Lanes<S>>::load(w.as_slice()));
    for g in 0..problem.rows.groups() {
        let x = <f64 as Lanes<S>>::load(problem.rows.group(g));
        for chunk in (0..vectors).step_by(CHUNK) {
            let at = g * vectors + chunk;
            let precision: &mut [_; CHUNK] = (&mut precision[at..at + CHUNK]).try_into().expect("a chunk");
            let shift: &mut [_; CHUNK] = (&mut shift[at..at + CHUNK]).try_into().expect("a chunk");
            if !first {
                let weight = weight.map(|w| &w[at..at + CHUNK]);
                let (mean, variance) = marginal_of_rows(
                    simd,
                    x,
                    vectors,
                    chunk,
                    state.mean.as_slice(),
                    state.inverse.as_slice(),
                );
                match_sites(simd, &mean, &variance, weight, precision, shift);
            }
            let mut pair = 0;
            for j in 0..d {
                let column: &[_; CHUNK] = (&x[j * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
                let mut scaled = [zero; CHUNK];
                let mut sum = zero;
                for r in 0..CHUNK {
                    scaled[r] = f64::mul(simd, precision[r], column[r]);
                    sum = f64::fma(simd, shift[r], column[r], sum);
                }
                columns[j] = f64::add(simd, columns[j], sum);
                for k in 0..=j {
                    let other: &[_; CHUNK] =
                        (&x[k * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
                    let mut even = f64::mul(simd, scaled[0], other[0]);
                    let mut odd = f64::mul(simd, scaled[1], other[1]);
                    for r in (2..CHUNK).step_by(2) {
                        even = f64::fma(simd, scaled[r], other[r], even);
                        odd = f64::fma(simd, scaled[r + 1], other[r + 1], odd);
                    }
                    pairs[pair] = f64::add(simd, pairs[pair], f64::add(simd, even, odd));
                    pair += 1;
                }
            }
        }
    }
}

/// Posterior mean and variance of x . w for a chunk of rows: the variance is the squared length of L^-1 x.
#[inline(always)]
fn marginal_of_rows<S: Simd>(
    simd: S,
    x: &[S::f64s],
    vectors: usize,
    chunk: usize,
    mean: &[f64],
    inverse: &[f64],
) -> ([S::f64s; CHUNK], [S::f64s; CHUNK]) {
    let p = mean.len();
    let zero = f64::splat(simd, 0.0);
    let (mut m, mut v) = ([zero; CHUNK], [zero; CHUNK]);
    for (j, row) in inverse.chunks_exact(p).enumerate() {
        let column: &[_; CHUNK] = (&x[j * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
        let centre = f64::splat(simd, mean[j]);
        for r in 0..CHUNK {
            m[r] = f64::fma(simd, centre, column[r], m[r]);
        }
        let mut inner = [zero; CHUNK];
        for (k, &value) in row[..=j].iter().enumerate() {
            let value = f64::splat(simd, value);
            let other: &[_; CHUNK] = (&x[k * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
            for r in 0..CHUNK {
                inner[r] = f64::fma(simd, value, other[r], inner[r]);
            }
        }
        for r in 0..CHUNK {
            v[r] = f64::fma(simd, inner[r], inner[r], v[r]);
        }
    }
    (m, v)
}

/// Replaces the sites of a chunk of rows by those that match the moments of cavity x (1 - sigmoid(f))^weight.
#[inline(always)]
fn match_sites<S: Simd>(
    simd: S,
    mean: &[S::f64s; CHUNK],
    variance: &[S::f64s; CHUNK],
    weight: Option<&[S::f64s]>,
    precision: &mut [S::f64s; CHUNK],
    shift: &mut [S::f64s; CHUNK],
) {
    let splat = |value| f64::splat(simd, value);
    let (zero, one, tiny) = (splat(0.0), splat(1.0), splat(1e-12));
    let mut cavity_mean = [zero; CHUNK];
    let mut cavity_sd = [zero; CHUNK];
    let mut cavity_variance = [zero; CHUNK];
    let mut widest = zero;
    for r in 0..CHUNK {
        // Rows of padding have no variance; any positive one does, since their sites are multiplied by zeros.
        let inverse = f64::div(simd, one, f64::larger(simd, variance[r], tiny));
        let rest = f64::larger(simd, f64::sub(simd, inverse, precision[r]), tiny);
        cavity_variance[r] = f64::div(simd, one, rest);
        let natural = f64::sub(simd, f64::mul(simd, mean[r], inverse), shift[r]);
        cavity_mean[r] = f64::mul(simd, natural, cavity_variance[r]);
        cavity_sd[r] = simd.sqrt_f64s(cavity_variance[r]);
        widest = f64::larger(simd, widest, cavity_sd[r]);
    }
    let rule = &RULES[order_for(f64::largest(simd, widest))];
    let mut centre = [zero; CHUNK];
    for r in 0..CHUNK {
        centre[r] = bounded_exponential(simd, cavity_mean[r]);
    }
    let (mut sum0, mut sum1, mut sum2) = ([zero; CHUNK], [zero; CHUNK], [zero; CHUNK]);
    for (&t, &w) in rule.nodes.iter().zip(&rule.weights) {
        let (t, w) = (splat(t), splat(w));
        for r in 0..CHUNK {
            let step = f64::mul(simd, cavity_sd[r], t);
            let (up, down) = match weight {
                None => not_sigmoid_both(simd, centre[r], step),
                Some(weight) => {
                    let up = f64::add(simd, cavity_mean[r], step);
                    let down = f64::sub(simd, cavity_mean[r], step);
                    (not_sigmoid_power(simd, up, weight[r]), not_sigmoid_power(simd, down, weight[r]))
                }
            };
            let even = f64::mul(simd, w, f64::add(simd, up, down));
            let odd = f64::mul(simd, w, f64::sub(simd, up, down));
            sum0[r] = f64::add(simd, sum0[r], even);
            sum1[r] = f64::fma(simd, t, odd, sum1[r]);
            sum2[r] = f64::fma(simd, f64::mul(simd, t, t), even, sum2[r]);
        }
    }
    for r in 0..CHUNK {
        // In units of the cavity's sd: the tilted mean is `offset`, the tilted variance `ratio`, both from its mean.
        let inverse = f64::div(simd, one, sum0[r]);
        let offset = f64::mul(simd, sum1[r], inverse);
        let square = f64::mul(simd, sum2[r], inverse);
        let ratio = f64::sub(simd, square, f64::mul(simd, offset, offset));
        let lost = f64::larger(simd, f64::sub(simd, one, ratio), zero);
        let scale = f64::div(simd, one, f64::mul(simd, cavity_variance[r], f64::larger(simd, ratio, tiny)));
        precision[r] = f64::mul(simd, lost, scale);
        let moved = f64::fma(simd, cavity_mean[r], lost, f64::mul(simd, cavity_sd[r], offset));
        shift[r] = f64::mul(simd, moved, scale);
    }
}

/// e^x with x kept within +-230, so that products of a few stay finite.
///
/// Beyond that 1 - sigmoid is 1 or e^-x to all digits, and only ratios of it are used.
#[inline(always)]
fn bounded_exponential<S: Simd>(simd: S, x: S::f64s) -> S::f64s {
    f64::exponential(
        simd,
        f64::smaller(simd, f64::larger(simd, x, f64::splat(simd, -230.0)), f64::splat(simd, 230.0)),
    )
}

/// 1 - sigmoid at m + step and at m - step, from e^m: one exponential and one division for both.
///
/// With a = e^m and e = e^step they are 1 / (1 + a e) and e / (e + a).
#[inline(always)]
fn not_sigmoid_both<S: Simd>(simd: S, a: S::f64s, step: S::f64s) -> (S::f64s, S::f64s) {
    let e = bounded_exponential(simd, step);
    let up = f64::fma(simd, a, e, f64::splat(simd, 1.0));
    let down = f64::add(simd, e, a);
    let inverse = f64::div(simd, f64::splat(simd, 1.0), f64::mul(simd, up, down));
    (f64::mul(simd, down, inverse), f64::mul(simd, f64::mul(simd, e, up), inverse))
}

/// (1 - sigmoid(f))^weight = exp(-weight ln(1 + e^f)).
#[inline(always)]
fn not_sigmoid_power<S: Simd>(simd: S, f: S::f64s, weight: S::f64s) -> S::f64s {
    let zero = f64::splat(simd, 0.0);
    let e = f64::exponential(simd, f64::sub(simd, zero, f64::magnitude(simd, f)));
    let soft = f64::add(simd, f64::larger(simd, f, zero), f64::ln_1p_unit(simd, e));
    f64::exponential(simd, f64::sub(simd, zero, f64::mul(simd, weight, soft)))
}
