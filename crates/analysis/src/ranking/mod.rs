//! Verdicts to a leaderboard, raw or with properties held equal.

mod contest;
mod length;

pub use contest::Contest;
pub use length::{Against, LcBoard, LcOptions, LcRow, length_controlled_board};

use std::str::FromStr;

use predilect_stats::ranking::{
    Elo, RankingError, RankingOptions, Robust, Ties, Vote, WinRate, elo, rank, standings, standings_at_worst,
    win_rates,
};
use predilect_stats::resample::{bootstrap, quantile};
use rayon::prelude::*;
use serde::Serialize;

/// A difference in log-odds that makes one win ten times as often, in points.
const SCALE: f64 = 400.0;
/// The points of an average competitor.
const CENTRE: f64 = 1000.0;
/// Standard errors to either side of a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// How scores are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RankMethod {
    /// Bradley-Terry, a tie half a win.
    #[default]
    BradleyTerry,
    /// Bradley-Terry with ties as Rao and Kupper model them.
    RaoKupper,
    /// Bradley-Terry with ties as Davidson models them.
    Davidson,
    /// Elo, in the order of the verdicts.
    Elo,
    /// The share of wins, a tie half.
    WinRate,
    /// AlpacaEval's length-controlled win rate against a baseline; see [`length_controlled_board`].
    LengthControlled,
}

impl RankMethod {
    /// All, with their names in flags and JSON.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::BradleyTerry, "bradley-terry"),
        (Self::RaoKupper, "rao-kupper"),
        (Self::Davidson, "davidson"),
        (Self::Elo, "elo"),
        (Self::WinRate, "win-rate"),
        (Self::LengthControlled, "lc"),
    ];

    /// The name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

impl std::fmt::Display for RankMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for RankMethod {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text);
        known.map(|(method, _)| *method).ok_or_else(|| format!("`{text}` is no method of ranking"))
    }
}

/// How a leaderboard is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RankOptions {
    /// How scores are made.
    pub method: RankMethod,
    /// The competitor whose score is fixed, and at what; without, the mean score is 1000.
    pub anchor: Option<(String, f64)>,
    /// Precision of a normal prior on the scores, in log-odds; 0: none.
    pub prior: f64,
    /// Resamples of a bootstrap over prompts; 0: intervals by the sandwich (Elo has none without a bootstrap).
    pub resamples: usize,
    /// Its seed.
    pub seed: u64,
}

/// A leaderboard.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leaderboard {
    /// How scores were made.
    pub method: String,
    /// What intervals come from: `sandwich` (by prompt), `bootstrap` (by prompt), or none.
    pub intervals: Option<String>,
    /// Precision of the normal prior on the scores, in log-odds; 0: none.
    pub prior: f64,
    /// Resamples that gave scores; one whose votes do not determine them gives none.
    pub resamples: Option<u64>,
    /// Verdicts that counted.
    pub votes: u64,
    /// Different prompts among them.
    pub prompts: u64,
    /// The competitors, the best first.
    pub ranking: Vec<Row>,
    /// What is held equal, with its weight.
    pub controls: Vec<Control>,
    /// Rao-Kupper's eta or Davidson's nu.
    pub tie: Option<f64>,
}

/// One competitor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Who.
    pub model: String,
    /// Points (400 for odds of ten), or % for win rates.
    pub score: f64,
    /// Lower end of the 95 % interval; the score itself where there is none.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 1 + how many have a lower end above this one's upper end.
    pub rank: usize,
    /// The best place that the data do not rule out.
    pub rank_low: usize,
    /// The worst one.
    pub rank_high: usize,
    /// Verdicts about it.
    pub votes: u64,
}

/// A property or feature in the same likelihood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Log-odds for a difference of one root mean square.
    pub weight: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Scores on the scale that is shown, with their covariance.
struct Scored {
    scores: Vec<f64>,
    covariance: Option<Vec<f64>>,
    /// Where nothing is known of how the errors go together.
    errors: Option<Vec<f64>>,
    controls: Vec<Control>,
    tie: Option<f64>,
}

/// The leaderboard of a contest.
///
/// Controls are scaled to a root mean square of 1; only the Bradley-Terry methods take any.
///
/// # Errors
///
/// When the votes do not determine the scores.
pub fn leaderboard(contest: &Contest, options: &RankOptions) -> Result<Leaderboard, RankingError> {
    let scaled = scaled(&contest.covariates, contest.controls.len());
    let n = contest.models.len();
    let mut prompts: Vec<u64> = contest.votes.iter().map(|vote| vote.cluster).collect();
    prompts.sort_unstable();
    prompts.dedup();
    // Where no two verdicts share a prompt, nothing has to be summed up by prompt; and the sum over a single prompt is zero at
    // the maximum, which says nothing of the error.
    let single = prompts.len() == contest.votes.len() || prompts.len() < 2;
    let robust = if single { Robust::Votes } else { Robust::Clusters };
    let mut own = scores(contest, &contest.votes, &scaled, options, robust)?;
    if let (false, Some(covariance)) = (single, &mut own.covariance) {
        // Of sums over few prompts.
        let factor = prompts.len() as f64 / (prompts.len() - 1) as f64;
        for entry in covariance {
            *entry *= factor;
        }
        for control in &mut own.controls {
            let reach = factor.sqrt() * (control.high - control.weight);
            (control.low, control.high) = (control.weight - reach, control.weight + reach);
        }
    }
    let mut resamples = None;
    let (places, intervals) = if options.resamples > 0 {
        let (places, count) = resampled(contest, &prompts, &scaled, options, &own.scores);
        resamples = Some(count as u64);
        (places, Some("bootstrap"))
    } else if own.covariance.is_some() || own.errors.is_some() {
        let standings = match (&own.covariance, &own.errors) {
            (Some(covariance), _) => standings(&own.scores, covariance, Z),
            (None, errors) => standings_at_worst(&own.scores, errors.as_deref().unwrap_or_default(), Z),
        };
        let places = standings.iter().map(|s| (s.low, s.high, s.rank, s.rank_low, s.rank_high)).collect();
        (places, Some("sandwich"))
    } else {
        let place = |score: &f64| 1 + own.scores.iter().filter(|other| *other > score).count();
        (own.scores.iter().map(|s| (*s, *s, place(s), place(s), place(s))).collect::<Vec<_>>(), None)
    };
    let mut votes = vec![0_u64; n];
    for vote in &contest.votes {
        votes[vote.a as usize] += 1;
        votes[vote.b as usize] += 1;
    }
    let mut ranking: Vec<Row> = (0..n)
        .map(|i| {
            let (low, high, rank, rank_low, rank_high) = places[i];
            let (model, score) = (contest.models[i].clone(), own.scores[i]);
            let bounds =
                if options.method == RankMethod::WinRate { (0.0, 100.0) } else { (f64::MIN, f64::MAX) };
            let (low, high) = (low.max(bounds.0), high.min(bounds.1));
            Row { model, score, low, high, rank, rank_low, rank_high, votes: votes[i] }
        })
        .collect();
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.model.cmp(&b.model)));
    Ok(Leaderboard {
        method: options.method.name().to_owned(),
        intervals: intervals.map(str::to_owned),
        prior: options.prior,
        resamples,
        votes: contest.votes.len() as u64,
        prompts: prompts.len() as u64,
        ranking,
        controls: own.controls,
        tie: own.tie,
    })
}

/// Each column over its root mean square: not its sd, because no difference must stay no difference.
fn scaled(covariates: &[f64], controls: usize) -> Vec<f64> {
    if controls == 0 {
        return Vec::new();
    }
    let rows = (covariates.len() / controls).max(1) as f64;
    let mut squares = vec![0.0; controls];
    for row in covariates.chunks(controls) {
        for (sum, x) in squares.iter_mut().zip(row) {
            *sum += x * x;
        }
    }
    let scale: Vec<f64> = squares.iter().map(|sum| (sum / rows).sqrt()).collect();
    let whole =
        |(at, x): (usize, &f64)| if scale[at % controls] > 0.0 { x / scale[at % controls] } else { 0.0 };
    covariates.iter().enumerate().map(whole).collect()
}

fn scores(
    contest: &Contest,
    votes: &[Vote],
    covariates: &[f64],
    options: &RankOptions,
    robust: Robust,
) -> Result<Scored, RankingError> {
    let n = contest.models.len();
    let anchor = options.anchor.as_ref().and_then(|(name, at)| {
        contest.models.iter().position(|model| model == name).map(|place| (place, *at))
    });
    let ties = match options.method {
        RankMethod::BradleyTerry => Ties::Half,
        RankMethod::RaoKupper => Ties::RaoKupper,
        RankMethod::Davidson => Ties::Davidson,
        RankMethod::Elo => {
            let mut scores = elo(votes, n, Elo::default());
            let shift = anchor.map_or(0.0, |(place, at)| at - scores[place]);
            for score in &mut scores {
                *score += shift;
            }
            return Ok(Scored { scores, covariance: None, errors: None, controls: Vec::new(), tie: None });
        }
        RankMethod::WinRate | RankMethod::LengthControlled => {
            let rates = win_rates(votes, n);
            // Who wins makes another lose: at worst the errors are opposite, and add up.
            let errors = rates.iter().map(|rate| 100.0 * error(rate)).collect();
            let scores = rates.iter().map(|rate| 100.0 * rate.rate).collect();
            return Ok(Scored {
                scores,
                covariance: None,
                errors: Some(errors),
                controls: Vec::new(),
                tie: None,
            });
        }
    };
    let fit = rank(votes, n, covariates, RankingOptions { ties, robust, prior: options.prior })?;
    let points = SCALE / std::f64::consts::LN_10;
    let (centre, at) = anchor.map_or((0.0, CENTRE), |(place, at)| (fit.scores[place], at));
    let scores = fit.scores.iter().map(|score| points * (score - centre) + at).collect();
    // Of the differences to the anchor, where there is one: it has no error of its own.
    let of = |i: usize, j: usize| fit.covariance[i * n + j];
    let shifted = |i: usize, j: usize| match anchor {
        None => of(i, j),
        Some((k, _)) => of(i, j) - of(i, k) - of(k, j) + of(k, k),
    };
    let covariance = (0..n * n).map(|at| points * points * shifted(at / n, at % n)).collect();
    let count = contest.controls.len();
    let controls = contest
        .controls
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let (weight, se) = (fit.controls[at], fit.controls_covariance[at * count + at].max(0.0).sqrt());
            Control { name: name.clone(), weight, low: weight - Z * se, high: weight + Z * se }
        })
        .collect();
    Ok(Scored { scores, covariance: Some(covariance), errors: None, controls, tie: fit.tie })
}

/// The standard error of a win rate. One prompt tells nothing of it: anything may be. Where all verdicts are alike it is that of two
/// more wins and two more losses (Agresti and Coull 1998).
fn error(rate: &WinRate) -> f64 {
    if !rate.se.is_finite() {
        return 1.0;
    }
    if rate.se > 0.0 {
        return rate.se;
    }
    let n = rate.votes as f64 + 4.0;
    let p = (rate.rate * rate.votes as f64 + 2.0) / n;
    (p * (1.0 - p) / n).sqrt()
}

/// Low, high, rank, best and worst rank.
type Placed = (f64, f64, usize, usize, usize);

/// Where everybody stands by resampling the prompts, and how many resamples gave scores.
fn resampled(
    contest: &Contest,
    prompts: &[u64],
    covariates: &[f64],
    options: &RankOptions,
    own: &[f64],
) -> (Vec<Placed>, usize) {
    let n = contest.models.len();
    let width = contest.controls.len();
    let cluster: Vec<usize> =
        contest.votes.iter().map(|vote| prompts.binary_search(&vote.cluster).unwrap_or_default()).collect();
    // A resample may leave somebody without a win: then he is kept finite.
    let kept = RankOptions { prior: options.prior.max(1e-3), ..options.clone() };
    let samples: Vec<Vec<f64>> = bootstrap(prompts.len(), options.resamples, options.seed)
        .par_bridge()
        .filter_map(|draw| {
            let mut times = vec![0_u32; prompts.len()];
            for at in draw {
                times[at] += 1;
            }
            let (mut votes, mut x) = (Vec::new(), Vec::new());
            for (at, vote) in contest.votes.iter().enumerate().filter(|(at, _)| times[cluster[*at]] > 0) {
                votes.push(Vote { weight: vote.weight * times[cluster[at]] as f32, ..*vote });
                x.extend_from_slice(&covariates[at * width..(at + 1) * width]);
            }
            let mut found = scores(contest, &votes, &x, &kept, Robust::Votes).ok()?.scores;
            // Who is not in the resample has no score there.
            let mut there = vec![false; n];
            for vote in &votes {
                there[vote.a as usize] = true;
                there[vote.b as usize] = true;
            }
            found.iter_mut().zip(there).filter(|(_, there)| !there).for_each(|(score, _)| *score = f64::NAN);
            Some(found)
        })
        .collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); n];
    let mut ranks: Vec<Vec<f64>> = vec![Vec::new(); n];
    for sample in &samples {
        for (i, score) in sample.iter().enumerate().filter(|(_, score)| score.is_finite()) {
            columns[i].push(*score);
            ranks[i].push(1.0 + sample.iter().filter(|other| *other > score).count() as f64);
        }
    }
    let ends: Vec<(f64, f64)> = columns
        .iter_mut()
        .zip(own)
        .map(|(column, own)| {
            let low = quantile(column, 0.025).unwrap_or(*own);
            (low, quantile(column, 0.975).unwrap_or(*own))
        })
        .collect();
    let places = (0..n)
        .map(|i| {
            let rank = 1 + ends.iter().filter(|end| end.0 > ends[i].1).count();
            let low = quantile(&mut ranks[i], 0.025).map_or(rank, |rank| rank.round() as usize);
            let high = quantile(&mut ranks[i], 0.975).map_or(rank, |rank| rank.round() as usize);
            (ends[i].0, ends[i].1, rank, low, high)
        })
        .collect();
    (places, samples.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everybody against everybody: the one with the lower number wins seven of ten.
    fn contest(models: u32) -> Contest {
        let mut votes = Vec::new();
        for a in 0..models {
            for b in a + 1..models {
                for i in 0..20_u64 {
                    let y = if i % 10 < 7 { 1.0 } else { 0.0 };
                    votes.push(Vote { a, b, y, weight: 1.0, cluster: i });
                }
            }
        }
        let models = (0..models).map(|i| format!("m{i}")).collect();
        Contest { models, votes, ..Contest::default() }
    }

    #[test]
    fn every_method_ranks_alike_where_all_is_clear() {
        for (method, name) in RankMethod::ALL.into_iter().filter(|(m, _)| *m != RankMethod::LengthControlled)
        {
            let options = RankOptions { method, resamples: 50, ..RankOptions::default() };
            let found = leaderboard(&contest(5), &options).unwrap();
            let order: Vec<&str> = found.ranking.iter().map(|row| row.model.as_str()).collect();
            // Elo forgets, but not the order of strength here.
            if method != RankMethod::Elo {
                assert_eq!(order, ["m0", "m1", "m2", "m3", "m4"], "{name}");
            }
            assert_eq!((found.votes, found.prompts, found.ranking[0].votes), (200, 20, 80));
            assert!(
                found.ranking.iter().all(|row| row.low <= row.high && row.rank_low <= row.rank_high),
                "{found:?}"
            );
            assert_eq!(name.parse::<RankMethod>().unwrap(), method);
        }
    }

    #[test]
    fn one_prompt_gives_no_false_certainty() {
        let mut one = contest(3);
        for vote in &mut one.votes {
            vote.cluster = 7;
        }
        for method in [RankMethod::BradleyTerry, RankMethod::WinRate] {
            let found = leaderboard(&one, &RankOptions { method, ..RankOptions::default() }).unwrap();
            assert!(found.ranking.iter().all(|row| row.high - row.low > 1.0), "{found:?}");
        }
        let rates = leaderboard(&one, &RankOptions { method: RankMethod::WinRate, ..RankOptions::default() })
            .unwrap();
        assert!(rates.ranking.iter().all(|row| row.low == 0.0 && row.high == 100.0));
    }

    #[test]
    fn an_anchor_stands_where_it_is_put_and_another_model_does_not_move_it() {
        let options = RankOptions { anchor: Some(("m1".to_owned(), 1200.0)), ..RankOptions::default() };
        let few = leaderboard(&contest(4), &options).unwrap();
        let anchored = few.ranking.iter().find(|row| row.model == "m1").unwrap();
        assert_eq!((anchored.score, anchored.low, anchored.high), (1200.0, 1200.0, 1200.0));
        // Seven of ten: 147 points.
        let two = leaderboard(&contest(2), &options).unwrap();
        assert!((two.ranking[0].score - 1200.0 - 400.0 * (7.0_f64 / 3.0).log10()).abs() < 1e-6, "{two:?}");
        let free = leaderboard(&contest(4), &RankOptions::default()).unwrap();
        let mean = free.ranking.iter().map(|row| row.score).sum::<f64>() / 4.0;
        assert!((mean - 1000.0).abs() < 1e-6);
    }
}
