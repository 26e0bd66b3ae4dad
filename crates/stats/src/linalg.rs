//! How a small positive definite system is solved: rows of whole registers, no horizontal sums in the loops.
//!
//! Matrices are row-major with a stride of whole registers ([`stride`]); what lies beyond the last column is zero.

use pulp::Simd;

use crate::lanes::Lanes;

/// Elements of a row: `d` rounded up to the widest register.
pub(crate) fn stride(d: usize) -> usize {
    d.next_multiple_of(8)
}

/// Turns a symmetric positive definite `a` (upper triangle read, then overwritten) into `inverse`, the lower-triangular
/// matrix with `inverse^T inverse = a^-1`: the inverse of its Cholesky factor.
///
/// Returns false when `a` is not positive definite to working precision. Both have `d` rows of [`stride`]`(d)`.
#[inline(always)]
pub(crate) fn inverse_cholesky<S: Simd>(simd: S, a: &mut [f64], inverse: &mut [f64], d: usize) -> bool {
    let p = stride(d);
    let lanes = <f64 as Lanes<S>>::LANES;
    // Elimination without square roots: row j of `a` becomes row j of D L^T.
    for j in 0..d {
        let (done, rest) = a.split_at_mut((j + 1) * p);
        let pivot_row = &done[j * p..];
        let pivot = pivot_row[j];
        // NaN fails this comparison too.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        let scale = 1.0 / pivot;
        for (offset, row) in rest.chunks_exact_mut(p).take(d - j - 1).enumerate() {
            let i = j + 1 + offset;
            let factor = f64::splat(simd, -pivot_row[i] * scale);
            let start = i / lanes * lanes;
            subtract(simd, factor, &pivot_row[start..p], &mut row[start..]);
        }
    }
    // L^-1 by forward substitution on the rows of the identity, then each row over the root of its pivot.
    inverse.fill(0.0);
    for i in 0..d {
        let (done, rest) = inverse.split_at_mut(i * p);
        let row = &mut rest[..p];
        row[i] = 1.0;
        for k in 0..i {
            let factor = f64::splat(simd, -a[k * p + i] / a[k * p + k]);
            let end = (k / lanes + 1) * lanes;
            subtract(simd, factor, &done[k * p..k * p + end], &mut row[..end]);
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

/// to += factor * from, over whole registers.
#[inline(always)]
fn subtract<S: Simd>(simd: S, factor: S::f64s, from: &[f64], to: &mut [f64]) {
    for (to, from) in <f64 as Lanes<S>>::load_mut(to).iter_mut().zip(<f64 as Lanes<S>>::load(from)) {
        *to = f64::fma(simd, factor, *from, *to);
    }
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
