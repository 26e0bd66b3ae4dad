//! Log-probabilities of pairs or single completions, and what they say of a step.

use super::record::{SpaRecord, StepRecord};
use crate::losses::{self, LossError, LossState, Objective, PairScores, Side};

/// Log-probabilities of one example, by completion.
pub(super) struct Scores {
    pub(super) policy: Vec<Vec<f64>>,
    /// Empty without a reference.
    pub(super) reference: Vec<Vec<f64>>,
    pub(super) spread: Vec<Vec<f64>>,
    /// The label that the loss sees.
    pub(super) p: f64,
    pub(super) weight: f64,
    /// The de-coupled margin, and whether the label is trusted for it; `None` where labels are not refined.
    pub(super) refined: Option<(f64, bool)>,
}

impl Scores {
    fn side(&self, number: usize) -> Side<'_> {
        Side {
            policy: numbers(&self.policy, number),
            reference: numbers(&self.reference, number),
            spread: numbers(&self.spread, number),
        }
    }

    fn pair(&self) -> PairScores<'_> {
        PairScores { chosen: self.side(0), rejected: self.side(1), p: self.p, weight: self.weight }
    }

    fn single(&self) -> losses::Example<'_> {
        losses::Example { side: self.side(0), desirable: self.is_desirable(), weight: self.weight }
    }

    fn is_single(&self) -> bool {
        self.policy.len() == 1
    }

    /// Of a single completion.
    fn is_desirable(&self) -> bool {
        self.p >= 0.5
    }

    fn sums(&self) -> Vec<f64> {
        self.policy.iter().map(|side| side.iter().sum()).collect()
    }

    /// `ln pi - ln ref` of each completion; `None` without a reference.
    fn ratios(&self) -> Option<Vec<f64>> {
        let of = |(policy, reference): (&Vec<f64>, &Vec<f64>)| {
            policy.iter().sum::<f64>() - reference.iter().sum::<f64>()
        };
        (!self.reference.is_empty()).then(|| self.policy.iter().zip(&self.reference).map(of).collect())
    }

    /// What a reward is beta times of, for each: `ln pi - ln ref`, or without a reference `ln pi`, the mean over tokens where the loss compares
    /// means.
    fn gains(&self, averages: bool) -> Vec<f64> {
        self.ratios().unwrap_or_else(|| {
            let lengths = self.policy.iter().map(|side| if averages { side.len().max(1) } else { 1 });
            self.sums().into_iter().zip(lengths).map(|(sum, length)| sum / length as f64).collect()
        })
    }

    /// The sum over tokens of `|ln pi - ln ref|`.
    fn drift(&self) -> f64 {
        let of = |(policy, reference): (&Vec<f64>, &Vec<f64>)| {
            policy.iter().zip(reference).map(|(p, r)| (p - r).abs()).sum::<f64>()
        };
        self.policy.iter().zip(&self.reference).map(of).sum()
    }
}

fn numbers(all: &[Vec<f64>], number: usize) -> &[f64] {
    all.get(number).map_or(&[], Vec::as_slice)
}

/// The loss of a batch of pairs or of single completions, and its derivative by the log-probability of each token, by completion.
pub(super) fn valued(
    objective: &Objective,
    batch: &[Scores],
    state: &mut LossState,
) -> Result<(f64, Vec<Vec<f64>>), LossError> {
    if batch.iter().all(Scores::is_single) {
        let singles: Vec<losses::Example<'_>> = batch.iter().map(Scores::single).collect();
        let found = objective.evaluate_unpaired(&singles, state)?;
        return Ok((found.value, found.gradients));
    }
    let pairs: Vec<PairScores<'_>> = batch.iter().map(Scores::pair).collect();
    let found = objective.evaluate(&pairs, state)?;
    let sides = found.gradients.into_iter().flat_map(|gradient| [gradient.chosen, gradient.rejected]);
    Ok((found.value, sides.collect()))
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

/// Sums over the examples of a batch.
#[derive(Default)]
pub(super) struct Tally {
    examples: usize,
    tokens: usize,
    referred: usize,
    /// Of the chosen completions and of the rejected ones; of single ones, of those that are desirable and of the others.
    gains: [Vec<f64>; 2],
    sums: [f64; 2],
    /// Pairs, and how many of them are right.
    pairs: usize,
    right: f64,
    drift: f64,
    refined: usize,
    decoupled: f64,
    doubtful: usize,
    /// The mean cross-entropy of degraded completions.
    pub(super) degrees: f64,
}

impl Tally {
    /// `averages`: as for [`Scores::gains`].
    pub(super) fn add(&mut self, scores: &Scores, tokens: usize, averages: bool) {
        self.examples += 1;
        self.tokens += tokens;
        let (sums, gains) = (scores.sums(), scores.gains(averages));
        if let [chosen, rejected] = gains[..] {
            self.pairs += 1;
            self.right += right(chosen, rejected);
        }
        for (side, (sum, gain)) in sums.into_iter().zip(gains).enumerate() {
            let kind = if scores.is_single() { usize::from(!scores.is_desirable()) } else { side };
            self.sums[kind] += sum;
            self.gains[kind].push(gain);
        }
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
        let referred = |value: f64| (self.referred > 0).then_some(value);
        let reward = |kind: usize| {
            let gains = &self.gains[kind];
            (!gains.is_empty()).then(|| beta * gains.iter().sum::<f64>() / gains.len() as f64)
        };
        let (chosen, rejected) = (reward(0), reward(1));
        StepRecord {
            step: 0,
            epoch: 0.0,
            loss,
            learning_rate: 0.0,
            grad_norm: 0.0,
            rewards_chosen: chosen,
            rewards_rejected: rejected,
            margin: chosen.zip(rejected).map(|(chosen, rejected)| chosen - rejected),
            accuracy: self.accuracy(),
            drift: referred(self.drift / self.tokens as f64),
            logp_chosen: self.sums[0] / self.gains[0].len() as f64,
            logp_rejected: self.sums[1] / self.gains[1].len() as f64,
            tokens: self.tokens,
            spa: (self.refined > 0).then(|| SpaRecord {
                margin: self.decoupled / self.refined as f64,
                doubtful: self.doubtful as f64 / self.refined as f64,
                ..SpaRecord::default()
            }),
            degree_loss: None,
        }
    }

    fn accuracy(&self) -> Option<f64> {
        let [desirable, others] = &self.gains;
        if self.pairs > 0 {
            Some(self.right / self.pairs as f64)
        } else {
            every_with_every(desirable, others)
        }
    }
}

/// The share of all pairs of one number of each list in which the first is the larger one, equal ones counting one half (the area under
/// the receiver operating characteristic; Mann and Whitney 1947); `None` where a list is empty.
fn every_with_every(first: &[f64], second: &[f64]) -> Option<f64> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let mut sorted = second.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let won = |value: &f64| {
        let (below, up_to) =
            (sorted.partition_point(|other| other < value), sorted.partition_point(|other| other <= value));
        (below + up_to) as f64 / 2.0
    };
    Some(first.iter().map(won).sum::<f64>() / (first.len() * second.len()) as f64)
}

/// The same numbers in `f64`.
pub(super) fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn every_desirable_completion_meets_every_other_one() {
        assert_eq!(every_with_every(&[2.0, 1.0], &[1.0, 0.0]), Some(0.875));
        assert_eq!(every_with_every(&[2.0], &[]), None);
        let mut random = Random::new(3);
        for (n, m) in [(1, 1), (3, 5), (40, 7)] {
            let mut draw =
                |count: usize| -> Vec<f64> { (0..count).map(|_| (random.unit() * 6.0).floor()).collect() };
            let (first, second) = (draw(n), draw(m));
            // The slow twin: each with each.
            let all = first.iter().flat_map(|a| second.iter().map(move |b| right(*a, *b)));
            let plain = all.sum::<f64>() / (n * m) as f64;
            assert!((every_with_every(&first, &second).unwrap() - plain).abs() < 1e-12);
            assert!((every_with_every(&second, &first).unwrap() - (1.0 - plain)).abs() < 1e-12);
        }
    }
}
