//! Logistic regression with a cluster-robust error: for a few columns and practically no prior.

use std::collections::BTreeMap;

use crate::logistic::{sigmoid, softplus};
use crate::spd::inverse;

/// Newton steps at most.
const STEPS: usize = 100;

/// A fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Logit {
    /// One weight per column.
    pub weights: Vec<f64>,
    /// Their covariance, row by row: the sandwich with rows summed up by cluster, times k / (k - 1) for k clusters.
    pub covariance: Vec<f64>,
    /// The inverse curvature: the covariance if rows were independent and the model right. Near separation residuals vanish, and the
    /// sandwich with them; this does not.
    pub naive: Vec<f64>,
}

/// Maximises the sum of `y ln s(x w) + (1 - y) ln s(-x w)` less `ridge / 2` times the sum of squared weights; y in 0..1.
///
/// `None` if the maximum is not found, as with collinear columns and no ridge. With fewer than two clusters the covariance is NaN: one
/// prompt does not determine the error.
///
/// # Panics
///
/// When lengths do not fit together.
pub fn logit(x: &[f64], y: &[f64], clusters: &[u64], ridge: f64) -> Option<Logit> {
    if y.is_empty() {
        return None;
    }
    let d = x.len() / y.len();
    assert!(x.len() == d * y.len() && clusters.len() == y.len(), "one row per value");
    let mut w = vec![0.0; d];
    let mut now = value(x, y, &w, ridge);
    let mut steps = 0;
    let curvature = loop {
        let (slope, curve) = derivatives(x, y, &w, ridge);
        let back = inverse(&curve, d)?;
        let step: Vec<f64> = (0..d).map(|i| (0..d).map(|j| back[i * d + j] * slope[j]).sum()).collect();
        let rise: f64 = step.iter().zip(&slope).map(|(a, b)| a * b).sum();
        // The last step squares what is left.
        if rise < 1e-12 * (1.0 + now.abs()) {
            w.iter_mut().zip(&step).for_each(|(w, s)| *w += s);
            break inverse(&derivatives(x, y, &w, ridge).1, d)?;
        }
        let mut length = 1.0;
        loop {
            let next: Vec<f64> = w.iter().zip(&step).map(|(w, s)| w + length * s).collect();
            let there = value(x, y, &next, ridge);
            if there >= now || length < 1e-9 {
                (w, now) = (next, there);
                break;
            }
            length *= 0.5;
        }
        steps += 1;
        if steps == STEPS || w.iter().any(|w| !w.is_finite()) {
            return None;
        }
    };
    let mut sums: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for ((row, y), cluster) in x.chunks(d).zip(y).zip(clusters) {
        let miss = y - sigmoid(dot(row, &w));
        let sum = sums.entry(*cluster).or_insert_with(|| vec![0.0; d]);
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += miss * x);
    }
    let k = sums.len() as f64;
    let mut covariance = vec![0.0; d * d];
    for sum in sums.values() {
        let pull: Vec<f64> = (0..d).map(|i| dot(&curvature[i * d..(i + 1) * d], sum)).collect();
        for (at, entry) in covariance.iter_mut().enumerate() {
            *entry += pull[at / d] * pull[at % d] * k / (k - 1.0);
        }
    }
    Some(Logit { weights: w, covariance, naive: curvature })
}

fn value(x: &[f64], y: &[f64], w: &[f64], ridge: f64) -> f64 {
    let d = w.len();
    let fit: f64 = x
        .chunks(d)
        .zip(y)
        .map(|(row, y)| {
            let z = dot(row, w);
            y * z - softplus(z)
        })
        .sum();
    fit - 0.5 * ridge * dot(w, w)
}

fn derivatives(x: &[f64], y: &[f64], w: &[f64], ridge: f64) -> (Vec<f64>, Vec<f64>) {
    let d = w.len();
    let mut slope: Vec<f64> = w.iter().map(|w| -ridge * w).collect();
    let mut curve = vec![0.0; d * d];
    for i in 0..d {
        curve[i * d + i] = ridge;
    }
    for (row, y) in x.chunks(d).zip(y) {
        let p = sigmoid(dot(row, w));
        for i in 0..d {
            slope[i] += (y - p) * row[i];
            for j in 0..d {
                curve[i * d + j] += p * (1.0 - p) * row[i] * row[j];
            }
        }
    }
    (slope, curve)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_column_of_ones_is_the_share_with_its_error() {
        // 30 of 40, each a separate cluster: log-odds ln 3, error by k / (k - 1).
        let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from(i % 4 != 0))).collect();
        let clusters: Vec<u64> = (0..40).collect();
        let found = logit(&[1.0; 40], &y, &clusters, 0.0).unwrap();
        assert!((found.weights[0] - 3_f64.ln()).abs() < 1e-9);
        let variance = 40.0 * 0.75 * 0.25 / (40.0_f64 * 0.75 * 0.25).powi(2) * 40.0 / 39.0;
        assert!((found.covariance[0] - variance).abs() < 1e-9, "{found:?} {variance}");
        // Four rows of a cluster that agree say as much as one: the error doubles.
        let four: Vec<f64> = y.iter().flat_map(|&y| [y; 4]).collect();
        let of: Vec<u64> = clusters.iter().flat_map(|&c| [c; 4]).collect();
        let same = logit(&[1.0; 160], &four, &of, 0.0).unwrap();
        assert!((same.covariance[0] - variance).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_maximum_is_none_without_a_ridge() {
        assert_eq!(logit(&[1.0, 1.0, 2.0, 2.0], &[1.0, 0.0], &[0, 1], 0.0), None);
        assert_eq!(logit(&[], &[], &[], 1.0), None);
        let kept = logit(&[1.0, 1.0], &[1.0, 1.0], &[0, 1], 1.0).unwrap();
        assert!(kept.weights[0] > 0.3 && kept.weights[0] < 2.0);
        assert!(logit(&[1.0, 1.0], &[1.0, 0.0], &[5, 5], 1.0).unwrap().covariance[0].is_nan());
    }
}
