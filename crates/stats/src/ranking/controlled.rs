//! AlpacaEval's length-controlled win rate (arXiv 2404.04475), minimal and with the difficulty of instructions.

use std::collections::BTreeMap;

use crate::logistic::{sigmoid, softplus};
use crate::ratio::Ratio;
use crate::spd::inverse;

/// Penalties that are tried: ten from 1e-4 to 1e4, evenly in the logarithm.
const PENALTIES: usize = 10;
/// The inverse of a penalty that does not count, and still keeps weights finite where length predicts every verdict.
const WEAK: f64 = 1e6;
/// Folds of the choice among them.
const FOLDS: usize = 5;
/// Rounds of coordinate descent at most.
const ROUNDS: usize = 10_000;
/// Steps below which a minimum is found: Newton's last step is the square of the one before, so that this is an error of 1e-8 in values
/// that are only compared, and negligible in reported ones.
const ROUGH: f64 = 1e-4;
const EXACT: f64 = 1e-9;
/// Standard errors to either side of a 95 % interval.
const Z95: f64 = 1.959_963_984_540_054;
/// theta, phi, psi.
const COLUMNS: usize = 3;

/// One model against the baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LengthControlled {
    /// Mean preference for the model, 0..1.
    pub win_rate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The win rate at equal length: the mean of sigmoid(theta + psi gamma) over the prompts.
    pub lc_win_rate: f64,
    /// Its standard error: the sandwich for the weights without penalty, with the spread over prompts. AlpacaEval prints the latter
    /// alone, which is zero in the minimal form.
    pub lc_standard_error: f64,
    /// The interval of the raw rate (Wilson 1927), 95 %, over prompts.
    pub interval: (f64, f64),
    /// The log-odds against the baseline at equal length and difficulty 0.
    pub theta: f64,
    /// What tanh of the standardised difference in length adds to them.
    pub phi: f64,
    /// What a unit of difficulty adds to them; 0 in the minimal form.
    pub psi: f64,
    /// The inverse penalty that was chosen; 1e6 where there is to be none.
    pub c: f64,
}

/// What one model's fit takes from the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// gamma of every prompt ([`instruction_difficulty`](super::instruction_difficulty)); empty: the minimal form.
    pub difficulty: &'a [f64],
    /// Outputs of the baseline itself under other instructions (verbose, concise) against its own: they show what length does if nothing
    /// else differs, so they share phi and psi but not theta.
    pub variants: &'a [Variant],
    /// A number for the prompt of every preference, whose errors are correlated; empty: all are of different prompts.
    pub prompts: &'a [u64],
    /// Mean and sd of a normal prior on phi ([`Difficulty::length`](super::Difficulty)): a model whose outputs are all shorter or all
    /// longer than the baseline's cannot distinguish weakness from length by itself.
    pub length: Option<(f64, f64)>,
    /// Whether nothing is penalised: of few outputs the penalty that foresees best is often one that leaves no weight at all, which is a rate of
    /// one half whatever the outputs won.
    pub unpenalised: bool,
}

/// An output of the baseline under another instruction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variant {
    /// The preference for it over the baseline's usual output, 0..1.
    pub preference: f64,
    /// tanh of its standardised difference in length.
    pub longer: f64,
    /// gamma of its prompt.
    pub difficulty: f64,
    /// Its weight, where an output of the model counts 1; AlpacaEval: 0.1.
    pub weight: f64,
}

/// Fits `logit P(model preferred) = theta + phi tanh(d / sd) + psi gamma` to soft preferences.
///
/// `preferences` are in 0..1, `NaN` where the judge gave none; `differences` are characters of the model's output less those of the
/// baseline's, for every prompt ([`standardised`]). The sum of log-losses (and of the prior's, if there is one) times C plus
/// `|theta| + |phi| + |psi|` is minimised, C by the least mean log-loss over five folds (row i in fold i mod 5, counted from the last)
/// among ten values from 1e-4 to 1e4. The sign of d makes no difference to `theta`.
///
/// `None` without any preference, or if every length differs by the same.
///
/// # Panics
///
/// When the lengths differ.
#[expect(clippy::too_many_lines, reason = "one estimate after the other, each of which the next one needs")]
pub fn length_controlled(
    preferences: &[f64],
    differences: &[f64],
    beside: Beside<'_>,
) -> Option<LengthControlled> {
    assert_eq!(preferences.len(), differences.len(), "one difference for every preference");
    let difficult = !beside.difficulty.is_empty();
    assert!(!difficult || beside.difficulty.len() == preferences.len(), "a difficulty for every preference");
    let longer = standardised(differences)?;
    let prompt = |i: usize| beside.prompts.get(i).copied().unwrap_or(i as u64);
    let prompts: Vec<u64> =
        (0..preferences.len()).filter(|&i| !preferences[i].is_nan()).map(prompt).collect();
    let own: Vec<Row> = preferences
        .iter()
        .enumerate()
        .filter(|(_, y)| !y.is_nan())
        .map(|(i, &y)| Row {
            y,
            x: [1.0, longer[i], beside.difficulty.get(i).copied().unwrap_or(0.0)],
            w: 1.0,
        })
        .collect();
    let count = own.len() as f64;
    if own.is_empty() {
        return None;
    }
    let variants = beside.variants.iter().map(|v| Row {
        y: v.preference,
        x: [0.0, v.longer, if difficult { v.difficulty } else { 0.0 }],
        w: v.weight,
    });
    let rows: Vec<Row> = own.iter().copied().chain(variants).collect();
    let c = if beside.unpenalised { WEAK } else { penalty(&rows, beside.length) };
    let w = minimise(&rows, beside.length, c, [0.0; COLUMNS], EXACT);
    let win_rate = own.iter().map(|row| row.y).sum::<f64>() / count;
    let mut mean = Ratio::default();
    for (row, prompt) in own.iter().zip(&prompts) {
        mean.add(*prompt, row.y, 1.0);
    }
    let standard_error = mean.estimate().map_or(f64::NAN, |mean| mean.se);
    let interval = mean.estimate().map_or((0.0, 1.0), |mean| mean.share(Z95));
    if !difficult && differences.iter().all(|d| *d == 0.0) {
        // Nothing to hold equal: the raw rate, without the penalty's pull.
        let theta = (win_rate / (1.0 - win_rate)).ln();
        return Some(LengthControlled {
            win_rate,
            standard_error,
            lc_win_rate: win_rate,
            lc_standard_error: standard_error,
            interval,
            theta,
            phi: 0.0,
            psi: 0.0,
            c,
        });
    }
    let level: Vec<f64> = own.iter().map(|row| sigmoid(w[0] + w[2] * row.x[2])).collect();
    let lc_win_rate = level.iter().sum::<f64>() / count;
    Some(LengthControlled {
        win_rate,
        standard_error,
        lc_win_rate,
        interval,
        lc_standard_error: level_error(&rows, beside.length, &level, &prompts, w),
        theta: w[0],
        phi: w[1],
        psi: w[2],
        c,
    })
}

/// `tanh(d / sd)`, the sd with n - 1 in the denominator and the mean left in d; zeros if all are zero, `None` if all are the same non-zero
/// value: then length cannot be distinguished from the model.
pub fn standardised(differences: &[f64]) -> Option<Vec<f64>> {
    if !differences.is_empty() && differences.iter().all(|d| *d == 0.0) {
        return Some(vec![0.0; differences.len()]);
    }
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let sd = (differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    (sd > 0.0).then(|| differences.iter().map(|d| (d / sd).tanh()).collect())
}

/// The inverse penalty with the least log-loss on rows held out.
fn penalty(rows: &[Row], length: Option<(f64, f64)>) -> f64 {
    let fold = |i: usize| (rows.len() - 1 - i) % FOLDS;
    let inverse = |at: usize| 10_f64.powf(-4.0 + 8.0 * at as f64 / (PENALTIES - 1) as f64);
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
    let mut starts = vec![[0.0; COLUMNS]; folds.len()];
    let mut best = (f64::INFINITY, 1.0);
    for at in 0..PENALTIES {
        let c = inverse(at);
        let mut sum = 0.0;
        for ((train, test), start) in folds.iter().zip(&mut starts) {
            *start = minimise(train, length, c, *start, ROUGH);
            let weight: f64 = test.iter().map(|row| row.w).sum();
            sum += total_loss(test, start) / weight;
        }
        if sum < best.0 {
            best = (sum, c);
        }
    }
    best.1
}

#[derive(Debug, Clone, Copy)]
struct Row {
    y: f64,
    x: [f64; COLUMNS],
    w: f64,
}

impl Row {
    fn logit(&self, w: &[f64; COLUMNS]) -> f64 {
        w[0] * self.x[0] + w[1] * self.x[1] + w[2] * self.x[2]
    }

    fn loss(&self, w: &[f64; COLUMNS]) -> f64 {
        let z = self.logit(w);
        // -y log s(z) - (1 - y) log s(-z) = log(1 + e^z) - y z
        softplus(z) - self.y * z
    }
}

/// The weighted sum of losses.
fn total_loss(rows: &[Row], w: &[f64; COLUMNS]) -> f64 {
    rows.chunks(TOGETHER)
        .map(|rows| {
            let mut product = 1.0;
            let over = |row: &Row| {
                if row.w != 1.0 {
                    return row.w * row.loss(w);
                }
                let z = row.logit(w);
                product *= 1.0 + (-z.abs()).exp();
                z.max(0.0) - row.y * z
            };
            let sum: f64 = rows.iter().map(over).sum();
            sum + f64::ln(product)
        })
        .sum()
}

/// The minimum of C times the sum of losses plus the sum of absolute weights.
///
/// Proximal Newton: every round looks at the rows once, minimises the quadratic that touches the losses there plus the absolute weights,
/// which needs no rows, and goes as far in that direction as the value falls.
fn minimise(
    rows: &[Row],
    length: Option<(f64, f64)>,
    c: f64,
    start: [f64; COLUMNS],
    still: f64,
) -> [f64; COLUMNS] {
    let (centre, precision) = length.map_or((0.0, 0.0), |(mean, sd)| (mean, 1.0 / (sd * sd)));
    let size = |w: &[f64; COLUMNS]| w.iter().map(|w| w.abs()).sum::<f64>();
    let prior = |w: &[f64; COLUMNS]| 0.5 * precision * (w[1] - centre).powi(2);
    let difficult = rows.iter().any(|row| row.x[2] != 0.0);
    let mut w = start;
    let mut here = Local::at(rows, &w, difficult);
    for _ in 0..ROUNDS {
        let mut slope = here.slope;
        let mut curve = here.curve;
        slope[1] += precision * (w[1] - centre);
        curve[1][1] += precision;
        let goal = quadratic(&w, &slope, &curve, 1.0 / c);
        let step: [f64; COLUMNS] = std::array::from_fn(|j| goal[j] - w[j]);
        if step.iter().map(|s| s.abs()).sum::<f64>() < still {
            return goal;
        }
        let now = c * (here.loss + prior(&w)) + size(&w);
        // What the value falls by at least, a small part of what the quadratic promises.
        let promised = c * slope.iter().zip(&step).map(|(g, s)| g * s).sum::<f64>() + size(&goal) - size(&w);
        let mut share = 1.0;
        loop {
            let next: [f64; COLUMNS] = std::array::from_fn(|j| w[j] + share * step[j]);
            let there = Local::at(rows, &next, difficult);
            let value = c * (there.loss + prior(&next)) + size(&next);
            // Near the minimum, differences drown in rounding.
            if value <= now + 1e-4 * share * promised + 1e-13 * now.abs() || share < 1e-6 {
                (w, here) = (next, there);
                break;
            }
            share *= 0.5;
        }
    }
    w
}

/// The losses at some weights: their sum, slope and curvature.
struct Local {
    loss: f64,
    slope: [f64; COLUMNS],
    curve: [[f64; COLUMNS]; COLUMNS],
}

/// Rows whose factors 1 + e, each at most 2, are multiplied before one logarithm is taken of them.
const TOGETHER: usize = 512;

impl Local {
    fn at(rows: &[Row], w: &[f64; COLUMNS], difficult: bool) -> Self {
        if difficult { Self::by::<COLUMNS>(rows, w) } else { Self::by::<2>(rows, w) }
    }

    /// By the first `K` columns; the others are 0 throughout.
    fn by<const K: usize>(rows: &[Row], w: &[f64; COLUMNS]) -> Self {
        let (mut loss, mut slope, mut curve) = (0.0, [0.0; COLUMNS], [[0.0; COLUMNS]; COLUMNS]);
        for rows in rows.chunks(TOGETHER) {
            let mut product = 1.0;
            for row in rows {
                let z: f64 = (0..K).map(|i| w[i] * row.x[i]).sum();
                // Not `sigmoid_and_log`: its factor 1 + e goes into the product.
                let e = (-z.abs()).exp();
                let inverse = 1.0 / (1.0 + e);
                let p = if z > 0.0 { inverse } else { e * inverse };
                let over = z.max(0.0) - row.y * z;
                if row.w == 1.0 {
                    product *= 1.0 + e;
                    loss += over;
                } else {
                    loss += row.w * (over + e.ln_1p());
                }
                let (miss, bend) = (row.w * (p - row.y), row.w * p * (1.0 - p));
                for i in 0..K {
                    slope[i] += miss * row.x[i];
                    let bent = bend * row.x[i];
                    for j in 0..=i {
                        curve[i][j] += bent * row.x[j];
                    }
                }
            }
            loss += product.ln();
        }
        for i in 0..COLUMNS {
            for j in 0..i {
                curve[j][i] = curve[i][j];
            }
        }
        Self { loss, slope, curve }
    }
}

/// The minimum of `slope (v - w) + (v - w) curve (v - w) / 2 + penalty sum |v|` over v, by coordinate descent; a column without
/// curvature stays.
fn quadratic(
    w: &[f64; COLUMNS],
    slope: &[f64; COLUMNS],
    curve: &[[f64; COLUMNS]; COLUMNS],
    penalty: f64,
) -> [f64; COLUMNS] {
    let mut v = *w;
    for _ in 0..ROUNDS {
        let before = v;
        for j in (0..COLUMNS).filter(|&j| curve[j][j] > 0.0) {
            let bent: f64 = (0..COLUMNS).map(|k| curve[j][k] * (v[k] - w[k])).sum();
            v[j] = shrunk(v[j] - (slope[j] + bent) / curve[j][j], penalty / curve[j][j]);
        }
        if v.iter().zip(before).map(|(a, b)| (a - b).abs()).sum::<f64>() < 1e-12 {
            break;
        }
    }
    v
}

fn shrunk(x: f64, by: f64) -> f64 {
    x.signum() * (x.abs() - by).max(0.0)
}

/// The standard error of the mean level: every prompt moves it by its own level and through the weights that it helps to fit.
/// NaN where all preferences are alike or too few.
fn level_error(
    rows: &[Row],
    length: Option<(f64, f64)>,
    level: &[f64],
    prompts: &[u64],
    w: [f64; COLUMNS],
) -> f64 {
    let own = level.len();
    let mean = level.iter().sum::<f64>() / own as f64;
    let used: Vec<usize> = (0..COLUMNS).filter(|&j| rows.iter().any(|row| row.x[j] != 0.0)).collect();
    let k = used.len();
    let mut h = vec![0.0; k * k];
    let mut slope = vec![0.0; k];
    for (at, row) in rows.iter().enumerate() {
        let p = sigmoid(row.logit(&w));
        for (a, &i) in used.iter().enumerate() {
            for (b, &j) in used.iter().enumerate() {
                h[a * k + b] += row.w * p * (1.0 - p) * row.x[i] * row.x[j];
            }
            if at < own && i != 1 {
                slope[a] += level[at] * (1.0 - level[at]) * row.x[i] / own as f64;
            }
        }
    }
    if rows[..own].iter().all(|row| row.y == rows[0].y) {
        return f64::NAN;
    }
    if let (Some((_, sd)), Some(a)) = (length, used.iter().position(|&j| j == 1)) {
        h[a * k + a] += 1.0 / (sd * sd);
    }
    // Scaled to a unit diagonal, so that singular is a matter of angles.
    let scale: Vec<f64> = (0..k).map(|a| h[a * k + a].sqrt()).collect();
    for a in 0..k {
        for b in 0..k {
            h[a * k + b] /= scale[a] * scale[b];
        }
        slope[a] /= scale[a];
    }
    let Some(inverse) = inverse(&h, k) else { return f64::NAN };
    let lever: Vec<f64> =
        (0..k).map(|a| (0..k).map(|b| inverse[a * k + b] * slope[b]).sum::<f64>()).collect();
    let n = own as f64;
    // Summed by prompt; an output of a variant is its own cluster.
    let mut moved: BTreeMap<(bool, u64), f64> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let pull: f64 =
            used.iter().enumerate().map(|(a, &i)| lever[a] / scale[a] * row.x[i]).sum::<f64>() * row.w;
        let through = pull * (row.y - sigmoid(row.logit(&w)));
        let direct = if at < own { (level[at] - mean) / n } else { 0.0 };
        let key = prompts.get(at).map_or((true, at as u64), |prompt| (false, *prompt));
        *moved.entry(key).or_default() += through + direct;
    }
    let count = moved.keys().filter(|(variant, _)| !variant).count() as f64;
    if count < 2.0 {
        return f64::NAN;
    }
    let squares = moved.values().map(|moved| moved * moved).sum::<f64>() * count / (count - 1.0);
    let prior = length.map_or(0.0, |(_, sd)| {
        // The prior is an observation of phi with its own error.
        let pull = used.iter().position(|&j| j == 1).map_or(0.0, |a| lever[a] / scale[a]);
        (pull / sd).powi(2)
    });
    (squares + prior).sqrt()
}

#[cfg(test)]
mod tests;
