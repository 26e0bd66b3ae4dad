//! The maximum of the likelihood of all votes, and the covariance of the scores there.

use std::collections::HashMap;

use thiserror::Error;

use super::Vote;
use super::likelihood::{Outcomes, Terms, Ties, squared_scores, terms};
use crate::spd::{inverse, product};

/// Newton steps at most.
const STEPS: usize = 100;
/// A step of the scores below this ends the search.
const TOLERANCE: f64 = 1e-10;

/// What the covariance allows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Robust {
    /// Votes are independent and their variance is what it is: the sandwich H^-1 B H^-1.
    #[default]
    Votes,
    /// Votes of one cluster depend on each other: the sandwich with scores summed by cluster. Votes on a competitor who was seen
    /// in one cluster only count as independent.
    Clusters,
}

/// How votes are turned into scores.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RankingOptions {
    /// What a tie is.
    pub ties: Ties,
    /// What the covariance allows for.
    pub robust: Robust,
    /// Precision (1 / variance) of a normal prior on every score around their mean; 0: none. It keeps scores finite where
    /// somebody has won or lost all his votes.
    pub prior: f64,
}

/// Scores in log-odds, centred on 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// One score each: log of the Bradley-Terry strength.
    pub scores: Vec<f64>,
    /// Their covariance, row by row.
    pub covariance: Vec<f64>,
    /// The tie parameter: eta of Rao-Kupper, nu of Davidson; `None` where ties are halves or there are none.
    pub tie: Option<f64>,
    /// The weights of the covariates, in log-odds per unit.
    pub controls: Vec<f64>,
    /// Their covariance.
    pub controls_covariance: Vec<f64>,
    /// Newton steps taken.
    pub steps: usize,
}

/// Why there are no scores.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RankingError {
    /// There are fewer than two competitors or no vote that counts.
    #[error("there is nothing to rank")]
    Empty,
    /// The votes fall into parts between which nothing was ever won, so that their distance has no finite maximum.
    #[error("{0} parts of the competitors have no win across them in one direction or the other")]
    Apart(usize),
    /// A model of ties needs something else too.
    #[error("every verdict is a tie")]
    OnlyTies,
    /// Covariates that say the same.
    #[error("the covariates cannot be told apart from the scores or from each other")]
    Singular,
    /// No maximum was found.
    #[error("no maximum was found in {STEPS} steps")]
    NoMaximum,
}

/// One row of the likelihood: competitors, outcomes, covariates.
struct Cell<'a> {
    a: usize,
    b: usize,
    outcomes: Outcomes,
    x: &'a [f64],
}

/// The scores that make the votes most probable, with their sandwich covariance.
///
/// `covariates` holds as many numbers per vote as there are controls (none: 0), positive where they speak for the first
/// competitor. Without covariates, votes of the same two are added up first, so that the search takes the time of the different
/// pairs and not of the votes.
///
/// # Errors
///
/// When the scores are not determined by the votes; see [`RankingError`].
///
/// # Panics
///
/// When a competitor of a vote is not below `competitors`, or the covariates do not fill the votes.
pub fn rank(
    votes: &[Vote],
    competitors: usize,
    covariates: &[f64],
    options: RankingOptions,
) -> Result<Ranking, RankingError> {
    let controls = if votes.is_empty() { 0 } else { covariates.len() / votes.len() };
    assert_eq!(covariates.len(), controls * votes.len(), "as many covariates for every vote");
    let cells = cells(votes, competitors, covariates, controls, options.ties);
    let weight: f64 = cells.iter().map(|c| c.outcomes.win + c.outcomes.tie + c.outcomes.loss).sum();
    if competitors < 2 || weight <= 0.0 {
        return Err(RankingError::Empty);
    }
    let decided: f64 = cells.iter().map(|c| c.outcomes.win + c.outcomes.loss).sum();
    if options.ties != Ties::Half && decided <= 0.0 {
        return Err(RankingError::OnlyTies);
    }
    if options.prior <= 0.0 {
        let parts = parts(&cells, competitors);
        if parts > 1 {
            return Err(RankingError::Apart(parts));
        }
    }
    let ties_there = options.ties != Ties::Half && cells.iter().any(|c| c.outcomes.tie > 0.0);
    // Without ties both models are Bradley-Terry's.
    let ties = if ties_there { options.ties } else { Ties::Half };
    let model = Model { ties, competitors, controls, prior: options.prior, cells: &cells };
    let (at, steps) = model.climb()?;
    let hessian = model.hessian(&at);
    let bread = inverse(&hessian, model.width()).ok_or(RankingError::Singular)?;
    let mut meat = match options.robust {
        Robust::Votes => model.meat(&at),
        Robust::Clusters => model.meat_by_cluster(&at, votes, covariates),
    };
    let width = model.width();
    // What the prior knows is as uncertain as it says.
    for i in 0..competitors {
        meat[i * width + i] += options.prior;
    }
    let full = product(&product(&bread, &meat, width), &bread, width);
    let block = |from: usize, to: usize| -> Vec<f64> {
        (from..to).flat_map(|i| full[i * width + from..i * width + to].iter().copied()).collect()
    };
    let tie =
        ties_there.then(|| if ties == Ties::Davidson { at[competitors].exp() } else { at[competitors] });
    Ok(Ranking {
        scores: at[..competitors].to_vec(),
        covariance: block(0, competitors),
        tie,
        controls: at[width - controls..].to_vec(),
        controls_covariance: block(width - controls, width),
        steps,
    })
}

fn cells<'a>(
    votes: &[Vote],
    competitors: usize,
    covariates: &'a [f64],
    controls: usize,
    ties: Ties,
) -> Vec<Cell<'a>> {
    // Which way round a pair is counted makes no difference without covariates.
    let turned = |vote: &Vote| {
        let (a, b, y) = (vote.a as usize, vote.b as usize, f64::from(vote.y));
        assert!(a < competitors && b < competitors, "a competitor beyond the last");
        if a <= b { (a, b, y) } else { (b, a, 1.0 - y) }
    };
    let counts = |vote: &&Vote| vote.a != vote.b && vote.weight > 0.0;
    if controls > 0 {
        let with_x = votes.iter().zip(covariates.chunks(controls));
        return with_x
            .filter(|(vote, _)| counts(vote))
            .map(|(vote, x)| {
                let mut outcomes = Outcomes::default();
                outcomes.add(f64::from(vote.y), f64::from(vote.weight), ties);
                Cell { a: vote.a as usize, b: vote.b as usize, outcomes, x }
            })
            .collect();
    }
    // A table of all pairs while that is small, else only of those that met.
    if competitors * competitors <= 1 << 22 {
        let mut table = vec![Outcomes::default(); competitors * competitors];
        for vote in votes.iter().filter(counts) {
            let (a, b, y) = turned(vote);
            table[a * competitors + b].add(y, f64::from(vote.weight), ties);
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
        table.entry((a, b)).or_default().add(y, f64::from(vote.weight), ties);
    }
    let mut met: Vec<_> = table.into_iter().collect();
    met.sort_unstable_by_key(|(pair, _)| *pair);
    met.into_iter().map(|((a, b), outcomes)| Cell { a, b, outcomes, x: &[] }).collect()
}

/// How many strongly connected parts "has won something against" has: with one, the maximum is finite (Ford 1957).
fn parts(cells: &[Cell], competitors: usize) -> usize {
    let mut beats: Vec<Vec<usize>> = vec![Vec::new(); competitors];
    let mut beaten: Vec<Vec<usize>> = vec![Vec::new(); competitors];
    for cell in cells {
        let Outcomes { win, tie, loss, .. } = cell.outcomes;
        let mut won = |who: usize, whom: usize| {
            beats[who].push(whom);
            beaten[whom].push(who);
        };
        if win + tie > 0.0 {
            won(cell.a, cell.b);
        }
        if loss + tie > 0.0 {
            won(cell.b, cell.a);
        }
    }
    // Kosaraju: by the order in which a search leaves them, then backwards.
    let mut seen = vec![false; competitors];
    let mut left = Vec::with_capacity(competitors);
    for start in 0..competitors {
        let mut path = vec![(start, 0)];
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        while let Some((at, next)) = path.last_mut() {
            match beats[*at].get(*next) {
                None => {
                    left.push(*at);
                    path.pop();
                }
                Some(&to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[to], true) {
                        path.push((to, 0));
                    }
                }
            }
        }
    }
    let mut parts = 0;
    for &start in left.iter().rev() {
        if !std::mem::replace(&mut seen[start], false) {
            continue;
        }
        parts += 1;
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            for &to in &beaten[at] {
                if std::mem::replace(&mut seen[to], false) {
                    open.push(to);
                }
            }
        }
    }
    parts
}

/// The log-likelihood over scores, the tie parameter where there is one, and covariate weights.
struct Model<'a> {
    ties: Ties,
    competitors: usize,
    controls: usize,
    prior: f64,
    cells: &'a [Cell<'a>],
}

impl Model<'_> {
    fn has_tie(&self) -> usize {
        usize::from(self.ties != Ties::Half)
    }

    fn width(&self) -> usize {
        self.competitors + self.has_tie() + self.controls
    }

    fn terms(&self, cell: &Cell, at: &[f64]) -> Terms {
        terms(self.ties, &cell.outcomes, self.difference(cell.a, cell.b, cell.x, at), self.tie(at))
    }

    fn tie(&self, at: &[f64]) -> f64 {
        if self.has_tie() == 1 { at[self.competitors] } else { 0.0 }
    }

    fn difference(&self, a: usize, b: usize, x: &[f64], at: &[f64]) -> f64 {
        let controls = &at[self.competitors + self.has_tie()..];
        at[a] - at[b] + x.iter().zip(controls).map(|(x, w)| x * w).sum::<f64>()
    }

    /// With the prior, and a pull of the scores' sum to 0 that moves no difference.
    fn value(&self, at: &[f64]) -> f64 {
        let scores = &at[..self.competitors];
        let sum: f64 = scores.iter().sum();
        let prior: f64 = scores.iter().map(|r| r * r).sum::<f64>() * self.prior;
        self.cells.iter().map(|cell| self.terms(cell, at).value).sum::<f64>() - 0.5 * (prior + sum * sum)
    }

    /// Newton's way up: the function is concave, so a step that is halved often enough climbs.
    fn climb(&self) -> Result<(Vec<f64>, usize), RankingError> {
        let width = self.width();
        let mut at = vec![0.0; width];
        if self.ties == Ties::RaoKupper {
            at[self.competitors] = 0.2;
        }
        let mut value = self.value(&at);
        for step in 1..=STEPS {
            let gradient = self.gradient(&at);
            let curvature = inverse(&self.hessian(&at), width).ok_or(RankingError::Singular)?;
            let direction: Vec<f64> = curvature
                .chunks(width)
                .map(|row| row.iter().zip(&gradient).map(|(h, g)| h * g).sum())
                .collect();
            let slope: f64 = direction.iter().zip(&gradient).map(|(d, g)| d * g).sum();
            let mut share = 1.0;
            loop {
                let next: Vec<f64> = at.iter().zip(&direction).map(|(x, d)| x + share * d).collect();
                // Eta has to stay above 0.
                let inside = self.ties != Ties::RaoKupper || next[self.competitors] > 1e-9;
                let there = if inside { self.value(&next) } else { f64::NEG_INFINITY };
                // Near the top, differences drown in rounding.
                if there >= value + 1e-4 * share * slope - 1e-12 * value.abs() {
                    (at, value) = (next, there);
                    break;
                }
                share *= 0.5;
                if share < 1e-12 {
                    return Err(RankingError::NoMaximum);
                }
            }
            if share == 1.0 && direction.iter().all(|d| d.abs() < TOLERANCE) {
                return Ok((at, step));
            }
        }
        Err(RankingError::NoMaximum)
    }

    fn gradient(&self, at: &[f64]) -> Vec<f64> {
        let sum: f64 = at[..self.competitors].iter().sum();
        let mut out = vec![0.0; self.width()];
        for (slot, r) in out[..self.competitors].iter_mut().zip(at) {
            *slot = -self.prior * r - sum;
        }
        for cell in self.cells {
            let t = self.terms(cell, at);
            self.add(cell.a, cell.b, cell.x, (t.d, t.t), &mut out);
        }
        out
    }

    /// Adds a score: `d` in the direction of the difference, `t` in that of the tie parameter.
    fn add(&self, a: usize, b: usize, x: &[f64], (d, t): (f64, f64), out: &mut [f64]) {
        out[a] += d;
        out[b] -= d;
        if self.has_tie() == 1 {
            out[self.competitors] += t;
        }
        for (slot, x) in out[self.competitors + self.has_tie()..].iter_mut().zip(x) {
            *slot += d * x;
        }
    }

    /// Minus the second derivatives.
    fn hessian(&self, at: &[f64]) -> Vec<f64> {
        let width = self.width();
        let mut out = vec![0.0; width * width];
        for i in 0..self.competitors {
            for j in 0..self.competitors {
                out[i * width + j] = 1.0;
            }
            out[i * width + i] += self.prior;
        }
        for cell in self.cells {
            let t = self.terms(cell, at);
            self.add_outer(cell, [-t.dd, -t.dt, -t.tt], &mut out);
        }
        out
    }

    /// Adds `dd e e' + dt (e t' + t e') + tt t t'`, with e the direction of the cell's difference.
    fn add_outer(&self, cell: &Cell, [dd, dt, tt]: [f64; 3], out: &mut [f64]) {
        let width = self.width();
        let first = self.competitors + self.has_tie();
        let entries = [(cell.a, 1.0), (cell.b, -1.0)];
        let all = || entries.into_iter().chain(cell.x.iter().enumerate().map(move |(i, &x)| (first + i, x)));
        for (i, x) in all() {
            for (j, y) in all() {
                out[i * width + j] += dd * x * y;
            }
        }
        if self.has_tie() == 1 {
            let tie = self.competitors;
            for (i, x) in all() {
                out[i * width + tie] += dt * x;
                out[tie * width + i] += dt * x;
            }
            out[tie * width + tie] += tt;
        }
    }

    /// The sum of the votes' squared scores.
    fn meat(&self, at: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.width() * self.width()];
        for cell in self.cells {
            let d = self.difference(cell.a, cell.b, cell.x, at);
            self.add_outer(cell, squared_scores(self.ties, &cell.outcomes, d, self.tie(at)), &mut out);
        }
        out
    }

    /// The sum of the clusters' squared scores.
    fn meat_by_cluster(&self, at: &[f64], votes: &[Vote], covariates: &[f64]) -> Vec<f64> {
        let width = self.width();
        // The scores of a competitor who was seen in one cluster only add up to zero there, which says nothing of the error: the
        // votes on him stand alone.
        let mut seen: Vec<Option<u64>> = vec![None; self.competitors];
        let mut alone = vec![true; self.competitors];
        for vote in votes {
            for who in [vote.a as usize, vote.b as usize] {
                alone[who] &= *seen[who].get_or_insert(vote.cluster) == vote.cluster;
            }
        }
        let stands_alone = |i: usize| alone[votes[i].a as usize] || alone[votes[i].b as usize];
        let mut order: Vec<usize> = (0..votes.len()).collect();
        // Those first, so that they do not cut the others' clusters apart.
        order.sort_by_key(|&i| (!stands_alone(i), votes[i].cluster));
        let mut out = vec![0.0; width * width];
        let mut score = vec![0.0; width];
        let one_cluster = |&i: &usize, &j: &usize| {
            votes[i].cluster == votes[j].cluster && !stands_alone(i) && !stands_alone(j)
        };
        for cluster in order.chunk_by(one_cluster) {
            score.fill(0.0);
            for &i in cluster {
                let vote = &votes[i];
                let x = &covariates[i * self.controls..(i + 1) * self.controls];
                let (a, b) = (vote.a as usize, vote.b as usize);
                if a == b {
                    continue;
                }
                let mut outcomes = Outcomes::default();
                outcomes.add(f64::from(vote.y), f64::from(vote.weight), self.ties);
                let t = terms(self.ties, &outcomes, self.difference(a, b, x, at), self.tie(at));
                self.add(a, b, x, (t.d, t.t), &mut score);
            }
            let there: Vec<(usize, f64)> =
                score.iter().copied().enumerate().filter(|(_, s)| *s != 0.0).collect();
            for &(i, x) in &there {
                for &(j, y) in &there {
                    out[i * width + j] += x * y;
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
