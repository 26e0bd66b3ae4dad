//! Completions that a model writes itself: several of one prompt at a time, which is computed once, and each step reads the weights once
//! for all of them.
//!
//! The same seed gives the same tokens on the same kind of processor, however many completions are drawn together: each has separate random
//! numbers and its own order of sums. Between processors, and between builds, the last digits of a probability can differ, and a draw with
//! them.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::decode::Cache;
use super::decoder::Model;
use super::head::log_sum;
use super::vector::exp;
use crate::error::{LearnError, Result};
use crate::random::Random;

/// How completions are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SampleOptions {
    /// Logits are divided by it; 0 takes the likeliest token each time, the first of equals. Default 0.7.
    pub temperature: f64,
    /// Tokens are drawn from the fewest likeliest ones that together have at least this probability (at the temperature). Default 1: all.
    pub top_p: f64,
    /// The most tokens of a completion, one that stops it among them. Default 300.
    pub max_tokens: usize,
    /// Tokens that end a completion; they belong to it.
    pub stop: Vec<u32>,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for SampleOptions {
    fn default() -> Self {
        Self { temperature: 0.7, top_p: 1.0, max_tokens: 300, stop: Vec::new(), seed: 0 }
    }
}

impl SampleOptions {
    fn check(&self) -> Result<()> {
        let wrong = |what: &str| Err(LearnError::Choice(what.to_owned()));
        if !(self.temperature >= 0.0 && self.temperature <= 100.0) {
            return wrong("the temperature must be at least 0 and at most 100");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong("top-p must be above 0 and at most 1");
        }
        if self.max_tokens == 0 {
            return wrong("a completion must be allowed at least one token");
        }
        Ok(())
    }
}

/// A completion that was drawn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sample {
    /// Its tokens, the one that ended it among them.
    pub tokens: Vec<u32>,
    /// The log-probability of each under the model: at temperature 1 and over all tokens, whatever it was drawn at.
    pub logps: Vec<f32>,
    /// Whether a token ended it; otherwise the limit was reached.
    pub ended: bool,
}

/// Completions in the making.
pub struct Sampling<'a> {
    model: &'a Model,
    options: SampleOptions,
    cache: Cache,
    samples: Vec<Sample>,
    random: Vec<Random>,
    /// Completions that have not ended.
    active: Vec<usize>,
    /// Logits of their next tokens.
    logits: Vec<f32>,
    /// The most tokens of a completion.
    most: usize,
}

impl Model {
    /// Draws `count` completions of a prompt, with the adapter where there is one.
    ///
    /// A completion is cut where prompt and completion fill the model's context.
    ///
    /// # Errors
    ///
    /// When an option is out of range; when the prompt is empty, fills the context, or has a token that is not in the vocabulary; when the
    /// model computes no finite numbers.
    pub fn sample(&self, prompt: &[u32], count: usize, options: &SampleOptions) -> Result<Vec<Sample>> {
        let mut sampling = self.sampling(prompt, count, options)?;
        while sampling.advance()? {}
        Ok(sampling.finish())
    }

    /// The same, token by token: for those who want to see how far it is, or to stop in between.
    ///
    /// # Errors
    ///
    /// As [`Self::sample`].
    pub fn sampling(&self, prompt: &[u32], count: usize, options: &SampleOptions) -> Result<Sampling<'_>> {
        options.check()?;
        let wrong = |what: String| Err(LearnError::Choice(what));
        let (vocab, context) = (self.config.vocab, self.config.context);
        if let Some(token) = prompt.iter().find(|token| **token as usize >= vocab) {
            return wrong(format!("token {token} is not in the model's vocabulary of {vocab}"));
        }
        if prompt.is_empty() || prompt.len() >= context {
            return wrong(format!(
                "a prompt of {} tokens: it needs at least one token, and fewer than the model's context of {context}",
                prompt.len()
            ));
        }
        let (cache, first) = self.begin(prompt, count);
        Ok(Sampling {
            model: self,
            options: options.clone(),
            cache,
            samples: vec![Sample::default(); count],
            random: (0..count as u64).map(|number| stream(options.seed, number)).collect(),
            active: (0..count).collect(),
            logits: first.repeat(count),
            most: options.max_tokens.min(context - prompt.len()),
        })
    }
}

/// The random numbers of one completion.
fn stream(seed: u64, number: u64) -> Random {
    // Seeds and numbers that follow one another must not give sequences that do.
    Random::new(Random::new(seed).next() ^ Random::new(!number).next())
}

impl Sampling<'_> {
    /// Draws one more token of every active completion; `false` if there is none left.
    ///
    /// # Errors
    ///
    /// When the model computes no finite numbers.
    pub fn advance(&mut self) -> Result<bool> {
        if self.active.is_empty() {
            return Ok(false);
        }
        let (options, random) = (&self.options, &mut self.random);
        let mut draws: Vec<&mut Random> = random
            .iter_mut()
            .enumerate()
            .filter(|(number, _)| self.active.binary_search(number).is_ok())
            .map(|(_, random)| random)
            .collect();
        let rows = self.logits.par_chunks_mut(self.model.config.vocab).zip(draws.par_iter_mut());
        let drawn: Option<Vec<(u32, f32)>> = rows.map(|(row, random)| draw(row, options, random)).collect();
        let Some(drawn) = drawn else {
            return Err(LearnError::Unsupported(
                "the model's logits are not finite: it cannot write".to_owned(),
            ));
        };
        let mut going = (Vec::new(), Vec::new());
        for (number, (token, logp)) in self.active.iter().zip(drawn) {
            let sample = &mut self.samples[*number];
            sample.tokens.push(token);
            sample.logps.push(logp);
            sample.ended = self.options.stop.contains(&token);
            if !sample.ended && sample.tokens.len() < self.most {
                going.0.push(*number);
                going.1.push(token);
            }
        }
        self.active = going.0;
        if self.active.is_empty() {
            return Ok(false);
        }
        self.logits = self.model.advance(&mut self.cache, &self.active, &going.1);
        Ok(true)
    }

    /// Tokens drawn so far, of all completions.
    pub fn tokens(&self) -> usize {
        self.samples.iter().map(|sample| sample.tokens.len()).sum()
    }

    /// The completions so far.
    pub fn finish(self) -> Vec<Sample> {
        self.samples
    }
}

/// A token and its log-probability; `None` where the logits are not finite. The logits become probabilities.
fn draw(logits: &mut [f32], options: &SampleOptions, random: &mut Random) -> Option<(u32, f32)> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !most.is_finite() || logits.iter().any(|logit| logit.is_nan()) {
        return None;
    }
    let chosen = if options.temperature == 0.0 {
        logits.iter().position(|logit| *logit == most)?
    } else {
        let by = |logit: &f32| exp((f64::from(logit - most) / options.temperature) as f32);
        pick(&logits.iter().map(by).collect::<Vec<f32>>(), options.top_p, random.unit())
    };
    let own = logits[chosen];
    Some((chosen as u32, own - log_sum(logits)))
}

/// Which of these weights `unit`, within [0, 1), falls on, among the fewest largest ones that make up the share `top_p`.
fn pick(weights: &[f32], top_p: f64, unit: f64) -> usize {
    let sum = |some: &mut dyn Iterator<Item = f32>| some.map(f64::from).sum::<f64>();
    let total = sum(&mut weights.iter().copied());
    if top_p >= 1.0 {
        return fall(weights.iter().copied().enumerate(), unit * total);
    }
    // Everything below this together is less than what may be left out.
    let least = (1.0 - top_p) * total / weights.len() as f64;
    let mut likely: Vec<(usize, f32)> =
        weights.iter().copied().enumerate().filter(|(_, weight)| f64::from(*weight) >= least).collect();
    likely.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (mut kept, mut reached) = (0, 0.0);
    while kept < likely.len() && reached < top_p * total {
        reached += f64::from(likely[kept].1);
        kept += 1;
    }
    fall(likely[..kept].iter().copied(), unit * reached)
}

fn fall(weights: impl Iterator<Item = (usize, f32)>, at: f64) -> usize {
    let (mut reached, mut last) = (0.0, 0);
    for (number, weight) in weights {
        reached += f64::from(weight);
        last = number;
        if at < reached {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nucleus_is_the_fewest_tokens_that_reach_the_share() {
        let weights = [0.1, 0.4, 0.2, 0.3];
        let picked = |top_p: f64| -> Vec<usize> {
            (0..100).map(|at| pick(&weights, top_p, f64::from(at) / 100.0)).collect()
        };
        let count = |picked: &[usize], which| picked.iter().filter(|at| **at == which).count();
        let all = picked(1.0);
        assert_eq!([0, 1, 2, 3].map(|at| count(&all, at)), [10, 40, 20, 30]);
        let some = picked(0.65);
        assert_eq!((count(&some, 0), count(&some, 2)), (0, 0));
        assert!((56..=58).contains(&count(&some, 1)), "four sevenths");
        assert!(picked(0.3).iter().all(|at| *at == 1));
        assert_eq!(pick(&[1.0], 0.5, 0.99), 0);
    }

    #[test]
    fn logits_that_are_no_numbers_are_refused() {
        let options = SampleOptions::default();
        for mut bad in [[f32::NAN, 1.0], [f32::INFINITY, 0.0], [f32::NEG_INFINITY; 2]] {
            assert_eq!(draw(&mut bad, &options, &mut Random::new(0)), None);
        }
        let tiny = SampleOptions { temperature: 1e-300, ..options };
        let (token, logp) = draw(&mut [0.0, 1.0], &tiny, &mut Random::new(0)).unwrap();
        assert_eq!(token, 1);
        assert!((logp + 0.313_262).abs() < 1e-6);
    }
}
