//! Ratings that follow every vote, in the order of the votes.

use super::vote::Vote;
use crate::logistic::sigmoid;

/// How ratings move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elo {
    /// The rating of a newcomer.
    pub start: f64,
    /// The most that a vote moves.
    pub k: f64,
    /// The difference at which the stronger one is expected to win ten times as often as not.
    pub scale: f64,
}

impl Default for Elo {
    fn default() -> Self {
        Self { start: 1000.0, k: 4.0, scale: 400.0 }
    }
}

/// Elo's ratings after all votes: each moves both by `k w (y - E)` with E = 1 / (1 + 10^((b - a) / scale)).
///
/// The result depends on the order of the votes.
pub fn elo(votes: &[Vote], competitors: usize, options: Elo) -> Vec<f64> {
    let mut ratings = vec![options.start; competitors];
    let rate = std::f64::consts::LN_10 / options.scale;
    for vote in votes {
        let (a, b) = (vote.a as usize, vote.b as usize);
        let expected = sigmoid((ratings[a] - ratings[b]) * rate);
        let change = options.k * f64::from(vote.weight) * (f64::from(vote.y) - expected);
        ratings[a] += change;
        ratings[b] -= change;
    }
    ratings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        let vote = |a, b, y| Vote { a, b, y, weight: 1.0, cluster: 0 };
        let ratings = elo(&[vote(0, 1, 1.0), vote(0, 1, 0.5)], 3, Elo::default());
        // 2 points for the first win; then 0.0115 expected too much for the tie.
        let expected = 1.0 / (1.0 + 10_f64.powf(-4.0 / 400.0));
        let after = 1002.0 + 4.0 * (0.5 - expected);
        assert!((ratings[0] - after).abs() < 1e-12 && (ratings[1] - (2000.0 - after)).abs() < 1e-12);
        assert_eq!(ratings[2], 1000.0);
    }
}
