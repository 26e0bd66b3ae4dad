//! How the scores of two fits of the same comparisons differ: two judges of the same pairs, or one judge with and without something held
//! equal. Taken cluster by cluster, so that what moves both alike blurs nothing.

use pulp::Arch;
use rayon::prelude::*;

use super::cells::Cell;
use super::curvature::is_small;
use super::errors::{Robust, Seen};
use super::fit::{RankingError, RankingOptions, Top, checked, climb};
use super::groups::Groups;
use super::likelihood::{Terms, Ties, Weights};
use super::model::Model;
use super::vote::Vote;
use crate::spd::{inverse, solve};

/// With more unknowns a cluster of more votes than unknowns, or one with ties of their own, takes the step from the whole.
const MOST_BY_MATRIX: usize = 150;
/// Clusters that one thread takes at once.
const AT_ONCE: usize = 512;

/// One of the two fits.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'a> {
    /// Its votes.
    pub votes: &'a [Vote],
    /// As many numbers per vote as there are controls; see [`rank`](super::rank).
    pub covariates: &'a [f64],
    /// Where its search ended before, if it did: [`Ranking::top`](super::Ranking::top).
    pub top: Option<&'a [f64]>,
}

/// What the score of one competitor is in both fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// In the first, in log-odds against the weighted mean of all.
    pub first: f64,
    /// In the second.
    pub second: f64,
    /// The standard error of the second less the first.
    pub error: f64,
    /// Clusters in which it was seen.
    pub clusters: usize,
    /// How many clusters of equal say the difference rests on, 1 at least: `(sum a_c)^2 / sum a_c^2` with `a_c` the part of cluster c in the variance
    /// that both fits expect. Student's t with one less is what the error is for.
    pub effective: f64,
}

/// The scores of two fits and the standard errors of their differences, one for each competitor.
///
/// With `H` the curvature of a fit, `g_c` the part of cluster c in the slope of its log-likelihood and `H_c` that in the curvature, leaving the
/// cluster out moves the scores by `-(H - H_c)^-1 g_c` (one Newton step). The variance of a difference is
/// `(G - 1) / G sum_c (d_c - mean)^2` over `G` clusters, with `d_c` the difference of the two moves and scores held against their mean with the
/// weights `shares` (which add up to 1) in both. A competitor who was seen in one cluster only has its votes stand alone, as in
/// [`rank`](super::rank). What a prior, or votes that are all alike, add to the errors is added for both fits, unless both have the same
/// verdicts (`same_verdicts`): then it is the same in both, and their difference counts.
///
/// `None` where there are more than 400 unknowns.
///
/// # Errors
///
/// Where the votes of one of them do not determine the scores.
///
/// # Panics
///
/// When the votes of the two are not on the same competitors in the same clusters, one by one.
pub fn changes(
    first: Fitted<'_>,
    second: Fitted<'_>,
    shares: &[f64],
    options: RankingOptions,
    same_verdicts: bool,
) -> Result<Option<Vec<Change>>, RankingError> {
    let competitors = shares.len();
    let same = |(a, b): (&Vote, &Vote)| (a.a, a.b, a.cluster) == (b.a, b.b, b.cluster);
    let alike = first.votes.len() == second.votes.len() && first.votes.iter().zip(second.votes).all(same);
    assert!(alike, "votes on the same competitors in the same clusters");
    let (cells, ties) = checked(first.votes, competitors, first.covariates, options)?;
    let (cells_two, ties_two) = checked(second.votes, competitors, second.covariates, options)?;
    let (one, two) = (
        first.model(&cells, ties, competitors, options),
        second.model(&cells_two, ties_two, competitors, options),
    );
    if !is_small(&one) || !is_small(&two) {
        return Ok(None);
    }
    let groups = Groups::of(first.votes, competitors);
    let (top_one, top_two) = (climb(&one, first.top)?, climb(&two, second.top)?);
    let one = LeftOut::of(first, &one, &top_one, shares)?;
    let two = LeftOut::of(second, &two, &top_two, shares)?;
    let count = groups.len() as f64;
    let places: Vec<usize> = (0..groups.len()).collect();
    let sums: Vec<Sums> = places
        .par_chunks(AT_ONCE)
        .map(|places| {
            let mut sums = Sums::of(competitors);
            Arch::new().dispatch(|| {
                for place in places {
                    sums.add(groups.get(*place), &one, &two);
                }
            });
            sums
        })
        .collect();
    // In their order, so that it does not matter who was ready first.
    let Sums { moves, squares, parts, part_squares, .. } =
        sums.into_iter().fold(Sums::of(competitors), Sums::and);
    let rest = |(square, sum): (f64, f64)| (count - 1.0) / count * (square - sum * sum / count).max(0.0);
    let mut squares: Vec<f64> = squares.into_iter().zip(moves).map(rest).collect();
    let nothing = vec![0.0; competitors];
    let mut add = |a: &[f64], b: &[f64]| {
        for ((square, a), b) in squares.iter_mut().zip(a).zip(b) {
            *square += (a - b).powi(2);
        }
    };
    let beside = [&one, &two].map(|of| of.beside(&groups));
    for (a, b) in beside[0].iter().zip(&beside[1]) {
        if same_verdicts {
            add(a, b);
        } else {
            add(a, &nothing);
            add(&nothing, b);
        }
    }
    let clusters = clusters(first.votes, competitors);
    let centred = |scores: &[f64]| -> Vec<f64> {
        let mean = mean(scores, shares);
        scores.iter().map(|score| score - mean).collect()
    };
    let (first, second) = (centred(&top_one.at[..competitors]), centred(&top_two.at[..competitors]));
    let change = |i: usize| Change {
        first: first[i],
        second: second[i],
        error: squares[i].sqrt(),
        clusters: clusters[i],
        effective: if part_squares[i] > 0.0 { (parts[i] * parts[i] / part_squares[i]).max(1.0) } else { 1.0 },
    };
    Ok(Some((0..competitors).map(change).collect()))
}

fn mean(scores: &[f64], shares: &[f64]) -> f64 {
    scores.iter().zip(shares).map(|(score, share)| score * share).sum()
}

/// In how many clusters each competitor was seen.
fn clusters(votes: &[Vote], competitors: usize) -> Vec<usize> {
    let mut seen: Vec<(u32, u64)> =
        votes.iter().flat_map(|vote| [(vote.a, vote.cluster), (vote.b, vote.cluster)]).collect();
    seen.sort_unstable();
    seen.dedup();
    let mut counts = vec![0; competitors];
    for (who, _) in seen {
        counts[who as usize] += 1;
    }
    counts
}

impl<'a> Fitted<'a> {
    fn model(
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

/// Sums over clusters, one number for each competitor.
struct Sums {
    /// Of the differences of the two moves.
    moves: Vec<f64>,
    /// Of their squares.
    squares: Vec<f64>,
    /// Of the parts in the variance that both fits expect.
    parts: Vec<f64>,
    /// Of their squares.
    part_squares: Vec<f64>,
    /// What one cluster is in both fits, of which the room is used again.
    room: [Step; 2],
}

impl Sums {
    fn of(competitors: usize) -> Self {
        let nothing = || vec![0.0; competitors];
        Self {
            moves: nothing(),
            squares: nothing(),
            parts: nothing(),
            part_squares: nothing(),
            room: [Step::default(), Step::default()],
        }
    }

    /// Adds what leaving a cluster out moves.
    #[inline(always)]
    fn add(&mut self, cluster: &[u32], one: &LeftOut<'_>, two: &LeftOut<'_>) {
        let [first, second] = &mut self.room;
        one.step(cluster, first);
        two.step(cluster, second);
        for i in 0..self.moves.len() {
            let by = first.step[i] - second.step[i];
            self.moves[i] += by;
            self.squares[i] += by * by;
            let part = first.part[i] + second.part[i];
            self.parts[i] += part;
            self.part_squares[i] += part * part;
        }
    }

    fn and(mut self, other: Self) -> Self {
        let both = [
            (&mut self.moves, other.moves),
            (&mut self.squares, other.squares),
            (&mut self.parts, other.parts),
            (&mut self.part_squares, other.part_squares),
        ];
        for (own, other) in both {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
        self
    }
}

/// What leaving one cluster out does.
#[derive(Default)]
struct Step {
    /// How far it moves each score against the mean, and each weight.
    step: Vec<f64>,
    /// The cluster's part in the variance of each competitor against the mean.
    part: Vec<f64>,
    /// For each of its votes, the inverse curvature times where it points.
    lines: Vec<f64>,
    rows: Vec<Row>,
}

/// What leaving votes out does.
struct LeftOut<'a> {
    model: &'a Model<'a>,
    votes: &'a [Vote],
    covariates: &'a [f64],
    top: &'a Top<'a>,
    hessian: Vec<f64>,
    /// The inverse curvature, of whose rows the scores are held against their mean: so are all moves that are sums of them.
    bread: Vec<f64>,
    shares: &'a [f64],
}

impl<'a> LeftOut<'a> {
    fn of(
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
    fn beside(&self, groups: &Groups) -> Vec<Vec<f64>> {
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
    fn step(&self, cluster: &[u32], out: &mut Step) {
        let (model, competitors, width) = (self.model, self.shares.len(), self.model.width());
        let Step { step, part, lines, rows } = out;
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
            // Where a cluster holds nearly all there is, nothing is left: the step from the whole.
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
        // Votes that weigh nothing move nothing.
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

    /// For many votes, or with ties of their own, as it stands.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::sigmoid;
    use crate::ranking::{Ranking, rank};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const COMPETITORS: usize = 5;

    fn even() -> Vec<f64> {
        vec![1.0 / COMPETITORS as f64; COMPETITORS]
    }

    /// Two judges of the same pairs on `prompts` prompts, who share what they like about each prompt's responses, with something that
    /// is held equal; the second judge likes competitor 0 more by `more`.
    fn drawn(prompts: u64, more: f64, rng: &mut ChaCha8Rng) -> ([Vec<Vote>; 2], Vec<f64>) {
        let mut votes = [Vec::new(), Vec::new()];
        let mut covariates = Vec::new();
        for cluster in 0..prompts {
            let shared: Vec<f64> = (0..COMPETITORS).map(|_| rng.random::<f64>() * 4.0 - 2.0).collect();
            for a in 0..COMPETITORS as u32 {
                for b in a + 1..COMPETITORS as u32 {
                    let x = rng.random::<f64>() * 2.0 - 1.0 + 0.2 * (f64::from(a) - f64::from(b));
                    let base = shared[a as usize] - shared[b as usize] + 0.3 * f64::from(b - a) + x;
                    covariates.push(x);
                    for (judge, votes) in votes.iter_mut().enumerate() {
                        let d = base + if judge == 1 && a == 0 { more } else { 0.0 };
                        let y = f32::from(u8::from(rng.random::<f64>() < sigmoid(d)));
                        votes.push(Vote { a, b, y, weight: 1.0, cluster });
                    }
                }
            }
        }
        (votes, covariates)
    }

    fn fit(votes: &[Vote], covariates: &[f64]) -> Ranking {
        rank(votes, COMPETITORS, covariates, RankingOptions::default()).unwrap()
    }

    #[test]
    fn scores_are_those_of_each_fit_and_errors_those_of_a_bootstrap_over_clusters() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let ([one, two], x) = drawn(60, 0.5, &mut rng);
        let shares = even();
        let found = |first, second, same| {
            changes(first, second, &shares, RankingOptions::default(), same).unwrap().unwrap()
        };
        let judges = found(
            Fitted { votes: &one, covariates: &[], top: None },
            Fitted { votes: &two, covariates: &[], top: None },
            false,
        );
        let held = found(
            Fitted { votes: &one, covariates: &[], top: None },
            Fitted { votes: &one, covariates: &x, top: None },
            true,
        );
        let whole = [fit(&one, &[]).scores, fit(&two, &[]).scores, fit(&one, &x).scores];
        for i in 0..COMPETITORS {
            assert!((judges[i].first - whole[0][i]).abs() < 1e-8);
            assert!((judges[i].second - whole[1][i]).abs() < 1e-8);
            assert!((held[i].second - whole[2][i]).abs() < 1e-8);
        }
        assert!(judges.iter().all(|change| change.clusters == 60 && change.effective > 50.0), "{judges:?}");
        // Refits of resampled prompts, as slow as they are plain.
        let per = COMPETITORS * (COMPETITORS - 1) / 2;
        let (mut sums, mut squares) = ([[0.0; COMPETITORS]; 2], [[0.0; COMPETITORS]; 2]);
        let resamples = 400;
        for _ in 0..resamples {
            let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..60 {
                let from = per * rng.random_range(0..60_usize);
                a.extend_from_slice(&one[from..from + per]);
                b.extend_from_slice(&two[from..from + per]);
                c.extend_from_slice(&x[from..from + per]);
            }
            let [plain, other, equal] = [fit(&a, &[]).scores, fit(&b, &[]).scores, fit(&a, &c).scores];
            for i in 0..COMPETITORS {
                for (at, d) in [other[i] - plain[i], equal[i] - plain[i]].into_iter().enumerate() {
                    sums[at][i] += d;
                    squares[at][i] += d * d;
                }
            }
        }
        let n = f64::from(resamples);
        for (at, found) in [judges, held].iter().enumerate() {
            for i in 0..COMPETITORS {
                let sd = (squares[at][i] / n - (sums[at][i] / n).powi(2)).sqrt();
                let ratio = found[i].error / sd;
                // The bootstrap's own noise is one in twenty-eight.
                assert!((0.85..1.15).contains(&ratio), "{at} {i}: {} against {sd}", found[i].error);
            }
        }
    }

    #[test]
    fn what_judges_share_blurs_no_difference_and_intervals_cover() {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let shares = even();
        let (mut covered, mut rounds, mut narrower) = (0, 0, 0.0);
        for _ in 0..200 {
            let ([one, two], _) = drawn(40, 0.0, &mut rng);
            let found = changes(
                Fitted { votes: &one, covariates: &[], top: None },
                Fitted { votes: &two, covariates: &[], top: None },
                &shares,
                RankingOptions::default(),
                false,
            )
            .unwrap()
            .unwrap();
            let options = RankingOptions { robust: Robust::Clusters, ..RankingOptions::default() };
            let alone = |votes: &[Vote]| rank(votes, COMPETITORS, &[], options).unwrap().errors;
            let (a, b) = (alone(&one), alone(&two));
            let reach = crate::student::quantile(0.95, 39.0);
            for (i, change) in found.iter().enumerate() {
                covered += i32::from((change.second - change.first).abs() < reach * change.error);
                narrower += change.error / a[i].hypot(b[i]);
                rounds += 1;
            }
        }
        let share = f64::from(covered) / f64::from(rounds);
        assert!((0.86..0.94).contains(&share), "covered {share}");
        assert!(narrower / f64::from(rounds) < 0.8, "{}", narrower / f64::from(rounds));
    }

    /// A competitor on a few prompts: what its differences rest on are these, and not all the others.
    #[test]
    fn one_who_was_seen_on_few_prompts_is_as_unsure_as_these_leave_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(19);
        // By votes: four pairs of six are without it on 54 of 60 prompts.
        let votes = [60.0 * 3.0 + 6.0; 4].into_iter().chain([24.0]);
        let all = 4.0 * 186.0 + 24.0;
        let shares: Vec<f64> = votes.map(|own| own / all).collect();
        let (mut missed, rounds) = (0, 200);
        for _ in 0..rounds {
            let ([mut one, mut two], _) = drawn(60, 0.0, &mut rng);
            for votes in [&mut one, &mut two] {
                votes.retain(|vote| vote.b != 4 || vote.cluster < 6);
            }
            let sides = [&one, &two].map(|votes| Fitted { votes, covariates: &[], top: None });
            let options = RankingOptions { prior: 0.01, ..RankingOptions::default() };
            let found = changes(sides[0], sides[1], &shares, options, false).unwrap().unwrap();
            let sparse = found[4];
            assert!(sparse.clusters == 6 && sparse.effective < 10.0, "{sparse:?}");
            assert!(found[0].clusters == 60 && found[0].effective > 20.0, "{:?}", found[0]);
            let reach = crate::student::quantile(0.95, (sparse.effective - 1.0).max(1.0));
            missed += i32::from((sparse.second - sparse.first).abs() > reach * sparse.error);
        }
        // One in ten is nominal; binomial noise is .02.
        assert!(missed <= 30, "{missed} of {rounds}");
    }

    #[test]
    fn the_same_votes_differ_by_nothing_also_under_a_prior() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let ([mut one, _], _) = drawn(8, 0.0, &mut rng);
        for vote in one.iter_mut().filter(|vote| vote.a == 0) {
            vote.y = 1.0;
        }
        let side = Fitted { votes: &one, covariates: &[], top: None };
        let plain = changes(side, side, &even(), RankingOptions::default(), true);
        assert!(matches!(plain, Err(RankingError::OneWay(_))));
        let options = RankingOptions { prior: 0.1, ..RankingOptions::default() };
        let found = changes(side, side, &even(), options, true).unwrap().unwrap();
        assert!(found.iter().all(|change| change.error == 0.0 && change.first == change.second));
        // Two judges who are both unanimous about it may still differ by what eight prompts do not tell.
        let apart = changes(side, side, &even(), options, false).unwrap().unwrap();
        assert!(apart[0].error > 0.5, "{}", apart[0].error);
    }
}
