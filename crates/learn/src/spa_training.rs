//! SPA's expansion (arXiv 2406.04412): a policy answers prompts itself, several times each, and calls those answers better whose
//! probability has grown more since it began.
//!
//! A sample's reward is `sum_t (ln pi(t) - ln pi_0(t))` over its tokens, without a factor and not by length; the pair of a prompt is the
//! sample with the largest against that with the smallest. Training on the pairs refines their labels: [`crate::Trainer::refine`].

use serde::{Deserialize, Serialize};

use crate::error::{LearnError, Result};
use crate::losses::spa::label_probability;
use crate::model::{Model, Pass, Sample, SampleOptions, Tree};
use crate::training::Example;

/// How prompts become pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExpansionOptions {
    /// Completions that are drawn of each prompt, at least 2. Default 2.
    pub samples: usize,
    /// Scale of the difference of rewards in the probability of the label. Default 0.1.
    pub beta: f64,
    /// How they are drawn; the defaults are the paper's.
    pub sampling: SampleOptions,
}

impl Default for ExpansionOptions {
    fn default() -> Self {
        Self { samples: 2, beta: 0.1, sampling: SampleOptions::default() }
    }
}

/// The model that a policy began as.
#[derive(Clone, Copy)]
pub enum Initial<'a> {
    /// The policy without its adapter.
    Bare,
    /// Another model, with its adapter if it has one.
    Model(&'a Model),
}

/// A completion with what it has gained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The completion.
    pub sample: Sample,
    /// Its summed log-probability under the policy minus that under the model that the policy began as.
    pub reward: f64,
}

/// What one prompt gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expanded {
    /// Completions that differ and are not empty, as they were drawn first.
    pub candidates: Vec<Candidate>,
    /// Which has the largest reward and which the smallest, the first of equals; `None` if all rewards are equal or there is no second
    /// candidate.
    pub pair: Option<(usize, usize)>,
    /// The probability that the better is better, `s(beta (r_1 - r_2))`; one half without a pair.
    pub p: f64,
    /// Completions that another one is the same as.
    pub repeated: usize,
    /// Completions without a token before the one that ended them.
    pub empty: usize,
}

impl Expanded {
    /// The pair as an example, with a label: 1 as in the paper, or [`Self::p`].
    pub fn example(&self, prompt: &[u32], label: f64) -> Option<Example> {
        let (best, worst) = self.pair?;
        let tokens = |at: usize| self.candidates.get(at).map(|candidate| candidate.sample.tokens.clone());
        let completions = vec![tokens(best)?, tokens(worst)?];
        Some(Example { prompt: prompt.to_vec(), completions, p: label, weight: 1.0 })
    }
}

/// Draws completions of a prompt and judges them by what they have gained.
///
/// The seed of the draws is the options'; give each prompt and round another.
///
/// # Errors
///
/// When fewer than two samples are asked for, beta is not a number above 0, the other model has another vocabulary, or as
/// [`Model::sample`].
pub fn expand(
    policy: &Model,
    initial: Initial<'_>,
    prompt: &[u32],
    options: &ExpansionOptions,
) -> Result<Expanded> {
    check(policy, initial, options)?;
    let drawn = policy.sample(prompt, options.samples, &options.sampling)?;
    let (samples, repeated, empty) = distinct(drawn);
    let rewards = rewards(policy, initial, prompt, &samples);
    Ok(judged(samples.into_iter().zip(rewards), options.beta, (repeated, empty)))
}

fn check(policy: &Model, initial: Initial<'_>, options: &ExpansionOptions) -> Result<()> {
    let wrong = |what: &str| Err(LearnError::Choice(what.to_owned()));
    if options.samples < 2 {
        return wrong("a pair needs two completions of a prompt");
    }
    if !(options.beta > 0.0 && options.beta.is_finite()) {
        return wrong("beta must be above 0");
    }
    match initial {
        Initial::Model(other) if other.config.vocab != policy.config.vocab => {
            wrong("the model that the policy started from has a different vocabulary")
        }
        Initial::Bare if policy.adapter().is_empty() => {
            wrong("a policy without an adapter needs the model that it started from")
        }
        _ => Ok(()),
    }
}

/// The samples that differ and are not empty; how many were repeated, and how many empty.
fn distinct(drawn: Vec<Sample>) -> (Vec<Sample>, usize, usize) {
    let (mut kept, mut repeated, mut empty): (Vec<Sample>, usize, usize) = (Vec::new(), 0, 0);
    for sample in drawn {
        if sample.tokens.len() <= usize::from(sample.ended) {
            empty += 1;
        } else if kept.iter().any(|other| other.tokens == sample.tokens) {
            repeated += 1;
        } else {
            kept.push(sample);
        }
    }
    (kept, repeated, empty)
}

fn rewards(policy: &Model, initial: Initial<'_>, prompt: &[u32], samples: &[Sample]) -> Vec<f64> {
    let tokens: Vec<&[u32]> = samples.iter().map(|sample| sample.tokens.as_slice()).collect();
    let tree = Tree::new(prompt, &tokens);
    // By the same code for both: an unchanged model has gained nothing.
    let own = policy.forward(&tree, Pass::Score).logps;
    let before = match initial {
        Initial::Bare => policy.forward(&tree, Pass::Reference).logps,
        Initial::Model(other) => other.forward(&tree, Pass::Score).logps,
    };
    let gain = |at: usize| f64::from(own[at]) - f64::from(before[at]);
    (0..samples.len()).map(|number| tree.completion(number).map(gain).sum()).collect()
}

fn judged(of: impl Iterator<Item = (Sample, f64)>, beta: f64, (repeated, empty): (usize, usize)) -> Expanded {
    let candidates: Vec<Candidate> = of.map(|(sample, reward)| Candidate { sample, reward }).collect();
    let (mut best, mut worst) = (0, 0);
    for (at, candidate) in candidates.iter().enumerate() {
        if candidate.reward > candidates[best].reward {
            best = at;
        }
        if candidate.reward < candidates[worst].reward {
            worst = at;
        }
    }
    let pair = (best != worst).then_some((best, worst));
    let p = pair.map_or(0.5, |_| label_probability(beta, candidates[best].reward, candidates[worst].reward));
    Expanded { candidates, pair, p, repeated, empty }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(tokens: &[u32], ended: bool) -> Sample {
        Sample { tokens: tokens.to_vec(), logps: vec![-1.0; tokens.len()], ended }
    }

    #[test]
    fn repeated_and_empty_samples_are_dropped() {
        let drawn =
            vec![sample(&[1], true), sample(&[1], false), sample(&[5, 1], true), sample(&[5, 1], true)];
        let (kept, repeated, empty) = distinct(drawn);
        assert_eq!((kept.len(), repeated, empty), (2, 1, 1));
    }

    #[test]
    fn the_largest_gain_stands_against_the_smallest() {
        // METHOD-LEARN 7.5.
        let of = |rewards: &[f64]| {
            let samples: Vec<(Sample, f64)> =
                rewards.iter().enumerate().map(|(at, r)| (sample(&[at as u32], false), *r)).collect();
            judged(samples.into_iter(), 0.1, (0, 0))
        };
        let found = of(&[3.2, 1.7]);
        assert_eq!(found.pair, Some((0, 1)));
        assert!((found.p - 0.537_430).abs() < 1e-6);
        let found = of(&[-0.4, 0.9]);
        assert_eq!(found.pair, Some((1, 0)));
        assert!((found.p - (1.0 - 0.467_546)).abs() < 1e-6);
        assert_eq!(of(&[2.0, 5.0, -1.0, 5.0]).pair, Some((1, 2)));
        for none in [&[][..], &[1.0], &[1.0, 1.0]] {
            assert_eq!((of(none).pair, of(none).p), (None, 0.5));
            assert_eq!(of(none).example(&[1], 1.0), None);
        }
    }
}
