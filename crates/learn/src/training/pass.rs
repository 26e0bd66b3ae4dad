//! The gradient of one batch, and what held-out pairs say.

use super::{Evaluation, Example, StepRecord, Trainer, widened};
use crate::error::Result;
use crate::losses::{BatchScope, Loss, PairGradient, PairScores, Side, kto_baseline};
use crate::model::{Forward, Pass, Tree};

/// Rows that are computed together at most.
const ROWS: usize = 1024;

/// Log-probabilities of one pair, both completions.
struct Scores {
    policy: [Vec<f64>; 2],
    reference: [Vec<f64>; 2],
    spread: [Vec<f64>; 2],
}

impl Scores {
    fn pair(&self, example: &Example) -> PairScores<'_> {
        let side = |number: usize| Side {
            policy: &self.policy[number],
            reference: &self.reference[number],
            spread: &self.spread[number],
        };
        PairScores { chosen: side(0), rejected: side(1), p: example.p, weight: example.weight }
    }

    fn sums(&self) -> [f64; 2] {
        [0, 1].map(|side| self.policy[side].iter().sum())
    }

    /// `ln pi - ln ref` of both; `None` without a reference.
    fn ratios(&self) -> Option<[f64; 2]> {
        let of =
            |side: usize| self.policy[side].iter().sum::<f64>() - self.reference[side].iter().sum::<f64>();
        (!self.reference[0].is_empty()).then(|| [of(0), of(1)])
    }

    /// The sum over tokens of `r - 1 - ln r`.
    fn kl(&self) -> f64 {
        let of = |side: usize| {
            let tokens = self.policy[side].iter().zip(&self.reference[side]);
            tokens.map(|(p, r)| (r - p).exp_m1() - (r - p)).sum::<f64>()
        };
        of(0) + of(1)
    }
}

/// Sums over the pairs of a batch.
#[derive(Default)]
struct Tally {
    pairs: usize,
    tokens: usize,
    referred: usize,
    rewards: [f64; 2],
    right: usize,
    kl: f64,
    sums: [f64; 2],
}

impl Tally {
    fn add(&mut self, scores: &Scores, tokens: usize) {
        self.pairs += 1;
        self.tokens += tokens;
        let sums = scores.sums();
        self.sums = [self.sums[0] + sums[0], self.sums[1] + sums[1]];
        if let Some(ratios) = scores.ratios() {
            self.referred += 1;
            self.rewards = [self.rewards[0] + ratios[0], self.rewards[1] + ratios[1]];
            self.right += usize::from(ratios[0] > ratios[1]);
            self.kl += scores.kl();
        }
    }

    fn record(&self, loss: f64, beta: f64) -> StepRecord {
        let count = self.pairs as f64;
        let referred = |value: f64| (self.referred > 0).then_some(value);
        StepRecord {
            step: 0,
            epoch: 0.0,
            loss,
            learning_rate: 0.0,
            grad_norm: 0.0,
            rewards_chosen: referred(beta * self.rewards[0] / count),
            rewards_rejected: referred(beta * self.rewards[1] / count),
            margin: referred(beta * (self.rewards[0] - self.rewards[1]) / count),
            accuracy: referred(self.right as f64 / count),
            kl: referred(self.kl / self.tokens as f64),
            logp_chosen: self.sums[0] / count,
            logp_rejected: self.sums[1] / count,
            tokens: self.tokens,
        }
    }
}

impl Trainer {
    /// Adds the gradient of a batch, and tells what it saw.
    pub(super) fn gradient(&mut self, batch: &[usize]) -> Result<StepRecord> {
        let (loss, tally) = if self.objective.scope() == BatchScope::Pair {
            self.pair_by_pair(batch)?
        } else {
            self.all_at_once(batch)?
        };
        Ok(tally.record(loss, self.objective.options().beta))
    }

    /// Parts of a batch whose pairs are computed together: products of more rows are faster, and all that backward needs must have room.
    fn together(&self, batch: &[usize]) -> Vec<Vec<usize>> {
        let (mut groups, mut rows, mut bytes) = (Vec::<Vec<usize>>::new(), 0, 0);
        for number in batch {
            let tree = self.example(*number).tree();
            (rows, bytes) = (rows + tree.len(), bytes + self.model.kept_bytes(&tree));
            match groups.last_mut() {
                Some(group) if rows <= ROWS && bytes <= self.options.room => group.push(*number),
                _ => {
                    (rows, bytes) = (tree.len(), self.model.kept_bytes(&tree));
                    groups.push(vec![*number]);
                }
            }
        }
        groups
    }

    fn tree(&self, numbers: &[usize]) -> Tree {
        Tree::join(&numbers.iter().map(|number| self.example(*number).tree()).collect::<Vec<Tree>>())
    }

    /// Each pair's gradient depends on itself only: forward and backward, then the next.
    fn pair_by_pair(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let (mut loss, mut tally) = (0.0, Tally::default());
        let share = 1.0 / batch.len() as f64;
        for group in self.together(batch) {
            let tree = self.tree(&group);
            let (all, forward) = self.scores(&group, &tree, self.training(&tree));
            let mut gradients = Vec::with_capacity(group.len());
            for (number, scores) in group.iter().zip(&all) {
                let pair = scores.pair(&self.examples[*number]);
                let found = self.objective.evaluate(&[pair], &mut self.losses)?;
                loss += share * found.value;
                gradients.extend(found.gradients);
                tally.add(scores, self.examples[*number].tokens());
            }
            self.back(&tree, forward, &gradients, share);
        }
        Ok((loss, tally))
    }

    /// The gradient of a pair depends on the others: all are scored first.
    fn all_at_once(&mut self, batch: &[usize]) -> Result<(f64, Tally)> {
        let groups = self.together(batch);
        let mut all = Vec::with_capacity(batch.len());
        for group in &groups {
            all.extend(self.scores(group, &self.tree(group), Pass::Score).0);
        }
        if self.objective.mixture().losses().any(|loss| loss == Loss::Kto) {
            self.losses.kto_z0 = Some(self.baseline(batch));
        }
        let pairs: Vec<PairScores<'_>> =
            all.iter().zip(batch).map(|(scores, number)| scores.pair(&self.examples[*number])).collect();
        let found = self.objective.evaluate(&pairs, &mut self.losses)?;
        let mut tally = Tally::default();
        for (scores, number) in all.iter().zip(batch) {
            tally.add(scores, self.examples[*number].tokens());
        }
        let mut gradients = found.gradients.as_slice();
        for group in &groups {
            let tree = self.tree(group);
            let forward = self.model.forward(&tree, self.training(&tree));
            let (of_group, rest) = gradients.split_at(group.len());
            self.back(&tree, forward, of_group, 1.0);
            gradients = rest;
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

    /// Scores of some pairs, whose joined tree this is.
    fn scores(&mut self, numbers: &[usize], tree: &Tree, pass: Pass) -> (Vec<Scores>, Forward) {
        let needed = self.objective.needs_reference();
        if needed {
            self.refer(numbers);
        }
        let forward = self.model.forward(tree, pass);
        let (policy, spreads) = (widened(&forward.logps), widened(&forward.spreads));
        let of = |at: usize, number: &usize| {
            let parts = |values: &[f64]| [0, 1].map(|side| values[tree.completion(2 * at + side)].to_vec());
            Scores {
                policy: parts(&policy),
                reference: match self.reference.get(number) {
                    Some(kept) if needed => {
                        let (chosen, rejected) = kept.split_at(tree.completion(2 * at).len());
                        [chosen.to_vec(), rejected.to_vec()]
                    }
                    _ => Default::default(),
                },
                spread: if self.objective.needs_spread() {
                    // Rounding can leave a sum of squares of 1 a hair above it.
                    parts(&spreads).map(|s| s.into_iter().map(|x| x.min(0.0)).collect())
                } else {
                    Default::default()
                },
            }
        };
        (numbers.iter().enumerate().map(|(at, number)| of(at, number)).collect(), forward)
    }

    /// Computes the reference's log-probabilities where they are not known.
    fn refer(&mut self, numbers: &[usize]) {
        let unknown: Vec<usize> =
            numbers.iter().copied().filter(|number| !self.reference.contains_key(number)).collect();
        if unknown.is_empty() {
            return;
        }
        let tree = self.tree(&unknown);
        let found = widened(&self.model.forward(&tree, Pass::Reference).logps);
        for (at, number) in unknown.into_iter().enumerate() {
            let both = tree.completion(2 * at).start..tree.completion(2 * at + 1).end;
            self.reference.insert(number, found[both].to_vec());
        }
    }

    fn back(&mut self, tree: &Tree, forward: Forward, gradients: &[PairGradient], share: f64) {
        let mut coefficients = vec![0.0; forward.logps.len()];
        let sides = gradients.iter().flat_map(|gradient| [&gradient.chosen, &gradient.rejected]);
        for (number, slopes) in sides.enumerate() {
            for (coefficient, slope) in coefficients[tree.completion(number)].iter_mut().zip(slopes) {
                *coefficient = (slope * share) as f32;
            }
        }
        // Pairs whose gradient vanished (labels of one half under GDPO) cost no backward pass.
        if coefficients.iter().any(|c| *c != 0.0) {
            self.model.backward(tree, forward, &coefficients, &mut self.gradients);
        }
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
            let scores = self.scores(&[number], &tree, Pass::Score).0.remove(0);
            let sums = scores.ratios().unwrap_or_else(|| scores.sums());
            right += usize::from(sums[0] > sums[1]);
            tally.add(&scores, self.example(number).tokens());
            all.push(scores);
        }
        let pairs: Vec<PairScores<'_>> =
            all.iter().zip(&self.held_out).map(|(scores, example)| scores.pair(example)).collect();
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
