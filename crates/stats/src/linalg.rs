//! How a small positive definite system is solved: rows of whole registers, no horizontal sums in the loops.
//!
//! Matrices are row-major with a stride of whole registers ([`stride`]); elements beyond the last column are zero.

use pulp::Simd;

use crate::lanes::Lanes;

/// Elements of a row: `d` rounded up to the widest register.
pub(crate) fn stride(d: usize) -> usize {
    d.next_multiple_of(8)
}

/// Turns a symmetric positive definite `a` (upper triangle read, then overwritten) into `inverse`, the lower-triangular
/// matrix with `inverse^T inverse = a^-1`: the inverse of its Cholesky factor.
///
/// Returns false when `a` is not positive definite to working precision. Both have `d` rows of [`stride`]`(d)`. With a = L U and L of unit
/// diagonal, U and L^-1 grow together: row j of either is what it starts from (row j of `a`, of the identity) less `L[j, k]` times its row
/// k for every k < j. `-L[j, k]` is in `a`'s lower triangle by then.
#[inline(always)]
pub(crate) fn inverse_cholesky<S: Simd>(simd: S, a: &mut [f64], inverse: &mut [f64], d: usize) -> bool {
    let p = stride(d);
    let blocks = p / <f64 as Lanes<S>>::LANES;
    inverse.fill(0.0);
    for j in 0..d {
        let block = j / <f64 as Lanes<S>>::LANES;
        let (done, rest) = a.split_at_mut(j * p);
        let (row, below) = rest.split_at_mut(p);
        let (inverse_done, inverse_rest) = inverse.split_at_mut(j * p);
        let inverse_row = &mut inverse_rest[..p];
        inverse_row[j] = 1.0;
        let mut at = 0;
        while at <= block {
            let (sums, width) = combine(simd, &row[..j], inverse_done, inverse_row, at, block + 1 - at);
            store(simd, inverse_row, at, &sums, width);
            at += width;
        }
        // From the last block down: the first one of U contains factors that the others still need.
        let mut end = blocks;
        while end > block {
            let width = group(end - block);
            let (sums, _) = combine(simd, &row[..j], done, row, end - width, width);
            store(simd, row, end - width, &sums, width);
            end -= width;
        }
        let pivot = row[j];
        // NaN fails this comparison too.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        let scale = -1.0 / pivot;
        for (below, u) in below.chunks_exact_mut(p).zip(&row[j + 1..d]) {
            below[j] = u * scale;
        }
    }
    for i in 0..d {
        let scale = f64::splat(simd, 1.0 / a[i * p + i].sqrt());
        for v in <f64 as Lanes<S>>::load_mut(&mut inverse[i * p..(i + 1) * p]) {
            *v = f64::mul(simd, *v, scale);
        }
    }
    true
}

/// How many registers are summed at a time where `left` are wanted: 4, 2 or 1, so that latencies overlap.
#[inline(always)]
fn group(left: usize) -> usize {
    [4, 2].into_iter().find(|&width| width <= left).unwrap_or(1)
}

/// Registers `at..` of `start` plus the sum over k of factor k times those of row k; and how many were summed.
#[inline(always)]
#[expect(
    clippy::too_many_arguments,
    reason = "vector code takes what it runs over apart, so that all stays in registers"
)]
fn combine<S: Simd>(
    simd: S,
    factors: &[f64],
    rows: &[f64],
    start: &[f64],
    at: usize,
    left: usize,
) -> ([S::f64s; 4], usize) {
    let mut sums = [f64::splat(simd, 0.0); 4];
    let width = group(left);
    match width {
        4 => sums = fixed::<S, 4>(simd, factors, rows, start, at),
        2 => sums[..2].copy_from_slice(&fixed::<S, 2>(simd, factors, rows, start, at)),
        _ => sums[..1].copy_from_slice(&fixed::<S, 1>(simd, factors, rows, start, at)),
    }
    (sums, width)
}

#[inline(always)]
fn fixed<S: Simd, const N: usize>(
    simd: S,
    factors: &[f64],
    rows: &[f64],
    start: &[f64],
    at: usize,
) -> [S::f64s; N] {
    let mut sums = [f64::splat(simd, 0.0); N];
    sums.copy_from_slice(&<f64 as Lanes<S>>::load(start)[at..at + N]);
    for (&factor, row) in factors.iter().zip(rows.chunks_exact(start.len())) {
        let factor = f64::splat(simd, factor);
        let row: &[_; N] =
            (&<f64 as Lanes<S>>::load(row)[at..at + N]).try_into().expect("registers of a row");
        for n in 0..N {
            sums[n] = f64::fma(simd, factor, row[n], sums[n]);
        }
    }
    sums
}

#[inline(always)]
fn store<S: Simd>(_: S, row: &mut [f64], at: usize, sums: &[S::f64s; 4], width: usize) {
    <f64 as Lanes<S>>::load_mut(row)[at..at + width].copy_from_slice(&sums[..width]);
}

/// From the inverse Cholesky factor: `mean = a^-1 shift`, and the diagonal of `a^-1`. All have [`stride`]`(d)` elements.
#[inline(always)]
pub(crate) fn solve<S: Simd>(
    simd: S,
    inverse: &[f64],
    shift: &[f64],
    mean: &mut [f64],
    diagonal: &mut [f64],
) {
    mean.fill(0.0);
    diagonal.fill(0.0);
    let shift = <f64 as Lanes<S>>::load(shift);
    let mean = <f64 as Lanes<S>>::load_mut(mean);
    let diagonal = <f64 as Lanes<S>>::load_mut(diagonal);
    for row in inverse.chunks_exact(mean.len() * <f64 as Lanes<S>>::LANES) {
        let row = <f64 as Lanes<S>>::load(row);
        let mut sum = f64::splat(simd, 0.0);
        for (a, b) in row.iter().zip(shift) {
            sum = f64::fma(simd, *a, *b, sum);
        }
        let sum = f64::splat(simd, f64::sum(simd, sum));
        for ((value, mean), diagonal) in row.iter().zip(mean.iter_mut()).zip(diagonal.iter_mut()) {
            *mean = f64::fma(simd, sum, *value, *mean);
            *diagonal = f64::fma(simd, *value, *value, *diagonal);
        }
    }
}

/// Writes the Cholesky factor (lower triangle) over the lower triangle of a plain `d` x `d` matrix.
///
/// Returns false when it is not positive definite to working precision.
pub(crate) fn cholesky(a: &mut [f64], d: usize) -> bool {
    for j in 0..d {
        let (done, rest) = a.split_at_mut(j * d);
        let row = &mut rest[..=j];
        for k in 0..j {
            let other = &done[k * d..=k * d + k];
            row[k] = (row[k] - dot(&row[..k], &other[..k])) / other[k];
        }
        let pivot = row[j] - dot(&row[..j], &row[..j]);
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        row[j] = pivot.sqrt();
    }
    true
}

/// a . b.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};
    use rand::{RngExt, SeedableRng};

    struct Solve<'a> {
        a: &'a mut [f64],
        inverse: &'a mut [f64],
        d: usize,
    }

    impl WithSimd for Solve<'_> {
        type Output = bool;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> bool {
            inverse_cholesky(simd, self.a, self.inverse, self.d)
        }
    }

    #[test]
    fn the_inverse_times_the_matrix_is_one() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        for d in [1, 2, 7, 8, 29, 40] {
            let p = stride(d);
            let b: Vec<f64> = (0..d * d).map(|_| rng.random_range(-1.0..1.0)).collect();
            let mut a = vec![0.0; d * p];
            let mut plain = vec![0.0; d * d];
            for i in 0..d {
                for j in 0..d {
                    let value =
                        dot(&b[i * d..(i + 1) * d], &b[j * d..(j + 1) * d]) + f64::from(u8::from(i == j));
                    a[i * p + j] = value;
                    plain[i * d + j] = value;
                }
            }
            for scalar in [false, true] {
                let (mut a, mut inverse) = (a.clone(), vec![0.0; d * p]);
                let work = Solve { a: &mut a, inverse: &mut inverse, d };
                assert!(if scalar { pulp::Scalar.vectorize(work) } else { Arch::new().dispatch(work) });
                let sigma =
                    |i: usize, j: usize| (0..d).map(|k| inverse[k * p + i] * inverse[k * p + j]).sum::<f64>();
                for i in 0..d {
                    for j in 0..d {
                        let product: f64 = (0..d).map(|k| plain[i * d + k] * sigma(k, j)).sum();
                        assert!((product - f64::from(u8::from(i == j))).abs() < 1e-10, "{d} {i} {j}");
                    }
                }
            }
            assert!(cholesky(&mut plain.clone(), d));
        }
        let mut indefinite = vec![0.0; 16];
        (indefinite[0], indefinite[1], indefinite[9]) = (1.0, 2.0, 1.0);
        assert!(!Arch::new().dispatch(Solve { a: &mut indefinite, inverse: &mut [0.0; 16], d: 2 }));
        assert!(!cholesky(&mut [1.0, 0.0, 2.0, 1.0], 2));
        assert!(!cholesky(&mut [f64::NAN], 1));
    }
}
