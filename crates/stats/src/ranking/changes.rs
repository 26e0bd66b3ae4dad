//! How the scores of two fits of the same comparisons differ: two judges of the same pairs, or one judge with and without something held
//! equal. Taken cluster by cluster, so that what moves both alike blurs nothing.

use super::Vote;
use super::curvature::Curvature;
use super::errors::{Piece, Seen};
use super::fit::{RankingError, RankingOptions, Robust, checked, climb};
use super::likelihood::Weights;
use super::model::Model;
use crate::spd::inverse;

/// One of the two fits.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'a> {
    /// Its votes.
    pub votes: &'a [Vote],
    /// As many numbers per vote as there are controls; see [`rank`](super::rank).
    pub covariates: &'a [f64],
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
}

/// All competitors in both fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// One for each competitor.
    pub of: Vec<Change>,
    /// Clusters, over which the errors are.
    pub clusters: usize,
}

/// The scores of two fits and the standard errors of their differences.
///
/// With `H` the curvature of a fit and `g_c` the part of cluster `c` in the slope of its log-likelihood, that cluster moves the scores by
/// `H^-1 g_c`. The variance of a difference is `G / (G - 1) sum_c ((H1^-1 g1_c - H2^-1 g2_c)_i)^2` over `G` clusters, with scores held against their mean
/// with the weights `shares` (which add up to 1) in both. A competitor who was seen in one cluster only has its votes stand alone, as
/// in [`rank`](super::rank). What a prior, or votes that are all alike, add to the errors is added for both fits, unless both have the same
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
    competitors: usize,
    shares: &[f64],
    options: RankingOptions,
    same_verdicts: bool,
) -> Result<Option<Changes>, RankingError> {
    assert_eq!(shares.len(), competitors, "a share for each competitor");
    let same = |(a, b): (&Vote, &Vote)| (a.a, a.b, a.cluster) == (b.a, b.b, b.cluster);
    let alike = first.votes.len() == second.votes.len() && first.votes.iter().zip(second.votes).all(same);
    assert!(alike, "votes on the same competitors in the same clusters");
    let (Some(one), Some(two)) = (moved(first, competitors, options)?, moved(second, competitors, options)?)
    else {
        return Ok(None);
    };
    let mut clusters: Vec<u64> = first.votes.iter().map(|vote| vote.cluster).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let mut squares = vec![0.0; competitors];
    let mut of_one = vec![0.0; competitors];
    let mut of_two = vec![0.0; competitors];
    let mut add = |a: &[(usize, f64)], b: &[(usize, f64)]| {
        one.by(a, shares, &mut of_one);
        two.by(b, shares, &mut of_two);
        for ((square, x), y) in squares.iter_mut().zip(&of_one).zip(&of_two) {
            *square += (x - y).powi(2);
        }
    };
    for (a, b) in one.clusters.iter().zip(&two.clusters) {
        add(a, b);
    }
    if same_verdicts && one.beside.len() == two.beside.len() {
        for (a, b) in one.beside.iter().zip(&two.beside) {
            add(a, b);
        }
    } else {
        one.beside.iter().for_each(|a| add(a, &[]));
        two.beside.iter().for_each(|b| add(&[], b));
    }
    let count = clusters.len() as f64;
    // Of one cluster the votes stand alone.
    let factor = if clusters.len() > 1 { count / (count - 1.0) } else { 1.0 };
    let centred = |scores: &[f64]| -> Vec<f64> {
        let mean: f64 = scores.iter().zip(shares).map(|(score, share)| score * share).sum();
        scores.iter().map(|score| score - mean).collect()
    };
    let (first, second) = (centred(&one.scores), centred(&two.scores));
    let of = (0..competitors)
        .map(|i| Change { first: first[i], second: second[i], error: (factor * squares[i]).sqrt() })
        .collect();
    Ok(Some(Changes { of, clusters: clusters.len() }))
}

/// The scores of a fit, and all that moves them.
struct Moved {
    scores: Vec<f64>,
    width: usize,
    bread: Vec<f64>,
    clusters: Vec<Piece>,
    beside: Vec<Piece>,
}

impl Moved {
    /// How far this part of the slope moves each score against the mean.
    fn by(&self, piece: &[(usize, f64)], shares: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for &(j, x) in piece {
            let row = &self.bread[j * self.width..(j + 1) * self.width];
            out.iter_mut().zip(row).for_each(|(out, h)| *out += x * h);
        }
        let mean: f64 = out.iter().zip(shares).map(|(x, share)| x * share).sum();
        for x in out.iter_mut() {
            *x -= mean;
        }
    }
}

fn moved(
    fitted: Fitted<'_>,
    competitors: usize,
    options: RankingOptions,
) -> Result<Option<Moved>, RankingError> {
    let Fitted { votes, covariates } = fitted;
    let (cells, ties) = checked(votes, competitors, covariates, options)?;
    let controls = covariates.len().checked_div(votes.len()).unwrap_or(0);
    let weights = Weights::of(votes);
    let model = Model { ties, competitors, controls, prior: options.prior, weights, cells: &cells };
    let (at, _) = climb(&model)?;
    let curvature = Curvature::of(&model, &at);
    if !curvature.is_small() {
        return Ok(None);
    }
    let width = model.width();
    let bread = inverse(&curvature.dense(), width).ok_or(RankingError::Singular)?;
    let seen = Seen { model: &model, votes, covariates, at: &at, robust: Robust::Clusters };
    let mut clusters = Vec::new();
    seen.pieces_by_cluster(&mut |piece| clusters.push(piece.to_vec()));
    let beside = seen.beside(&curvature);
    Ok(Some(Moved { scores: at[..competitors].to_vec(), width, bread, clusters, beside }))
}

#[cfg(test)]
mod tests {
    use super::*;
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
                        let y = f32::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-d).exp())));
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
            changes(first, second, COMPETITORS, &shares, RankingOptions::default(), same).unwrap().unwrap()
        };
        let judges =
            found(Fitted { votes: &one, covariates: &[] }, Fitted { votes: &two, covariates: &[] }, false);
        let held =
            found(Fitted { votes: &one, covariates: &[] }, Fitted { votes: &one, covariates: &x }, true);
        let whole = [fit(&one, &[]).scores, fit(&two, &[]).scores, fit(&one, &x).scores];
        for i in 0..COMPETITORS {
            assert!((judges.of[i].first - whole[0][i]).abs() < 1e-8);
            assert!((judges.of[i].second - whole[1][i]).abs() < 1e-8);
            assert!((held.of[i].second - whole[2][i]).abs() < 1e-8);
        }
        assert_eq!(judges.clusters, 60);
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
                let ratio = found.of[i].error / sd;
                // The bootstrap's own noise is one in twenty-eight.
                assert!((0.85..1.15).contains(&ratio), "{at} {i}: {} against {sd}", found.of[i].error);
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
                Fitted { votes: &one, covariates: &[] },
                Fitted { votes: &two, covariates: &[] },
                COMPETITORS,
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
            for (i, change) in found.of.iter().enumerate() {
                covered += i32::from((change.second - change.first).abs() < reach * change.error);
                narrower += change.error / a[i].hypot(b[i]);
                rounds += 1;
            }
        }
        let share = f64::from(covered) / f64::from(rounds);
        assert!((0.86..0.94).contains(&share), "covered {share}");
        assert!(narrower / f64::from(rounds) < 0.8, "{}", narrower / f64::from(rounds));
    }

    #[test]
    fn the_same_votes_differ_by_nothing_also_under_a_prior() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let ([mut one, _], _) = drawn(8, 0.0, &mut rng);
        for vote in one.iter_mut().filter(|vote| vote.a == 0) {
            vote.y = 1.0;
        }
        let side = Fitted { votes: &one, covariates: &[] };
        let plain = changes(side, side, COMPETITORS, &even(), RankingOptions::default(), true);
        assert!(matches!(plain, Err(RankingError::OneWay(_))));
        let options = RankingOptions { prior: 0.1, ..RankingOptions::default() };
        let found = changes(side, side, COMPETITORS, &even(), options, true).unwrap().unwrap();
        assert!(found.of.iter().all(|change| change.error == 0.0 && change.first == change.second));
        // Two judges who are both unanimous about it may still differ by what eight prompts do not tell.
        let apart = changes(side, side, COMPETITORS, &even(), options, false).unwrap().unwrap();
        assert!(apart.of[0].error > 0.5, "{}", apart.of[0].error);
    }
}
