//! One prompt and its completions as one sequence: the prompt is computed once, and no completion sees another.

use std::ops::Range;

/// A prompt with its completions behind one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// All tokens: prompt, first completion, second ...
    pub tokens: Vec<u32>,
    /// The position of each token in its own sequence.
    pub positions: Vec<u32>,
    /// Tokens of the prompt.
    prompt: usize,
    pub(crate) runs: Vec<Run>,
    /// The row that predicts, and the token that it should.
    pub(crate) targets: Vec<(usize, u32)>,
    /// Which targets are a completion's.
    completions: Vec<Range<usize>>,
    /// Rows of completions in which nothing is predicted.
    pub(crate) silent: Vec<Range<usize>>,
}

/// Rows that see the same: everything of `before`, and of themselves what is not later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) rows: Range<usize>,
    pub(crate) before: Range<usize>,
}

impl Tree {
    /// A prompt and completions.
    ///
    /// The very first token is not predicted: with an empty prompt, a completion's first token is not counted, and there may be one
    /// completion only.
    ///
    /// # Panics
    ///
    /// With several completions of an empty prompt.
    pub fn new(prompt: &[u32], completions: &[&[u32]]) -> Self {
        assert!(!prompt.is_empty() || completions.len() <= 1, "completions share a prompt");
        let start = prompt.len();
        let mut tree = Self {
            tokens: prompt.to_vec(),
            positions: (0..start as u32).collect(),
            prompt: start,
            runs: Vec::new(),
            targets: Vec::new(),
            completions: Vec::new(),
            silent: Vec::new(),
        };
        for (number, completion) in completions.iter().enumerate() {
            let from = tree.tokens.len();
            let first = tree.targets.len();
            // The first completion continues the prompt: one run contains both.
            let run = if number == 0 {
                Run { rows: 0..from + completion.len(), before: 0..0 }
            } else {
                Run { rows: from..from + completion.len(), before: 0..start }
            };
            tree.runs.push(run);
            for (at, token) in completion.iter().enumerate() {
                let row = if at == 0 { start.checked_sub(1) } else { Some(from + at - 1) };
                tree.targets.extend(row.map(|row| (row, *token)));
                tree.tokens.push(*token);
                tree.positions.push((start + at) as u32);
            }
            tree.completions.push(first..tree.targets.len());
        }
        if completions.is_empty() {
            tree.runs.push(Run { rows: 0..start, before: 0..0 });
        }
        tree
    }

    /// Adds completions of the same prompt of which no token is predicted: only what the model makes of them is of interest.
    pub(crate) fn and_silent<'a>(mut self, completions: impl Iterator<Item = &'a [u32]>) -> Self {
        let start = self.prompt;
        for completion in completions {
            let from = self.tokens.len();
            let rows = from..from + completion.len();
            self.tokens.extend_from_slice(completion);
            self.positions.extend((start..start + completion.len()).map(|position| position as u32));
            self.runs.push(Run { rows: rows.clone(), before: 0..start });
            self.silent.push(rows);
        }
        self
    }

    /// Rows whose last hidden state is needed: those that predict, then those of silent completions.
    pub(crate) fn last_rows(&self) -> impl Iterator<Item = usize> {
        self.targets.iter().map(|(row, _)| *row).chain(self.silent.iter().cloned().flatten())
    }

    /// Several trees one after another, none of which sees another: the numbering of completions continues.
    pub(crate) fn join(trees: &[Self]) -> Self {
        let mut all = Self {
            prompt: 0,
            runs: Vec::new(),
            silent: Vec::new(),
            tokens: Vec::new(),
            positions: Vec::new(),
            targets: Vec::new(),
            completions: Vec::new(),
        };
        for tree in trees {
            let (row, target) = (all.tokens.len(), all.targets.len());
            let moved = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
            all.runs.extend(
                tree.runs
                    .iter()
                    .map(|run| Run { rows: moved(&run.rows, row), before: moved(&run.before, row) }),
            );
            all.silent.extend(tree.silent.iter().map(|rows| moved(rows, row)));
            all.tokens.extend_from_slice(&tree.tokens);
            all.positions.extend_from_slice(&tree.positions);
            all.targets.extend(tree.targets.iter().map(|(at, token)| (at + row, *token)));
            all.completions.extend(tree.completions.iter().map(|range| moved(range, target)));
        }
        all
    }

    /// Which of the targets are those of a completion.
    pub fn completion(&self, number: usize) -> Range<usize> {
        self.completions[number].clone()
    }

    /// How many completions there are.
    pub(crate) fn completions(&self) -> usize {
        self.completions.len()
    }

    /// Rows in all.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_follow_the_prompt_and_not_each_other() {
        let tree = Tree::new(&[1, 2, 3], &[&[4, 5], &[6, 7, 8]]);
        assert_eq!(tree.tokens, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(tree.positions, [0, 1, 2, 3, 4, 3, 4, 5]);
        assert_eq!(tree.targets, [(2, 4), (3, 5), (2, 6), (5, 7), (6, 8)]);
        assert_eq!((tree.completion(0), tree.completion(1)), (0..2, 2..5));
        assert_eq!(tree.runs[1], Run { rows: 5..8, before: 0..3 });
    }

    #[test]
    fn silent_completions_follow_the_prompt_and_predict_nothing() {
        let tree = Tree::new(&[1, 2, 3], &[&[4, 5], &[6]]).and_silent([&[7, 8][..], &[9]].into_iter());
        assert_eq!(tree.positions, [0, 1, 2, 3, 4, 3, 3, 4, 3]);
        assert_eq!(tree.runs[2], Run { rows: 6..8, before: 0..3 });
        assert_eq!(tree.last_rows().collect::<Vec<_>>(), [2, 3, 2, 6, 7, 8]);
        let alone = Tree::new(&[1, 2], &[]).and_silent([&[7][..]].into_iter());
        assert_eq!(alone.runs[1], Run { rows: 2..3, before: 0..2 });
    }

    #[test]
    fn joined_trees_do_not_see_each_other() {
        let one = Tree::new(&[1, 2, 3], &[&[4, 5], &[6, 7, 8]]);
        let all = Tree::join(&[one.clone(), Tree::new(&[9], &[&[10], &[11]]), one]);
        assert_eq!((all.len(), all.tokens[8..11].to_vec()), (19, vec![9, 10, 11]));
        assert_eq!(all.positions[7..12], [5, 0, 1, 1, 0]);
        assert_eq!(all.runs[2..4], [Run { rows: 8..10, before: 8..8 }, Run { rows: 10..11, before: 8..9 }]);
        assert_eq!(all.targets[5..8], [(8, 10), (8, 11), (13, 4)]);
        assert_eq!((all.completion(2), all.completion(5)), (5..6, 9..12));
    }

    #[test]
    fn without_a_prompt_the_first_token_is_not_predicted() {
        let tree = Tree::new(&[], &[&[4, 5, 6]]);
        assert_eq!(tree.targets, [(0, 5), (1, 6)]);
    }
}
