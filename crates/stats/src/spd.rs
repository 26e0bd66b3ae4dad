//! How a symmetric positive definite system of any size is inverted.
//!
//! Sums are added up in an order of their own, not the processor's, and nothing is fused: every processor finds the same digits.

use crate::wide::{Work, wide};

/// Partial sums of a dot product.
const LANES: usize = 8;
/// From this size on the widest registers are worth a call.
const WIDE: usize = 16;

/// The sum of products, in eight partial sums.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// Runs work on matrices of `n` rows with the widest registers, where there is enough to do.
#[inline(always)]
fn by_size<W: Work>(n: usize, work: W) -> W::Output {
    if n < WIDE { work.run() } else { wide(work) }
}

struct Factor<'a>(&'a mut [f64], usize);

impl Work for Factor<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        factor(self.0, self.1)
    }
}

struct OfFactor<'a>(&'a [f64], usize);

impl Work for OfFactor<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        of_factor(self.0, self.1)
    }
}

struct Product<'a>(&'a [f64], &'a [f64], usize);

impl Work for Product<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run(self) -> Vec<f64> {
        let Self(a, b, n) = self;
        let mut out = vec![0.0; n * n];
        for i in 0..n {
            for k in 0..n {
                let factor = a[i * n + k];
                if factor != 0.0 {
                    for (x, y) in out[i * n..(i + 1) * n].iter_mut().zip(&b[k * n..(k + 1) * n]) {
                        *x += factor * y;
                    }
                }
            }
        }
        out
    }
}

/// Puts the Cholesky factor of `a` into its lower triangle, row by row; the upper triangle is not changed. False when `a` is not positive
/// definite to working precision.
#[inline(always)]
fn factor(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        for j in 0..=i {
            let own = a[i * n + j];
            let (row, other) = (&a[i * n..i * n + j], &a[j * n..j * n + j]);
            let sum = own - dot(row, other);
            if i == j {
                if sum.is_nan() || sum <= 1e-13 * own.abs() {
                    return false;
                }
                a[i * n + i] = sum.sqrt();
            } else {
                a[i * n + j] = sum / a[j * n + j];
            }
        }
    }
    true
}

/// A copy with the Cholesky factor in its lower triangle.
fn cholesky(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut l = a.to_vec();
    by_size(n, Factor(&mut l, n)).then_some(l)
}

/// The inverse of `a`, `n` x `n` row by row; `None` when it is not positive definite to working precision.
pub(crate) fn inverse(a: &[f64], n: usize) -> Option<Vec<f64>> {
    let l = cholesky(a, n)?;
    Some(by_size(n, OfFactor(&l, n)))
}

/// The inverse of the matrix with this factor.
#[inline(always)]
fn of_factor(l: &[f64], n: usize) -> Vec<f64> {
    // The factor's inverse, row by row: of the identity, forward.
    let mut forward = vec![0.0; n * n];
    for i in 0..n {
        let (done, rest) = forward.split_at_mut(i * n);
        let row = &mut rest[..n];
        row[i] = 1.0;
        for k in 0..i {
            let factor = l[i * n + k];
            for (x, y) in row[..=k].iter_mut().zip(&done[k * n..=k * n + k]) {
                *x -= factor * y;
            }
        }
        let scale = 1.0 / l[i * n + i];
        row[..=i].iter_mut().for_each(|x| *x *= scale);
    }
    let mut out = vec![0.0; n * n];
    for k in 0..n {
        let row = &forward[k * n..=k * n + k];
        for (i, x) in row.iter().enumerate() {
            for (j, y) in row[..=i].iter().enumerate() {
                out[i * n + j] += x * y;
            }
        }
    }
    for i in 0..n {
        for j in 0..i {
            out[j * n + i] = out[i * n + j];
        }
    }
    out
}

/// The vector that `a` turns into `b`; `None` when it is not positive definite to working precision.
pub(crate) fn solve(a: &[f64], b: &[f64], n: usize) -> Option<Vec<f64>> {
    let (mut left, mut x) = (a.to_vec(), b.to_vec());
    solve_in_place(&mut left, &mut x, n).then_some(x)
}

/// The same in place of `b`, and by the lower triangle of `a`, which becomes its Cholesky factor; false when it is not positive definite to
/// working precision.
pub(crate) fn solve_in_place(a: &mut [f64], b: &mut [f64], n: usize) -> bool {
    if !by_size(n, Factor(a, n)) {
        return false;
    }
    for i in 0..n {
        let done = dot(&a[i * n..i * n + i], &b[..i]);
        b[i] = (b[i] - done) / a[i * n + i];
    }
    for i in (0..n).rev() {
        b[i] /= a[i * n + i];
        let (before, own) = b.split_at_mut(i);
        before.iter_mut().zip(&a[i * n..i * n + i]).for_each(|(x, l)| *x -= l * own[0]);
    }
    true
}

/// Half the log determinant of `a`, and `b a^-1 b`; `None` when it is not positive definite to working precision.
pub(crate) fn log_determinant(a: &[f64], b: &[f64], n: usize) -> Option<(f64, f64)> {
    let l = cholesky(a, n)?;
    let mut forward = vec![0.0; n];
    for i in 0..n {
        let done = dot(&l[i * n..i * n + i], &forward[..i]);
        forward[i] = (b[i] - done) / l[i * n + i];
    }
    let half = (0..n).map(|i| l[i * n + i].ln()).sum();
    Some((half, forward.iter().map(|x| x * x).sum()))
}

/// The product of two `n` x `n` matrices.
pub(crate) fn product(a: &[f64], b: &[f64], n: usize) -> Vec<f64> {
    by_size(n, Product(a, b, n))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_inverse_times_the_matrix_is_one(n in 1_usize..8, values in prop::collection::vec(-1.0_f64..1.0, 64)) {
            let mut a = vec![0.0; n * n];
            for i in 0..n {
                for j in 0..n {
                    a[i * n + j] = (0..n).map(|k| values[i * 8 + k] * values[j * 8 + k]).sum::<f64>() + f64::from(u8::from(i == j));
                }
            }
            let one = product(&a, &inverse(&a, n).unwrap(), n);
            for i in 0..n {
                for j in 0..n {
                    prop_assert!((one[i * n + j] - f64::from(u8::from(i == j))).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_none() {
        assert_eq!(inverse(&[1.0, 2.0, 2.0, 1.0], 2), None);
        assert_eq!(inverse(&[f64::NAN], 1), None);
        assert_eq!(inverse(&[], 0), Some(Vec::new()));
    }
}
