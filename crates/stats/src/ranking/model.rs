//! The log-likelihood of all votes, its slope and its curvature.

use rayon::prelude::*;

use super::cells::Cell;
use super::likelihood::{Logs, Outcomes, Terms, Ties, Weights, slopes, terms, terms_less_logs};

/// The log-likelihood over scores, the tie parameter where there is one, and covariate weights.
pub(super) struct Model<'a> {
    pub(super) ties: Ties,
    pub(super) competitors: usize,
    pub(super) controls: usize,
    pub(super) prior: f64,
    pub(super) weights: Weights,
    pub(super) cells: &'a [Cell<'a>],
}

/// Rows that one thread looks at together.
const AT_ONCE: usize = 4096;

/// What the log-likelihood is at one place.
pub(super) struct Look {
    /// With the prior, and a pull of the scores' sum to 0 that moves no difference.
    pub(super) value: f64,
    /// Its slope.
    pub(super) gradient: Vec<f64>,
    /// Of each cell, minus the second derivatives: in the difference twice, in the difference and the tie parameter, in the tie parameter
    /// twice.
    pub(super) curvatures: Vec<[f64; 3]>,
}

impl Model<'_> {
    pub(super) fn has_tie(&self) -> usize {
        usize::from(self.ties != Ties::Half)
    }

    pub(super) fn width(&self) -> usize {
        self.competitors + self.has_tie() + self.controls
    }

    pub(super) fn terms(&self, cell: &Cell, at: &[f64]) -> Terms {
        terms(self.ties, &cell.outcomes, self.difference(cell.a, cell.b, cell.x, at), self.tie(at))
    }

    pub(super) fn tie(&self, at: &[f64]) -> f64 {
        if self.has_tie() == 1 { at[self.competitors] } else { 0.0 }
    }

    pub(super) fn difference(&self, a: usize, b: usize, x: &[f64], at: &[f64]) -> f64 {
        let controls = &at[self.competitors + self.has_tie()..];
        at[a] - at[b] + x.iter().zip(controls).map(|(x, w)| x * w).sum::<f64>()
    }

    /// All that is needed at one place to climb from there.
    pub(super) fn look(&self, at: &[f64]) -> Look {
        let mut curvatures = vec![[0.0; 3]; self.cells.len()];
        let looked: Vec<(f64, Vec<f64>)> = self
            .cells
            .par_chunks(AT_ONCE)
            .zip(curvatures.par_chunks_mut(AT_ONCE))
            .map(|(cells, curvatures)| {
                let (mut value, mut slope) = (0.0, vec![0.0; self.width()]);
                let mut logs = Logs::new();
                for (cell, curvature) in cells.iter().zip(curvatures) {
                    let d = self.difference(cell.a, cell.b, cell.x, at);
                    let t = terms_less_logs(self.ties, &cell.outcomes, d, self.tie(at), &mut logs);
                    value += t.value;
                    self.add((cell.a, cell.b), cell.x, (t.d, t.t), &mut slope);
                    *curvature = [-t.dd, -t.dt, -t.tt];
                }
                (value - logs.sum(), slope)
            })
            .collect();
        let scores = &at[..self.competitors];
        let sum: f64 = scores.iter().sum();
        let prior: f64 = scores.iter().map(|r| r * r).sum::<f64>() * self.prior;
        let mut value = -0.5 * (prior + sum * sum);
        let mut gradient = vec![0.0; self.width()];
        for (slot, r) in gradient[..self.competitors].iter_mut().zip(at) {
            *slot = -self.prior * r - sum;
        }
        // In their order, so that it does not matter who was ready first.
        for (part, slope) in looked {
            value += part;
            gradient.iter_mut().zip(slope).for_each(|(slot, x)| *slot += x);
        }
        Look { value, gradient, curvatures }
    }

    /// Adds a score: `d` in the direction of the difference, `t` in that of the tie parameter.
    pub(super) fn add(&self, (a, b): (usize, usize), x: &[f64], (d, t): (f64, f64), out: &mut [f64]) {
        out[a] += d;
        out[b] -= d;
        if self.has_tie() == 1 {
            out[self.competitors] += t;
        }
        for (slot, x) in out[self.competitors + self.has_tie()..].iter_mut().zip(x) {
            *slot += d * x;
        }
    }

    /// The slope of one vote's likelihood, added to `out`.
    pub(super) fn add_vote(&self, vote: &super::vote::Vote, x: &[f64], at: &[f64], out: &mut [f64]) {
        let (a, b) = (vote.a as usize, vote.b as usize);
        if a == b {
            return;
        }
        let t = self.one_vote(vote, x, at);
        self.add((a, b), x, (t.d, t.t), out);
    }

    /// What one vote contributes, except the value.
    pub(super) fn one_vote(&self, vote: &super::vote::Vote, x: &[f64], at: &[f64]) -> Terms {
        let mut outcomes = Outcomes::default();
        outcomes.add(f64::from(vote.y), f64::from(vote.weight), self.ties, self.weights);
        let d = self.difference(vote.a as usize, vote.b as usize, x, at);
        slopes(self.ties, &outcomes, d, self.tie(at))
    }

    /// Where a cell's difference points: the places it touches among scores and controls, with their signs.
    pub(super) fn direction<'c>(
        &self,
        cell: &'c Cell<'_>,
    ) -> impl Iterator<Item = (usize, f64)> + Clone + 'c {
        self.pointing(cell.a, cell.b, cell.x)
    }

    /// Where the difference of two points.
    pub(super) fn pointing<'c>(
        &self,
        a: usize,
        b: usize,
        x: &'c [f64],
    ) -> impl Iterator<Item = (usize, f64)> + Clone + 'c {
        let first = self.competitors + self.has_tie();
        let entries = [(a, 1.0), (b, -1.0)];
        entries.into_iter().chain(x.iter().enumerate().map(move |(i, &x)| (first + i, x)))
    }
}
