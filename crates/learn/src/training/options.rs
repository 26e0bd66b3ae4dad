//! How long and how fast is trained.

use serde::{Deserialize, Serialize};

use crate::error::{LearnError, Result};
use crate::optimise::Schedule;

/// How a model is trained; the defaults are for an adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingOptions {
    /// Pairs of one step.
    pub batch: usize,
    /// Passes over the pairs, where steps are not given.
    pub epochs: f64,
    /// Steps, whatever the epochs.
    pub steps: Option<usize>,
    /// The highest learning rate.
    pub learning_rate: f64,
    /// How it changes.
    pub schedule: Schedule,
    /// Share of the steps in which it rises.
    pub warm_up: f64,
    /// `AdamW`'s decay of weights.
    pub weight_decay: f64,
    /// The longest gradient; `None`: any.
    pub clip: Option<f64>,
    /// Seed of the order of pairs.
    pub seed: u64,
    /// Whether pairs come in a drawn order, another in each epoch.
    pub shuffle: bool,
    /// Bytes that a pass may keep for backward before it computes layers twice instead.
    pub memory_budget: usize,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self {
            batch: 8,
            epochs: 1.0,
            steps: None,
            learning_rate: 1e-4,
            schedule: Schedule::Cosine,
            warm_up: 0.1,
            weight_decay: 0.0,
            clip: Some(1.0),
            seed: 0,
            shuffle: true,
            memory_budget: 2 << 30,
        }
    }
}

/// How many steps there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// In all.
    pub steps: usize,
    /// In one pass over the pairs; the last may be shorter.
    pub steps_of_epoch: usize,
    /// In which the rate rises.
    pub warm: usize,
}

impl TrainingOptions {
    /// The steps for this many pairs.
    ///
    /// # Errors
    ///
    /// When a number is out of range.
    pub fn plan(&self, pairs: usize) -> Result<Plan> {
        let wrong = |what: &str| Err(LearnError::Choice(what.to_owned()));
        if self.batch == 0 {
            return wrong("the batch size must be at least 1");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return wrong("the learning rate must be above 0 and at most 1");
        }
        if !(0.0..=1.0).contains(&self.warm_up) || !(0.0..1.0).contains(&self.weight_decay) {
            return wrong("warm-up and weight decay must be between 0 and 1");
        }
        if self.clip.is_some_and(|most| most <= 0.0 || most.is_nan()) {
            return wrong("the maximum gradient norm must be above 0");
        }
        let steps_of_epoch = pairs.div_ceil(self.batch).max(1);
        let steps = match self.steps {
            Some(steps) => steps,
            None if self.epochs > 0.0 && self.epochs <= 1e4 => {
                (steps_of_epoch as f64 * self.epochs).ceil().max(1.0) as usize
            }
            None => return wrong("epochs must be above 0 and at most 10,000"),
        };
        if steps == 0 || steps > 100_000_000 {
            return wrong("there must be at least one step, and no more than 100 million");
        }
        Ok(Plan { steps, steps_of_epoch, warm: (steps as f64 * self.warm_up).ceil() as usize })
    }

    pub(super) fn rate(&self, step: usize, plan: Plan) -> f64 {
        self.learning_rate * self.schedule.factor(step, plan.steps, plan.warm)
    }
}
