//! SPA's refinement of labels (arXiv 2406.04412): while a policy trains on labels that it gave itself, those whose de-coupled margin is
//! among the smallest of late count as doubtful, and get a smoothed label.
//!
//! A pair's de-coupled margin is `beta h~`: `h` with the policy's log-probabilities taken from the softmax of `(1 + lambda)` times its
//! logits minus `lambda` times the reference's. The threshold of a step comes from the means of the steps before it. No gradient flows
//! through any of this.

use super::refinement::{Refinement, Refining, SpaState};
use super::scores::{Scores, widened};
use super::trainer::Trainer;
use crate::error::{LearnError, Result};
use crate::losses::spa::{Threshold, refined_label};
use crate::model::{Forward, Model, Pass, Tree};

impl Trainer {
    /// Refines labels from the next step on.
    ///
    /// `reference` is the model that training began with; with an adapter it may be left out, and the model without it is taken. Where an
    /// example's own label is `p`, a doubtful one becomes `p + a (1 - 2p)`, which is `1 - a` for a certain one; where `p` is below one
    /// half, the pair's roles are swapped, and so is the sign of its margin.
    ///
    /// # Errors
    ///
    /// When a number is out of range, no loss uses both labels and a reference, a step was made already, or there is no reference to
    /// subtract.
    pub fn refine(&mut self, refinement: Refinement, reference: Option<Model>) -> Result<()> {
        refinement.check()?;
        let wrong = |what: &str| Err(LearnError::Choice(what.to_owned()));
        if self.step > 0 {
            return wrong("labels are refined from the first step on, or not at all");
        }
        if !(self.objective.uses_label() && self.objective.needs_reference()) {
            return wrong("labels can be refined where a loss uses them and a reference, as `soft` does");
        }
        match &reference {
            Some(other) if other.config.vocab != self.model.config.vocab => {
                return wrong("the reference has a different vocabulary from the model");
            }
            None if refinement.lambda > 0.0 && self.model.adapter().is_empty() => {
                return wrong(
                    "a model whose weights are all trained needs its initial weights as the reference",
                );
            }
            _ => {}
        }
        let threshold = Threshold::new(refinement.options);
        let state = SpaState { refinement, threshold };
        self.refining = Some(Refining { state, reference: reference.map(Box::new) });
        Ok(())
    }

    /// The state of the refinement of labels; `None` without it.
    pub fn spa_state(&self) -> Option<&SpaState> {
        self.refining.as_ref().map(|refining| &refining.state)
    }

    /// Whether a kept state is one of this training's refinement.
    pub(super) fn continues(&self, kept: Option<&SpaState>) -> bool {
        match (self.spa_state(), kept) {
            (Some(own), Some(kept)) => {
                own.refinement == kept.refinement && kept.threshold.has(&own.refinement.options)
            }
            (own, kept) => own.is_none() && kept.is_none(),
        }
    }

    /// By how much doubtful labels are smoothed in the coming step.
    pub(super) fn smoothing(&self) -> f64 {
        let options = self.refining.as_ref().map(|refining| refining.state.refinement.options);
        options.map_or(0.0, |options| options.smoothing_at(self.step, self.plan.steps))
    }

    /// Log-probabilities of pairs, with their labels refined where labels are: then it is one pair at a time.
    pub(super) fn refined(&mut self, numbers: &[usize], tree: &Tree, pass: Pass) -> (Vec<Scores>, Forward) {
        match numbers {
            [only] if self.refining.is_some() => {
                let (scores, forward) = self.refined_one(*only, tree, pass);
                (vec![scores], forward)
            }
            _ => self.scores(numbers, tree, pass),
        }
    }

    fn refined_one(&mut self, number: usize, tree: &Tree, pass: Pass) -> (Scores, Forward) {
        let reference = self.pass_of_reference(number);
        let (mut all, forward) = self.scores(&[number], tree, pass);
        let mut scores = all.remove(0);
        let smoothing = self.smoothing();
        let beta = self.objective.options().beta;
        let Some(refining) = &self.refining else { return (scores, forward) };
        let policy = match &reference {
            Some(of_reference) => {
                let other = refining.reference.as_deref().unwrap_or(&self.model);
                let lambda = refining.state.refinement.lambda;
                let pair = self.examples[number].tree();
                widened(&self.model.decoupled(&pair, &forward, (other, of_reference), lambda))
            }
            None => widened(&forward.logps),
        };
        let gain = |side: usize| {
            policy[tree.completion(side)].iter().sum::<f64>() - scores.reference[side].iter().sum::<f64>()
        };
        let margin = beta * (gain(0) - gain(1)) * if scores.p < 0.5 { -1.0 } else { 1.0 };
        let trusted = refining.state.threshold.trusts(margin);
        let kept = refined_label(smoothing, trusted);
        scores.p = kept * scores.p + (1.0 - kept) * (1.0 - scores.p);
        scores.refined = Some((margin, trusted));
        (scores, forward)
    }

    /// A pass of the reference over a pair, where its logits are needed and not its log-probabilities alone.
    fn pass_of_reference(&mut self, number: usize) -> Option<Forward> {
        let refining = self.refining.as_ref()?;
        let other = refining.reference.as_deref();
        if refining.state.refinement.lambda == 0.0
            && (other.is_none() || self.reference.contains_key(&number))
        {
            return None;
        }
        let pair = self.examples[number].tree();
        let forward = match other {
            Some(other) => other.forward(&pair, Pass::Score),
            None => self.model.forward(&pair, Pass::Reference),
        };
        self.reference.entry(number).or_insert_with(|| widened(&forward.logps));
        Some(forward)
    }
}
