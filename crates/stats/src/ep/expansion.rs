//! Sites under a narrow cavity, by how the factor bends at its mean.
//!
//! With `L = weight ln(1 - sigmoid(f))` and its derivatives at the cavity's mean m, ln Z of cavity x factor has the derivatives
//! `Z1 = L1 + v/2 (L3 + 2 L1 L2)` and `Z2 = L2 + v/2 (L4 + 2 L2^2 + 2 L1 L3)` by m, up to v^2, where v is the cavity's variance. The site
//! that matches the moments `m + v Z1` and `v + v^2 Z2` has the precision `-Z2 / (1 + v Z2)` and the shift `(Z1 - m Z2) / (1 + v Z2)`.
//! Nothing is subtracted that nearly cancels, as by quadrature, where `1 - variance / v` is about v: of many rows, single precision then
//! keeps all its digits, and there are no nodes to sum over.

use pulp::Simd;

use super::chunk::{CHUNK, Real, bounded_exponential};

/// The cavity of a chunk of rows: mean and variance.
pub(super) struct Cavity<'a, V> {
    pub mean: &'a [V; CHUNK],
    pub variance: &'a [V; CHUNK],
}

/// Replaces the sites of a chunk of rows by those that match the moments of cavity x (1 - sigmoid(f))^weight, up to the square of the
/// cavity's variance.
#[inline(always)]
pub(super) fn expanded_sites<S: Simd, T: Real<S>>(
    simd: S,
    cavity: &Cavity<'_, T::V>,
    weight: Option<&[T::V]>,
    precision: &mut [T::V; CHUNK],
    shift: &mut [T::V; CHUNK],
) {
    let splat = |value| T::splat(simd, T::narrow(value));
    let (one, half) = (splat(1.0), splat(0.5));
    let mul = |a, b| T::mul(simd, a, b);
    for r in 0..CHUNK {
        let (m, v) = (cavity.mean[r], cavity.variance[r]);
        let weight = weight.map_or(one, |weight| weight[r]);
        let e = bounded_exponential::<S, T>(simd, m);
        // Derivatives of -L: sigmoid, then p (1 - p) and its own first two.
        let q = T::div(simd, one, T::add(simd, one, e));
        let p = mul(e, q);
        let c = mul(p, q);
        let (first, second) = (mul(weight, p), mul(weight, c));
        let third = mul(second, T::sub(simd, q, p));
        let fourth = mul(second, T::fma(simd, splat(-6.0), c, one));
        let v2 = mul(half, v);
        let two = |a, b| mul(splat(2.0), mul(a, b));
        // Z1 and Z2, both with the sign turned.
        let z1 = T::fma(simd, v2, T::sub(simd, third, two(first, second)), first);
        let squares = T::add(simd, two(second, second), two(first, third));
        let z2 = T::fma(simd, v2, T::sub(simd, fourth, squares), second);
        let scale = T::div(simd, one, T::sub(simd, one, mul(v, z2)));
        precision[r] = mul(z2, scale);
        shift[r] = mul(T::sub(simd, mul(m, z2), z1), scale);
    }
}

#[cfg(test)]
mod tests {
    use pulp::Scalar;

    use super::super::rows::match_sites;
    use super::*;

    /// By 20 nodes in double precision, which takes moments as they are.
    #[test]
    fn agrees_with_quadrature_up_to_the_square_of_the_variance() {
        for sd in [1e-3, 1e-2, 0.05_f64] {
            let variance = [sd * sd; CHUNK];
            for mean in [-9.0, -2.0, -0.3, 0.0, 0.7, 4.0, 12.0_f64] {
                for weight in [1.0, 0.3] {
                    let weights = [weight; CHUNK];
                    let (mut precision, mut shift) = ([0.0; CHUNK], [0.0; CHUNK]);
                    let mean = [mean; CHUNK];
                    // Without a site yet the posterior is the cavity.
                    match_sites::<Scalar, f64>(
                        Scalar,
                        &mean,
                        &variance,
                        Some(&weights),
                        &mut precision,
                        &mut shift,
                    );
                    let (mut own_precision, mut own_shift) = ([0.0; CHUNK], [0.0; CHUNK]);
                    let cavity = Cavity { mean: &mean, variance: &variance };
                    expanded_sites::<Scalar, f64>(
                        Scalar,
                        &cavity,
                        Some(&weights),
                        &mut own_precision,
                        &mut own_shift,
                    );
                    // Quadrature itself loses digits where the cavity is narrow.
                    let most = (sd.powi(4) + 1e-15 / (sd * sd)) * (1.0 + mean[0].abs());
                    let apart = |a: f64, b: f64| (a - b).abs() / weight;
                    assert!(
                        apart(precision[0], own_precision[0]) < most
                            && apart(shift[0], own_shift[0]) < most * (1.0 + mean[0].abs()),
                        "{sd} {} {weight}: {} {}, {} {}",
                        mean[0],
                        precision[0],
                        own_precision[0],
                        shift[0],
                        own_shift[0]
                    );
                }
            }
        }
    }
}
