//! How the scores of two fits of the same comparisons differ: two judges of the same pairs, or one judge with and without something held
//! equal. Taken cluster by cluster, so that what moves both alike cancels.

use std::borrow::Cow;

use rayon::prelude::*;

use super::fit::{RankingError, RankingOptions, Top, top_of};
use super::groups::Groups;
use super::left_out::{Fitted, LANES, LeftOut, Step, mean};
use super::vote::Vote;
use crate::wide::{Work, wide};

/// Clusters that one thread takes at once.
const AT_ONCE: usize = 512;

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
    /// How many clusters of equal say the difference rests on, 1 at least: `(sum a_c)^2 / sum a_c^2` with `a_c` the part of cluster c in
    /// the variance that both fits expect. Student's t with one less is what the error is for.
    pub effective: f64,
}

/// The scores of two fits and the standard errors of their differences, one for each competitor.
///
/// With `H` the curvature of a fit, `g_c` the part of cluster c in the slope of its log-likelihood and `H_c` that in the curvature, leaving
/// the cluster out moves the scores by `-(H - H_c)^-1 g_c` (one Newton step). The variance of a difference is
/// `(G - 1) / G sum_c (d_c - mean)^2` over `G` clusters, with `d_c` the difference of the two moves, and scores relative to their mean with
/// the weights `shares` (which add up to 1) in both. The votes of a competitor that was seen in one cluster only are separate clusters, as
/// in [`rank`](super::rank). What a prior, or votes that are all alike, add to the errors is added for both fits, unless both have the same
/// verdicts (`same_verdicts`): then it is the same in both, and their difference counts.
///
/// `None` with more than 400 unknowns.
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
    let searched = [first, second].map(|side| searched(side, shares, options));
    let [one, two] = searched;
    let (Some(one), Some(two)) = (one?, two?) else { return Ok(None) };
    let (Some(bends), Some(other)) = (&one.bends, &two.bends) else { return Ok(None) };
    let groups = &bends.groups;
    let [top_one, top_two] = [&one, &two].map(|top| &top.at[..competitors]);
    let one = LeftOut::of(first, (&one.at, bends), shares, options);
    let two = LeftOut::of(second, (&two.at, other), shares, options);
    let count = groups.len() as f64;
    let Sums { moves, squares, parts, part_squares, .. } = summed(groups, &one, &two, competitors);
    let rest = |(square, sum): (f64, f64)| (count - 1.0) / count * (square - sum * sum / count).max(0.0);
    let mut squares: Vec<f64> = squares.into_iter().zip(moves).map(rest).collect();
    let nothing = vec![0.0; competitors];
    let mut add = |a: &[f64], b: &[f64]| {
        for ((square, a), b) in squares.iter_mut().zip(a).zip(b) {
            *square += (a - b).powi(2);
        }
    };
    for (a, b) in one.beside().zip(two.beside()) {
        if same_verdicts {
            add(&a, &b);
        } else {
            add(&a, &nothing);
            add(&nothing, &b);
        }
    }
    let clusters = clusters(first.votes, competitors);
    let centred = |scores: &[f64]| -> Vec<f64> {
        let mean = mean(scores, shares);
        scores.iter().map(|score| score - mean).collect()
    };
    let (first, second) = (centred(top_one), centred(top_two));
    let change = |i: usize| Change {
        first: first[i],
        second: second[i],
        error: squares[i].sqrt(),
        clusters: clusters[i],
        effective: if part_squares[i] > 0.0 { (parts[i] * parts[i] / part_squares[i]).max(1.0) } else { 1.0 },
    };
    Ok(Some((0..competitors).map(change).collect()))
}

/// Where the search for the scores of one fit ends, with what bends there. `None` with more unknowns than a matrix takes.
fn searched<'a>(
    side: Fitted<'a>,
    shares: &[f64],
    options: RankingOptions,
) -> Result<Option<Cow<'a, Top>>, RankingError> {
    if let Some(top) = side.top.filter(|top| top.bends.is_some()) {
        return Ok(Some(Cow::Borrowed(top)));
    }
    let found = top_of((side.votes, side.covariates), shares.len(), options)?;
    Ok(found.map(Cow::Owned))
}

/// The sums over all clusters.
fn summed(groups: &Groups, one: &LeftOut<'_>, two: &LeftOut<'_>, competitors: usize) -> Sums {
    let places: Vec<usize> = (0..groups.len()).collect();
    let sums: Vec<Sums> = places
        .par_chunks(AT_ONCE)
        .map(|places| {
            let mut sums = Sums::of(competitors);
            wide(Part { places, groups, one, two, sums: &mut sums });
            sums
        })
        .collect();
    // In their order, so that it does not matter who was ready first.
    sums.into_iter().fold(Sums::of(competitors), Sums::and)
}

/// Some clusters.
struct Part<'a> {
    places: &'a [usize],
    groups: &'a Groups,
    one: &'a LeftOut<'a>,
    two: &'a LeftOut<'a>,
    sums: &'a mut Sums,
}

impl Work for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for place in self.places {
            self.sums.add(self.groups.get(*place), self.one, self.two);
        }
    }
}

/// In how many clusters each competitor was seen.
fn clusters(votes: &[Vote], competitors: usize) -> Vec<usize> {
    let mut order: Vec<u32> = (0..votes.len() as u32).collect();
    // Stable, which is fast where most are in order already.
    order.sort_by_key(|&at| votes[at as usize].cluster);
    let (mut counts, mut last) = (vec![0; competitors], vec![None; competitors]);
    for vote in order.iter().map(|&at| &votes[at as usize]) {
        for who in [vote.a as usize, vote.b as usize] {
            counts[who] += usize::from(last[who].replace(vote.cluster) != Some(vote.cluster));
        }
    }
    counts
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
    /// What one cluster does in both fits, of which the room is used again; how the moves differ, and its parts in both variances.
    room: [Step; 2],
    by: Vec<[f64; LANES]>,
    part: Vec<[f64; LANES]>,
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
            by: vec![[0.0; LANES]; competitors.div_ceil(LANES)],
            part: vec![[0.0; LANES]; competitors.div_ceil(LANES)],
        }
    }

    /// Adds what leaving a cluster out moves.
    #[inline(always)]
    fn add(&mut self, cluster: &[u32], one: &LeftOut<'_>, two: &LeftOut<'_>) {
        let [first, second] = &mut self.room;
        one.step(cluster, first);
        two.step(cluster, second);
        for column in [&mut self.by, &mut self.part] {
            column.as_flattened_mut().fill(0.0);
        }
        one.add(first, 1.0, &mut self.by, &mut self.part);
        two.add(second, -1.0, &mut self.by, &mut self.part);
        let (by, part) = (self.by.as_flattened(), self.part.as_flattened());
        for ((sum, squares), by) in self.moves.iter_mut().zip(&mut self.squares).zip(by) {
            *sum += by;
            *squares += by * by;
        }
        for ((sum, squares), part) in self.parts.iter_mut().zip(&mut self.part_squares).zip(part) {
            *sum += part;
            *squares += part * part;
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

    /// Two judges of the same pairs on `prompts` prompts, who share what they like about each prompt's responses, with one control; the
    /// second judge likes competitor 0 more by `more`.
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
        // Refits of resampled prompts, slow but simple.
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
            let options =
                RankingOptions { robust: crate::ranking::Robust::Clusters, ..RankingOptions::default() };
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
        // Two judges who are both unanimous about it may still differ by what eight prompts do not determine.
        let apart = changes(side, side, &even(), options, false).unwrap().unwrap();
        assert!(apart[0].error > 0.5, "{}", apart[0].error);
    }
}
