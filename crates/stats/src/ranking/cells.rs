//! Votes of the same two competitors as one row of the likelihood.

use std::collections::HashMap;

use super::likelihood::{Outcomes, Ties, Weights};
use super::vote::Vote;

/// One row of the likelihood: competitors, outcomes, covariates.
pub(super) struct Cell<'a> {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) outcomes: Outcomes,
    pub(super) x: &'a [f64],
}

/// Without covariates those of the same two, else one for each vote. A vote on a competitor against itself carries no information.
pub(super) fn cells<'a>(
    votes: &[Vote],
    competitors: usize,
    covariates: &'a [f64],
    controls: usize,
    ties: Ties,
) -> Vec<Cell<'a>> {
    let weights = Weights::of(votes);
    // Without covariates it makes no difference which way round a pair is counted.
    let turned = |vote: &Vote| {
        let (a, b, y) = (vote.a as usize, vote.b as usize, f64::from(vote.y));
        assert!(a < competitors && b < competitors, "a competitor beyond the last");
        if a <= b { (a, b, y) } else { (b, a, 1.0 - y) }
    };
    let counts = |vote: &&Vote| vote.a != vote.b && vote.weight > 0.0;
    if controls > 0 {
        let mut cells = Vec::with_capacity(votes.len());
        let with_x = votes.iter().zip(covariates.chunks(controls));
        cells.extend(with_x.filter(|(vote, _)| counts(vote)).map(|(vote, x)| {
            let mut outcomes = Outcomes::default();
            outcomes.add(f64::from(vote.y), f64::from(vote.weight), ties, weights);
            Cell { a: vote.a as usize, b: vote.b as usize, outcomes, x }
        }));
        return cells;
    }
    // A table of all pairs while that is small, else only of those that met.
    if competitors * competitors <= (4 * votes.len()).clamp(1 << 12, 1 << 22) {
        let mut table = vec![Outcomes::default(); competitors * competitors];
        for vote in votes.iter().filter(counts) {
            let (a, b, y) = turned(vote);
            table[a * competitors + b].add(y, f64::from(vote.weight), ties, weights);
        }
        return table
            .into_iter()
            .enumerate()
            .filter(|(_, outcomes)| *outcomes != Outcomes::default())
            .map(|(at, outcomes)| Cell { a: at / competitors, b: at % competitors, outcomes, x: &[] })
            .collect();
    }
    let mut table: HashMap<(usize, usize), Outcomes> = HashMap::new();
    for vote in votes.iter().filter(counts) {
        let (a, b, y) = turned(vote);
        table.entry((a, b)).or_default().add(y, f64::from(vote.weight), ties, weights);
    }
    let mut met: Vec<_> = table.into_iter().collect();
    met.sort_unstable_by_key(|(pair, _)| *pair);
    met.into_iter().map(|((a, b), outcomes)| Cell { a, b, outcomes, x: &[] }).collect()
}
