//! The log-likelihood of all votes, its slope and its curvature.

use super::cells::Cell;
use super::likelihood::{Outcomes, Terms, Ties, Weights, terms};

/// The log-likelihood over scores, the tie parameter where there is one, and covariate weights.
pub(super) struct Model<'a> {
    pub(super) ties: Ties,
    pub(super) competitors: usize,
    pub(super) controls: usize,
    pub(super) prior: f64,
    pub(super) weights: Weights,
    pub(super) cells: &'a [Cell<'a>],
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

    /// With the prior, and a pull of the scores' sum to 0 that moves no difference.
    pub(super) fn value(&self, at: &[f64]) -> f64 {
        let scores = &at[..self.competitors];
        let sum: f64 = scores.iter().sum();
        let prior: f64 = scores.iter().map(|r| r * r).sum::<f64>() * self.prior;
        self.cells.iter().map(|cell| self.terms(cell, at).value).sum::<f64>() - 0.5 * (prior + sum * sum)
    }

    pub(super) fn gradient(&self, at: &[f64]) -> Vec<f64> {
        let sum: f64 = at[..self.competitors].iter().sum();
        let mut out = vec![0.0; self.width()];
        for (slot, r) in out[..self.competitors].iter_mut().zip(at) {
            *slot = -self.prior * r - sum;
        }
        for cell in self.cells {
            let t = self.terms(cell, at);
            self.add((cell.a, cell.b), cell.x, (t.d, t.t), &mut out);
        }
        out
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

    /// What one vote says.
    pub(super) fn one_vote(&self, vote: &super::vote::Vote, x: &[f64], at: &[f64]) -> Terms {
        let mut outcomes = Outcomes::default();
        outcomes.add(f64::from(vote.y), f64::from(vote.weight), self.ties, self.weights);
        let d = self.difference(vote.a as usize, vote.b as usize, x, at);
        terms(self.ties, &outcomes, d, self.tie(at))
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
