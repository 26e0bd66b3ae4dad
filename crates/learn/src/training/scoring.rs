//! What are the log-probabilities of some pairs or single completions, under the policy and under the reference?

use super::scores::{Scores, widened};
use super::trainer::Trainer;
use crate::model::{Forward, Pass, Tree};

impl Trainer {
    /// The pairs or completions alone.
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
        let (needed, sides) = (self.objective.needs_reference(), self.sides);
        if needed {
            self.refer(numbers);
        }
        let forward = self.model.forward(tree, pass);
        let (policy, spreads) = (widened(&forward.logps), widened(&forward.spreads));
        let of = |at: usize, number: &usize| {
            let ranges = || (sides * at..sides * (at + 1)).map(|number| tree.completion(number));
            let parts = |values: &[f64]| ranges().map(|range| values[range].to_vec()).collect::<Vec<_>>();
            // Kept as the completions of one example, whose targets follow each other.
            let first = tree.completion(sides * at).start;
            let kept_parts = |kept: &[f64]| {
                ranges().map(|range| kept[range.start - first..range.end - first].to_vec()).collect()
            };
            Scores {
                policy: parts(&policy),
                reference: match self.reference.get(number) {
                    Some(kept) if needed => kept_parts(kept),
                    _ => Vec::new(),
                },
                spread: if self.objective.needs_spread() {
                    // Rounding can leave a sum of squares of 1 a hair above it.
                    parts(&spreads).into_iter().map(|s| s.into_iter().map(|x| x.min(0.0)).collect()).collect()
                } else {
                    Vec::new()
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
            let (first, last) = (self.sides * at, self.sides * (at + 1) - 1);
            let all = tree.completion(first).start..tree.completion(last).end;
            self.reference.insert(number, found[all].to_vec());
        }
    }
}
