//! Which ranks, and how surely?

/// The place of one competitor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Lower end of the score's interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 1 + how many have a higher score; within the places that the data do not rule out.
    pub rank: usize,
    /// The best place that the data do not rule out: 1 + how many are clearly better.
    pub rank_low: usize,
    /// The worst one: how many there are less those that are clearly worse.
    pub rank_high: usize,
}

/// The standings by scores and the covariance of their errors (row by row), with intervals of `z` standard errors.
///
/// One is clearly better than another when their difference exceeds `z` times its own standard error, covariance included.
///
/// # Panics
///
/// When the covariance is not the square of the scores.
pub fn standings(scores: &[f64], covariance: &[f64], z: f64) -> Vec<Standing> {
    let n = scores.len();
    assert_eq!(covariance.len(), n * n, "a square matrix");
    let errors: Vec<f64> = (0..n).map(|i| covariance[i * n + i].max(0.0).sqrt()).collect();
    placed(scores, &errors, z, |i, j| {
        covariance[i * n + i] + covariance[j * n + j] - 2.0 * covariance[i * n + j]
    })
}

/// The same where errors are independent of each other, as those of very many competitors nearly are.
///
/// # Panics
///
/// When there are not as many errors as scores.
pub fn standings_apart(scores: &[f64], errors: &[f64], z: f64) -> Vec<Standing> {
    assert_eq!(scores.len(), errors.len(), "an error for each score");
    placed(scores, errors, z, |i, j| errors[i].powi(2) + errors[j].powi(2))
}

fn placed(scores: &[f64], errors: &[f64], z: f64, variance: impl Fn(usize, usize) -> f64) -> Vec<Standing> {
    let n = scores.len();
    let better = |i: usize, j: usize| i != j && scores[i] - scores[j] > z * variance(i, j).max(0.0).sqrt();
    let ranks = ranks(scores);
    (0..n)
        .map(|i| Standing {
            low: scores[i] - z * errors[i],
            high: scores[i] + z * errors[i],
            rank: ranks[i],
            rank_low: 1 + (0..n).filter(|&j| better(j, i)).count(),
            rank_high: n - (0..n).filter(|&j| better(i, j)).count(),
        })
        .collect()
}

/// 1 + how many have a higher score.
pub fn ranks(scores: &[f64]) -> Vec<usize> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    scores.iter().map(|score| 1 + sorted.len() - sorted.partition_point(|other| other <= score)).collect()
}

/// The standings by scores and their standard errors alone, if the correlations of the errors are unknown: at worst those of two are
/// opposite, so that one is clearly better when the intervals do not overlap. In n log n steps.
///
/// # Panics
///
/// When there are not as many errors as scores.
pub fn standings_at_worst(scores: &[f64], errors: &[f64], z: f64) -> Vec<Standing> {
    assert_eq!(scores.len(), errors.len(), "an error for each score");
    let n = scores.len();
    let sorted = |ends: &mut dyn Iterator<Item = f64>| {
        let mut ends: Vec<f64> = ends.collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends
    };
    let both = || scores.iter().zip(errors).map(|(score, error)| (score - z * error, score + z * error));
    let lows = sorted(&mut both().map(|(low, _)| low));
    let highs = sorted(&mut both().map(|(_, high)| high));
    both()
        .map(|(low, high)| {
            let above = n - lows.partition_point(|other| *other <= high);
            let below = highs.partition_point(|other| *other < low);
            Standing { low, high, rank: 0, rank_low: 1 + above, rank_high: n - below }
        })
        .zip(ranks(scores))
        .map(|(standing, rank)| Standing { rank, ..standing })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_worst_is_what_a_matrix_of_opposite_errors_says() {
        let scores = [0.3, 0.9, 0.32, 0.5, 0.88, 0.1, 0.5];
        let errors = [0.05, 0.01, 0.2, 0.0, 0.01, 0.3, 0.02];
        let n = scores.len();
        let entry = |at: usize| errors[at / n] * errors[at % n] * if at / n == at % n { 1.0 } else { -1.0 };
        let covariance: Vec<f64> = (0..n * n).map(entry).collect();
        assert_eq!(standings_at_worst(&scores, &errors, 1.96), standings(&scores, &covariance, 1.96));
    }

    #[test]
    fn a_rank_lies_within_its_places() {
        let scores = [0.3, 0.9, 0.32, 0.5, 0.88, 0.1, 0.5];
        let errors = [0.05, 0.01, 0.2, 0.0, 0.01, 0.3, 0.02];
        for found in [standings_at_worst(&scores, &errors, 1.96), standings_apart(&scores, &errors, 1.96)] {
            assert!(found.iter().all(|s| s.rank_low <= s.rank && s.rank <= s.rank_high), "{found:?}");
        }
        assert_eq!(ranks(&scores), [6, 1, 5, 3, 2, 7, 3]);
    }

    #[test]
    fn ranks_follow_from_what_is_sure() {
        // Independent: the first two cannot be distinguished, the third is surely worse.
        let places = standings(&[1.0, 0.9, 0.0], &[0.01, 0.0, 0.0, 0.0, 0.01, 0.0, 0.0, 0.0, 0.01], 2.0);
        let of = |s: &Standing| (s.rank, s.rank_low, s.rank_high);
        assert_eq!(places.iter().map(of).collect::<Vec<_>>(), [(1, 1, 2), (2, 1, 2), (3, 3, 3)]);
        assert!((places[0].low - 0.8).abs() < 1e-15 && (places[0].high - 1.2).abs() < 1e-15);
        // Shared errors distinguish them, though their intervals overlap.
        let shared = standings(&[1.0, 0.9], &[0.01, 0.0099, 0.0099, 0.01], 2.0);
        assert_eq!(shared.iter().map(of).collect::<Vec<_>>(), [(1, 1, 1), (2, 2, 2)]);
    }
}
