//! What leaving one cluster of votes out moves.

use super::cells::Cell;
use super::errors::{Robust, Seen};
use super::fit::{RankingError, RankingOptions, Top};
use super::groups::Groups;
use super::likelihood::{Terms, Ties, Weights};
use super::model::Model;
use super::vote::Vote;
use crate::spd::{inverse, solve};

/// With more unknowns, a cluster of more votes than unknowns, or one in a model with a tie parameter, takes the step from the whole.
const MOST_BY_MATRIX: usize = 150;

/// One of the two fits that [`changes`](super::changes()) compares.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'a> {
    /// Its votes.
    pub votes: &'a [Vote],
    /// As many numbers per vote as there are controls; see [`rank`](super::rank).
    pub covariates: &'a [f64],
    /// Where its search ended before, if it did: [`Ranking::top`](super::Ranking::top).
    pub top: Option<&'a [f64]>,
}

impl<'a> Fitted<'a> {
    pub(super) fn model(
        self,
        cells: &'a [Cell<'a>],
        ties: Ties,
        competitors: usize,
        options: RankingOptions,
    ) -> Model<'a> {
        let controls = self.covariates.len().checked_div(self.votes.len()).unwrap_or(0);
        let weights = Weights::of(self.votes);
        Model { ties, competitors, controls, prior: options.prior, weights, cells }
    }
}

pub(super) fn mean(scores: &[f64], shares: &[f64]) -> f64 {
    scores.iter().zip(shares).map(|(score, share)| score * share).sum()
}

/// What leaving one cluster out does.
#[derive(Default)]
pub(super) struct Step {
    /// How far it moves each score against the mean, and each weight.
    pub(super) moved: Vec<f64>,
    /// The cluster's part in the variance of each competitor against the mean.
    pub(super) part: Vec<f64>,
    /// For each of its votes, the inverse curvature times where it points.
    lines: Vec<f64>,
    rows: Vec<Row>,
}

/// What leaving votes out does.
pub(super) struct LeftOut<'a> {
    model: &'a Model<'a>,
    votes: &'a [Vote],
    covariates: &'a [f64],
    top: &'a Top<'a>,
    hessian: Vec<f64>,
    /// The inverse curvature, its rows relative to the mean of the scores: so are all moves, which are sums of these rows.
    bread: Vec<f64>,
    shares: &'a [f64],
}

impl<'a> LeftOut<'a> {
    pub(super) fn of(
        fitted: Fitted<'a>,
        model: &'a Model<'a>,
        top: &'a Top<'a>,
        shares: &'a [f64],
    ) -> Result<Self, RankingError> {
        let (competitors, width) = (shares.len(), model.width());
        let hessian = top.curvature.dense();
        let mut bread = inverse(&hessian, width).ok_or(RankingError::Singular)?;
        for row in bread.chunks_exact_mut(width) {
            let middle = mean(&row[..competitors], shares);
            row[..competitors].iter_mut().for_each(|x| *x -= middle);
        }
        let Fitted { votes, covariates, .. } = fitted;
        Ok(Self { model, votes, covariates, top, hessian, bread, shares })
    }

    /// Adds the inverse curvature times a sparse vector.
    #[inline(always)]
    fn times(&self, sparse: impl Iterator<Item = (usize, f64)>, out: &mut [f64]) {
        let width = self.model.width();
        for (j, x) in sparse {
            let row = &self.bread[j * width..(j + 1) * width];
            out.iter_mut().zip(row).for_each(|(out, h)| *out += x * h);
        }
    }

    /// How the prior, and unanimous votes, move the scores against their mean.
    pub(super) fn beside(&self, groups: &Groups) -> Vec<Vec<f64>> {
        let Self { model, votes, covariates, .. } = *self;
        let (at, robust) = (&self.top.at, Robust::Clusters);
        let seen = Seen { model, votes, covariates, at, robust, groups: Some(groups) };
        let moved = |piece: Vec<(usize, f64)>| {
            let mut out = vec![0.0; model.width()];
            self.times(piece.into_iter(), &mut out);
            out.truncate(self.shares.len());
            out
        };
        seen.beside(&self.top.curvature).into_iter().map(moved).collect()
    }

    /// `(H - H_c)^-1 g_c`, and the cluster's part in the variance of each competitor against the mean.
    #[inline(always)]
    pub(super) fn step(&self, cluster: &[u32], out: &mut Step) {
        let (model, competitors, width) = (self.model, self.shares.len(), self.model.width());
        let Step { moved: step, part, lines, rows } = out;
        for room in [&mut *step, &mut *part, &mut *lines] {
            room.clear();
        }
        step.resize(width, 0.0);
        part.resize(competitors, 0.0);
        rows.clear();
        for &at in cluster {
            let (at, vote) = (at as usize, &self.votes[at as usize]);
            if vote.a == vote.b || vote.weight <= 0.0 {
                continue;
            }
            let x = &self.covariates[at * model.controls..(at + 1) * model.controls];
            let one = model.one_vote(vote, x, &self.top.at);
            let from = lines.len();
            lines.resize(from + width, 0.0);
            let line = &mut lines[from..];
            self.times(model.pointing(vote.a as usize, vote.b as usize, x), line);
            for (part, u) in part.iter_mut().zip(&*line) {
                *part -= one.dd * u * u;
            }
            rows.push((at, one));
        }
        let found = if model.has_tie() == 0 && rows.len() <= width {
            self.by_rows(rows, lines, step)
        } else {
            self.by_matrix(rows, step)
        };
        if found.is_none() {
            // If a cluster contains nearly all votes, nothing is left: the step from the whole.
            let slope = self.slope(rows);
            step.fill(0.0);
            self.times(slope.into_iter().enumerate(), step);
        }
    }

    fn pointing(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + Clone + '_ {
        let (vote, controls) = (&self.votes[at], self.model.controls);
        let x = &self.covariates[at * controls..(at + 1) * controls];
        self.model.pointing(vote.a as usize, vote.b as usize, x)
    }

    fn slope(&self, rows: &[Row]) -> Vec<f64> {
        let mut slope = vec![0.0; self.model.width()];
        for &(at, one) in rows {
            for (j, x) in self.pointing(at) {
                slope[j] += one.d * x;
            }
            if self.model.has_tie() == 1 {
                slope[self.model.competitors] += one.t;
            }
        }
        slope
    }

    /// For few votes, by Woodbury: with `u_k = H^-1 d_k` and `B_kl = d_k u_l` it is `sum (r_k + z_k) u_k` where `(D^-1 - B) z = B r`.
    #[inline(always)]
    fn by_rows(&self, rows: &[Row], lines: &[f64], step: &mut [f64]) -> Option<()> {
        let width = self.model.width();
        // Votes of weight 0 change nothing.
        let kept: Vec<usize> = (0..rows.len()).filter(|&k| -rows[k].1.dd > 1e-300).collect();
        let m = kept.len();
        let (mut left, mut right) = (vec![0.0; m * m], vec![0.0; m]);
        for (a, &k) in kept.iter().enumerate() {
            for (b, &l) in kept.iter().enumerate() {
                let line = &lines[l * width..(l + 1) * width];
                let inner: f64 = self.pointing(rows[k].0).map(|(j, x)| x * line[j]).sum();
                left[a * m + b] = -inner;
                right[a] += inner * rows[l].1.d;
            }
            left[a * m + a] -= 1.0 / rows[k].1.dd;
        }
        let z = if m > 0 { solve(&left, &right, m)? } else { Vec::new() };
        let mut weights: Vec<f64> = rows.iter().map(|row| row.1.d).collect();
        for (&k, z) in kept.iter().zip(&z) {
            weights[k] += z;
        }
        for (line, weight) in lines.chunks_exact(width).zip(weights) {
            step.iter_mut().zip(line).for_each(|(step, u)| *step += weight * u);
        }
        Some(())
    }

    /// For many votes, or with a tie parameter, computed directly.
    fn by_matrix(&self, rows: &[Row], step: &mut [f64]) -> Option<()> {
        let (model, competitors) = (self.model, self.shares.len());
        let width = model.width();
        if width > MOST_BY_MATRIX {
            return None;
        }
        let mut rest = self.hessian.clone();
        for &(at, one) in rows {
            for (i, x) in self.pointing(at) {
                for (j, y) in self.pointing(at) {
                    rest[i * width + j] += one.dd * x * y;
                }
            }
            if model.has_tie() == 1 {
                let tie = model.competitors;
                for (i, x) in self.pointing(at) {
                    rest[i * width + tie] += one.dt * x;
                    rest[tie * width + i] += one.dt * x;
                }
                rest[tie * width + tie] += one.tt;
            }
        }
        step.copy_from_slice(&solve(&rest, &self.slope(rows), width)?);
        let middle = mean(&step[..competitors], self.shares);
        step[..competitors].iter_mut().for_each(|x| *x -= middle);
        Some(())
    }
}

/// A vote's place, and its slopes and curvatures.
type Row = (usize, Terms);
