//! Scores of battles by every method, on the scale that is shown, and how far they may be off.

use predilect_results::ranking::Control;
use predilect_stats::ranking::{
    Elo, Origin, RankingError, RankingOptions, Robust, Standing, Ties, Top, Vote, WinRate, elo, rank_from,
    standings, standings_apart, standings_at_worst, win_rates,
};

use super::battles::Battles;
use super::method::{RankMethod, RankOptions};
use super::scale::{CENTRE, SCALE, Z};

/// Beyond this many competitors they are not compared in pairs: ranks then follow from intervals that do not overlap.
const MOST_IN_PAIRS: usize = 20_000;

/// Scores on the scale that is shown, with their errors.
pub(super) struct Scored {
    pub(super) scores: Vec<f64>,
    pub(super) errors: Option<Errors>,
    /// How far the posterior reaches below and above, where it is far from normal.
    pub(super) reaches: Vec<Option<(f64, f64)>>,
    pub(super) controls: Vec<Control>,
    pub(super) tie: Option<f64>,
    /// Where the search for them ended; nowhere without a search.
    pub(super) top: Top,
}

/// How scores by strength are searched for.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    /// What their errors allow for.
    pub(super) robust: Robust,
    /// Where another search ended, of votes like these.
    pub(super) start: &'a Top,
}

/// How a method takes ties, where it gives every model a strength.
pub(super) fn strength(method: RankMethod) -> Option<Ties> {
    match method {
        RankMethod::BradleyTerry => Some(Ties::Half),
        RankMethod::RaoKupper => Some(Ties::RaoKupper),
        RankMethod::Davidson => Some(Ties::Davidson),
        RankMethod::Elo | RankMethod::WinRate | RankMethod::LengthControlled => None,
    }
}

impl Scored {
    /// Scores without errors.
    fn bare(scores: Vec<f64>) -> Self {
        Self {
            scores,
            errors: None,
            reaches: Vec::new(),
            controls: Vec::new(),
            tie: None,
            top: Top::default(),
        }
    }

    pub(super) fn standings(&self, z: f64) -> Option<Vec<Standing>> {
        // Of few prompts Student's t reaches further than a normal, for which a posterior's reaches are; shares of wins allow for it.
        let further = if matches!(self.errors, Some(Errors::Unknown(_))) { 1.0 } else { z / Z };
        let mut standings = self.errors.as_ref()?.standings(&self.scores, z);
        for ((standing, score), reach) in standings.iter_mut().zip(&self.scores).zip(&self.reaches) {
            if let Some((below, above)) = reach {
                (standing.low, standing.high) = (score - further * below, score + further * above);
            }
        }
        Some(standings)
    }
}

/// How far scores may be off, on their scale.
pub(super) enum Errors {
    /// With the covariance, row by row.
    Together(Vec<f64>),
    /// Nearly independent of each other.
    Apart(Vec<f64>),
    /// The correlations are unknown.
    Unknown(Vec<f64>),
}

impl Errors {
    pub(super) fn standings(&self, scores: &[f64], z: f64) -> Vec<Standing> {
        match self {
            Self::Together(covariance) => standings(scores, covariance, z),
            Self::Apart(errors) if errors.len() <= MOST_IN_PAIRS => standings_apart(scores, errors, z),
            Self::Apart(errors) | Self::Unknown(errors) => standings_at_worst(scores, errors, z),
        }
    }

    /// Errors that many times as large.
    pub(super) fn scale(&mut self, factor: f64) {
        let (Self::Apart(numbers) | Self::Unknown(numbers) | Self::Together(numbers)) = self;
        for number in numbers {
            *number *= factor;
        }
    }
}

/// The scores of these votes of battles.
///
/// # Errors
///
/// When the votes do not determine the scores.
pub(super) fn scores(
    battles: &Battles,
    votes: &[Vote],
    covariates: &[f64],
    options: &RankOptions,
    Search { robust, start }: Search<'_>,
) -> Result<Scored, RankingError> {
    let n = battles.models.len();
    let anchor = options.anchor.as_ref().and_then(|(name, at)| {
        battles.models.iter().position(|model| model == name).map(|place| (place, *at))
    });
    let Some(ties) = strength(options.method) else {
        return Ok(if options.method == RankMethod::Elo {
            by_elo(votes, n, anchor)
        } else {
            by_wins(votes, n)
        });
    };
    let origin = anchor.map_or(Origin::Field, |(place, _)| Origin::Competitor(place));
    let options = RankingOptions { ties, robust, prior: options.prior, origin };
    let fit = rank_from(start, votes, n, covariates, options)?;
    let points = SCALE / std::f64::consts::LN_10;
    let (centre, at) = anchor.map_or((0.0, CENTRE), |(place, at)| (fit.scores[place], at));
    let scores = fit.scores.iter().map(|score| points * (score - centre) + at).collect();
    if robust == Robust::Nothing {
        return Ok(Scored { tie: fit.tie, top: fit.top, ..Scored::bare(scores) });
    }
    let mut errors = fit.covariance.map_or(Errors::Apart(fit.errors), Errors::Together);
    errors.scale(if matches!(errors, Errors::Together(_)) { points * points } else { points });
    let count = battles.controls.len();
    let controls = battles
        .controls
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let (weight, se) = (fit.controls[at], fit.controls_covariance[at * count + at].max(0.0).sqrt());
            Control {
                name: name.clone(),
                weight,
                low: weight - Z * se,
                high: weight + Z * se,
                ..Control::default()
            }
        })
        .collect();
    let reaches =
        fit.reaches.iter().map(|reach| reach.map(|(low, high)| (points * low, points * high))).collect();
    Ok(Scored { scores, errors: Some(errors), reaches, controls, tie: fit.tie, top: fit.top })
}

/// Elo's scores; an anchor's is moved to where it is.
fn by_elo(votes: &[Vote], competitors: usize, anchor: Option<(usize, f64)>) -> Scored {
    let mut scores = elo(votes, competitors, Elo::default());
    let shift = anchor.map_or(0.0, |(place, at)| at - scores[place]);
    for score in &mut scores {
        *score += shift;
    }
    Scored::bare(scores)
}

/// Shares of wins, in %.
fn by_wins(votes: &[Vote], competitors: usize) -> Scored {
    let rates = win_rates(votes, competitors);
    // Who wins makes another lose: at worst the errors are opposite, and add up.
    let errors = rates.iter().map(|rate| 100.0 * error(rate)).collect();
    let reach = |rate: &WinRate| {
        // One prompt does not determine a rate: anything is possible.
        let one = rate.clusters < 2 && rate.votes > 1;
        let (low, high) = if one { (0.0, 1.0) } else { rate.interval(Z) };
        Some((100.0 * (rate.rate - low), 100.0 * (high - rate.rate)))
    };
    let reaches = rates.iter().map(reach).collect();
    let scores = rates.iter().map(|rate| 100.0 * rate.rate).collect();
    Scored { errors: Some(Errors::Unknown(errors)), reaches, ..Scored::bare(scores) }
}

/// The standard error of a win rate. One prompt does not determine it: anything is possible. Where all verdicts are alike it is that of two
/// more wins and two more losses (Agresti and Coull 1998).
fn error(rate: &WinRate) -> f64 {
    if !rate.se.is_finite() {
        return 1.0;
    }
    if rate.se > 0.0 {
        return rate.se;
    }
    let prompts = rate.clusters as f64;
    let n = prompts + 4.0;
    let p = (rate.rate * prompts + 2.0) / n;
    (p * (1.0 - p) / n).sqrt()
}
