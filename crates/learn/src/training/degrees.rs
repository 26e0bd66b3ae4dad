//! SPO's degree loss (arXiv 2409.17791) in addition to any alignment loss: completions from which growing shares of their key phrases were
//! removed, and a linear classifier that predicts from the mean of their last hidden states how much is missing.
//!
//! The classifier is a tensor of the model's store, [`DEGREE_HEAD`], trained with the rest and kept in checkpoints; no pass over tokens
//! uses it.

use super::degraded::{Degraded, Degrees};
use super::example::check_tokens;
use super::trainer::Trainer;
use crate::degree_head::DEGREE_HEAD;
use crate::error::{LearnError, Result};
use crate::losses::spo::{SpoOptions, class_cross_entropy};
use crate::model::{Gradients, Tensor, Tree};
use crate::optimise::AdamW;
use crate::random::Random;

impl Trainer {
    /// Adds the degree loss: the degraded completions of each example; its list may be empty.
    ///
    /// A pair's part is the mean cross-entropy of its completions, and the step's the mean over its pairs, those without any counting as 0;
    /// [`SpoOptions::weight`] times it is added to the loss. Factors of pairs do not act on it. A completion is seen by the mean over its
    /// tokens of the final norm's output.
    ///
    /// # Errors
    ///
    /// When there are not as many lists as examples, a completion is empty or has a token or class that does not exist, there are fewer
    /// than two classes, the weight is below 0, a step was made already, or there is such a loss already.
    pub fn degrees(&mut self, options: &SpoOptions, completions: Vec<Vec<Degraded>>) -> Result<()> {
        let classes = options.shares.len();
        self.check_degrees(options, &completions)?;
        let hidden = self.model.config.hidden;
        let bound = 1.0 / (hidden as f64).sqrt();
        let mut random = Random::new(self.options.seed ^ 0x5B0);
        let value = (0..classes * hidden).map(|_| ((2.0 * random.unit() - 1.0) * bound) as f32).collect();
        let head = self.model.store.push(Tensor {
            name: DEGREE_HEAD.to_owned(),
            rows: classes,
            cols: hidden,
            value,
            trained: true,
        });
        self.optimiser = AdamW::new(&self.model.store, self.options.weight_decay);
        self.gradients = Gradients::zeros(&self.model.store);
        self.degrees = Some(Degrees { head, weight: options.weight, completions });
        Ok(())
    }

    fn check_degrees(&self, options: &SpoOptions, completions: &[Vec<Degraded>]) -> Result<()> {
        let wrong = |what: String| Err(LearnError::Choice(what));
        let classes = options.shares.len();
        if self.step > 0 || self.model.store.named(DEGREE_HEAD).is_some() {
            return wrong("degrees are classified from the first step on, and by one classifier".to_owned());
        }
        if self.sides != 2 {
            return wrong("the degree loss is for pairs, not for single completions".to_owned());
        }
        if completions.len() != self.examples.len() {
            return wrong(format!(
                "degraded completions of {} pairs for {} pairs",
                completions.len(),
                self.examples.len()
            ));
        }
        if classes < 2 || classes > self.model.config.vocab || !(0.0..=1e6).contains(&options.weight) {
            return wrong("the degree loss needs two shares and a weight of at least 0".to_owned());
        }
        for completion in completions.iter().flatten() {
            check_tokens(&completion.tokens, self.model.config.vocab)?;
            if completion.class >= classes {
                return wrong(format!("class {} of {classes}, counted from 0", completion.class));
            }
        }
        Ok(())
    }

    /// An example's pair with its degraded completions behind it.
    pub(super) fn tree_with_degrees(&self, number: usize) -> Tree {
        let tree = self.examples[number].tree();
        match &self.degrees {
            None => tree,
            Some(degrees) => {
                let completions = degrees.completions[number].iter();
                tree.and_silent(completions.map(|completion| completion.tokens.as_slice()))
            }
        }
    }

    /// The mean cross-entropy of an example's degraded completions, from their rows, and the derivative of the step's loss by these rows, a
    /// pair having this share of it. Adds the classifier's gradient. Not a number where logits are not finite.
    pub(super) fn degree(&mut self, number: usize, tree: &Tree, rows: &[f32], share: f64) -> (f64, Vec<f32>) {
        let Some(degrees) = &self.degrees else { return (0.0, Vec::new()) };
        let completions = &degrees.completions[number];
        let hidden = self.model.config.hidden;
        let factor = degrees.weight * share / completions.len().max(1) as f64;
        let w = self.model.store.value(degrees.head);
        let mut slopes = vec![0.0; rows.len()];
        let (mut sum, mut from) = (0.0, 0);
        for (completion, range) in completions.iter().zip(&tree.silent) {
            let to = from + range.len() * hidden;
            let seen = mean(&rows[from..to], hidden);
            let logits: Vec<f64> = w.chunks(hidden).map(|w| dot(w, &seen)).collect();
            let Ok(loss) = class_cross_entropy(&logits, completion.class) else {
                return (f64::NAN, Vec::new());
            };
            sum += loss.value;
            let slope = slope(w, &loss.gradient, factor / range.len() as f64, hidden);
            slopes[from..to].chunks_mut(hidden).for_each(|row| row.copy_from_slice(&slope));
            if let Some(dw) = self.gradients.get_mut(degrees.head) {
                for (dw, g) in dw.chunks_mut(hidden).zip(&loss.gradient) {
                    dw.iter_mut().zip(&seen).for_each(|(dw, seen)| *dw += (factor * g * seen) as f32);
                }
            }
            from = to;
        }
        (sum / completions.len().max(1) as f64, slopes)
    }
}

fn mean(rows: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks(width) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let count = (rows.len() / width).max(1) as f64;
    sums.into_iter().map(|sum| sum / count).collect()
}

fn dot(w: &[f32], x: &[f64]) -> f64 {
    w.iter().zip(x).map(|(w, x)| f64::from(*w) * x).sum()
}

/// The derivative by one row of which the mean is made.
fn slope(w: &[f32], gradient: &[f64], factor: f64, width: usize) -> Vec<f32> {
    let of = |column: usize| -> f64 {
        gradient.iter().zip(w.chunks(width)).map(|(g, w)| g * f64::from(w[column])).sum()
    };
    (0..width).map(|column| (factor * of(column)) as f32).collect()
}
