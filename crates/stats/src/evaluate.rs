//! How well predicted probabilities fit verdicts, and how a table is cut into folds.

/// Predicted probabilities against verdicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scores {
    /// Share of the weight of verdicts other than 0.5 that falls on the predicted side; a prediction of 0.5 counts half.
    /// NaN when every verdict is a tie.
    pub accuracy: f64,
    /// Mean of -p ln q - (1 - p) ln (1 - q), in nats, with q kept within 1e-12 of 0 and 1.
    pub log_loss: f64,
}

/// The log-loss of predicting `q` where the verdict is `p`, both in \[0, 1\], in nats; a prediction is taken as at least 1e-12 away from
/// certainty.
pub fn log_loss(q: f64, p: f64) -> f64 {
    let q = q.clamp(1e-12, 1.0 - 1e-12);
    -(p * q.ln() + (1.0 - p) * (1.0 - q).ln())
}

/// Scores predictions `q` of verdicts `p`, both in \[0, 1\], with weights (`None`: all 1).
///
/// NaN for an empty table.
pub fn scores(q: &[f64], p: &[f64], weights: Option<&[f64]>) -> Scores {
    let (mut right, mut decided, mut loss, mut total) = (0.0, 0.0, 0.0, 0.0);
    for (row, (&q, &p)) in q.iter().zip(p).enumerate() {
        let weight = weights.map_or(1.0, |w| w[row]);
        if (p - 0.5).abs() > 1e-12 {
            decided += weight;
            right += weight
                * if (q - 0.5).abs() < 1e-12 { 0.5 } else { f64::from(u8::from((q > 0.5) == (p > 0.5))) };
        }
        loss += weight * log_loss(q, p);
        total += weight;
    }
    Scores { accuracy: right / decided, log_loss: loss / total }
}

/// Predictions of one range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    /// Mean prediction.
    pub predicted: f64,
    /// Mean verdict.
    pub observed: f64,
    /// Verdicts.
    pub count: usize,
}

/// Groups predictions by rank into at most `bins` bins of nearly equal size.
pub fn calibration(q: &[f64], p: &[f64], bins: usize) -> Vec<Bin> {
    let mut order: Vec<usize> = (0..q.len()).collect();
    order.sort_by(|&a, &b| q[a].total_cmp(&q[b]));
    let bins = bins.min(q.len());
    (0..bins)
        .map(|bin| {
            let members = &order[bin * q.len() / bins..(bin + 1) * q.len() / bins];
            let mean = |of: &[f64]| members.iter().map(|&i| of[i]).sum::<f64>() / members.len() as f64;
            Bin { predicted: mean(q), observed: mean(p), count: members.len() }
        })
        .collect()
}

/// A fold for every row, such that rows of one cluster (prompt) share a fold.
///
/// The clusters are dealt out by a hash of their id and the seed, largest remainder first, so that folds differ by at
/// most the largest cluster. Fewer folds come out when there are fewer clusters.
pub fn folds_by_cluster(clusters: &[u64], folds: usize, seed: u64) -> Vec<usize> {
    let mut size = std::collections::BTreeMap::new();
    for &cluster in clusters {
        *size.entry(cluster).or_insert(0_usize) += 1;
    }
    let folds = folds.min(size.len()).max(1);
    let mut order: Vec<(std::cmp::Reverse<usize>, u64, u64)> =
        size.iter().map(|(&id, &n)| (std::cmp::Reverse(n), mix(id ^ mix(seed)), id)).collect();
    order.sort_unstable();
    let mut filled = vec![0_usize; folds];
    let mut fold_of = std::collections::BTreeMap::new();
    for (std::cmp::Reverse(n), _, id) in order {
        let fold = (0..folds).min_by_key(|&f| filled[f]).unwrap_or(0);
        filled[fold] += n;
        fold_of.insert(id, fold);
    }
    clusters.iter().map(|cluster| fold_of[cluster]).collect()
}

/// The finaliser of splitmix64.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let s = scores(&[0.8, 0.4, 0.5, 0.9], &[1.0, 1.0, 0.0, 0.5], None);
        // Right, wrong, half; the tie does not count.
        assert!((s.accuracy - 0.5).abs() < 1e-15);
        let loss =
            -(0.8_f64.ln() + 0.4_f64.ln() + 0.5_f64.ln() + 0.5 * 0.9_f64.ln() + 0.5 * 0.1_f64.ln()) / 4.0;
        assert!((s.log_loss - loss).abs() < 1e-15);
        assert!(scores(&[0.3], &[0.5], None).accuracy.is_nan());
        let bins = calibration(&[0.9, 0.1, 0.8, 0.2], &[1.0, 0.0, 0.0, 0.0], 2);
        assert_eq!(bins.len(), 2);
        assert!((bins[1].predicted - 0.85).abs() < 1e-15 && (bins[1].observed - 0.5).abs() < 1e-15);
    }

    #[test]
    fn no_prompt_stands_on_both_sides_and_folds_are_even() {
        let clusters: Vec<u64> = (0..1000).map(|i| i % 137).collect();
        let folds = folds_by_cluster(&clusters, 10, 4);
        for i in 137..1000 {
            assert_eq!(folds[i], folds[i - 137]);
        }
        let mut count = [0; 10];
        for fold in &folds {
            count[*fold] += 1;
        }
        assert!(count.iter().all(|c| (92..=108).contains(c)), "{count:?}");
        assert_eq!(folds_by_cluster(&[7, 7, 7], 10, 1), [0, 0, 0]);
    }
}
