//! How far scores may be off: the sandwich of the likelihood's curvature and of the variance of its slope.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::curvature::Curvature;
use super::groups::Groups;
use super::likelihood::{Weights, squared_scores};
use super::model::Model;
use super::vote::Vote;
use crate::spd::product;

/// Where a competitor's votes are all alike, its slope is as uncertain as that many more votes would make it, half of them won and half of
/// them lost (Agresti & Coull 1998): nine wins of nine do not mean certainty.
const MORE_VOTES: f64 = 4.0;
/// With fewer votes against the usual outcome, summed up over opponents, the posterior of a competitor is not nearly normal.
const FEW: f64 = 5.0;
/// Half the points at which it is evaluated.
const GRID: i32 = 400;
/// Draws where the matrix is too large: eight blocks of sixteen.
const BLOCKS: u64 = 8;
const LANES: usize = 16;

/// What the covariance allows for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Robust {
    /// Votes are independent and their variance is what it is: the sandwich H^-1 B H^-1.
    #[default]
    Votes,
    /// Votes of one cluster depend on each other: the sandwich with scores summed by cluster. Votes on a competitor who was seen
    /// in one cluster only count as independent.
    Clusters,
    /// No errors: scores alone are wanted, as in a resample, and errors are `NaN`.
    Nothing,
}

/// A part of the slope that varies on its own: places and values.
pub(super) type Piece = Vec<(usize, f64)>;
/// Takes one.
type Take<'a> = dyn FnMut(&[(usize, f64)]) + 'a;

/// The votes, their covariates, and the scores at which they are evaluated.
pub(super) struct Seen<'a> {
    pub(super) model: &'a Model<'a>,
    pub(super) votes: &'a [Vote],
    pub(super) covariates: &'a [f64],
    pub(super) at: &'a [f64],
    pub(super) robust: Robust,
    /// Which votes depend on each other, where errors are to allow for that.
    pub(super) groups: Option<&'a Groups>,
}

impl Seen<'_> {
    /// Calls back with every part of the slope that is independent of the others; their squares add up to its variance.
    fn pieces(&self, take: &mut Take<'_>) {
        match self.groups.filter(|_| self.robust == Robust::Clusters) {
            None => self.pieces_by_vote(take),
            Some(groups) => self.pieces_by_cluster(groups, take),
        }
    }

    fn pieces_by_vote(&self, take: &mut Take<'_>) {
        let model = self.model;
        for cell in model.cells {
            let d = model.difference(cell.a, cell.b, cell.x, self.at);
            let [dd, dt, tt] = squared_scores(model.ties, &cell.outcomes, d, model.tie(self.at));
            // The two are correlated: the second is what the first does not explain.
            let side = dd.max(0.0).sqrt();
            let mut piece: Piece = model.direction(cell).map(|(i, x)| (i, side * x)).collect();
            if model.has_tie() == 1 {
                let common = if side > 0.0 { dt / side } else { 0.0 };
                piece.push((model.competitors, common));
                take(&[(model.competitors, (tt - common * common).max(0.0).sqrt())]);
            }
            take(&piece);
        }
    }

    fn pieces_by_cluster(&self, groups: &Groups, take: &mut Take<'_>) {
        let (model, votes) = (self.model, self.votes);
        let mut slope = vec![0.0; model.width()];
        let mut touched: Vec<usize> = Vec::new();
        let mut piece = Piece::new();
        for cluster in groups.iter() {
            touched.clear();
            for &i in cluster {
                let i = i as usize;
                let (vote, x) = (&votes[i], &self.covariates[i * model.controls..(i + 1) * model.controls]);
                model.add_vote(vote, x, self.at, &mut slope);
                touched.extend([vote.a as usize, vote.b as usize]);
            }
            touched.extend(model.competitors..model.width());
            touched.sort_unstable();
            touched.dedup();
            piece.clear();
            piece.extend(touched.iter().map(|&i| (i, slope[i])).filter(|(_, value)| *value != 0.0));
            for &i in &touched {
                slope[i] = 0.0;
            }
            take(&piece);
        }
    }

    /// What varies in addition to the votes that were seen: the prior, and for a competitor whose votes are all alike a few more against
    /// the same opponents. As many pieces as there are competitors, and as many again under a prior; some are empty.
    ///
    /// `seen` is the variance of each place of the slope, `information` what the votes say of each score.
    fn beside(&self, seen: &[f64], information: &[f64]) -> Vec<Piece> {
        let competitors = self.model.competitors;
        let (mut weights, mut squares) = (vec![0.0; competitors], vec![0.0; competitors]);
        for cell in self.model.cells {
            for who in [cell.a, cell.b] {
                weights[who] += cell.outcomes.weight();
                squares[who] += cell.outcomes.square();
            }
        }
        let missing = |who: usize| {
            let weight = weights[who];
            // A vote as the scores expect it, of weight 1 where weights are counts, else of the usual weight.
            let own = match self.model.weights {
                Weights::Counts => 1.0,
                Weights::Shares => (squares[who] / weight).powi(2),
            };
            let usual = if weight > 0.0 { information[who] / weight * own } else { 0.0 };
            (MORE_VOTES * usual - seen[who]).max(0.0).sqrt()
        };
        let missing: Vec<f64> = (0..competitors).map(missing).collect();
        let mut pieces: Vec<Piece> = missing
            .iter()
            .enumerate()
            .map(|(who, more)| if *more > 0.0 { vec![(who, *more)] } else { Vec::new() })
            .collect();
        for cell in self.model.cells {
            for (who, other) in [(cell.a, cell.b), (cell.b, cell.a)] {
                if missing[who] > 0.0 {
                    pieces[who].push((other, -missing[who] * cell.outcomes.weight() / weights[who]));
                }
            }
        }
        // Opponents that come again and again are one entry each.
        for piece in &mut pieces {
            piece.sort_unstable_by_key(|(place, _)| *place);
            piece.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
        }
        if self.model.prior > 0.0 {
            pieces.extend((0..competitors).map(|who| vec![(who, self.model.prior.sqrt())]));
        }
        pieces
    }

    /// The variance of the slope, row by row; and what varies in addition to the votes, which is part of it; see [`Seen::beside`].
    pub(super) fn variance(&self, information: &[f64]) -> (Vec<f64>, Vec<Piece>) {
        let width = self.model.width();
        let mut variance = vec![0.0; width * width];
        self.pieces(&mut |piece| add_square(piece, width, &mut variance));
        let seen: Vec<f64> = (0..width).map(|i| variance[i * width + i]).collect();
        let beside = self.beside(&seen, information);
        for piece in &beside {
            add_square(piece, width, &mut variance);
        }
        (variance, beside)
    }

    /// Under a prior, how far below and above its score the posterior reaches for a competitor whose votes against each opponent are nearly
    /// all won or nearly all lost: there it is far from normal. `None` for the others. `shares` are the weights of the mean that scores are
    /// relative to, `inverse` that of the curvature.
    ///
    /// The posterior of the difference t along the line on which all others follow as they usually do: its own votes exactly, the rest by
    /// its curvature; quantiles of 2.5 and 97.5 %.
    #[expect(clippy::too_many_lines, reason = "one algorithm, whose steps share what they change")]
    pub(super) fn reaches(&self, inverse: &[f64], shares: &[f64]) -> Vec<Option<(f64, f64)>> {
        let (width, competitors) = (self.model.width(), self.model.competitors);
        // Fifty wins against one and fifty losses against another are as far from normal as fifty wins alone. With controls every vote is a
        // row, so that those on one pair are added up first.
        let mut pairs: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
        let mut own: Vec<Vec<usize>> = vec![Vec::new(); competitors];
        for (at, cell) in self.model.cells.iter().enumerate() {
            let half = 0.5 * cell.outcomes.tie;
            let (won, lost) = (cell.outcomes.win + half, cell.outcomes.loss + half);
            let (pair, won, lost) =
                if cell.a <= cell.b { ((cell.a, cell.b), won, lost) } else { ((cell.b, cell.a), lost, won) };
            let sums = pairs.entry(pair).or_default();
            *sums = (sums.0 + won, sums.1 + lost);
            own[cell.a].push(at);
            own[cell.b].push(at);
        }
        let mut against = vec![0.0; competitors];
        for ((a, b), (won, lost)) in pairs {
            for who in [a, b] {
                against[who] += won.min(lost);
            }
        }
        let one = |who: usize| {
            if against[who] >= FEW {
                return None;
            }
            let mut toward: Vec<f64> = shares.iter().map(|share| -share).collect();
            toward[who] += 1.0;
            let line: Vec<f64> =
                inverse.chunks(width).map(|row| row.iter().zip(&toward).map(|(x, c)| x * c).sum()).collect();
            let variance: f64 = line.iter().zip(&toward).map(|(x, c)| x * c).sum();
            if variance.is_nan() || variance <= 0.0 {
                return None;
            }
            let at = |t: f64| -> Vec<f64> {
                self.at.iter().zip(&line).map(|(r, x)| r + t * x / variance).collect()
            };
            let votes = |at: &[f64]| -> f64 {
                own[who].iter().map(|&cell| self.model.terms(&self.model.cells[cell], at).value).sum()
            };
            let step = 1e-3 * variance.sqrt();
            let (below, here, above) = (votes(&at(-step)), votes(&at(0.0)), votes(&at(step)));
            let slope = (above - below) / (2.0 * step);
            let bend = (2.0 * here - above - below) / (step * step);
            let rest = (1.0 / variance - bend).max(0.0);
            let log = |t: f64| votes(&at(t)) - here - slope * t - 0.5 * rest * t * t;
            // From well below to well above, in small steps.
            let grid: Vec<f64> =
                (-GRID..=GRID).map(|i| f64::from(i) * 12.0 / f64::from(GRID) * variance.sqrt()).collect();
            let mass: Vec<f64> = grid.iter().map(|t| log(*t).exp()).collect();
            let all: f64 = mass.iter().sum();
            let mut passed = 0.0;
            let (mut low, mut high) = (grid[0], grid[grid.len() - 1]);
            for (t, mass) in grid.iter().zip(&mass) {
                if passed < 0.025 * all {
                    low = *t;
                }
                passed += mass;
                if passed >= 0.975 * all {
                    high = *t;
                    break;
                }
            }
            Some((-low, high))
        };
        (0..competitors).map(one).collect()
    }

    /// The standard errors of the scores against a mean of them with these weights, and the covariance of the controls, by draws of the
    /// slope multiplied by the inverse curvature. Each is compared with the same draw of the slope alone, whose variance is known: about a
    /// fiftieth of the sampling noise remains.
    pub(super) fn drawn(&self, curvature: &Curvature<'_>, centre: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let (width, competitors) = (self.model.width(), self.model.competitors);
        let information = curvature.diagonal();
        let mut drawn = Draws {
            known: vec![0.0; width],
            slopes: vec![[0.0; LANES]; width * BLOCKS as usize],
            rng: ChaCha8Rng::seed_from_u64(0),
        };
        self.pieces(&mut |piece| drawn.add(piece));
        let beside = self.beside(&drawn.known, &curvature.information(&information));
        for piece in &beside {
            drawn.add(piece);
        }
        let Draws { known, slopes: draws, .. } = drawn;
        let solved: Vec<Vec<[f64; LANES]>> =
            draws.par_chunks(width).map(|block| curvature.solve(block, 1e-3)).collect::<Option<_>>()?;
        let count = (BLOCKS as usize * LANES) as f64;
        let (mut squares, mut alone) = (vec![0.0; competitors], vec![0.0; competitors]);
        let controls = self.model.controls;
        let first = width - controls;
        let mut of_controls = vec![0.0; controls * controls];
        for (block, slopes) in solved.iter().zip(draws.chunks(width)) {
            let mut middle = [0.0; LANES];
            for (row, share) in block.iter().zip(centre) {
                (0..LANES).for_each(|l| middle[l] += share * row[l]);
            }
            for who in 0..competitors {
                for l in 0..LANES {
                    squares[who] += (block[who][l] - middle[l]).powi(2);
                    alone[who] += (slopes[who][l] / information[who]).powi(2);
                }
            }
            for i in 0..controls {
                for j in 0..controls {
                    of_controls[i * controls + j] +=
                        (0..LANES).map(|l| block[first + i][l] * block[first + j][l]).sum::<f64>() / count;
                }
            }
        }
        let error = |who: usize| {
            let expected = known[who] / information[who].powi(2);
            let ratio = if alone[who] > 0.0 { squares[who] / alone[who] } else { 0.0 };
            (expected * ratio).sqrt()
        };
        Some(((0..competitors).map(error).collect(), of_controls))
    }
}

/// Adds the square of a part of the slope.
fn add_square(piece: &[(usize, f64)], width: usize, out: &mut [f64]) {
    for &(i, x) in piece {
        let row = &mut out[i * width..(i + 1) * width];
        for &(j, y) in piece {
            row[j] += x * y;
        }
    }
}

/// The covariance of what is estimated, by the inverse of the curvature and the variance of the slope.
pub(super) fn sandwich(inverse: &[f64], variance: &[f64], width: usize) -> Vec<f64> {
    product(&product(inverse, variance, width), inverse, width)
}

/// Draws of the slope, and its variance.
struct Draws {
    known: Vec<f64>,
    slopes: Vec<[f64; LANES]>,
    rng: ChaCha8Rng,
}

impl Draws {
    /// Adds a part of the slope, to each draw with a sign of its own.
    fn add(&mut self, piece: &[(usize, f64)]) {
        let width = self.known.len();
        for &(i, x) in piece {
            self.known[i] += x * x;
        }
        for block in 0..BLOCKS as usize {
            let signs: u16 = self.rng.random();
            for &(i, x) in piece {
                let row = &mut self.slopes[block * width + i];
                for (lane, slot) in row.iter_mut().enumerate() {
                    *slot += if signs >> lane & 1 == 1 { x } else { -x };
                }
            }
        }
    }
}
