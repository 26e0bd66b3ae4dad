//! How small positive definite systems are solved: plain loops over rows, fast at the size of a property catalogue.
//!
//! Matrices are row-major and square; of symmetric ones only the lower triangle is read.

/// Writes the Cholesky factor (lower triangle) over the lower triangle of `a`.
///
/// Returns false when `a` is not positive definite to working precision; `a` is then half overwritten.
#[inline(always)]
pub(crate) fn cholesky(a: &mut [f64], d: usize) -> bool {
    for j in 0..d {
        let (done, rest) = a.split_at_mut(j * d);
        let row = &mut rest[..=j];
        for k in 0..j {
            let other = &done[k * d..=k * d + k];
            let sum = dot(&row[..k], &other[..k]);
            row[k] = (row[k] - sum) / other[k];
        }
        let pivot = row[j] - dot(&row[..j], &row[..j]);
        // NaN fails this comparison too.
        if !(pivot > 0.0 && pivot.is_finite()) {
            return false;
        }
        row[j] = pivot.sqrt();
    }
    true
}

/// Writes the inverse of the lower-triangular `l` to the lower triangle of `out`.
#[inline(always)]
pub(crate) fn invert_lower(l: &[f64], out: &mut [f64], d: usize) {
    for i in 0..d {
        let (done, rest) = out.split_at_mut(i * d);
        let row = &mut rest[..=i];
        row.fill(0.0);
        // Row i of the inverse is -(1/l_ii) times the sum over k < i of l_ik times row k.
        for k in 0..i {
            let factor = l[i * d + k];
            for (slot, value) in row[..=k].iter_mut().zip(&done[k * d..=k * d + k]) {
                *slot -= factor * value;
            }
        }
        let inverse = 1.0 / l[i * d + i];
        for slot in &mut row[..i] {
            *slot *= inverse;
        }
        row[i] = inverse;
    }
}

/// Writes the full symmetric matrix `lt^T lt` to `out`, `lt` lower triangular: from L^-1, the inverse of L L^T.
#[inline(always)]
pub(crate) fn gram_of_lower(lt: &[f64], out: &mut [f64], d: usize) {
    out.fill(0.0);
    for k in 0..d {
        let row = &lt[k * d..=k * d + k];
        for i in 0..=k {
            let factor = row[i];
            for (slot, value) in out[i * d..=i * d + i].iter_mut().zip(&row[..=i]) {
                *slot += factor * value;
            }
        }
    }
    for i in 0..d {
        for j in 0..i {
            out[j * d + i] = out[i * d + j];
        }
    }
}

/// a . b.
#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight sums in turn, which the compiler keeps in one wide register.
    let mut sums = [0.0; 8];
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    for (a, b) in a8.iter().zip(b8) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    let mut rest = 0.0;
    for (a, b) in a_rest.iter().zip(b_rest) {
        rest += a * b;
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn the_inverse_times_the_matrix_is_one() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        for d in [1, 2, 7, 29, 40] {
            let b: Vec<f64> = (0..d * d).map(|_| rng.random_range(-1.0..1.0)).collect();
            let mut a = vec![0.0; d * d];
            for i in 0..d {
                for j in 0..d {
                    a[i * d + j] =
                        dot(&b[i * d..(i + 1) * d], &b[j * d..(j + 1) * d]) + f64::from(u8::from(i == j));
                }
            }
            let mut l = a.clone();
            assert!(cholesky(&mut l, d));
            let (mut inverse, mut sigma) = (vec![0.0; d * d], vec![0.0; d * d]);
            invert_lower(&l, &mut inverse, d);
            gram_of_lower(&inverse, &mut sigma, d);
            for i in 0..d {
                for j in 0..d {
                    let product: f64 = (0..d).map(|k| a[i * d + k] * sigma[k * d + j]).sum();
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-10, "{d} {i} {j}");
                }
            }
        }
        assert!(!cholesky(&mut [1.0, 0.0, 2.0, 1.0], 2));
        assert!(!cholesky(&mut [f64::NAN], 1));
    }
}
