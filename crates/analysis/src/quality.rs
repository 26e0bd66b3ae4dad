//! How well a fit predicts verdicts it has not seen, with baselines.

use std::collections::BTreeMap;

use predilect_stats::evaluate::{calibration, folds_by_cluster, log_loss, scores};
use predilect_stats::{EpOptions, Folds, Observed, Prior, held_out_means, sigmoid};

use crate::rows::{Merged, Rows};
use predilect_results::{CalibrationBin, Quality};

/// Bins of the calibration curve.
const BINS: usize = 10;

/// One fit's design matrix, ready to be cut into folds.
pub(crate) struct Held<'a> {
    /// One for each verdict: properties first, then terms.
    pub(crate) rows: &'a Rows,
    /// The same merged, which is what is fitted.
    pub(crate) merged: &'a Merged,
    pub(crate) priors: &'a [Prior],
    /// The columns that are properties; the rest are terms.
    pub(crate) properties: usize,
    /// The column of length.
    pub(crate) length: Option<usize>,
    /// Whether the terms say more than which side wins more often.
    pub(crate) terms_tell: bool,
}

/// Rows dealt out to folds.
pub(crate) struct Cut {
    of_row: Vec<usize>,
    count: usize,
}

impl Held<'_> {
    /// Folds by prompt; `None` where there is one only.
    pub(crate) fn folds(&self, folds: usize, seed: u64) -> Option<Cut> {
        let of_row = folds_by_cluster(&self.rows.clusters, folds, seed);
        let count = of_row.iter().max()? + 1;
        (count > 1).then_some(Cut { of_row, count })
    }

    /// The mean log-loss of predictions.
    pub(crate) fn log_loss(&self, q: &[f64]) -> f64 {
        scores(q, &self.rows.verdicts, Some(&self.rows.weights)).log_loss
    }

    /// How much lower the mean log-loss of `model` is than that of `rival`, and the standard error of that.
    ///
    /// Verdicts on one prompt are not independent, so differences are summed by cluster first: with g clusters of summed
    /// weighted differences `D` and weights `W`, the squared error is g / (g - 1) sum (`D` - mean `W`)^2 over the squared
    /// total weight.
    pub(crate) fn compare(&self, model: &[f64], rival: &[f64]) -> (f64, Option<f64>) {
        let mut clusters: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
        for (row, (&q, &r)) in model.iter().zip(rival).enumerate() {
            let (p, weight) = (self.rows.verdicts[row], self.rows.weights[row]);
            let slot = clusters.entry(self.rows.clusters[row]).or_default();
            slot.0 += weight * (log_loss(r, p) - log_loss(q, p));
            slot.1 += weight;
        }
        let total: f64 = clusters.values().map(|c| c.1).sum();
        let mean = clusters.values().map(|c| c.0).sum::<f64>() / total;
        let count = clusters.len() as f64;
        let square: f64 = clusters.values().map(|(d, w)| (d - mean * w).powi(2)).sum();
        let se = (count > 1.0).then(|| (count / (count - 1.0) * square).sqrt() / total);
        (mean, se)
    }
}

/// K-fold predictions by prompt, scored; `None` with fewer than two folds or only ties.
pub(crate) fn held_out(held: &Held<'_>, folds: usize, seed: u64) -> Option<Quality> {
    let n = held.rows.verdicts.len();
    let cut = held.folds(folds, seed)?;
    let (fold_of, folds) = (&cut.of_row, cut.count);
    let d = held.priors.len();
    let all: Vec<usize> = (0..d).collect();
    let terms: Vec<usize> = (held.properties..d).collect();
    let predictions = |columns: &[usize]| predict(held, columns, &cut);
    let weights = Some(held.rows.weights.as_slice());
    let model = predictions(&all)?;
    let model_scores = scores(&model, &held.rows.verdicts, weights);
    if model_scores.accuracy.is_nan() {
        return None;
    }
    let mut majority = vec![0.5; n];
    for fold in 0..folds {
        let (mut sum, mut total) = (0.0, 0.0);
        for row in (0..n).filter(|&row| fold_of[row] != fold) {
            sum += held.rows.weights[row] * held.rows.verdicts[row];
            total += held.rows.weights[row];
        }
        for row in (0..n).filter(|&row| fold_of[row] == fold) {
            majority[row] = if total > 0.0 { sum / total } else { 0.5 };
        }
    }
    let with_terms =
        |column: usize| -> Vec<usize> { std::iter::once(column).chain(held.properties..d).collect() };
    let length = held.length.and_then(|column| predictions(&with_terms(column)));
    let terms = if held.terms_tell { predictions(&terms) } else { None };
    let rivals: Vec<&[f64]> =
        [Some(&majority), length.as_ref(), terms.as_ref()].into_iter().flatten().map(Vec::as_slice).collect();
    let score = |q: &Vec<f64>| scores(q, &held.rows.verdicts, weights);
    let (gain, gain_se) = gain(held, &model, &rivals);
    let (majority_loss, length, terms) =
        (score(&majority).log_loss, length.as_ref().map(score), terms.as_ref().map(score));
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
        gain,
        gain_se,
        calibration: calibration(&model, &held.rows.verdicts, BINS)
            .into_iter()
            .map(|b| CalibrationBin { predicted: b.predicted, observed: b.observed, count: b.count as u64 })
            .collect(),
    })
}

/// Predicted `p_a` of every verdict by a fit, over some columns, of the other folds; `None` where one of them did not converge.
pub(crate) fn predict(held: &Held<'_>, columns: &[usize], cut: &Cut) -> Option<Vec<f64>> {
    let (fold_of, folds) = (&cut.of_row, cut.count);
    let priors: Vec<Prior> = columns.iter().map(|&c| held.priors[c]).collect();
    let rows = &held.merged.rows;
    let picked: Vec<f64>;
    let x = if columns.len() == rows.width {
        &rows.x
    } else {
        picked = rows.x.chunks_exact(rows.width).flat_map(|row| columns.iter().map(|&c| row[c])).collect();
        &picked
    };
    let width = columns.len();
    // Rows that were merged are of one cluster, and so in one fold.
    let mut fold_of_merged = vec![0; rows.verdicts.len()];
    for (row, &at) in held.merged.of_row.iter().enumerate() {
        fold_of_merged[at] = fold_of[row];
    }
    let mut predicted = vec![0.5; rows.verdicts.len()];
    let options = EpOptions { tolerance: 1e-4, ..EpOptions::default() };
    let observed = Observed { x, verdicts: &rows.verdicts, weights: Some(&rows.weights) };
    let of_rows = Folds { of: &fold_of_merged, count: folds };
    let means = held_out_means(observed, &priors, of_rows, &options)?;
    for (row, predicted) in predicted.iter_mut().enumerate() {
        let own = &x[row * width..(row + 1) * width];
        let f: f64 = own.iter().zip(&means[fold_of_merged[row]]).map(|(x, w)| x * w).sum();
        *predicted = sigmoid(f);
    }
    Some(held.merged.of_row.iter().map(|&at| predicted[at]).collect())
}

/// The accuracy of always naming the side that wins more often, over verdicts other than ties.
///
/// Taken over all folds: where both sides win equally often, the training folds' majority is the held-out minority, and
/// a baseline below one half would flatter the model.
fn larger_share(held: &Held<'_>) -> f64 {
    let share =
        scores(&vec![1.0; held.rows.verdicts.len()], &held.rows.verdicts, Some(&held.rows.weights)).accuracy;
    share.max(1.0 - share)
}

/// How much lower the model's mean log-loss is than that of its best rival, and the standard error of that difference.
fn gain(held: &Held<'_>, model: &[f64], rivals: &[&[f64]]) -> (f64, Option<f64>) {
    rivals
        .iter()
        .map(|rival| held.compare(model, rival))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .unwrap_or((0.0, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 200 verdicts that follow the first column nine times in ten, or a coin.
    fn table(follows: bool) -> (Vec<f64>, Vec<f64>) {
        let mut state = 12_345_u64;
        let mut coin = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 10
        };
        (0..200)
            .map(|_| {
                let x = if coin() < 5 { 1.0 } else { -1.0 };
                let right = if follows { coin() < 9 } else { coin() < 5 };
                (x, f64::from(u8::from((x > 0.0) == right)))
            })
            .unzip()
    }

    fn quality(follows: bool) -> Quality {
        let (x, verdicts) = table(follows);
        let clusters: Vec<u64> = (0..200).map(|i| i / 2).collect();
        let rows = Rows { width: 1, x, verdicts, weights: vec![1.0; 200], clusters };
        let held = Held {
            rows: &rows,
            merged: &rows.merged(),
            priors: &[Prior::Laplace { scale: 0.1 }],
            properties: 1,
            length: None,
            terms_tell: false,
        };
        held_out(&held, 10, 1).expect("folds")
    }

    #[test]
    fn a_model_that_predicts_gains_beyond_doubt_and_noise_does_not() {
        let good = quality(true);
        assert!(good.accuracy > 0.8 && good.gain > 4.0 * good.gain_se.expect("an error"), "{good:?}");
        assert!(good.majority_accuracy >= 0.5 && good.length_accuracy.is_none());
        let noise = quality(false);
        assert!(noise.gain < 2.0 * noise.gain_se.expect("an error"), "{noise:?}");
    }

    #[test]
    fn one_prompt_cannot_be_held_out() {
        let rows = Rows {
            width: 1,
            x: vec![1.0, -1.0],
            verdicts: vec![1.0, 0.0],
            weights: vec![1.0, 1.0],
            clusters: vec![7, 7],
        };
        let held = Held {
            rows: &rows,
            merged: &rows.merged(),
            priors: &[Prior::Laplace { scale: 0.1 }],
            properties: 1,
            length: None,
            terms_tell: false,
        };
        assert!(held_out(&held, 10, 1).is_none());
    }
}
