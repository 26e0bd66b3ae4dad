//! AlpacaEval's length-controlled win rate, minimal form (arXiv 2404.04475).

/// Penalties that are tried: ten from 1e-4 to 1e4, evenly in the logarithm.
const PENALTIES: usize = 10;
/// Folds of the choice among them.
const FOLDS: usize = 5;
/// Rounds of coordinate descent at most.
const ROUNDS: usize = 10_000;

/// One model against the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LengthControlled {
    /// Mean preference for the model, 0..1.
    pub win_rate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The win rate at equal length: sigmoid(theta).
    pub lc_win_rate: f64,
    /// Its standard error: the sandwich for theta without penalty, carried over by the slope of the sigmoid.
    pub lc_standard_error: f64,
    /// The log-odds against the baseline at equal length.
    pub theta: f64,
    /// What tanh of the standardised difference in length adds to them.
    pub phi: f64,
    /// The inverse penalty that was chosen.
    pub c: f64,
}

/// Fits `logit P(model preferred) = theta + phi tanh(d / sd)` to soft preferences.
///
/// `preferences` are in 0..1, `NaN` where the judge gave none; `differences` are characters of the model's output less those of
/// the baseline's, for every prompt: their sd (n - 1 in the denominator) is taken over all prompts, those without a preference
/// too, and they are not centred. The sum of log-losses times C plus |theta| + |phi| is minimised, C by the least mean
/// log-loss over five folds (row i in fold i mod 5, counted from the last) among ten values from 1e-4 to 1e4. The sign of d
/// makes no difference to `theta`.
///
/// `None` without any preference, or where every length differs by the same.
///
/// # Panics
///
/// When the two lengths differ.
pub fn length_controlled(preferences: &[f64], differences: &[f64]) -> Option<LengthControlled> {
    assert_eq!(preferences.len(), differences.len(), "one difference for every preference");
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let sd = (differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    if sd.is_nan() || sd <= 0.0 {
        return None;
    }
    let rows: Vec<Row> = preferences
        .iter()
        .zip(differences)
        .filter(|(y, _)| !y.is_nan())
        .map(|(&y, d)| Row { y, x: (d / sd).tanh() })
        .collect();
    let count = rows.len() as f64;
    if rows.is_empty() {
        return None;
    }
    let fold = |i: usize| (rows.len() - 1 - i) % FOLDS;
    let penalty = |at: usize| 10_f64.powf(-4.0 + 8.0 * at as f64 / (PENALTIES - 1) as f64);
    let folds: Vec<(Vec<Row>, Vec<Row>)> = (0..FOLDS)
        .map(|out| {
            let part = |held: bool| {
                let inside = rows.iter().enumerate().filter(|(i, _)| (fold(*i) == out) == held);
                inside.map(|(_, row)| *row).collect::<Vec<Row>>()
            };
            (part(false), part(true))
        })
        .filter(|(train, test)| !train.is_empty() && !test.is_empty())
        .collect();
    let mut starts = vec![[0.0; 2]; folds.len()];
    let mut best = (f64::INFINITY, 1.0);
    for at in 0..PENALTIES {
        let c = penalty(at);
        let mut sum = 0.0;
        for ((train, test), start) in folds.iter().zip(&mut starts) {
            *start = minimise(train, c, *start);
            sum += test.iter().map(|row| row.loss(start)).sum::<f64>() / test.len() as f64;
        }
        if sum < best.0 {
            best = (sum, c);
        }
    }
    let [theta, phi] = minimise(&rows, best.1, [0.0; 2]);
    let win_rate = rows.iter().map(|row| row.y).sum::<f64>() / count;
    let variance = rows.iter().map(|row| (row.y - win_rate).powi(2)).sum::<f64>() / (count - 1.0);
    let lc_win_rate = sigmoid(theta);
    Some(LengthControlled {
        win_rate,
        standard_error: (variance / count).sqrt(),
        lc_win_rate,
        lc_standard_error: lc_win_rate * (1.0 - lc_win_rate) * theta_error(&rows, [theta, phi]),
        theta,
        phi,
        c: best.1,
    })
}

#[derive(Debug, Clone, Copy)]
struct Row {
    y: f64,
    x: f64,
}

impl Row {
    fn loss(&self, w: &[f64; 2]) -> f64 {
        let z = w[0] + w[1] * self.x;
        // -y log s(z) - (1 - y) log s(-z) = log(1 + e^z) - y z
        z.max(0.0) + (-z.abs()).exp().ln_1p() - self.y * z
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The minimum of C times the sum of losses plus |theta| + |phi|, by coordinate descent.
fn minimise(rows: &[Row], c: f64, start: [f64; 2]) -> [f64; 2] {
    let value = |w: &[f64; 2]| c * rows.iter().map(|row| row.loss(w)).sum::<f64>() + w[0].abs() + w[1].abs();
    let mut w = start;
    let mut now = value(&w);
    for _ in 0..ROUNDS {
        let before = w;
        for j in 0..2 {
            let (mut slope, mut curve, mut bound) = (0.0, 0.0, 0.0);
            for row in rows {
                let x = if j == 0 { 1.0 } else { row.x };
                let p = sigmoid(w[0] + w[1] * row.x);
                slope += (p - row.y) * x;
                curve += p * (1.0 - p) * x * x;
                bound += 0.25 * x * x;
            }
            // Newton's step; where it climbs, the one that the greatest curvature allows, which cannot.
            for h in [curve.max(1e-12 * bound), bound] {
                let mut next = w;
                next[j] = shrunk(w[j] - slope / h, 1.0 / (c * h));
                let there = value(&next);
                if there <= now {
                    (w, now) = (next, there);
                    break;
                }
            }
        }
        if (w[0] - before[0]).abs() + (w[1] - before[1]).abs() < 1e-10 {
            break;
        }
    }
    w
}

fn shrunk(x: f64, by: f64) -> f64 {
    x.signum() * (x.abs() - by).max(0.0)
}

/// The sandwich standard error of theta; NaN where all preferences are alike or too few.
fn theta_error(rows: &[Row], w: [f64; 2]) -> f64 {
    let (mut h, mut b) = ([0.0; 3], [0.0; 3]);
    for row in rows {
        let p = sigmoid(w[0] + w[1] * row.x);
        let (curve, square) = (p * (1.0 - p), (row.y - p).powi(2));
        for (slot, x) in [1.0, row.x, row.x * row.x].into_iter().enumerate() {
            h[slot] += curve * x;
            b[slot] += square * x;
        }
    }
    let determinant = h[0] * h[2] - h[1] * h[1];
    let alike = rows.iter().all(|row| row.y == rows[0].y);
    if alike || determinant.is_nan() || determinant <= 1e-12 * h[0] * h[2] {
        return f64::NAN;
    }
    // The first row of the inverse.
    let (u, v) = (h[2] / determinant, -h[1] / determinant);
    (u * u * b[0] + 2.0 * u * v * b[1] + v * v * b[2]).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn the_minimum_is_one() {
        let rows: Vec<Row> =
            (0..40).map(|i| Row { y: f64::from(i % 5) / 4.0, x: f64::from(i % 7) / 7.0 - 0.4 }).collect();
        for c in [1e-4, 0.1, 1.0, 100.0] {
            let w = minimise(&rows, c, [3.0, -3.0]);
            let value =
                |w: [f64; 2]| c * rows.iter().map(|row| row.loss(&w)).sum::<f64>() + w[0].abs() + w[1].abs();
            for step in [[1e-3, 0.0], [-1e-3, 0.0], [0.0, 1e-3], [0.0, -1e-3], [1e-3, -1e-3]] {
                assert!(value([w[0] + step[0], w[1] + step[1]]) >= value(w), "{c} {w:?}");
            }
        }
        assert_eq!(minimise(&rows, 1e-4, [3.0, -3.0]), [0.0, 0.0]);
    }

    #[test]
    fn length_is_taken_out() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
        let differences: Vec<f64> = (0..2000).map(|_| rng.random_range(-500.0..1500.0)).collect();
        let preferences: Vec<f64> = differences
            .iter()
            .map(|d| {
                f64::from(u8::from(rng.random_range(0.0..1.0) < sigmoid(-0.5 + 1.5 * (d / 577.0).tanh())))
            })
            .collect();
        let found = length_controlled(&preferences, &differences).unwrap();
        assert!(found.win_rate > 0.5, "{found:?}");
        assert!((found.lc_win_rate - sigmoid(-0.5)).abs() < 3.0 * found.lc_standard_error, "{found:?}");
        assert!(found.lc_standard_error > 0.005 && found.lc_standard_error < 0.03, "{found:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_none() {
        assert_eq!(length_controlled(&[], &[]), None);
        assert_eq!(length_controlled(&[0.5, 0.7], &[3.0, 3.0]), None);
        assert_eq!(length_controlled(&[f64::NAN, f64::NAN], &[3.0, 4.0]), None);
        // Three of three say nothing of the error.
        assert!(length_controlled(&[1.0; 3], &[3.0, 4.0, 9.0]).unwrap().lc_standard_error.is_nan());
    }
}
