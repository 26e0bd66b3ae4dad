//! SPA (arXiv 2406.04412): how are labels that the policy gave itself made less certain where they look wrong?
//!
//! Each round the policy samples two completions a prompt and calls the one better whose log-probability grew more since
//! the start ([`label_probability`]). While it trains on those labels, a pair whose *de-coupled* margin is among the
//! smallest of late counts as doubtful ([`Threshold`]) and gets a smoothed label ([`refined_label`]): the loss is then that
//! of [`super::Loss::Soft`] with this label. The de-coupled margin uses [`decoupled_log_probability`] for the policy.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use predilect_stats::sigmoid;

/// How the labels are refined. Defaults are those of the paper and its code.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpaOptions {
    /// Smoothing `a` of a doubtful pair's label, 0 to 0.5. Default 0.1.
    pub smoothing: f64,
    /// The share of all steps, from the first, without smoothing. Default 0.2.
    pub warm_up: f64,
    /// The number of latest step means that the threshold is taken from, at least 1. Default 50.
    pub window: usize,
    /// The share of the window below the threshold, 0 to 1. Default 0.1.
    pub share: f64,
}

impl Default for SpaOptions {
    fn default() -> Self {
        Self { smoothing: 0.1, warm_up: 0.2, window: 50, share: 0.1 }
    }
}

impl SpaOptions {
    /// The smoothing at `step` (from 0) of `steps`: 0 while `step < warm_up * steps`, `smoothing` afterwards.
    pub fn smoothing_at(&self, step: usize, steps: usize) -> f64 {
        if (step as f64) < self.warm_up * steps as f64 { 0.0 } else { self.smoothing }
    }
}

/// The probability that the first of two samples is better: `s(beta (r_1 - r_2))`, where a reward is the summed
/// log-probability under the current policy minus that under the initial one.
pub fn label_probability(beta: f64, first: f64, second: f64) -> f64 {
    sigmoid(beta * (first - second))
}

/// The label `1 - a (1 - z)` of a pair: 1 where it is trusted (z = 1), `1 - a` where it is doubtful (z = 0).
///
/// Soft DPO with it is SPA's refined loss `-(1 - a + a z) ln s(b h) - a (1 - z) ln s(-b h)`.
pub fn refined_label(smoothing: f64, trusted: bool) -> f64 {
    if trusted { 1.0 } else { 1.0 - smoothing }
}

/// The log-probability of `token` under the softmax of `(1 + lambda) policy - lambda reference`, from rows of logits.
///
/// `lambda` is at least 0; 0 gives the policy's own. The paper takes 1/2, 1/4, 1/8 by round. `None` if the rows differ in
/// length or have no such token. Logits of minus infinity in both rows leave a token out.
pub fn decoupled_log_probability<T: Copy + Into<f64>>(
    policy: &[T],
    reference: &[T],
    lambda: f64,
    token: usize,
) -> Option<f64> {
    if policy.len() != reference.len() || token >= policy.len() {
        return None;
    }
    let mixed = policy.iter().zip(reference).map(|(&own, &other)| {
        let (own, other) = (own.into(), other.into());
        if own == f64::NEG_INFINITY { own } else { (1.0 + lambda) * own - lambda * other }
    });
    let logit = mixed.clone().nth(token)?;
    Some(logit - log_sum_exp(mixed))
}

/// ln sum exp without overflow; minus infinity for an empty sum.
pub(crate) fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + values.map(|value| (value - largest).exp()).sum::<f64>().ln()
}

/// The threshold of de-coupled margins below which a pair is doubtful, from the latest steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The latest step means, oldest first.
    means: VecDeque<f64>,
    options: SpaOptions,
}

impl Threshold {
    /// A threshold before the first step.
    pub fn new(options: SpaOptions) -> Self {
        Self { means: VecDeque::new(), options }
    }

    /// Whether it is taken with these options.
    pub fn has(&self, options: &SpaOptions) -> bool {
        self.options == *options
    }

    /// Takes in the mean of `b h~` over the pairs of one step.
    pub fn push(&mut self, mean: f64) {
        self.means.push_back(mean);
        while self.means.len() > self.options.window.max(1) {
            self.means.pop_front();
        }
    }

    /// The threshold: 0 until the window is full, then the mean of entries k and k + 1 (from 0) of the sorted window, where k is `share`
    /// times its length, rounded down; the last entry if there is no next one.
    pub fn value(&self) -> f64 {
        let window = self.options.window.max(1);
        if self.means.len() < window {
            return 0.0;
        }
        let mut sorted: Vec<f64> = self.means.iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        let entry = |at: usize| sorted[at.min(window - 1)];
        // A hair's breadth below a whole number is that number: 0.29 * 100 is 28.999...
        let at = (self.options.share.clamp(0.0, 1.0) * window as f64 + 1e-9) as usize;
        f64::midpoint(entry(at), entry(at + 1))
    }

    /// Whether a pair with the de-coupled margin `b h~` is trusted: z = 1 if it exceeds the threshold.
    pub fn trusts(&self, margin: f64) -> bool {
        margin > self.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_probabilities() {
        assert!((label_probability(0.1, 3.2, 1.7) - 0.537_430).abs() < 1e-6);
        assert!((label_probability(0.1, -0.4, 0.9) - 0.467_546).abs() < 1e-6);
    }

    #[test]
    fn decoupled_log_probabilities() {
        let (policy, reference) = ([1.0, 0.0, -1.0], [0.5, 0.5, -1.0]);
        for (lambda, expected) in
            [(0.5, -0.284_073), (0.25, -0.340_705), (0.125, -0.372_796), (0.0, -0.407_606)]
        {
            let log_p = decoupled_log_probability(&policy, &reference, lambda, 0).unwrap();
            assert!((log_p - expected).abs() < 1e-6, "{lambda}: {log_p}");
        }
        assert_eq!(decoupled_log_probability(&policy, &reference[..2], 0.5, 0), None);
        assert_eq!(decoupled_log_probability(&policy, &reference, 0.5, 3), None);
        let masked = [1.0_f32, f32::NEG_INFINITY];
        assert_eq!(decoupled_log_probability(&masked, &masked, 0.5, 0), Some(0.0));
    }

    #[test]
    fn threshold_is_zero_until_the_window_is_full() {
        let mut threshold = Threshold::new(SpaOptions::default());
        for step in 0..49 {
            threshold.push(f64::from(100 - step));
        }
        assert_eq!(threshold.value(), 0.0);
        assert!(threshold.trusts(0.1) && !threshold.trusts(0.0));
        threshold.push(51.0);
        // 51..=100: entries 5 and 6 from 0 are 56 and 57.
        assert_eq!(threshold.value(), 56.5);
        threshold.push(0.0);
        assert_eq!(threshold.value(), 55.5, "100 has left, so that 0, 51, ... 99 remain");
        let whole = SpaOptions { share: 1.0, window: 2, ..SpaOptions::default() };
        let mut threshold = Threshold::new(whole);
        threshold.push(1.0);
        threshold.push(2.0);
        assert_eq!(threshold.value(), 2.0);
    }

    #[test]
    fn smoothing_begins_after_the_warm_up() {
        let options = SpaOptions::default();
        assert_eq!((options.smoothing_at(19, 100), options.smoothing_at(20, 100)), (0.0, 0.1));
    }
}
