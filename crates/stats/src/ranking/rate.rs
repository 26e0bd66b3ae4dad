//! How often does each competitor win?

use std::collections::BTreeMap;

use super::vote::Vote;
use crate::ratio::Estimate;

/// A share of wins.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WinRate {
    /// Mean of the votes in its favour, a tie half, 0..1; NaN without votes.
    pub rate: f64,
    /// Its standard error, by cluster; NaN with a single one.
    pub se: f64,
    /// Votes.
    pub votes: u64,
    /// Clusters of them.
    pub clusters: u64,
}

impl WinRate {
    /// The interval of the rate (Wilson 1927), with the reach that a normal has at `z`: it has a width even if all votes are alike. Without
    /// votes it is 0 to 1.
    pub fn interval(&self, z: f64) -> (f64, f64) {
        if self.rate.is_nan() {
            return (0.0, 1.0);
        }
        let estimate =
            Estimate { value: self.rate, se: self.se, clusters: self.clusters, weight: self.votes as f64 };
        estimate.share(z)
    }
}

/// The win rate of every competitor, over all its votes.
///
/// The variance is that of a ratio of sums over clusters: `c / (c - 1) sum (s - rate w)^2 / (sum w)^2` over `c` clusters, with s
/// the weighted wins and w the weight in each. With one vote in each cluster it is the usual squared standard error of a mean.
pub fn win_rates(votes: &[Vote], competitors: usize) -> Vec<WinRate> {
    let mut by_cluster: Vec<BTreeMap<u64, (f64, f64)>> = vec![BTreeMap::new(); competitors];
    let mut counts = vec![0_u64; competitors];
    for vote in votes {
        let (y, weight) = (f64::from(vote.y), f64::from(vote.weight));
        for (who, won) in [(vote.a, y), (vote.b, 1.0 - y)] {
            let sums = by_cluster[who as usize].entry(vote.cluster).or_default();
            sums.0 += weight * won;
            sums.1 += weight;
            counts[who as usize] += 1;
        }
    }
    by_cluster
        .iter()
        .zip(counts)
        .map(|(clusters, votes)| {
            let (won, weight) = clusters.values().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
            let rate = won / weight;
            let squares: f64 = clusters.values().map(|(won, weight)| (won - rate * weight).powi(2)).sum();
            let c = clusters.len() as f64;
            WinRate {
                rate,
                se: (c / (c - 1.0) * squares).sqrt() / weight,
                votes,
                clusters: clusters.len() as u64,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let vote = |y, cluster| Vote { a: 0, b: 1, y, weight: 1.0, cluster };
        let rates = win_rates(&[vote(1.0, 0), vote(0.5, 1), vote(0.0, 2), vote(1.0, 3)], 3);
        assert_eq!((rates[0].rate, rates[1].rate, rates[0].votes), (0.625, 0.375, 4));
        // The usual standard error: sd of 1, 0.5, 0, 1 over the root of 4.
        let sd = ((0.375_f64.powi(2) * 2.0 + 0.125_f64.powi(2) + 0.625_f64.powi(2)) / 3.0).sqrt();
        assert!((rates[0].se - sd / 2.0).abs() < 1e-15);
        assert!(rates[2].rate.is_nan() && rates[2].votes == 0);
        // Two votes that always agree are one.
        let twice: Vec<Vote> =
            [1.0, 0.5, 0.0, 1.0].iter().zip(0..).flat_map(|(&y, c)| [vote(y, c), vote(y, c)]).collect();
        assert!((win_rates(&twice, 2)[0].se - rates[0].se).abs() < 1e-15);
    }
}
