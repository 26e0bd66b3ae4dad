//! What holding something equal does to each score.

use predilect_results::ranking::Change;
use predilect_stats::discoveries::q_values;
use predilect_stats::ranking::{Fitted, RankingOptions, Top, changes, ranks};
use predilect_stats::student;

use super::battles::Battles;
use super::battles::field;
use super::method::RankOptions;
use super::scale::{CENTRE, SCALE};
use super::scored::strength;

/// An error up to this, in log-odds, is rounding: that of an anchor.
const ROUNDING: f64 = 1e-9;

/// With fewer prompts a model's change is not reported.
const LEAST_PROMPTS: usize = 5;

/// The changes of all competitors, in their order. `None` where nothing is held equal, where the method has no strengths, or where there
/// are more competitors than a matrix takes.
///
/// `covariates` are those of the battles, scaled; then where the searches for the scores ended, without and with them.
pub(super) fn changes_from_raw(
    battles: &Battles,
    covariates: &[f64],
    options: &RankOptions,
    (raw_top, top): (Option<&Top>, &Top),
) -> Option<Vec<Change>> {
    let ties = strength(options.method)?;
    if battles.controls.is_empty() {
        return None;
    }
    let n = battles.models.len();
    let anchor = options.anchor.as_ref().and_then(|(name, at)| {
        battles.models.iter().position(|model| model == name).map(|place| (place, *at))
    });
    let shares = match anchor {
        Some((place, _)) => (0..n).map(|who| if who == place { 1.0 } else { 0.0 }).collect(),
        None => field(&battles.votes, n),
    };
    let options = RankingOptions { ties, prior: options.prior, ..RankingOptions::default() };
    let raw = Fitted { votes: &battles.votes, covariates: &[], top: raw_top };
    let held = Fitted { votes: &battles.votes, covariates, top: Some(top) };
    let found = changes(raw, held, &shares, options, true).ok()??;
    let points = SCALE / std::f64::consts::LN_10;
    // On the scale of a separate board: around the plain mean, or with the anchor at its place.
    let plain = found.iter().map(|change| change.first).sum::<f64>() / n as f64;
    let (centre, at) = anchor.map_or((plain, CENTRE), |(place, at)| (found[place].first, at));
    let scores: Vec<f64> = found.iter().map(|change| points * (change.first - centre) + at).collect();
    // Of one prompt verdicts count as independent, as everywhere.
    let one = found.iter().all(|change| change.clusters < 2);
    let freedom = |change: &predilect_stats::ranking::Change| {
        if one { battles.votes.len() as f64 } else { (change.effective - 1.0).max(1.0) }
    };
    let p_values: Vec<f64> = found
        .iter()
        .map(|change| {
            let by = (change.second - change.first).abs();
            let few = !one && change.clusters < LEAST_PROMPTS;
            if change.error > ROUNDING && !few {
                2.0 * student::cdf(-by / change.error, freedom(change))
            } else {
                1.0
            }
        })
        .collect();
    let rows = found.iter().zip(&scores).zip(ranks(&scores)).zip(q_values(&p_values));
    Some(
        rows.map(|(((change, score), rank), q_value)| {
            let by = points * (change.second - change.first);
            let reach = if change.error > ROUNDING {
                points * student::quantile(0.975, freedom(change)) * change.error
            } else {
                0.0
            };
            Change {
                raw_score: *score,
                raw_rank: rank,
                // The whole board says what is not ruled out.
                raw_rank_low: rank,
                raw_rank_high: rank,
                change: by,
                low: by - reach,
                high: by + reach,
                q_value,
            }
        })
        .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{RankMethod, leaderboard};
    use super::*;
    use predilect_stats::ranking::Vote;

    /// Three models of one strength on 80 prompts; the judge prefers what is longer in three of four, and the last model is always longer.
    fn battles() -> Battles {
        let (mut votes, mut covariates) = (Vec::new(), Vec::new());
        for cluster in 0..80_u64 {
            for (a, b) in [(0_u32, 1_u32), (0, 2), (1, 2)] {
                let longer = if b == 2 || cluster % 2 == 0 { -1.0 } else { 1.0 };
                let by_length = !(cluster / 2 + u64::from(a) + u64::from(b)).is_multiple_of(4);
                let y = if (longer > 0.0) == by_length { 1.0 } else { 0.0 };
                votes.push(Vote { a, b, y, weight: 1.0, cluster });
                covariates.push(longer);
            }
        }
        let models = ["short", "even", "long"].map(str::to_owned).to_vec();
        Battles { models, votes, controls: vec!["length".to_owned()], covariates, by_prompt: true }
    }

    #[test]
    fn a_model_that_wins_by_length_falls_by_what_length_gave() {
        let battles = battles();
        let raw = Battles { controls: Vec::new(), covariates: Vec::new(), ..battles.clone() };
        for options in [
            RankOptions::default(),
            RankOptions { anchor: Some(("even".to_owned(), 1200.0)), ..RankOptions::default() },
            RankOptions { method: RankMethod::Davidson, ..RankOptions::default() },
        ] {
            let (held, raw) =
                (leaderboard(&battles, &options).unwrap(), leaderboard(&raw, &options).unwrap());
            assert!(raw.ranking.iter().all(|row| row.from_raw.is_none()));
            for row in &held.ranking {
                let before = raw.ranking.iter().find(|other| other.model == row.model).unwrap();
                let change = row.from_raw.unwrap();
                assert!((change.raw_score - before.score).abs() < 1e-6, "{options:?} {row:?}");
                assert_eq!(change.raw_rank, before.rank);
                assert!((change.change - (row.score - before.score)).abs() < 1e-6, "{options:?} {row:?}");
                if options.anchor.as_ref().is_some_and(|(name, _)| *name == row.model) {
                    assert_eq!((change.low, change.high, change.q_value), (0.0, 0.0, 1.0));
                } else if row.model == "long" {
                    assert!(change.high < -50.0 && change.q_value < 0.01, "{change:?}");
                }
            }
        }
    }
}
