//! Log-probabilities of pairs, and what they say of a step.

use super::record::{SpaRecord, StepRecord};
use crate::losses::{PairScores, Side};

/// Log-probabilities of one pair, both completions.
pub(super) struct Scores {
    pub(super) policy: [Vec<f64>; 2],
    pub(super) reference: [Vec<f64>; 2],
    pub(super) spread: [Vec<f64>; 2],
    /// The label that the loss sees.
    pub(super) p: f64,
    pub(super) weight: f64,
    /// The de-coupled margin, and whether the label is trusted for it; `None` where labels are not refined.
    pub(super) refined: Option<(f64, bool)>,
}

impl Scores {
    pub(super) fn pair(&self) -> PairScores<'_> {
        let side = |number: usize| Side {
            policy: &self.policy[number],
            reference: &self.reference[number],
            spread: &self.spread[number],
        };
        PairScores { chosen: side(0), rejected: side(1), p: self.p, weight: self.weight }
    }

    pub(super) fn sums(&self) -> [f64; 2] {
        [0, 1].map(|side| self.policy[side].iter().sum())
    }

    /// `ln pi - ln ref` of both; `None` without a reference.
    pub(super) fn ratios(&self) -> Option<[f64; 2]> {
        let of =
            |side: usize| self.policy[side].iter().sum::<f64>() - self.reference[side].iter().sum::<f64>();
        (!self.reference[0].is_empty()).then(|| [of(0), of(1)])
    }

    /// What a reward is beta times of, for both: `ln pi - ln ref`, or without a reference `ln pi`, the mean over tokens where the loss compares
    /// means.
    pub(super) fn gains(&self, averages: bool) -> [f64; 2] {
        self.ratios().unwrap_or_else(|| {
            let sums = self.sums();
            [0, 1].map(
                |side| if averages { sums[side] / self.policy[side].len().max(1) as f64 } else { sums[side] },
            )
        })
    }

    /// The sum over tokens of `|ln pi - ln ref|`.
    fn drift(&self) -> f64 {
        let of = |side: usize| {
            self.policy[side].iter().zip(&self.reference[side]).map(|(p, r)| (p - r).abs()).sum::<f64>()
        };
        of(0) + of(1)
    }
}

/// How far a pair counts as right: wholly where the chosen side's number is the larger one, by half where both are exactly equal, as in a
/// model that has not moved.
pub(super) fn right(chosen: f64, rejected: f64) -> f64 {
    match chosen.partial_cmp(&rejected) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Equal) => 0.5,
        _ => 0.0,
    }
}

/// Sums over the pairs of a batch.
#[derive(Default)]
pub(super) struct Tally {
    pairs: usize,
    tokens: usize,
    referred: usize,
    rewards: [f64; 2],
    right: f64,
    drift: f64,
    sums: [f64; 2],
    refined: usize,
    decoupled: f64,
    doubtful: usize,
    /// The mean cross-entropy of degraded completions.
    pub(super) degrees: f64,
}

impl Tally {
    /// `averages`: as for [`Scores::gains`].
    pub(super) fn add(&mut self, scores: &Scores, tokens: usize, averages: bool) {
        self.pairs += 1;
        self.tokens += tokens;
        let sums = scores.sums();
        self.sums = [self.sums[0] + sums[0], self.sums[1] + sums[1]];
        let gains = scores.gains(averages);
        self.rewards = [self.rewards[0] + gains[0], self.rewards[1] + gains[1]];
        self.right += right(gains[0], gains[1]);
        if scores.ratios().is_some() {
            self.referred += 1;
            self.drift += scores.drift();
        }
        if let Some((margin, trusted)) = scores.refined {
            self.refined += 1;
            self.decoupled += margin;
            self.doubtful += usize::from(!trusted);
        }
    }

    pub(super) fn record(&self, loss: f64, beta: f64) -> StepRecord {
        let count = self.pairs as f64;
        let referred = |value: f64| (self.referred > 0).then_some(value);
        StepRecord {
            step: 0,
            epoch: 0.0,
            loss,
            learning_rate: 0.0,
            grad_norm: 0.0,
            rewards_chosen: Some(beta * self.rewards[0] / count),
            rewards_rejected: Some(beta * self.rewards[1] / count),
            margin: Some(beta * (self.rewards[0] - self.rewards[1]) / count),
            accuracy: Some(self.right / count),
            drift: referred(self.drift / self.tokens as f64),
            logp_chosen: self.sums[0] / count,
            logp_rejected: self.sums[1] / count,
            tokens: self.tokens,
            spa: (self.refined > 0).then(|| SpaRecord {
                margin: self.decoupled / self.refined as f64,
                doubtful: self.doubtful as f64 / self.refined as f64,
                ..SpaRecord::default()
            }),
            degree_loss: None,
        }
    }
}

/// The same numbers in `f64`.
pub(super) fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}
