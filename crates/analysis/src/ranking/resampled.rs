//! Ranks and intervals by a bootstrap over prompts.

use predilect_stats::ranking::{Robust, Standing, Top, Vote, ranks};
use predilect_stats::resample::{bootstrap, quantile};
use rayon::prelude::*;

use super::battles::Battles;
use super::method::{RankMethod, RankOptions};
use super::scored::{Search, scores};

/// The mean of the scores that are there, with these weights.
fn field(scores: &[f64], shares: &[f64]) -> f64 {
    let there = || scores.iter().zip(shares).filter(|(score, _)| score.is_finite());
    there().map(|(score, share)| score * share).sum::<f64>() / there().map(|(_, share)| share).sum::<f64>()
}

/// Low, high, rank, best and worst rank.
pub(super) type Placed = (f64, f64, usize, usize, usize);

/// The votes of battles, to be drawn again by prompt.
pub(super) struct Resampling<'a> {
    pub(super) battles: &'a Battles,
    /// In order.
    pub(super) prompts: &'a [u64],
    /// Those of the votes, scaled.
    pub(super) covariates: &'a [f64],
    pub(super) options: &'a RankOptions,
    /// Where the search for the scores of all ended.
    pub(super) top: &'a Top,
}

impl Resampling<'_> {
    /// The scores of each resample that gives any; `own` are those of the data. NaN for models that are not in the resample.
    fn samples(&self, own: &[f64]) -> Vec<Vec<f64>> {
        let Self { battles, prompts, covariates, options, .. } = *self;
        let n = battles.models.len();
        let width = battles.controls.len();
        let cluster: Vec<usize> = battles
            .votes
            .iter()
            .map(|vote| prompts.binary_search(&vote.cluster).unwrap_or_default())
            .collect();
        let mut shares = vec![0.0; n];
        for vote in &battles.votes {
            shares[vote.a as usize] += f64::from(vote.weight);
            shares[vote.b as usize] += f64::from(vote.weight);
        }
        // A resample may leave a model without a win: this keeps its score finite.
        let kept = RankOptions { prior: options.prior.max(1e-3), ..options.clone() };
        let search = Search { robust: Robust::Nothing, start: self.top };
        let sample = |draw: Vec<usize>| {
            let mut times = vec![0_u32; prompts.len()];
            for at in draw {
                times[at] += 1;
            }
            let (mut votes, mut x) = (Vec::new(), Vec::new());
            for (at, vote) in battles.votes.iter().enumerate().filter(|(at, _)| times[cluster[*at]] > 0) {
                votes.push(Vote { weight: vote.weight * times[cluster[at]] as f32, ..*vote });
                x.extend_from_slice(&covariates[at * width..(at + 1) * width]);
            }
            let mut found = scores(battles, &votes, &x, &kept, search).ok()?.scores;
            // A model that is not in the resample has no score there.
            let mut there = vec![false; n];
            for vote in &votes {
                there[vote.a as usize] = true;
                there[vote.b as usize] = true;
            }
            found.iter_mut().zip(there).filter(|(_, there)| !there).for_each(|(score, _)| *score = f64::NAN);
            // Scores are points above the field: a model with few votes does not move the others.
            if options.anchor.is_none() && options.method != RankMethod::WinRate {
                let away = field(own, &shares) - field(&found, &shares);
                for score in &mut found {
                    *score += away;
                }
            }
            Some(found)
        };
        bootstrap(prompts.len(), options.resamples, options.seed).par_bridge().filter_map(sample).collect()
    }
}

/// Ranks and intervals by resampling the prompts, and the number of resamples that gave scores.
pub(super) fn resampled(
    resampling: &Resampling<'_>,
    own: &[f64],
    beside: Option<&[Standing]>,
) -> (Vec<Placed>, usize) {
    let n = own.len();
    let samples = resampling.samples(own);
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); n];
    let mut ranks: Vec<Vec<f64>> = vec![Vec::new(); n];
    for sample in &samples {
        for (i, score) in sample.iter().enumerate().filter(|(_, score)| score.is_finite()) {
            columns[i].push(*score);
            ranks[i].push(1.0 + sample.iter().filter(|other| *other > score).count() as f64);
        }
    }
    let ends: Vec<((f64, f64), Option<Standing>)> = columns
        .iter_mut()
        .enumerate()
        .map(|(i, column)| {
            let low = quantile(column, 0.025).unwrap_or(own[i]);
            let high = quantile(column, 0.975).unwrap_or(own[i]);
            // Where resampling varies nothing, the other method supplies the ranks too.
            let other = beside.map(|beside| beside[i]).filter(|b| high - low < 0.5 * (b.high - b.low));
            (other.map_or((low, high), |b| (b.low, b.high)), other)
        })
        .collect();
    let own_ranks = self::ranks(own);
    let places = (0..n)
        .map(|i| {
            let rank = own_ranks[i];
            let ((below, above), other) = ends[i];
            if let Some(other) = other {
                return (below, above, rank, other.rank_low.min(rank), other.rank_high.max(rank));
            }
            let low = quantile(&mut ranks[i], 0.025).map_or(rank, |rank| rank.round() as usize);
            let high = quantile(&mut ranks[i], 0.975).map_or(rank, |rank| rank.round() as usize);
            // Those of the resamples may all be beyond the rank of the data.
            (below, above, rank, low.min(rank), high.max(rank))
        })
        .collect();
    (places, samples.len())
}
