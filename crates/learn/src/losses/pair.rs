//! What is known about a pair of completions: log-probabilities by token, and the sums that losses are made of.

use super::dual::Dual;

/// One completion under the policy and under the reference. The prompt's tokens are not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Side<'a> {
    /// The log-probability of each token under the policy, at most 0; at least one token.
    pub policy: &'a [f64],
    /// The same under the reference; empty if no loss needs it.
    pub reference: &'a [f64],
    /// `ln sum_v p_v^2` of the policy's distribution at each position, at most 0, for `wpo`; empty otherwise.
    pub spread: &'a [f64],
}

impl<'a> Side<'a> {
    /// A completion without `spread`.
    pub fn new(policy: &'a [f64], reference: &'a [f64]) -> Self {
        Self { policy, reference, spread: &[] }
    }
}

/// A chosen and a rejected completion of the same prompt, with the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairScores<'a> {
    /// The completion that is preferred.
    pub chosen: Side<'a>,
    /// The other one.
    pub rejected: Side<'a>,
    /// The probability that the chosen completion is preferred, 0 to 1: 1 for a hard label. Below 0.5 the roles are in
    /// fact swapped, which losses for soft labels handle; the others ignore this number.
    pub p: f64,
    /// Factor of the pair's loss, at least 0. The batch value divides by the number of pairs, not by the sum of weights.
    pub weight: f64,
}

impl<'a> PairScores<'a> {
    /// A pair with a hard label and weight 1.
    pub fn new(chosen: Side<'a>, rejected: Side<'a>) -> Self {
        Self { chosen, rejected, p: 1.0, weight: 1.0 }
    }
}

/// The sums over the tokens of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums {
    /// Summed log-probability of the chosen completion under the policy.
    pub(crate) lw: Dual,
    /// The same of the rejected completion.
    pub(crate) ll: Dual,
    /// Summed log-probability of the chosen completion under the reference; 0 without one.
    pub(crate) rw: f64,
    /// The same of the rejected completion.
    pub(crate) rl: f64,
    /// The number of tokens of the chosen completion.
    pub(crate) nw: f64,
    /// The number of tokens of the rejected completion.
    pub(crate) nl: f64,
    /// The probability of the label.
    pub(crate) p: f64,
}

impl Sums {
    /// Sums in which every token past the length of the shorter completion has weight `tail`.
    pub(crate) fn new(pair: &PairScores<'_>, tail: f64) -> Self {
        let shared = shared_length(pair);
        let sum = |values: &[f64]| {
            let cut = shared.min(values.len());
            values[..cut].iter().sum::<f64>() + tail * values[cut..].iter().sum::<f64>()
        };
        Self {
            lw: Dual::chosen(sum(pair.chosen.policy)),
            ll: Dual::rejected(sum(pair.rejected.policy)),
            rw: sum(pair.chosen.reference),
            rl: sum(pair.rejected.reference),
            nw: pair.chosen.policy.len() as f64,
            nl: pair.rejected.policy.len() as f64,
            p: pair.p,
        }
    }

    /// The log-ratio of the chosen completion.
    pub(crate) fn aw(&self) -> Dual {
        self.lw - self.rw
    }

    /// The log-ratio of the rejected completion.
    pub(crate) fn al(&self) -> Dual {
        self.ll - self.rl
    }

    /// Mean log-probability of a token of the chosen completion.
    pub(crate) fn mean_w(&self) -> Dual {
        self.lw * self.nw.recip()
    }

    /// Mean log-probability of a token of the rejected completion.
    pub(crate) fn mean_l(&self) -> Dual {
        self.ll * self.nl.recip()
    }
}

/// The number of tokens of the shorter completion.
pub(crate) fn shared_length(pair: &PairScores<'_>) -> usize {
    pair.chosen.policy.len().min(pair.rejected.policy.len())
}

/// WPO's weight of a pair: the product over both completions of `exp(mean_t(ln p_t - spread_t))`.
pub(crate) fn wpo_weight(pair: &PairScores<'_>) -> f64 {
    let log = |side: &Side<'_>| {
        let excess = side.policy.iter().zip(side.spread).map(|(log_p, spread)| log_p - spread);
        excess.sum::<f64>() / side.policy.len() as f64
    };
    (log(&pair.chosen) + log(&pair.rejected)).exp()
}
