//! The gradient of one batch, and the evaluation on held-out pairs.

use super::record::{Evaluation, StepRecord};
use super::scores::{Tally, valued};
use super::trainer::Trainer;
use crate::error::{LearnError, Result};
use crate::losses::{BatchScope, Loss, LossError, kto_baseline};
use crate::model::{Forward, Pass, Slopes, Tree};

/// Rows that are computed together at most.
const ROWS: usize = 1024;

impl Trainer {
    /// Adds the gradient of a batch, and returns a record of it.
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

    /// Parts of a batch whose pairs are computed together: products of more rows are faster, and all that backward needs must have room.
    fn together(&self, batch: &[usize]) -> Vec<Vec<usize>> {
        let (mut groups, mut rows, mut bytes) = (Vec::<Vec<usize>>::new(), 0, 0);
        for number in batch {
            let tree = self.example(*number).tree();
            // Refined labels and degraded completions are a matter of one pair.
            let alone = self.refining.is_some() || self.degrees.is_some();
            (rows, bytes) = (rows + tree.len(), bytes + self.model.kept_bytes(&tree));
            match groups.last_mut() {
                Some(group) if !alone && rows <= ROWS && bytes <= self.options.memory_budget => {
                    group.push(*number);
                }
                _ => {
                    (rows, bytes) = (tree.len(), self.model.kept_bytes(&tree));
                    groups.push(vec![*number]);
                }
            }
        }
        groups
    }

    fn tree(&self, numbers: &[usize]) -> Tree {
        if let [only] = numbers
            && *only < self.examples.len()
        {
            return self.tree_with_degrees(*only);
        }
        self.pairs_tree(numbers)
    }

    /// Each pair's gradient depends on itself only: forward and backward, then the next.
    fn pair_by_pair(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let (mut loss, mut tally) = (0.0, Tally::default());
        let share = 1.0 / batch.len() as f64;
        for group in self.together(batch) {
            let tree = self.tree(&group);
            let (all, forward) = self.refined(&group, &tree, self.training(&tree));
            let mut gradients = Vec::with_capacity(group.len());
            for (number, scores) in group.iter().zip(&all) {
                let (value, slopes) =
                    valued(&self.objective, std::slice::from_ref(scores), &mut self.losses)?;
                loss += share * value;
                gradients.extend(slopes);
                tally.add(scores, self.examples[*number].tokens(), self.objective.averages());
            }
            tally.degrees += share * self.back(&group, (&tree, forward), (&gradients, share), share);
        }
        Ok((loss, tally))
    }

    /// The gradient of a pair depends on the others: all are scored first.
    fn all_at_once(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let groups = self.together(batch);
        let mut all = Vec::with_capacity(batch.len());
        // A batch that is computed as one needs no second pass.
        let mut at_hand = None;
        for group in &groups {
            let tree = self.tree(group);
            let pass = if groups.len() == 1 { self.training(&tree) } else { Pass::Score };
            let (scores, forward) = self.refined(group, &tree, pass);
            all.extend(scores);
            at_hand = (groups.len() == 1).then_some((tree, forward));
        }
        if self.objective.mixture().losses().any(|loss| loss == Loss::Kto) {
            self.losses.kto_z0 = Some(self.baseline(batch));
        }
        let (value, slopes) = valued(&self.objective, &all, &mut self.losses)?;
        let mut tally = Tally::default();
        let share = 1.0 / batch.len() as f64;
        for (scores, number) in all.iter().zip(batch) {
            tally.add(scores, self.examples[*number].tokens(), self.objective.averages());
        }
        let mut gradients = slopes.as_slice();
        for group in &groups {
            let (tree, forward) = at_hand.take().unwrap_or_else(|| {
                let tree = self.tree(group);
                let forward = self.model.forward(&tree, self.training(&tree));
                (tree, forward)
            });
            let (of_group, rest) = gradients.split_at(self.sides * group.len());
            tally.degrees += share * self.back(group, (&tree, forward), (of_group, 1.0), share);
            gradients = rest;
        }
        Ok((value, tally))
    }

    /// KTO's baseline: how far the policy went from the reference on completions that belong to the next other prompt of the batch; 0 where
    /// all prompts are the same.
    fn baseline(&self, batch: &[usize]) -> f64 {
        let mismatched = |at: usize| {
            let prompt = &self.example(batch[at]).prompt;
            let after = (1..batch.len()).map(|by| self.example(batch[(at + by) % batch.len()]));
            let other = after.into_iter().find(|other| other.prompt != *prompt)?;
            Some(Tree::new(prompt, &other.completions.iter().map(Vec::as_slice).collect::<Vec<&[u32]>>()))
        };
        let mut groups: Vec<Vec<Tree>> = Vec::new();
        let mut rows = 0;
        for tree in (0..batch.len()).filter_map(mismatched) {
            rows += tree.len();
            match groups.last_mut() {
                Some(group) if rows <= ROWS => group.push(tree),
                _ => {
                    rows = tree.len();
                    groups.push(vec![tree]);
                }
            }
        }
        let ratios: Vec<f64> = groups.iter().flat_map(|group| self.ratios(&Tree::join(group))).collect();
        kto_baseline(&ratios)
    }

    /// `sum_t (ln pi - ln ref)` of each completion of a tree, the reference being the model without its adapter.
    fn ratios(&self, tree: &Tree) -> Vec<f64> {
        let [policy, reference] =
            [Pass::Score, Pass::Reference].map(|pass| self.model.forward(tree, pass).logps);
        let sum = |values: &[f32]| values.iter().map(|p| f64::from(*p)).sum::<f64>();
        let of = |number| {
            let range = tree.completion(number);
            sum(&policy[range.clone()]) - sum(&reference[range])
        };
        (0..tree.completions()).map(of).collect()
    }

    fn training(&self, tree: &Tree) -> Pass {
        if self.model.kept_bytes(tree) > self.options.memory_budget {
            Pass::TrainFrugally
        } else {
            Pass::Train
        }
    }

    /// Adds the gradients of some examples, by completion, and that of the classes of degraded completions; returns their cross-entropy.
    fn back(
        &mut self,
        numbers: &[usize],
        (tree, forward): (&Tree, Forward),
        (gradients, factor): (&[Vec<f64>], f64),
        share: f64,
    ) -> f64 {
        let mut coefficients = vec![0.0; forward.logps.len()];
        for (number, slopes) in gradients.iter().enumerate() {
            for (coefficient, slope) in coefficients[tree.completion(number)].iter_mut().zip(slopes) {
                *coefficient = (slope * factor) as f32;
            }
        }
        let (cross_entropy, silent) = match numbers {
            [only] => self.degree(*only, tree, forward.silent(), share),
            _ => (0.0, Vec::new()),
        };
        // Pairs whose gradient vanished (labels of one half under GDPO) cost no backward pass.
        if coefficients.iter().chain(&silent).any(|c| *c != 0.0) {
            let slopes = Slopes { coefficients: &coefficients, silent: &silent };
            self.model.backward_from(tree, forward, slopes, &mut self.gradients);
        }
        cross_entropy
    }

    /// Why a step has no finite loss: the pairs whose log-probabilities are not finite, or all of the batch where each is finite by itself; and
    /// whether it is the weights that training has led to, since the reference has all of these pairs finite.
    pub(super) fn culprits(&mut self, batch: Vec<usize>) -> (Vec<usize>, bool) {
        let is_finite = |sides: &[Vec<f64>]| sides.iter().flatten().copied().all(f64::is_finite);
        let (mut found, mut by_weights) = (Vec::new(), self.step > 0);
        for number in &batch {
            let tree = self.example(*number).tree();
            let scores = self.scores(&[*number], &tree, Pass::Score).0.remove(0);
            let known = self.objective.needs_reference() && is_finite(&scores.reference);
            if !is_finite(&scores.policy) || !is_finite(&scores.reference) {
                found.push(*number);
                by_weights &= known;
            }
        }
        (if found.is_empty() { batch } else { found }, by_weights)
    }

    /// Whether all log-probabilities of these pairs are finite by the present weights.
    pub fn finite(&mut self, numbers: &[usize]) -> bool {
        numbers.iter().all(|number| {
            let tree = self.example(*number).tree();
            let scores = self.scores(&[*number], &tree, Pass::Score).0.remove(0);
            scores.policy.iter().flatten().copied().all(f64::is_finite)
        })
    }

    /// Evaluates the present model on held-out pairs; `None` without any.
    ///
    /// # Errors
    ///
    /// When a loss cannot be computed: [`LearnError::NotFinite`] names the held-out pairs by their numbers, which follow those that are trained
    /// on.
    pub fn evaluate(&mut self) -> Result<Option<Evaluation>> {
        if self.held_out.is_empty() {
            return Ok(None);
        }
        let (mut all, mut tally) = (Vec::new(), Tally::default());
        for number in self.examples.len()..self.examples.len() + self.held_out.len() {
            let tree = self.example(number).tree();
            let scores = self.scores(&[number], &tree, Pass::Score).0.remove(0);
            tally.add(&scores, self.example(number).tokens(), self.objective.averages());
            all.push(scores);
        }
        let mut state = self.losses;
        state.frozen = true;
        if self.objective.mixture().losses().any(|loss| loss == Loss::Kto) {
            let held_out: Vec<usize> =
                (self.examples.len()..self.examples.len() + self.held_out.len()).collect();
            state.kto_z0 = Some(self.baseline(&held_out));
        }
        let loss = match valued(&self.objective, &all, &mut state) {
            Ok((value, _)) => value,
            Err(LossError::NotALogProbability { .. }) => {
                let held_out = self.examples.len()..self.examples.len() + self.held_out.len();
                let (examples, weights) = self.culprits(held_out.collect());
                return Err(LearnError::NotFinite { step: self.step, examples, weights });
            }
            Err(error) => return Err(error.into()),
        };
        let record = tally.record(loss, self.objective.options().beta);
        Ok(Some(Evaluation {
            step: self.step,
            loss,
            accuracy: record.accuracy,
            margin: record.margin,
            pairs: all.len(),
        }))
    }
}
