//! Training: pairs in a drawn order, batch by batch, each step a loss, its gradient and one move of the optimiser.

mod checkpoint;
mod degrees;
mod options;
mod pass;
mod refine;
mod scores;
#[cfg(test)]
mod tests;

pub use checkpoint::State;
pub use degrees::{Degraded, HEAD as DEGREE_HEAD};
pub use options::{Plan, TrainingOptions};
pub use refine::{Refinement, SpaRecord, SpaState};

use std::collections::HashMap;

use crate::error::{LearnError, Result};
use crate::losses::{LossError, LossState, Objective};
use crate::model::{Gradients, Model, Pass, Tree};
use crate::optimise::{AdamW, clip};
use crate::random::Random;

/// A pair as tokens, with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The prompt's tokens.
    pub prompt: Vec<u32>,
    /// The tokens of the chosen completion and of the rejected one.
    pub completions: [Vec<u32>; 2],
    /// The probability that the chosen completion is preferred.
    pub p: f64,
    /// Factor of its loss.
    pub weight: f64,
}

impl Example {
    pub(crate) fn tree(&self) -> Tree {
        Tree::new(&self.prompt, &[&self.completions[0], &self.completions[1]])
    }

    /// Whether all its tokens are in a vocabulary of that size.
    ///
    /// # Errors
    ///
    /// When one is not, or a part has no token.
    pub fn fits(&self, vocab: usize) -> Result<()> {
        check(self, vocab)
    }

    /// Tokens of both completions.
    pub fn tokens(&self) -> usize {
        self.completions[0].len() + self.completions[1].len()
    }
}

/// What one step did. Means are over the pairs of the step.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StepRecord {
    /// Its number, from 1.
    pub step: usize,
    /// Epochs passed, a fraction within the current one.
    pub epoch: f64,
    /// The loss before the step.
    pub loss: f64,
    /// The rate at which it was made.
    pub learning_rate: f64,
    /// The length of the gradient before it was clipped.
    pub grad_norm: f64,
    /// `beta (ln pi - ln ref)` of the chosen completions; `None` without a reference.
    pub rewards_chosen: Option<f64>,
    /// The same of the rejected ones.
    pub rewards_rejected: Option<f64>,
    /// The mean difference of the two.
    pub margin: Option<f64>,
    /// Share of pairs whose chosen completion has the larger reward.
    pub accuracy: Option<f64>,
    /// Mean over completion tokens of `|ln pi - ln ref|`, in nats: how far the policy went from the reference on these tokens.
    pub drift: Option<f64>,
    /// Summed log-probability of the chosen completions.
    pub logp_chosen: f64,
    /// The same of the rejected ones.
    pub logp_rejected: f64,
    /// Tokens of completions in the step.
    pub tokens: usize,
    /// What SPA's refinement of labels found; `None` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa: Option<SpaRecord>,
    /// SPO's mean cross-entropy, before its weight; it is part of `loss`. `None` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degree_loss: Option<f64>,
}

/// What held-out pairs say.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evaluation {
    /// After so many steps.
    pub step: usize,
    /// The mean loss.
    pub loss: f64,
    /// Share of pairs whose chosen completion has the larger reward (the larger log-probability, without a reference).
    pub accuracy: f64,
    /// The mean difference of rewards; `None` without a reference.
    pub margin: Option<f64>,
    /// Pairs.
    pub pairs: usize,
}

/// A model in training.
pub struct Trainer {
    /// The model as it is now.
    pub model: Model,
    objective: Objective,
    options: TrainingOptions,
    plan: Plan,
    optimiser: AdamW,
    losses: LossState,
    gradients: Gradients,
    examples: Vec<Example>,
    held_out: Vec<Example>,
    /// Log-probabilities under the reference, by example; those of held-out pairs stand behind.
    reference: HashMap<usize, Vec<f64>>,
    refining: Option<refine::Refining>,
    degrees: Option<degrees::Degrees>,
    step: usize,
    /// The order of the examples in an epoch.
    order: (usize, Vec<usize>),
}

impl Trainer {
    /// A trainer for a model whose trained tensors are marked.
    ///
    /// # Errors
    ///
    /// When there is nothing to train or to train on, or an example's token is not in the vocabulary.
    pub fn new(
        model: Model,
        objective: Objective,
        options: TrainingOptions,
        (examples, held_out): (Vec<Example>, Vec<Example>),
    ) -> Result<Self> {
        if examples.is_empty() {
            return Err(LearnError::Choice("no pairs to train on".to_owned()));
        }
        if model.store.trained().is_empty() {
            return Err(LearnError::Choice("no parameter is trainable".to_owned()));
        }
        for example in examples.iter().chain(&held_out) {
            check(example, model.config.vocab)?;
        }
        let plan = options.plan(examples.len())?;
        let optimiser = AdamW::new(&model.store, options.weight_decay);
        let gradients = Gradients::zeros(&model.store);
        let mut trainer = Self {
            model,
            objective,
            options,
            plan,
            optimiser,
            losses: LossState::default(),
            gradients,
            examples,
            held_out,
            reference: HashMap::new(),
            refining: None,
            degrees: None,
            step: 0,
            order: (usize::MAX, Vec::new()),
        };
        trainer.order_of(0);
        Ok(trainer)
    }

    /// How many steps and epochs there will be.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// Steps made.
    pub fn steps(&self) -> usize {
        self.step
    }

    /// Whether training is complete.
    pub fn done(&self) -> bool {
        self.step >= self.plan.steps
    }

    /// Pairs whose log-probabilities under the reference must be known before the first step, because the model itself will change: none where
    /// the reference is the model without its adapter.
    pub fn to_prepare(&self, reference_is_bare: bool) -> Vec<usize> {
        if reference_is_bare || !self.objective.needs_reference() {
            return Vec::new();
        }
        let used = self.examples.len().min(self.plan.steps.saturating_mul(self.options.batch));
        let all =
            if used < self.examples.len() { self.used(used) } else { (0..self.examples.len()).collect() };
        all.into_iter().chain(self.examples.len()..self.examples.len() + self.held_out.len()).collect()
    }

    fn used(&self, count: usize) -> Vec<usize> {
        let mut used = self.order.1[..count].to_vec();
        used.sort_unstable();
        used
    }

    /// Computes what [`Self::to_prepare`] lists, with the model as it is.
    pub fn prepare(&mut self, number: usize) {
        let tree = self.example(number).tree();
        let found = self.model.forward(&tree, Pass::Score).logps;
        self.reference.insert(number, widened(&found));
    }

    fn example(&self, number: usize) -> &Example {
        self.examples.get(number).unwrap_or_else(|| &self.held_out[number - self.examples.len()])
    }

    /// Examples of the next step.
    fn batch(&mut self) -> Vec<usize> {
        let of_epoch = self.plan.steps_of_epoch;
        let (epoch, within) = (self.step / of_epoch, self.step % of_epoch);
        self.order_of(epoch);
        let from = within * self.options.batch;
        let to = (from + self.options.batch).min(self.order.1.len());
        self.order.1[from..to].to_vec()
    }

    fn order_of(&mut self, epoch: usize) {
        if self.order.0 == epoch {
            return;
        }
        let mut order: Vec<usize> = (0..self.examples.len()).collect();
        if self.options.shuffle {
            Random::new(self.options.seed.wrapping_mul(0x9E37).wrapping_add(epoch as u64))
                .shuffle(&mut order);
        }
        self.order = (epoch, order);
    }

    /// Makes one step.
    ///
    /// # Errors
    ///
    /// When the loss or its gradient is not finite: the weights are then as before the step, and the message names the pairs. When all steps
    /// were made.
    pub fn step(&mut self) -> Result<StepRecord> {
        if self.done() {
            return Err(LearnError::Choice("training is complete".to_owned()));
        }
        let batch = self.batch();
        self.gradients.clear();
        let kept = self.losses;
        let said = match self.gradient(&batch) {
            Err(LearnError::Loss(LossError::NotALogProbability { .. })) => {
                self.losses = kept;
                return Err(LearnError::NotFinite { step: self.step + 1, examples: batch });
            }
            other => other?,
        };
        let norm = clip(&mut self.gradients, self.options.clip);
        let margin = said.spa.map_or(0.0, |spa| spa.margin);
        if !(said.loss.is_finite() && norm.is_finite() && margin.is_finite()) {
            self.losses = kept;
            return Err(LearnError::NotFinite { step: self.step + 1, examples: batch });
        }
        let rate = self.options.rate(self.step, self.plan);
        self.optimiser.step(&mut self.model.store, &self.gradients, rate);
        self.step += 1;
        if let Some(refining) = &mut self.refining {
            refining.state.threshold.push(margin);
        }
        Ok(StepRecord {
            step: self.step,
            epoch: self.step as f64 / self.plan.steps_of_epoch as f64,
            learning_rate: rate,
            grad_norm: norm,
            ..said
        })
    }
}

fn check(example: &Example, vocab: usize) -> Result<()> {
    check_tokens(&example.prompt, vocab)?;
    example.completions.iter().try_for_each(|completion| check_tokens(completion, vocab))
}

fn check_tokens(tokens: &[u32], vocab: usize) -> Result<()> {
    if tokens.is_empty() {
        return Err(LearnError::Choice("empty prompt or completion".to_owned()));
    }
    match tokens.iter().find(|token| **token as usize >= vocab) {
        None => Ok(()),
        Some(token) => Err(LearnError::Choice(format!(
            "token {token} is outside the vocabulary of {vocab}: tokenizer and weights do not match"
        ))),
    }
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|v| f64::from(*v)).collect()
}
