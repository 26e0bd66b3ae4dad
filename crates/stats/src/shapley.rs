//! Why is a predicted probability what it is? Exact Shapley values of a logistic model.

use std::f64::consts::PI;

/// Beyond this frequency 1 / sinh(pi w) is below 4e-12.
const HIGHEST: f64 = 8.6;
/// A part that outweighs all smaller ones by more than this decides alone: e^-40 is 4e-18.
const DECIDES: f64 = 40.0;
/// The largest sum that is computed as it is.
const LARGEST: f64 = 4000.0;
/// How far beyond the largest sum the sine series repeats: e^-26 is 5e-12.
const MARGIN: f64 = 26.0;

/// The Shapley values of the game v(S) = sigmoid(sum of z over S): how much each feature moves the probability away from 1/2, averaged over
/// all orders in which the features can be revealed. They add up to v(all) - 1/2.
///
/// `z` is each feature's part of the log-odds, weight times value; the background is zero everywhere. A part of 0 has the value 0, equal
/// parts have equal values, and the error is below 1e-9 for sums of parts of one sign up to 4,000. Time grows with the sum: where it is larger,
/// as in a draw of a weight of which next to nothing is known, a part that outweighs all smaller ones together by more than 40, and lies as far
/// from the next smaller one, is taken to do so by 40. That changes no set's sigmoid but where several such parts cancel. Where even these sums are above 4,000, all parts are
/// scaled down to it.
///
/// No subset is enumerated and nothing is sampled. With x the share of features that are already revealed, uniform on 0..1, the value of a
/// part is `integral over x of E[sigmoid(s + part) - sigmoid(s)]`, s a sum that includes every other feature with probability x (Owen
/// 1972). The sigmoid is `1/2 + integral over w > 0 of sin(w s) / sinh(pi w)`, and the mean of `e^(iws)` over independent features is a
/// product: the integral over x is one of a polynomial, exact by Gauss-Legendre, and the one over w converges exponentially by the midpoint
/// rule. Time grows with the square of the number of non-zero parts.
///
/// A part that is not finite makes every value NaN.
pub fn shapley(z: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; z.len()];
    if z.iter().any(|z| !z.is_finite()) {
        return vec![f64::NAN; z.len()];
    }
    let parts: Vec<f64> = z.iter().copied().filter(|z| *z != 0.0).collect();
    let n = parts.len();
    if n == 0 {
        return values;
    }
    let positive: f64 = parts.iter().filter(|z| **z > 0.0).sum();
    let negative: f64 = parts.iter().filter(|z| **z < 0.0).sum();
    let reach = positive.max(-negative);
    if !reach.is_finite() {
        return vec![f64::NAN; z.len()];
    }
    let (parts, reach) = if reach > LARGEST { shortened(&parts) } else { (parts, reach) };
    let step = 2.0 * PI / (reach + MARGIN);
    let shares = gauss_legendre(n.div_ceil(2));
    let mut own = vec![0.0; n];
    let mut turns = vec![(0.0, 0.0); n];
    // The product over all features behind one, then over all before it.
    let mut behind = vec![(1.0, 0.0); n + 1];
    let frequencies = (HIGHEST / step).ceil() as usize;
    for k in 0..frequencies {
        let w = (k as f64 + 0.5) * step;
        let weight = step / (PI * w).sinh();
        for (turn, part) in turns.iter_mut().zip(&parts) {
            let (sin, cos) = (w * part).sin_cos();
            // e^{iwz} - 1, without cancellation for small angles.
            let half = (0.5 * w * part).sin();
            *turn = (if cos > 0.5 { -2.0 * half * half } else { cos - 1.0 }, sin);
        }
        for &(x, share) in &shares {
            let factor = |turn: &(f64, f64)| (1.0 + x * turn.0, x * turn.1);
            for i in (0..n).rev() {
                behind[i] = times(behind[i + 1], factor(&turns[i]));
            }
            let mut before = (1.0, 0.0);
            for (i, turn) in turns.iter().enumerate() {
                let others = times(before, behind[i + 1]);
                own[i] += weight * share * (turn.0 * others.1 + turn.1 * others.0);
                before = times(before, factor(turn));
            }
        }
    }
    let mut own = own.into_iter();
    for (value, _) in values.iter_mut().zip(z).filter(|(_, z)| **z != 0.0) {
        *value = own.next().unwrap_or(0.0);
    }
    values
}

/// Parts whose sum is not too large, and the larger of the sums by sign: what decides alone does so by less, and distances between parts that
/// are near each other stay. Where even that is too much, all parts are scaled.
fn shortened(parts: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| parts[*a].abs().total_cmp(&parts[*b].abs()));
    let mut short = parts.to_vec();
    // Of the parts so far: their sum as shortened, and the last one before and after.
    let (mut sum, mut last, mut kept) = (0.0, 0.0, 0.0);
    for at in order {
        let size = parts[at].abs();
        let cut = (sum + DECIDES).min(kept + (size - last)).min(size);
        short[at] = cut.copysign(parts[at]);
        (sum, last, kept) = (sum + cut, size, cut);
    }
    let of = |sign: f64| short.iter().map(|part| (part * sign).max(0.0)).sum::<f64>();
    let reach = of(1.0).max(of(-1.0));
    let scale = (LARGEST / reach).min(1.0);
    (short.iter().map(|part| part * scale).collect(), reach * scale)
}

#[inline]
fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// Nodes and weights on 0..1, exact for polynomials up to the degree 2 `count` - 1.
fn gauss_legendre(count: usize) -> Vec<(f64, f64)> {
    let n = count as f64;
    (0..count)
        .map(|i| {
            let mut t = (PI * (i as f64 + 0.75) / (n + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..100 {
                let (mut before, mut now) = (0.0, 1.0);
                for k in 1..=count {
                    let k = k as f64;
                    (before, now) = (now, ((2.0 * k - 1.0) * t * now - (k - 1.0) * before) / k);
                }
                slope = n * (t * now - before) / (t * t - 1.0);
                let change = now / slope;
                t -= change;
                if change.abs() < 1e-15 {
                    break;
                }
            }
            (0.5 * (1.0 + t), 1.0 / ((1.0 - t * t) * slope * slope))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::sigmoid;
    use proptest::prelude::*;

    /// Every subset.
    fn plain(z: &[f64]) -> Vec<f64> {
        let n = z.len();
        let factorial = |k: usize| (1..=k).map(|x| x as f64).product::<f64>();
        let mut values = vec![0.0; n];
        for subset in 0..1_u32 << n {
            let size = subset.count_ones() as usize;
            let sum: f64 = (0..n).filter(|j| subset & (1 << j) != 0).map(|j| z[j]).sum();
            for i in (0..n).filter(|i| subset & (1 << i) == 0) {
                let weight = factorial(size) * factorial(n - size - 1) / factorial(n);
                values[i] += weight * (sigmoid(sum + z[i]) - sigmoid(sum));
            }
        }
        values
    }

    #[test]
    fn parts_of_any_size_take_no_longer_and_still_add_up() {
        for z in [
            vec![3e5, -1e5, 2.5e5],
            vec![1e12, -1e3],
            vec![-7e8, 0.0, -1e8],
            vec![f64::MAX / 8.0, 1.0],
            vec![0.3, -0.2, 1e5, 0.7, -0.4],
            vec![2000.0, -1500.0, 1499.0, 0.5],
            vec![0.3, 1e6, -1e6 + 5.0, 3.0, -0.1],
        ] {
            let (found, slow) = (shapley(&z), plain(&z));
            for (found, slow) in found.iter().zip(&slow) {
                assert!((found - slow).abs() < 1e-8, "{z:?}: {found} {slow}");
            }
        }
    }

    #[test]
    fn worked_examples() {
        assert!(shapley(&[]).is_empty());
        assert_eq!(shapley(&[0.0, 0.0]), [0.0, 0.0]);
        let one = shapley(&[0.7]);
        assert!((one[0] - (sigmoid(0.7) - 0.5)).abs() < 1e-11, "{one:?}");
        // Two equal and opposite parts take back what the other gave.
        let two = shapley(&[2.0, -2.0, 0.0]);
        assert!((two[0] - (sigmoid(2.0) - 0.5)).abs() < 1e-11 && two[2] == 0.0);
        assert!((two[0] + two[1]).abs() < 1e-11);
        assert!(shapley(&[1.0, f64::NAN]).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn agrees_with_the_package_shap() {
        let numbers = |line: &str| line.split(',').map(|x| x.parse().unwrap()).collect::<Vec<f64>>();
        let lines: Vec<Vec<f64>> =
            include_str!("../tests/data/shap.csv").lines().skip(1).map(numbers).collect();
        assert_eq!(lines.len(), 8);
        for case in lines.chunks(2) {
            for (ours, theirs) in shapley(&case[0]).iter().zip(&case[1]) {
                assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
            }
        }
    }

    #[test]
    fn large_parts_and_many() {
        let z: Vec<f64> = (0..200).map(|i| 5.0 * f64::from(i % 7 - 3)).collect();
        let values = shapley(&z);
        let sum: f64 = z.iter().sum();
        assert!((values.iter().sum::<f64>() - (sigmoid(sum) - 0.5)).abs() < 1e-9);
        for (i, value) in values.iter().enumerate() {
            assert!((value - values[i % 7]).abs() < 1e-9, "equal parts have equal values");
        }
    }

    #[test]
    fn legendre_rules_are_exact_for_polynomials() {
        for count in 1..40 {
            for degree in [0, 1, count, 2 * count - 1] {
                let power = f64::from(u32::try_from(degree).unwrap());
                let sum: f64 = gauss_legendre(count).iter().map(|(x, w)| w * x.powf(power)).sum();
                assert!((sum - 1.0 / (power + 1.0)).abs() < 1e-13, "{count} {degree}");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_every_subset(z in prop::collection::vec(prop_oneof![Just(0.0), -0.01_f64..0.01, -3.0_f64..3.0, -20.0_f64..20.0], 1..10)) {
            let (fast, slow) = (shapley(&z), plain(&z));
            for (fast, slow) in fast.iter().zip(&slow) {
                prop_assert!((fast - slow).abs() < 1e-9, "{z:?}: {fast} {slow}");
            }
        }
    }
}
