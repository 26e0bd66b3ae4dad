//! What are the log-probabilities of some pairs, under the policy and under the reference?

use super::scores::{Scores, widened};
use super::trainer::Trainer;
use crate::model::{Forward, Pass, Tree};

impl Trainer {
    /// The pairs alone.
    pub(super) fn pairs_tree(&self, numbers: &[usize]) -> Tree {
        match numbers {
            [only] => self.example(*only).tree(),
            _ => {
                Tree::join(&numbers.iter().map(|number| self.example(*number).tree()).collect::<Vec<Tree>>())
            }
        }
    }

    /// Scores of some pairs, whose joined tree this is.
    pub(super) fn scores(&mut self, numbers: &[usize], tree: &Tree, pass: Pass) -> (Vec<Scores>, Forward) {
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
                p: self.example(*number).p,
                weight: self.example(*number).weight,
                refined: None,
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
        let tree = self.pairs_tree(&unknown);
        let found = widened(&self.model.forward(&tree, Pass::Reference).logps);
        for (at, number) in unknown.into_iter().enumerate() {
            let both = tree.completion(2 * at).start..tree.completion(2 * at + 1).end;
            self.reference.insert(number, found[both].to_vec());
        }
    }
}
