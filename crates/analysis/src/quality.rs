//! How well a fit predicts verdicts it has not seen, beside its baselines.

use predilect_stats::evaluate::{calibration, folds_by_cluster, scores};
use predilect_stats::{EpOptions, Prior, Problem, ep};

use crate::result::{CalibrationBin, Quality};

/// Bins of the calibration curve.
const BINS: usize = 10;

/// One fit's numbers, ready to be cut into folds.
pub(crate) struct Held<'a> {
    /// Row-major features: properties first, then terms.
    pub(crate) x: &'a [f64],
    pub(crate) verdicts: &'a [f64],
    pub(crate) weights: &'a [f64],
    pub(crate) clusters: &'a [u64],
    pub(crate) priors: &'a [Prior],
    /// The columns that are properties; the rest are terms.
    pub(crate) properties: usize,
    /// The column of length.
    pub(crate) length: Option<usize>,
    /// Whether the terms say more than which side wins more often.
    pub(crate) terms_tell: bool,
}

/// K-fold predictions by prompt, scored; `None` with fewer than two folds or only ties.
pub(crate) fn held_out(held: &Held<'_>, folds: usize, seed: u64) -> Option<Quality> {
    let n = held.verdicts.len();
    let fold_of = folds_by_cluster(held.clusters, folds, seed);
    let folds = fold_of.iter().max()? + 1;
    if folds < 2 {
        return None;
    }
    let d = held.priors.len();
    let all: Vec<usize> = (0..d).collect();
    let terms: Vec<usize> = (held.properties..d).collect();
    let predictions = |columns: &[usize]| cross_predict(held, columns, &fold_of, folds);
    let weights = Some(held.weights);
    let model = predictions(&all);
    let model_scores = scores(&model, held.verdicts, weights);
    if model_scores.accuracy.is_nan() {
        return None;
    }
    let mut majority = vec![0.5; n];
    for fold in 0..folds {
        let (mut sum, mut total) = (0.0, 0.0);
        for row in (0..n).filter(|&row| fold_of[row] != fold) {
            sum += held.weights[row] * held.verdicts[row];
            total += held.weights[row];
        }
        for row in (0..n).filter(|&row| fold_of[row] == fold) {
            majority[row] = if total > 0.0 { sum / total } else { 0.5 };
        }
    }
    let majority_loss = scores(&majority, held.verdicts, weights).log_loss;
    let length = held.length.map(|column| scores(&predictions(&[column]), held.verdicts, weights));
    let terms = held.terms_tell.then(|| scores(&predictions(&terms), held.verdicts, weights));
    Some(Quality {
        folds: folds as u64,
        accuracy: model_scores.accuracy,
        majority_accuracy: larger_share(held),
        length_accuracy: length.map(|s| s.accuracy),
        log_loss: model_scores.log_loss,
        majority_log_loss: majority_loss,
        length_log_loss: length.map(|s| s.log_loss),
        terms_accuracy: terms.map(|s| s.accuracy),
        terms_log_loss: terms.map(|s| s.log_loss),
        calibration: calibration(&model, held.verdicts, BINS)
            .into_iter()
            .map(|b| CalibrationBin { predicted: b.predicted, observed: b.observed, count: b.count as u64 })
            .collect(),
    })
}

/// Predicted `p_a` of every row by a fit, over some columns, of the other folds.
fn cross_predict(held: &Held<'_>, columns: &[usize], fold_of: &[usize], folds: usize) -> Vec<f64> {
    let d = held.priors.len();
    let priors: Vec<Prior> = columns.iter().map(|&c| held.priors[c]).collect();
    let mut predicted = vec![0.5; fold_of.len()];
    for fold in 0..folds {
        let (mut x, mut verdicts, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for row in (0..fold_of.len()).filter(|&row| fold_of[row] != fold) {
            x.extend(columns.iter().map(|&c| held.x[row * d + c]));
            verdicts.push(held.verdicts[row]);
            weights.push(held.weights[row]);
        }
        let Ok(problem) = Problem::new(&x, &verdicts, Some(&weights), &priors) else { continue };
        let fit = ep(&problem, &EpOptions { tolerance: 1e-4, ..EpOptions::default() });
        for row in (0..fold_of.len()).filter(|&row| fold_of[row] == fold) {
            let f: f64 = columns.iter().zip(&fit.marginals).map(|(&c, m)| held.x[row * d + c] * m.mean).sum();
            predicted[row] = 1.0 / (1.0 + (-f).exp());
        }
    }
    predicted
}

/// The accuracy of always naming the side that wins more often, over verdicts that are no tie.
///
/// Taken over all folds: where both sides win equally often, the training folds' majority is the held-out minority, and
/// a baseline below one half would flatter the model.
fn larger_share(held: &Held<'_>) -> f64 {
    let share = scores(&vec![1.0; held.verdicts.len()], held.verdicts, Some(held.weights)).accuracy;
    share.max(1.0 - share)
}
