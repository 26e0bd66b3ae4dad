//! The leaderboard of battles, with its intervals and places.

use std::borrow::Cow;
use std::collections::HashMap;

use predilect_results::ranking::{Change, Group, Leaderboard, Row};
use predilect_stats::ranking::{RankingError, Robust, Standing, Top, Vote, Weights, never_met, ranks};
use predilect_stats::student;

use super::battles::Battles;
use super::held_equal::changes_from_raw;
use super::method::{RankMethod, RankOptions};
use super::resampled::{Placed, Resampling, resampled};
use super::scale::Z;
use super::scored::{Errors, Scored, Search, scores, strength};
use super::separable::separated;

/// Groups that never met, and members of each, that are named.
const NAMED: usize = 3;

/// The leaderboard of battles.
///
/// Controls are scaled to a root mean square of 1; only the Bradley-Terry methods take any.
///
/// # Errors
///
/// When the votes do not determine the scores.
pub fn leaderboard(battles: &Battles, options: &RankOptions) -> Result<Leaderboard, RankingError> {
    let (all, weights) = counted_out(battles, options);
    Ok(weighed(raw_and_held(&all, options)?.1.board, weights))
}

/// The leaderboard of battles without controls, and the one with its controls: each as [`leaderboard`] computes it, but the first
/// computed only once.
///
/// # Errors
///
/// When the votes do not determine the scores of one of them.
pub fn leaderboards(
    battles: &Battles,
    options: &RankOptions,
) -> Result<(Leaderboard, Option<Leaderboard>), RankingError> {
    let (all, weights) = counted_out(battles, options);
    let weighed = |found: Found| weighed(found.board, weights);
    Ok(match raw_and_held(&all, options)? {
        (Some(raw), held) => (weighed(raw?), Some(weighed(held))),
        (None, raw) => (weighed(raw), None),
    })
}

/// A leaderboard, and where the search for its scores ended.
struct Found {
    board: Leaderboard,
    top: Top,
}

/// The battles with votes that count several times written out, and whether it has any.
fn counted_out<'a>(battles: &'a Battles, options: &RankOptions) -> (Cow<'a, Battles>, bool) {
    match battles.written_out() {
        Some(all) => (Cow::Owned(all), true),
        // Which prompts a resample takes depends on their numbers, and so must not depend on the order of the votes.
        None if options.resamples == 0 => (Cow::Owned(battles.with_prompts_in_order()), false),
        None => (Cow::Borrowed(battles), false),
    }
}

fn weighed(board: Leaderboard, counts: bool) -> Leaderboard {
    if counts { Leaderboard { weights: Some("counts".to_owned()), ..board } } else { board }
}

/// Where properties are held equal, the result without that, and then the leaderboard itself.
fn raw_and_held(
    battles: &Battles,
    options: &RankOptions,
) -> Result<(Option<Result<Found, RankingError>>, Found), RankingError> {
    if battles.controls.is_empty() || strength(options.method).is_none() {
        return Ok((None, board(battles, options, None)?));
    }
    let bare = Battles { controls: Vec::new(), covariates: Vec::new(), ..battles.clone() };
    let raw = board(&bare, options, None);
    let held = board(battles, options, raw.as_ref().ok())?;
    Ok((Some(raw), held))
}

/// Adds the range of ranks that each competitor has with nothing held equal.
fn with_places(changes: Vec<Change>, battles: &Battles, raw: &Leaderboard) -> Vec<Change> {
    let rows: HashMap<&str, &Row> = raw.ranking.iter().map(|row| (row.model.as_str(), row)).collect();
    let placed = |(change, model): (Change, &String)| match rows.get(model.as_str()) {
        Some(row) => Change { raw_rank_low: row.rank_low, raw_rank_high: row.rank_high, ..change },
        None => change,
    };
    changes.into_iter().zip(&battles.models).map(placed).collect()
}

#[expect(clippy::too_many_lines, reason = "a third of it is the board, field by field")]
fn board(battles: &Battles, options: &RankOptions, raw: Option<&Found>) -> Result<Found, RankingError> {
    let scaled = scaled(&battles.covariates, battles.controls.len());
    let n = battles.models.len();
    let mut prompts: Vec<u64> = battles.votes.iter().map(|vote| vote.cluster).collect();
    // Stable, which is fast where most are in order already.
    prompts.sort_by_key(|prompt| *prompt);
    prompts.dedup();
    // Where verdicts are independent nothing has to be summed by prompt; and the sum over a single prompt is zero at the maximum, which
    // carries no information about the error.
    let single = !battles.by_prompt || prompts.len() < 2;
    let robust = if single { Robust::Votes } else { Robust::Clusters };
    let nowhere = Top::default();
    let search = Search { robust, start: raw.map_or(&nowhere, |raw| &raw.top) };
    let mut own = scores(battles, &battles.votes, &scaled, options, search)?;
    let z = if single { Z } else { widen(&mut own, prompts.len() as f64) };
    let standings = own.standings(z);
    let placed = |s: &Standing| (s.low, s.high, s.rank, s.rank_low, s.rank_high);
    let mut resamples = None;
    let (places, intervals): (Vec<Placed>, _) = if options.resamples > 0 {
        // Where resampling varies nothing because all votes of a model are alike, another method has to supply the uncertainty.
        let beside = standings.or_else(|| {
            let prior = options.prior.max(0.1);
            let plain = RankOptions { method: RankMethod::BradleyTerry, prior, ..options.clone() };
            let fit = scores(battles, &battles.votes, &scaled, &plain, search).ok()?;
            Scored { scores: own.scores.clone(), ..fit }.standings(z)
        });
        let again = Resampling { battles, prompts: &prompts, covariates: &scaled, options, top: &own.top };
        let (places, count) = resampled(&again, &own.scores, beside.as_deref());
        resamples = Some(count as u64);
        (places, Some("bootstrap"))
    } else if let Some(standings) = standings {
        (standings.iter().map(placed).collect(), Some("sandwich"))
    } else {
        let ranks = ranks(&own.scores);
        (own.scores.iter().zip(ranks).map(|(s, rank)| (*s, *s, rank, rank, rank)).collect(), None)
    };
    let (votes, all) = counts(battles);
    let tops = (raw.map(|raw| &raw.top), &own.top);
    let changes = changes_from_raw(battles, &scaled, options, tops).map(|changes| match raw {
        Some(raw) => with_places(changes, battles, &raw.board),
        None => changes,
    });
    let mut ranking: Vec<Row> = (0..n)
        .map(|i| {
            let (low, high, rank, rank_low, rank_high) = places[i];
            let (model, score) = (battles.models[i].clone(), own.scores[i]);
            let bounds =
                if options.method == RankMethod::WinRate { (0.0, 100.0) } else { (f64::MIN, f64::MAX) };
            let (low, high) = (low.max(bounds.0), high.min(bounds.1));
            let from_raw = changes.as_ref().map(|changes| changes[i]);
            Row { model, score, low, high, rank, rank_low, rank_high, votes: votes[i], from_raw }
        })
        .collect();
    ranking.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.model.cmp(&b.model)));
    let board = Leaderboard {
        method: options.method.name().to_owned(),
        judges: Vec::new(),
        intervals: intervals.map(str::to_owned),
        prior: options.prior,
        resamples,
        votes: all,
        prompts: battles.by_prompt.then_some(prompts.len() as u64),
        weights: battles.votes.iter().any(|vote| vote.weight != 1.0).then(|| {
            match Weights::of(&battles.votes) {
                Weights::Counts => "counts",
                Weights::Shares => "shares",
            }
            .to_owned()
        }),
        never_met: strangers(battles),
        ranking,
        controls: separated(battles, own.controls),
        tie: own.tie,
    };
    Ok(Found { board, top: own.top })
}

/// Widens errors from sums over `clusters` prompts, whose variance few prompts estimate badly; returns how many errors an interval then
/// reaches.
fn widen(own: &mut Scored, clusters: f64) -> f64 {
    let z = student::quantile(0.975, clusters - 1.0);
    let factor = clusters / (clusters - 1.0);
    match &mut own.errors {
        Some(errors @ Errors::Together(_)) => errors.scale(factor),
        Some(errors @ Errors::Apart(_)) => errors.scale(factor.sqrt()),
        // Shares of wins allow for it themselves.
        Some(Errors::Unknown(_)) | None => {}
    }
    for control in &mut own.controls {
        let reach = z / Z * factor.sqrt() * (control.high - control.weight);
        (control.low, control.high) = (control.weight - reach, control.weight + reach);
    }
    z
}

/// How many votes there are on each model, and in all.
fn counts(battles: &Battles) -> (Vec<u64>, u64) {
    let kind = Weights::of(&battles.votes);
    let counted = |vote: &Vote| match kind {
        Weights::Counts => vote.weight as u64,
        Weights::Shares => u64::from(vote.weight > 0.0),
    };
    let mut votes = vec![0_u64; battles.models.len()];
    for vote in &battles.votes {
        for who in [vote.a, vote.b] {
            let sum = &mut votes[who as usize];
            *sum = sum.saturating_add(counted(vote));
        }
    }
    (votes, battles.votes.iter().map(counted).fold(0, u64::saturating_add))
}

/// The groups of competitors that never met, where there are several.
fn strangers(battles: &Battles) -> Vec<Group> {
    let groups = never_met(&battles.votes, battles.models.len());
    if groups.len() < 2 {
        return Vec::new();
    }
    let name = |who: &u32| battles.models[*who as usize].clone();
    groups
        .iter()
        .map(|group| Group {
            models: group.len() as u64,
            among: group.iter().take(NAMED).map(name).collect(),
        })
        .collect()
}

/// Each column over its root mean square, not its sd: no difference must stay no difference.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A round robin: the model with the lower number wins seven of ten.
    fn battles(models: u32) -> Battles {
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
        Battles { models, votes, by_prompt: true, ..Battles::default() }
    }

    #[test]
    fn every_method_ranks_alike_where_all_is_clear() {
        for (method, name) in RankMethod::ALL.into_iter().filter(|(m, _)| *m != RankMethod::LengthControlled)
        {
            let options = RankOptions { method, resamples: 50, ..RankOptions::default() };
            let found = leaderboard(&battles(5), &options).unwrap();
            let order: Vec<&str> = found.ranking.iter().map(|row| row.model.as_str()).collect();
            // Elo forgets, but not the order of strength here.
            if method != RankMethod::Elo {
                assert_eq!(order, ["m0", "m1", "m2", "m3", "m4"], "{name}");
            }
            assert_eq!((found.votes, found.prompts, found.ranking[0].votes), (200, Some(20), 80));
            assert!(
                found.ranking.iter().all(|row| row.low <= row.high && row.rank_low <= row.rank_high),
                "{found:?}"
            );
            assert_eq!(name.parse::<RankMethod>().unwrap(), method);
        }
    }

    #[test]
    fn one_prompt_gives_no_false_certainty() {
        let mut one = battles(3);
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
        let few = leaderboard(&battles(4), &options).unwrap();
        let anchored = few.ranking.iter().find(|row| row.model == "m1").unwrap();
        assert_eq!((anchored.score, anchored.low, anchored.high), (1200.0, 1200.0, 1200.0));
        // Seven of ten: 147 points.
        let two = leaderboard(&battles(2), &options).unwrap();
        assert!((two.ranking[0].score - 1200.0 - 400.0 * (7.0_f64 / 3.0).log10()).abs() < 1e-6, "{two:?}");
        let free = leaderboard(&battles(4), &RankOptions::default()).unwrap();
        let mean = free.ranking.iter().map(|row| row.score).sum::<f64>() / 4.0;
        assert!((mean - 1000.0).abs() < 1e-6);
    }
}
