//! The sites of the rows: one Gaussian for the likelihood of every row, matched for whole registers of rows at once.
//!
//! The sweep is written once for f64 and f32. Half the width is twice the speed, and far from the fixed point it is exact
//! enough; see [`super::ep`].

use std::borrow::Cow;
use std::ops::Range;

use pulp::Simd;

use super::chunk::{CHUNK, Real, bounded_exponential};
use super::expansion::{Cavity, expanded_sites};
use super::width::Width;
use crate::lanes::Lanes;
use crate::linalg::stride;
use crate::quadrature::{RULES, order_for};
use crate::rows::{Aligned, RowPack};

/// Groups of rows that are summed in their own width, before the sums are added up in f64: over a million rows f32 would lose three digits.
const SUMMED: usize = 64;
/// Precision and shift of every row's site, padded like the rows, with what a sweep over them needs.
pub(super) struct RowSites<'a, T: Width> {
    rows: Cow<'a, RowPack<T>>,
    precision: Aligned<T>,
    shift: Aligned<T>,
    /// Where rows have weights: a row of weight w counts as ceil(w) equal rows of weight w / ceil(w) each, at most 1, since a likelihood to
    /// a higher power is too narrow for the quadrature.
    each: Option<Aligned<T>>,
    /// How many copies a row represents, unless one throughout: equal rows have equal sites, so that one is kept for all of them. A row of
    /// no copies is matched, but does not count.
    copies: Option<Aligned<T>>,
    mean: Aligned<T>,
    inverse: Aligned<T>,
    /// The group of rows that is worked on, where it must be made floats.
    group: Aligned<T>,
    /// A register of partial sums per pair of columns, and per column.
    pair_sums: Aligned<T>,
    column_sums: Aligned<T>,
}

/// How many copies of a row represent one of that weight.
fn copies(weight: f64) -> f64 {
    weight.ceil().max(1.0)
}

impl<'a, T: Width> RowSites<'a, T> {
    /// Sites without information yet.
    pub(super) fn new(rows: Cow<'a, RowPack<T>>, weights: Option<&[f64]>) -> Self {
        let (d, zero) = (rows.columns, T::narrow(0.0));
        let p = stride(d);
        let register = 64 / size_of::<T>();
        Self {
            precision: rows.per_row(std::iter::empty(), zero),
            shift: rows.per_row(std::iter::empty(), zero),
            each: weights.map(|w| rows.per_row(w.iter().map(|&w| T::narrow(w / copies(w))), T::narrow(1.0))),
            copies: weights.map(|w| rows.per_row(w.iter().map(|&w| T::narrow(copies(w))), T::narrow(1.0))),
            mean: Aligned::new(zero, p),
            inverse: Aligned::new(zero, d * p),
            group: rows.buffer(),
            pair_sums: Aligned::new(zero, d * (d + 1) / 2 * register),
            column_sums: Aligned::new(zero, d * register),
            rows,
        }
    }

    /// Sites of the same rows, without information yet.
    pub(super) fn like(other: &'a RowSites<'_, T>) -> Self {
        Self {
            rows: Cow::Borrowed(other.rows.as_ref()),
            precision: other.precision.clone(),
            shift: other.shift.clone(),
            each: other.each.clone(),
            copies: other.copies.clone(),
            mean: other.mean.clone(),
            inverse: other.inverse.clone(),
            group: other.group.clone(),
            pair_sums: other.pair_sums.clone(),
            column_sums: other.column_sums.clone(),
        }
    }

    /// The second-order expansion of -weight ln(1 + e^f) at f = 0: where every fit starts.
    pub(super) fn start(&mut self) {
        self.precision.as_mut_slice().fill(T::narrow(0.25));
        self.shift.as_mut_slice().fill(T::narrow(-0.5));
        if let Some(each) = &self.each {
            for (slots, factor) in [(&mut self.precision, 0.25), (&mut self.shift, -0.5)] {
                for (slot, weight) in slots.as_mut_slice().iter_mut().zip(each.as_slice()) {
                    *slot = T::narrow(factor * weight.widen());
                }
            }
        }
    }

    /// Counts every row that many times as often.
    pub(super) fn count_each(&mut self, times: f64) {
        let ones = || self.rows.per_row(std::iter::empty(), T::narrow(1.0));
        let mut copies = self.copies.take().unwrap_or_else(ones);
        copies.as_mut_slice().iter_mut().for_each(|copies| *copies = T::narrow(copies.widen() * times));
        self.copies = Some(copies);
    }

    /// Copies the sites of another width.
    pub(super) fn go_on_from<U: Width>(&mut self, other: &RowSites<'_, U>) {
        // Padding differs: elements past the last row are multiplied by zeros in either.
        for (to, from) in [(&mut self.precision, &other.precision), (&mut self.shift, &other.shift)] {
            for (to, from) in to.as_mut_slice().iter_mut().zip(from.as_slice()) {
                *to = T::narrow(from.widen());
            }
        }
    }

    /// Continues from the sites of the same rows, without the rows that are `held` out; `weights` are those of all rows.
    pub(super) fn without(
        &mut self,
        other: &Self,
        weights: Option<&[f64]>,
        held: impl Iterator<Item = bool>,
    ) {
        self.precision.as_mut_slice().copy_from_slice(other.precision.as_slice());
        self.shift.as_mut_slice().copy_from_slice(other.shift.as_slice());
        let count = |(row, held): (usize, bool)| {
            T::narrow(if held { 0.0 } else { weights.map_or(1.0, |w| copies(w[row])) })
        };
        let counts = self.rows.per_row(held.enumerate().map(count), T::narrow(0.0));
        self.copies = Some(counts);
    }

    /// Matches the site of every row (unless `keep`) under the posterior given by mean and inverse Cholesky factor, then
    /// writes the sums of precision x x^T (upper triangle, rows of [`stride`]) and of shift x over all rows.
    #[inline(always)]
    pub(super) fn sweep<S: Simd>(
        &mut self,
        simd: S,
        posterior: Option<(&[f64], &[f64])>,
        precision: &mut [f64],
        shift: &mut [f64],
    ) where
        T: Lanes<S>,
    {
        if let Some((mean, inverse)) = posterior {
            for (to, &from) in self.mean.as_mut_slice().iter_mut().zip(mean) {
                *to = T::narrow(from);
            }
            for (to, &from) in self.inverse.as_mut_slice().iter_mut().zip(inverse) {
                *to = T::narrow(from);
            }
        }
        let (d, p) = (self.rows.columns, stride(self.rows.columns));
        precision.fill(0.0);
        shift.fill(0.0);
        let groups = self.rows.groups();
        for from in (0..groups).step_by(SUMMED) {
            self.match_and_sum(simd, posterior.is_none(), from..groups.min(from + SUMMED));
            let pairs = T::load(self.pair_sums.as_slice());
            let columns = T::load(self.column_sums.as_slice());
            let mut pair = 0;
            for j in 0..d {
                for k in 0..=j {
                    precision[k * p + j] += T::sum(simd, pairs[pair]).widen();
                    pair += 1;
                }
                shift[j] += T::sum(simd, columns[j]).widen();
            }
        }
    }

    #[inline(always)]
    fn match_and_sum<S: Simd>(&mut self, simd: S, keep: bool, groups: Range<usize>)
    where
        T: Lanes<S>,
    {
        let d = self.rows.columns;
        let vectors = RowPack::<T>::GROUP / T::LANES;
        let zero = T::splat(simd, T::narrow(0.0));
        let pairs = T::load_mut(self.pair_sums.as_mut_slice());
        let columns = T::load_mut(self.column_sums.as_mut_slice());
        pairs[..d * (d + 1) / 2].fill(zero);
        columns[..d].fill(zero);
        let precision = T::load_mut(self.precision.as_mut_slice());
        let shift = T::load_mut(self.shift.as_mut_slice());
        let each = self.each.as_ref().map(|each| T::load(each.as_slice()));
        let copies = self.copies.as_ref().map(|copies| T::load(copies.as_slice()));
        for g in groups {
            let x = T::load(self.rows.group(g, &mut self.group));
            for chunk in (0..vectors).step_by(CHUNK) {
                let at = g * vectors + chunk;
                let precision: &mut [_; CHUNK] =
                    (&mut precision[at..at + CHUNK]).try_into().expect("a chunk");
                let shift: &mut [_; CHUNK] = (&mut shift[at..at + CHUNK]).try_into().expect("a chunk");
                if !keep {
                    let weight = each.map(|each| &each[at..at + CHUNK]);
                    let (mean, inverse) = (self.mean.as_slice(), self.inverse.as_slice());
                    let (mean, variance) = marginal_of_rows::<S, T>(simd, x, vectors, chunk, mean, inverse);
                    match_sites::<S, T>(simd, &mean, &variance, weight, precision, shift);
                }
                let (mut precision, mut shift) = (*precision, *shift);
                if let Some(copies) = copies {
                    for r in 0..CHUNK {
                        precision[r] = T::mul(simd, precision[r], copies[at + r]);
                        shift[r] = T::mul(simd, shift[r], copies[at + r]);
                    }
                }
                let mut pair = 0;
                for j in 0..d {
                    let column: &[_; CHUNK] =
                        (&x[j * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
                    let mut scaled = [zero; CHUNK];
                    let mut sum = zero;
                    for r in 0..CHUNK {
                        scaled[r] = T::mul(simd, precision[r], column[r]);
                        sum = T::fma(simd, shift[r], column[r], sum);
                    }
                    columns[j] = T::add(simd, columns[j], sum);
                    for k in 0..=j {
                        let other: &[_; CHUNK] =
                            (&x[k * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
                        let mut even = T::mul(simd, scaled[0], other[0]);
                        let mut odd = T::mul(simd, scaled[1], other[1]);
                        for r in (2..CHUNK).step_by(2) {
                            even = T::fma(simd, scaled[r], other[r], even);
                            odd = T::fma(simd, scaled[r + 1], other[r + 1], odd);
                        }
                        pairs[pair] = T::add(simd, pairs[pair], T::add(simd, even, odd));
                        pair += 1;
                    }
                }
            }
        }
    }
}

/// Posterior mean and variance of x . w for a chunk of rows: the variance is the squared length of L^-1 x.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "vector code takes what it runs over apart, so that all stays in registers"
)]
fn marginal_of_rows<S: Simd, T: Real<S>>(
    simd: S,
    x: &[T::V],
    vectors: usize,
    chunk: usize,
    mean: &[T],
    inverse: &[T],
) -> ([T::V; CHUNK], [T::V; CHUNK]) {
    let p = mean.len();
    let zero = T::splat(simd, T::narrow(0.0));
    let (mut m, mut v) = ([zero; CHUNK], [zero; CHUNK]);
    for (j, row) in inverse.chunks_exact(p).enumerate() {
        let column: &[_; CHUNK] = (&x[j * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
        let centre = T::splat(simd, mean[j]);
        for r in 0..CHUNK {
            m[r] = T::fma(simd, centre, column[r], m[r]);
        }
        let mut inner = [zero; CHUNK];
        for (k, &value) in row[..=j].iter().enumerate() {
            let value = T::splat(simd, value);
            let other: &[_; CHUNK] = (&x[k * vectors + chunk..][..CHUNK]).try_into().expect("a chunk");
            for r in 0..CHUNK {
                inner[r] = T::fma(simd, value, other[r], inner[r]);
            }
        }
        for r in 0..CHUNK {
            v[r] = T::fma(simd, inner[r], inner[r], v[r]);
        }
    }
    (m, v)
}

/// Replaces the sites of a chunk of rows by those that match the moments of cavity x (1 - sigmoid(f))^weight.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "vector code takes what it runs over apart, so that all stays in registers"
)]
pub(super) fn match_sites<S: Simd, T: Real<S>>(
    simd: S,
    mean: &[T::V; CHUNK],
    variance: &[T::V; CHUNK],
    weight: Option<&[T::V]>,
    precision: &mut [T::V; CHUNK],
    shift: &mut [T::V; CHUNK],
) {
    let splat = |value| T::splat(simd, T::narrow(value));
    let (zero, one, tiny) = (splat(0.0), splat(1.0), splat(1e-12));
    let mut cavity_mean = [zero; CHUNK];
    let mut cavity_sd = [zero; CHUNK];
    let mut cavity_variance = [zero; CHUNK];
    let mut widest = zero;
    for r in 0..CHUNK {
        // Rows of padding have no variance; any positive one does, since their sites are multiplied by zeros.
        let inverse = T::div(simd, one, T::larger(simd, variance[r], tiny));
        let rest = T::larger(simd, T::sub(simd, inverse, precision[r]), tiny);
        cavity_variance[r] = T::div(simd, one, rest);
        let natural = T::sub(simd, T::mul(simd, mean[r], inverse), shift[r]);
        cavity_mean[r] = T::mul(simd, natural, cavity_variance[r]);
        cavity_sd[r] = T::root(simd, cavity_variance[r]);
        widest = T::larger(simd, widest, cavity_sd[r]);
    }
    let widest = T::largest(simd, widest).widen();
    if widest <= T::EXPANDED {
        let cavity = Cavity { mean: &cavity_mean, variance: &cavity_variance };
        return expanded_sites::<S, T>(simd, &cavity, weight, precision, shift);
    }
    let rule = &RULES[order_for(widest)];
    let mut centre = [zero; CHUNK];
    for r in 0..CHUNK {
        centre[r] = bounded_exponential::<S, T>(simd, cavity_mean[r]);
    }
    let (mut sum0, mut sum1, mut sum2) = ([zero; CHUNK], [zero; CHUNK], [zero; CHUNK]);
    for (&t, &w) in rule.nodes.iter().zip(&rule.weights) {
        let (t, w) = (splat(t), splat(w));
        for r in 0..CHUNK {
            let step = T::mul(simd, cavity_sd[r], t);
            let (up, down) = match weight {
                None => not_sigmoid_both::<S, T>(simd, centre[r], step),
                Some(weight) => {
                    let up = T::add(simd, cavity_mean[r], step);
                    let down = T::sub(simd, cavity_mean[r], step);
                    (
                        not_sigmoid_power::<S, T>(simd, up, weight[r]),
                        not_sigmoid_power::<S, T>(simd, down, weight[r]),
                    )
                }
            };
            let even = T::mul(simd, w, T::add(simd, up, down));
            let odd = T::mul(simd, w, T::sub(simd, up, down));
            sum0[r] = T::add(simd, sum0[r], even);
            sum1[r] = T::fma(simd, t, odd, sum1[r]);
            sum2[r] = T::fma(simd, T::mul(simd, t, t), even, sum2[r]);
        }
    }
    for r in 0..CHUNK {
        // In units of the cavity's sd: the tilted mean is `offset`, the tilted variance `ratio`, both from its mean.
        let inverse = T::div(simd, one, sum0[r]);
        let offset = T::mul(simd, sum1[r], inverse);
        let square = T::mul(simd, sum2[r], inverse);
        let ratio = T::sub(simd, square, T::mul(simd, offset, offset));
        let lost = T::larger(simd, T::sub(simd, one, ratio), zero);
        let scale = T::div(simd, one, T::mul(simd, cavity_variance[r], T::larger(simd, ratio, tiny)));
        precision[r] = T::mul(simd, lost, scale);
        let moved = T::fma(simd, cavity_mean[r], lost, T::mul(simd, cavity_sd[r], offset));
        shift[r] = T::mul(simd, moved, scale);
    }
}

/// 1 - sigmoid at m + step and at m - step, from e^m: one exponential and one division for both.
///
/// With a = e^m and e = e^step they are 1 / (1 + a e) and e / (e + a).
#[inline(always)]
fn not_sigmoid_both<S: Simd, T: Real<S>>(simd: S, a: T::V, step: T::V) -> (T::V, T::V) {
    let e = bounded_exponential::<S, T>(simd, step);
    let up = T::fma(simd, a, e, T::splat(simd, T::narrow(1.0)));
    let down = T::add(simd, e, a);
    let inverse = T::div(simd, T::splat(simd, T::narrow(1.0)), T::mul(simd, up, down));
    (T::mul(simd, down, inverse), T::mul(simd, T::mul(simd, e, up), inverse))
}

/// (1 - sigmoid(f))^weight = exp(-weight ln(1 + e^f)).
#[inline(always)]
fn not_sigmoid_power<S: Simd, T: Real<S>>(simd: S, f: T::V, weight: T::V) -> T::V {
    let zero = T::splat(simd, T::narrow(0.0));
    let e = T::exponential(simd, T::sub(simd, zero, T::magnitude(simd, f)));
    let soft = T::add(simd, T::larger(simd, f, zero), T::ln_1p_unit(simd, e));
    T::exponential(simd, T::sub(simd, zero, T::mul(simd, weight, soft)))
}
