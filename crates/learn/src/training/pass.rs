//! The gradient of one batch, and what held-out pairs say.

use super::scores::{Scores, Tally};
use super::{Evaluation, StepRecord, Trainer, widened};
use crate::error::Result;
use crate::losses::{BatchScope, Loss, PairGradient, PairScores, kto_baseline};
use crate::model::{Forward, Pass, Slopes, Tree};

impl Trainer {
    /// Adds the gradient of a batch, and tells what it saw.
    pub(super) fn gradient(&mut self, batch: &[usize]) -> Result<StepRecord> {
        let (loss, tally) = if self.objective.scope() == BatchScope::Pair {
            self.pair_by_pair(batch)?
        } else {
            self.all_at_once(batch)?
        };
        let mut record = tally.record(loss, self.objective.options().beta);
        if let (Some(spa), Some(refining)) = (&mut record.spa, &self.refining) {
            spa.threshold = refining.state.threshold.value();
            spa.smoothing = self.smoothing();
        }
        if let Some(degrees) = &self.degrees {
            record.degree_loss = Some(tally.degrees);
            record.loss += degrees.weight * tally.degrees;
        }
        Ok(record)
    }

    /// Each pair's gradient depends on itself only: forward and backward, then the next.
    fn pair_by_pair(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let (mut loss, mut tally) = (0.0, Tally::default());
        let share = 1.0 / batch.len() as f64;
        for number in batch {
            let tree = self.tree_with_degrees(*number);
            let (scores, forward) = self.refined(*number, &tree, self.training(&tree));
            let found = self.objective.evaluate(&[scores.pair()], &mut self.losses)?;
            loss += share * found.value;
            tally.degrees +=
                share * self.back(*number, (&tree, forward), (&found.gradients[0], share), share);
            tally.add(&scores, self.examples[*number].tokens());
        }
        Ok((loss, tally))
    }

    /// The gradient of a pair depends on the others: all are scored first.
    fn all_at_once(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let trees: Vec<Tree> = batch.iter().map(|number| self.examples[*number].tree()).collect();
        let mut all = Vec::with_capacity(batch.len());
        for (number, tree) in batch.iter().zip(&trees) {
            all.push(self.refined(*number, tree, Pass::Score).0);
        }
        if self.objective.mixture().losses().any(|loss| loss == Loss::Kto) {
            self.losses.kto_z0 = Some(self.baseline(batch));
        }
        let pairs: Vec<PairScores<'_>> = all.iter().map(Scores::pair).collect();
        let found = self.objective.evaluate(&pairs, &mut self.losses)?;
        let mut tally = Tally::default();
        let share = 1.0 / batch.len() as f64;
        for (number, (scores, gradient)) in batch.iter().zip(all.iter().zip(&found.gradients)) {
            let tree = self.tree_with_degrees(*number);
            let forward = self.model.forward(&tree, self.training(&tree));
            tally.degrees += share * self.back(*number, (&tree, forward), (gradient, 1.0), share);
            tally.add(scores, self.examples[*number].tokens());
        }
        Ok((found.value, tally))
    }

    /// KTO's baseline: how far the policy went from the reference on completions that belong to the next prompt of the batch.
    fn baseline(&self, batch: &[usize]) -> f64 {
        let of = |at: usize| {
            let (prompt, other) = (&self.examples[batch[at]], &self.examples[batch[(at + 1) % batch.len()]]);
            [0, 1].map(|side| {
                let tree = Tree::new(&prompt.prompt, &[&other.completions[side]]);
                let sum =
                    |pass| self.model.forward(&tree, pass).logps.iter().map(|p| f64::from(*p)).sum::<f64>();
                sum(Pass::Score) - sum(Pass::Reference)
            })
        };
        let ratios: Vec<f64> = (0..batch.len()).flat_map(of).collect();
        kto_baseline(&ratios)
    }

    fn training(&self, tree: &Tree) -> Pass {
        if self.model.kept_bytes(tree) > self.options.room { Pass::TrainFrugally } else { Pass::Train }
    }

    /// Log-probabilities of an example's pair, under the policy by a pass over `tree`, which may hold more than the pair.
    pub(super) fn scores(&mut self, number: usize, tree: &Tree, pass: Pass) -> (Scores, Forward) {
        let forward = self.model.forward(tree, pass);
        let needed = self.objective.needs_reference();
        if needed && !self.reference.contains_key(&number) {
            let found = self.model.forward(&self.example(number).tree(), Pass::Reference).logps;
            self.reference.insert(number, widened(&found));
        }
        let parts = |values: &[f64]| [0, 1].map(|side| values[tree.completion(side)].to_vec());
        let example = self.example(number);
        let scores = Scores {
            policy: parts(&widened(&forward.logps)),
            reference: match self.reference.get(&number) {
                Some(kept) if needed => parts(kept),
                _ => Default::default(),
            },
            spread: if self.objective.needs_spread() {
                // Rounding can leave a sum of squares of 1 a hair above it.
                parts(&widened(&forward.spreads)).map(|s| s.into_iter().map(|x| x.min(0.0)).collect())
            } else {
                Default::default()
            },
            p: example.p,
            weight: example.weight,
            refined: None,
        };
        (scores, forward)
    }

    /// Adds the gradient of a pair, and that of the classes of its degraded completions; returns their cross-entropy.
    fn back(
        &mut self,
        number: usize,
        (tree, forward): (&Tree, Forward),
        (gradient, factor): (&PairGradient, f64),
        share: f64,
    ) -> f64 {
        let mut coefficients = vec![0.0; forward.logps.len()];
        for (side, slopes) in [&gradient.chosen, &gradient.rejected].into_iter().enumerate() {
            for (coefficient, slope) in coefficients[tree.completion(side)].iter_mut().zip(slopes) {
                *coefficient = (slope * factor) as f32;
            }
        }
        let (cross_entropy, silent) = self.degree(number, tree, forward.silent(), share);
        // A pair whose gradient vanished (a label of one half under GDPO) costs no backward pass.
        if coefficients.iter().chain(&silent).any(|c| *c != 0.0) {
            let slopes = Slopes { coefficients: &coefficients, silent: &silent };
            self.model.backward_from(tree, forward, slopes, &mut self.gradients);
        }
        cross_entropy
    }

    /// What held-out pairs say of the model as it is; `None` where there are none.
    ///
    /// # Errors
    ///
    /// When a loss cannot be computed.
    pub fn evaluate(&mut self) -> Result<Option<Evaluation>> {
        if self.held_out.is_empty() {
            return Ok(None);
        }
        let (mut all, mut right, mut tally) = (Vec::new(), 0, Tally::default());
        for number in self.examples.len()..self.examples.len() + self.held_out.len() {
            let tree = self.example(number).tree();
            let scores = self.scores(number, &tree, Pass::Score).0;
            let sums = scores.ratios().unwrap_or_else(|| scores.sums());
            right += usize::from(sums[0] > sums[1]);
            tally.add(&scores, self.example(number).tokens());
            all.push(scores);
        }
        let pairs: Vec<PairScores<'_>> = all.iter().map(Scores::pair).collect();
        let mut state = self.losses;
        state.frozen = true;
        state.kto_z0 = state.kto_z0.or(Some(0.0));
        let loss = self.objective.evaluate(&pairs, &mut state)?.value;
        let record = tally.record(loss, self.objective.options().beta);
        Ok(Some(Evaluation {
            step: self.step,
            loss,
            accuracy: right as f64 / pairs.len() as f64,
            margin: record.margin,
            pairs: pairs.len(),
        }))
    }
}
