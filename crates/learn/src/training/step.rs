//! One step: the gradient of a batch, and one move of the optimiser.

use super::record::StepRecord;
use super::trainer::Trainer;
use crate::error::{LearnError, Result};
use crate::losses::LossError;
use crate::optimise::clip;

/// The largest gradient whose square is a finite `f32`.
const SQUARED: f64 = 1.8e19;

impl Trainer {
    /// Makes one step.
    ///
    /// # Errors
    ///
    /// When the loss or its gradient is not finite: the weights are then as before the step, and the message names the pairs whose own
    /// log-probabilities are not finite, or else all of the batch. When all steps were made.
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
                let (examples, weights) = self.culprits(batch);
                return Err(LearnError::NotFinite { step: self.step + 1, examples, weights });
            }
            other => other?,
        };
        let norm = clip(&mut self.gradients, self.options.clip);
        let margin = said.spa.map_or(0.0, |spa| spa.margin);
        // The squares of a gradient that is not shortened must be numbers too, or nothing would be learnt from then on.
        let usable = norm.is_finite() && (self.options.clip.is_some() || norm < SQUARED);
        if !(said.loss.is_finite() && usable && margin.is_finite()) {
            self.losses = kept;
            let (examples, weights) = self.culprits(batch);
            return Err(LearnError::NotFinite { step: self.step + 1, examples, weights });
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
