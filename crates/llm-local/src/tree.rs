//! In which order are the tokens of many questions read, so that what they share is read once?
//!
//! Sorted by their tokens, questions that share a beginning are adjacent. Each token of the prefix tree is then read once and belongs to a
//! run of neighbouring questions: `n` tokens in the tree cost `n` steps, which is the least there can be without knowing the texts. The
//! texts of a pair, the words of a property and the two orders of a judge all share what they share without being told to.

use std::ops::Range;

/// One token to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The token.
    pub token: i32,
    /// Its place in the text of its questions, from 0.
    pub position: usize,
    /// The sorted questions that have it there.
    pub readers: Range<usize>,
    /// Whether a question ends here, so that what comes next is wanted.
    pub ends: bool,
}

/// All tokens of many questions, shared ones once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The places of the questions as given, in the order of their tokens.
    pub order: Vec<usize>,
    /// How many tokens all questions begin with alike; never all of a question.
    pub root: usize,
    /// Every token once, those of a question in their order.
    pub steps: Vec<Step>,
}

impl Tree {
    /// The tree of these questions; none may be empty.
    pub fn of(questions: &[&[i32]]) -> Self {
        let mut order: Vec<usize> = (0..questions.len()).collect();
        order.sort_by_key(|&place| questions[place]);
        let at = |sorted: usize| questions[order[sorted]];
        // How much neighbours share.
        let shared: Vec<usize> = (1..order.len()).map(|sorted| common(at(sorted - 1), at(sorted))).collect();
        let shortest = questions.iter().map(|tokens| tokens.len()).min().unwrap_or(0);
        let root = shared.iter().copied().min().unwrap_or(shortest).min(shortest.saturating_sub(1));
        let mut steps = Vec::new();
        for sorted in 0..order.len() {
            let tokens = at(sorted);
            let from = if sorted == 0 { 0 } else { shared[sorted - 1] };
            // The neighbours that still share a token become fewer the longer the text.
            let mut least = usize::MAX;
            let reach: Vec<usize> = shared[sorted..]
                .iter()
                .map(|&shares| {
                    least = least.min(shares);
                    least
                })
                .take_while(|&shares| shares > from)
                .collect();
            for (position, &token) in tokens.iter().enumerate().skip(from) {
                let sharing = reach.partition_point(|&shares| shares > position);
                let readers = sorted..sorted + 1 + sharing;
                let ends = readers.clone().any(|reader| at(reader).len() == position + 1);
                steps.push(Step { token, position, readers, ends });
            }
        }
        Self { order, root, steps }
    }
}

/// How many tokens both begin with alike.
pub fn common(a: &[i32], b: &[i32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each question reads, put together from the steps.
    fn read(tree: &Tree, n: usize) -> Vec<Vec<i32>> {
        let mut texts = vec![Vec::new(); n];
        for step in &tree.steps {
            for reader in step.readers.clone() {
                let text = &mut texts[tree.order[reader]];
                assert_eq!(text.len(), step.position);
                text.push(step.token);
            }
        }
        texts
    }

    #[test]
    fn every_question_is_read_whole_and_every_shared_token_once() {
        let questions: [&[i32]; 6] =
            [&[1, 2, 3, 4], &[1, 2, 3, 5, 6], &[1, 2, 7], &[1, 2, 3, 4], &[1, 2, 3], &[1, 2, 3, 5, 8]];
        let tree = Tree::of(&questions);
        assert_eq!(read(&tree, 6), questions.map(<[i32]>::to_vec));
        assert_eq!((tree.root, tree.steps.len()), (2, 8));
        let ends: Vec<(usize, i32)> =
            tree.steps.iter().filter(|step| step.ends).map(|step| (step.position, step.token)).collect();
        assert_eq!(ends, [(2, 3), (3, 4), (4, 6), (4, 8), (2, 7)]);
    }

    #[test]
    fn any_questions_make_the_smallest_tree() {
        // A small built-in generator, so that the same questions come every time.
        let mut state = 1_u64;
        let mut draw = |n: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % n
        };
        for _ in 0..300 {
            let n = 1 + draw(9) as usize;
            let questions: Vec<Vec<i32>> =
                (0..n).map(|_| (0..=draw(7)).map(|_| draw(2) as i32).collect()).collect();
            let slices: Vec<&[i32]> = questions.iter().map(Vec::as_slice).collect();
            let tree = Tree::of(&slices);
            assert_eq!(read(&tree, n), questions);
            // The plain twin: all different beginnings.
            let beginnings: std::collections::HashSet<&[i32]> =
                slices.iter().flat_map(|tokens| (1..=tokens.len()).map(|n| &tokens[..n])).collect();
            assert_eq!(tree.steps.len(), beginnings.len());
            assert!(
                slices
                    .iter()
                    .all(|tokens| tokens.len() > tree.root && tokens[..tree.root] == slices[0][..tree.root])
            );
        }
    }
}
