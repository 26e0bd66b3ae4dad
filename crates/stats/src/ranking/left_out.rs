//! What leaving one cluster of votes out moves.

use super::cells::Cell;
use super::fit::{Bends, RankingOptions, Top, ties_of};
use super::likelihood::{Terms, Ties, Weights};
use super::model::Model;
use super::vote::Vote;
use crate::spd::{solve, solve_in_place};

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
    pub top: Option<&'a Top>,
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

/// What leaving one cluster out does. By each of its votes with a line `u = H^-1 d` that points where the vote does: it moves scores and
/// weights by `by u`, and its part in their variance is `part u^2`.
#[derive(Default)]
pub(super) struct Step {
    pub(super) lines: Vec<Line>,
    /// How far it moves each score against the mean, where lines do not say it.
    pub(super) moved: Option<Vec<f64>>,
    rows: Vec<Row>,
    left: Vec<f64>,
    right: Vec<f64>,
}

/// What one vote does.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// Its place.
    at: u32,
    by: f64,
    part: f64,
}

/// Scores that are worked on together.
pub(super) const LANES: usize = 8;

/// What leaving votes out does.
pub(super) struct LeftOut<'a> {
    model: Model<'a>,
    votes: &'a [Vote],
    covariates: &'a [f64],
    at: &'a [f64],
    bends: &'a Bends,
    /// The inverse curvature, its rows relative to the mean of the scores: so are all moves, which are sums of these rows.
    bread: Vec<f64>,
    /// The part of it that moves scores, in rows of whole blocks.
    of_scores: Vec<[f64; LANES]>,
    /// Blocks of a row.
    blocks: usize,
    shares: &'a [f64],
}

impl<'a> LeftOut<'a> {
    /// `top` with its bends.
    pub(super) fn of(
        fitted: Fitted<'a>,
        top: (&'a [f64], &'a Bends),
        shares: &'a [f64],
        options: RankingOptions,
    ) -> Self {
        let competitors = shares.len();
        let model = fitted.model(&[], ties_of(fitted.votes, options), competitors, options);
        let (width, blocks) = (model.width(), competitors.div_ceil(LANES));
        let (at, bends) = top;
        let mut bread = bends.inverse.clone();
        let mut of_scores = Vec::with_capacity(width * blocks);
        for row in bread.chunks_exact_mut(width) {
            let scores = &mut row[..competitors];
            let middle = mean(scores, shares);
            for x in &mut *scores {
                *x -= middle;
            }
            of_scores.extend(scores.chunks(LANES).map(|block| {
                let mut whole = [0.0; LANES];
                whole[..block.len()].copy_from_slice(block);
                whole
            }));
        }
        let Fitted { votes, covariates, .. } = fitted;
        Self { model, votes, covariates, at, bends, bread, of_scores, blocks, shares }
    }

    /// How the prior, and unanimous votes, move the scores against their mean.
    pub(super) fn beside(&self) -> impl Iterator<Item = Vec<f64>> {
        self.bends.beside.iter().map(|piece| {
            let mut out = vec![0.0; self.model.width()];
            self.times(piece.iter().copied(), &mut out);
            out.truncate(self.shares.len());
            out
        })
    }

    /// Adds the inverse curvature times a sparse vector.
    fn times(&self, sparse: impl Iterator<Item = (usize, f64)>, out: &mut [f64]) {
        let width = self.model.width();
        for (j, x) in sparse {
            let row = &self.bread[j * width..(j + 1) * width];
            out.iter_mut().zip(row).for_each(|(out, h)| *out += x * h);
        }
    }

    /// `(H - H_c)^-1 g_c`, and the cluster's part in the variance of each competitor against the mean.
    #[inline(always)]
    pub(super) fn step(&self, cluster: &[u32], out: &mut Step) {
        out.lines.clear();
        out.rows.clear();
        out.moved = None;
        for &at in cluster {
            let vote = &self.votes[at as usize];
            if vote.a == vote.b || vote.weight <= 0.0 {
                continue;
            }
            let one = self.model.one_vote(vote, self.x(at as usize), self.at);
            out.lines.push(Line { at, by: one.d, part: -one.dd });
            out.rows.push((at as usize, one));
        }
        let width = self.model.width();
        if self.model.has_tie() == 0 && out.rows.len() <= width && self.by_rows(out).is_some() {
            return;
        }
        out.lines.iter_mut().for_each(|line| line.by = 0.0);
        let many = self.model.has_tie() == 1 || out.rows.len() > width;
        let by_matrix = if many { self.by_matrix(&out.rows) } else { None };
        // If a cluster contains nearly all votes, nothing is left: the step from the whole.
        out.moved = Some(by_matrix.unwrap_or_else(|| {
            let mut step = vec![0.0; width];
            self.times(self.slope(&out.rows).into_iter().enumerate(), &mut step);
            step
        }));
    }

    /// Adds what a step moves and its parts in the variances of all scores.
    #[inline(always)]
    pub(super) fn add(&self, step: &Step, sign: f64, moved: &mut [[f64; LANES]], parts: &mut [[f64; LANES]]) {
        let row = |at: usize| &self.of_scores[at * self.blocks..(at + 1) * self.blocks];
        let first = self.model.width() - self.model.controls;
        for line in &step.lines {
            let vote = &self.votes[line.at as usize];
            let (a, b) = (row(vote.a as usize), row(vote.b as usize));
            let (by, part) = (sign * line.by, line.part);
            let (moved, parts) = (&mut moved[..self.blocks], &mut parts[..self.blocks]);
            match self.x(line.at as usize) {
                [x] => {
                    let (control, x) = (row(first), *x);
                    for at in 0..self.blocks {
                        for lane in 0..LANES {
                            let u = a[at][lane] - b[at][lane] + x * control[at][lane];
                            moved[at][lane] += by * u;
                            parts[at][lane] += part * u * u;
                        }
                    }
                }
                x => {
                    for at in 0..self.blocks {
                        let mut u = [0.0; LANES];
                        for lane in 0..LANES {
                            u[lane] = a[at][lane] - b[at][lane];
                        }
                        for (control, x) in x.iter().enumerate() {
                            let control = &row(first + control)[at];
                            for lane in 0..LANES {
                                u[lane] += x * control[lane];
                            }
                        }
                        for lane in 0..LANES {
                            moved[at][lane] += by * u[lane];
                            parts[at][lane] += part * u[lane] * u[lane];
                        }
                    }
                }
            }
        }
        if let Some(step) = &step.moved {
            for (moved, own) in moved.as_flattened_mut().iter_mut().zip(&step[..self.shares.len()]) {
                *moved += sign * own;
            }
        }
    }

    #[inline(always)]
    fn x(&self, at: usize) -> &[f64] {
        &self.covariates[at * self.model.controls..(at + 1) * self.model.controls]
    }

    #[inline(always)]
    fn pointing(&self, at: usize) -> impl Iterator<Item = (usize, f64)> + Clone + '_ {
        let vote = &self.votes[at];
        self.model.pointing(vote.a as usize, vote.b as usize, self.x(at))
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
    fn by_rows(&self, out: &mut Step) -> Option<()> {
        let Step { lines, rows, left, right, .. } = out;
        // Votes of weight 0 change nothing.
        let counts = |row: &Row| -row.1.dd > 1e-300;
        let m = rows.iter().filter(|row| counts(row)).count();
        left.clear();
        left.resize(m * m, 0.0);
        right.clear();
        right.resize(m, 0.0);
        for (i, k) in rows.iter().filter(|row| counts(row)).enumerate() {
            for (j, l) in rows.iter().filter(|row| counts(row)).take(i + 1).enumerate() {
                let inner = self.inner(k.0, l.0);
                left[i * m + j] = -inner;
                right[i] += inner * l.1.d;
                if i != j {
                    right[j] += inner * k.1.d;
                }
            }
            left[i * m + i] -= 1.0 / k.1.dd;
        }
        if !solve_in_place(left, right, m) {
            return None;
        }
        let kept = lines.iter_mut().zip(&*rows).filter(|(_, row)| counts(row));
        kept.zip(&*right).for_each(|((line, _), z)| line.by += z);
        Some(())
    }

    /// What the inverse curvature makes of where two votes point.
    #[inline(always)]
    fn inner(&self, k: usize, l: usize) -> f64 {
        let width = self.model.width();
        let mut sum = 0.0;
        for (j, y) in self.pointing(l) {
            let row = &self.bread[j * width..(j + 1) * width];
            sum += y * self.pointing(k).map(|(i, x)| x * row[i]).sum::<f64>();
        }
        sum
    }

    /// For many votes, or with a tie parameter, computed directly.
    fn by_matrix(&self, rows: &[Row]) -> Option<Vec<f64>> {
        let (model, competitors) = (&self.model, self.shares.len());
        let width = model.width();
        if width > MOST_BY_MATRIX {
            return None;
        }
        let mut rest = self.bends.hessian.clone();
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
        let mut step = solve(&rest, &self.slope(rows), width)?;
        let middle = mean(&step[..competitors], self.shares);
        step[..competitors].iter_mut().for_each(|x| *x -= middle);
        Some(step)
    }
}

/// A vote's place, and its slopes and curvatures.
type Row = (usize, Terms);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Robust, rank};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Eleven competitors, which is no whole number of blocks, in clusters of one to four votes.
    fn drawn(controls: usize, rng: &mut ChaCha8Rng) -> (Vec<Vote>, Vec<f64>) {
        let (mut votes, mut covariates) = (Vec::new(), Vec::new());
        for cluster in 0..120 {
            for _ in 0..=cluster % 4 {
                let a = rng.random_range(0..11_u32);
                let b = (a + rng.random_range(1..11_u32)) % 11;
                votes.push(Vote { a, b, y: f32::from(rng.random::<bool>()), weight: 1.0, cluster });
                covariates.extend((0..controls).map(|_| rng.random::<f64>() - 0.5));
            }
        }
        (votes, covariates)
    }

    #[test]
    fn a_step_is_that_of_the_whole_matrix_without_the_cluster() {
        let mut rng = ChaCha8Rng::seed_from_u64(23);
        let options = RankingOptions { robust: Robust::Clusters, prior: 0.1, ..RankingOptions::default() };
        let shares: Vec<f64> = (1..=11).map(|i| f64::from(i) / 66.0).collect();
        for controls in 0..3 {
            let (votes, covariates) = drawn(controls, &mut rng);
            let found = rank(&votes, 11, &covariates, options).unwrap();
            let bends = found.top.bends.as_ref().unwrap();
            let fitted = Fitted { votes: &votes, covariates: &covariates, top: None };
            let left_out = LeftOut::of(fitted, (&found.top.at, bends), &shares, options);
            let mut step = Step::default();
            for cluster in bends.groups.iter() {
                left_out.step(cluster, &mut step);
                let (mut moved, mut parts) = (vec![[0.0; LANES]; 2], vec![[0.0; LANES]; 2]);
                left_out.add(&step, -1.0, &mut moved, &mut parts);
                // Slow and plain: the matrix without the cluster; the part by the whole covariance.
                let rows: Vec<Row> = cluster
                    .iter()
                    .map(|&at| {
                        let at = at as usize;
                        (at, left_out.model.one_vote(&votes[at], left_out.x(at), &found.top.at))
                    })
                    .collect();
                let expected = left_out.by_matrix(&rows).unwrap();
                let mut variances = [0.0; 11];
                for &(at, one) in &rows {
                    let mut line = vec![0.0; left_out.model.width()];
                    for (j, x) in left_out.pointing(at) {
                        for (i, slot) in line.iter_mut().enumerate() {
                            *slot += x * bends.inverse[i * left_out.model.width() + j];
                        }
                    }
                    let middle = mean(&line[..11], &shares);
                    for (sum, u) in variances.iter_mut().zip(&line) {
                        *sum -= one.dd * (u - middle).powi(2);
                    }
                }
                for i in 0..11 {
                    let (by, part) = (moved.as_flattened()[i], parts.as_flattened()[i]);
                    assert!((by + expected[i]).abs() < 1e-10, "{controls} {i}: {by} {}", expected[i]);
                    assert!((part - variances[i]).abs() < 1e-10, "{controls} {i}: {part} {}", variances[i]);
                }
            }
        }
    }

    #[test]
    fn a_cluster_of_nearly_all_votes_takes_the_step_from_the_whole() {
        // By its votes alone two competitors differ; without them, and without a prior, nothing is left.
        let vote = |a, b, y| Vote { a, b, y, weight: 1.0, cluster: 0 };
        let votes = [vote(0, 1, 1.0), vote(0, 1, 0.0), vote(0, 1, 1.0)];
        let options = RankingOptions { robust: Robust::Clusters, ..RankingOptions::default() };
        let found = rank(&votes, 2, &[], options).unwrap();
        let bends = found.top.bends.as_ref().unwrap();
        let fitted = Fitted { votes: &votes, covariates: &[], top: None };
        let left_out = LeftOut::of(fitted, (&found.top.at, bends), &[0.5, 0.5], options);
        let mut step = Step::default();
        left_out.step(&[0, 1, 2], &mut step);
        // At the top the slope of all is 0.
        assert!(step.moved.unwrap().iter().all(|by| by.abs() < 1e-7));
        assert!(step.lines.iter().all(|line| line.by == 0.0));
    }
}
