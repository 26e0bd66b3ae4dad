//! A model in training: what it is set up with, and which pairs come next.

use std::collections::HashMap;

use super::compared::Compared;
use super::degraded::Degrees;
use super::example::{Example, check, completions_of_each};
use super::options::{Plan, TrainingOptions};
use super::refinement::Refining;
use super::scores::widened;
use crate::error::{LearnError, Result};
use crate::losses::{LossState, Objective};
use crate::model::{Gradients, Model, Pass};
use crate::optimise::AdamW;
use crate::random::Random;

/// A model in training.
pub struct Trainer {
    /// The model as it is now.
    pub model: Model,
    pub(super) objective: Objective,
    pub(super) options: TrainingOptions,
    pub(super) plan: Plan,
    pub(super) optimiser: AdamW,
    pub(super) losses: LossState,
    pub(super) gradients: Gradients,
    pub(super) examples: Vec<Example>,
    pub(super) held_out: Vec<Example>,
    /// Completions of each example: two, or one.
    pub(super) sides: usize,
    /// Log-probabilities under the reference, by example; those of held-out pairs come last.
    pub(super) reference: HashMap<usize, Vec<f64>>,
    /// What the reference says at some tokens, to tell how far the policy went from it.
    pub(super) compared: Vec<Compared>,
    pub(super) refining: Option<Refining>,
    pub(super) degrees: Option<Degrees>,
    pub(super) step: usize,
    /// The order of the examples in an epoch.
    pub(super) order: (usize, Vec<usize>),
}

impl Trainer {
    /// A trainer for a model whose trained tensors are marked.
    ///
    /// # Errors
    ///
    /// When there is nothing to train or to train on, an example's token is not in the vocabulary, or single completions meet pairs or a loss
    /// that compares two.
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
        let sides = completions_of_each(&examples.iter().chain(&held_out).collect::<Vec<_>>(), &objective)?;
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
            sides,
            reference: HashMap::new(),
            compared: Vec::new(),
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

    /// Pairs whose log-probabilities under the reference must be known before the first step, because the model itself will change: empty
    /// if the reference is the model without its adapter.
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

    /// Computes what [`Self::to_prepare`] lists, with the present model.
    pub fn prepare(&mut self, number: usize) {
        let tree = self.example(number).tree();
        let found = self.model.forward(&tree, Pass::Score).logps;
        self.reference.insert(number, widened(&found));
    }

    pub(super) fn example(&self, number: usize) -> &Example {
        self.examples.get(number).unwrap_or_else(|| &self.held_out[number - self.examples.len()])
    }

    /// Examples of the next step.
    pub(super) fn batch(&mut self) -> Vec<usize> {
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
}
