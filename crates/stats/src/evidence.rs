//! How probable are the verdicts under a prior? The evidence compares one spread of weights with another.

use crate::logistic::sigmoid_and_log;
use crate::regression::Observed;
use crate::spd::log_determinant;

/// The log marginal likelihood of logistic regression under a normal prior, by Laplace's approximation at `at` (a posterior mean or mode):
/// log likelihood + log prior - half the log determinant of the curvature there + d/2 ln 2 pi, plus the Newton step's gain where `at` is
/// not quite the mode.
///
/// `centre` and `sds` are those of the prior. Errors grow where few rows are
/// all on one side; -inf where the curvature is not positive definite.
///
/// # Panics
///
/// When lengths do not fit together.
pub fn log_evidence(rows: Observed<'_>, at: &[f64], centre: &[f64], sds: &[f64]) -> f64 {
    let Observed { x, verdicts: y, weights } = rows;
    let d = at.len();
    assert!(x.len() == d * y.len() && weights.is_none_or(|w| w.len() == y.len()), "one row per verdict");
    assert!(centre.len() == d && sds.len() == d, "a prior for every weight");
    let mut value = 0.0;
    let mut slope = vec![0.0; d];
    let mut curve = vec![0.0; d * d];
    for (at_row, (row, y)) in x.chunks(d.max(1)).zip(y).enumerate() {
        let weight = weights.map_or(1.0, |weights| weights[at_row]);
        let z: f64 = row.iter().zip(at).map(|(x, w)| x * w).sum();
        let (p, log) = sigmoid_and_log(z);
        value += weight * ((y - 1.0) * z + log);
        let (miss, bend) = (weight * (y - p), weight * p * (1.0 - p));
        for i in (0..d).filter(|&i| row[i] != 0.0) {
            slope[i] += miss * row[i];
            for j in 0..=i {
                curve[i * d + j] += bend * row[i] * row[j];
            }
        }
    }
    for i in 0..d {
        let away = (at[i] - centre[i]) / sds[i];
        // The factors of 2 pi cancel.
        value -= 0.5 * away * away + sds[i].ln();
        slope[i] -= away / sds[i];
        curve[i * d + i] += 1.0 / (sds[i] * sds[i]);
        for j in 0..i {
            curve[j * d + i] = curve[i * d + j];
        }
    }
    let Some((half, gain)) = log_determinant(&curve, &slope, d) else { return f64::NEG_INFINITY };
    value - half + 0.5 * gain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_weight_has_the_evidence_of_the_integral() {
        let (x, y, weights) =
            ([1.0, 1.0, -1.0, 2.0, 1.0], [1.0, 0.0, 0.3, 1.0, 1.0], [1.0, 1.0, 2.0, 1.0, 0.5]);
        for (centre, sd) in [(0.0, 0.5), (0.7, 0.2), (-0.3, 1.0)] {
            let density = |w: f64| {
                let rows = x.iter().zip(y).zip(weights);
                let fit: f64 = rows.map(|((x, y), k)| k * (y * x * w - (x * w).exp().ln_1p())).sum();
                let away = (w - centre) / sd;
                (fit - 0.5 * away * away).exp() / (sd * std::f64::consts::TAU.sqrt())
            };
            let sum: f64 =
                (0..20_000).map(|i| density(-6.0 + 12.0 * f64::from(i) / 20_000.0) * 12.0 / 20_000.0).sum();
            // Near the mode, wherever exactly.
            let mode = (0..600)
                .map(|i| -3.0 + 0.01 * f64::from(i))
                .max_by(|a, b| density(*a).total_cmp(&density(*b)))
                .unwrap();
            for at in [mode, mode + 0.05] {
                let found = log_evidence(
                    Observed { x: &x, verdicts: &y, weights: Some(&weights) },
                    &[at],
                    &[centre],
                    &[sd],
                );
                // Five rows: Laplace's approximation is good to a few hundredths.
                assert!((found - sum.ln()).abs() < 0.04, "{centre} {sd}: {found} {}", sum.ln());
            }
        }
    }

    #[test]
    fn without_rows_it_is_nothing() {
        assert!(
            log_evidence(
                Observed { x: &[], verdicts: &[], weights: None },
                &[0.3, 0.1],
                &[0.3, 0.1],
                &[0.2, 0.5]
            )
            .abs()
                < 1e-12
        );
    }
}
