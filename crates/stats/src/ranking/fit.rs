//! The maximum of the likelihood of all votes, and the covariance of the scores there.

use thiserror::Error;

use super::apart::{OneWay, never_met, one_way};
use super::cells::{Cell, cells};
use super::curvature::{Curvature, is_small};
use super::errors::{Piece, Robust, Seen, sandwich};
use super::groups::Groups;
use super::likelihood::{Ties, Weights};
use super::model::Model;
use super::posterior;
use super::vote::Vote;
use crate::spd::inverse;

/// Newton steps at most.
const STEPS: usize = 100;
/// A whole step of the scores below this ends the search: what is left is about its square.
const TOLERANCE: f64 = 1e-7;
/// A step below this is none.
const NOTHING: f64 = 1e-10;

/// How votes are turned into scores.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RankingOptions {
    /// What a tie is.
    pub ties: Ties,
    /// What the covariance allows for.
    pub robust: Robust,
    /// Precision (1 / variance) of a normal prior on every score around their mean; 0: none. It keeps scores finite if a competitor has won
    /// or lost all its votes.
    pub prior: f64,
    /// What errors are differences to.
    pub origin: Origin,
}

/// What the errors of scores are differences to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The mean of all, each with the weight of its votes: a competitor with three votes does not blur the others.
    #[default]
    Field,
    /// One competitor.
    Competitor(usize),
}

/// Scores in log-odds, centred on 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// One score each: log of the Bradley-Terry strength.
    pub scores: Vec<f64>,
    /// The standard error of each difference to what [`RankingOptions::origin`] names; by draws, and then right to about a fiftieth, where
    /// there are more than 400 unknowns.
    pub errors: Vec<f64>,
    /// The covariance of these differences, row by row; `None` with more than 400 unknowns.
    pub covariance: Option<Vec<f64>>,
    /// Under a prior, of competitors with fewer than five votes against the usual outcome of each pair: how far the middle 95 % of the
    /// posterior reach below and above the score. It is far from normal there. `None` for others, with Rao and Kupper's ties (whose
    /// parameter is bounded), and with more than 400 unknowns.
    pub reaches: Vec<Option<(f64, f64)>>,
    /// The tie parameter: eta of Rao-Kupper, nu of Davidson; `None` if ties count half or there are none.
    pub tie: Option<f64>,
    /// The weights of the covariates, in log-odds per unit.
    pub controls: Vec<f64>,
    /// Their covariance.
    pub controls_covariance: Vec<f64>,
    /// Newton steps taken.
    pub steps: usize,
    /// Where the search ended, from which other questions about the same votes go on; see [`rank_from`] and [`Fitted`](super::Fitted).
    pub top: Top,
}

/// Where a search for scores ended.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Top {
    /// Scores, the tie parameter where there is one, weights of covariates.
    pub(super) at: Vec<f64>,
    /// What errors by clusters were made of, up to 400 unknowns.
    pub(super) bends: Option<Bends>,
}

/// How the likelihood bends at the top, and how its slope varies there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bends {
    /// The curvature, row by row.
    pub(super) hessian: Vec<f64>,
    /// Its inverse.
    pub(super) inverse: Vec<f64>,
    /// What varies in addition to the votes that were seen; see [`Seen::variance`].
    pub(super) beside: Vec<Piece>,
    /// Which votes depend on each other.
    pub(super) groups: Groups,
}

/// Why there are no scores.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RankingError {
    /// There are fewer than two competitors or no vote that counts.
    #[error("there is nothing to rank")]
    Empty,
    /// The competitors fall into groups without a vote between them, so that the distances between them are undetermined.
    #[error("the competitors fall into {} groups that never met", .0.len())]
    NeverMet(Vec<Vec<u32>>),
    /// The votes fall into parts between which wins go one way only, so that the likelihood has no finite maximum.
    #[error("some competitors have won, or lost, all their votes against the others")]
    OneWay(OneWay),
    /// A model of ties needs something else too.
    #[error("every verdict is a tie")]
    OnlyTies,
    /// Covariates that say the same.
    #[error("the controls cannot be separated from the scores or from each other")]
    Singular,
    /// No maximum was found.
    #[error("no maximum was found in {STEPS} steps")]
    NoMaximum,
}

/// The scores that make the votes most probable, with their sandwich covariance.
///
/// `covariates` has one number per vote and control, positive if it favours the first competitor. Without covariates, votes on the same two
/// are summed first, so that the time of the search depends on the number of different pairs and not of votes.
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
    rank_from(&Top::default(), votes, competitors, covariates, options)
}

/// The same as [`rank`], with a search that begins where another one ended: that of the same votes without covariates, say, whose weights
/// then begin at 0. What is found is the same within rounding.
///
/// # Errors
///
/// As of [`rank`].
///
/// # Panics
///
/// As [`rank`].
pub fn rank_from(
    start: &Top,
    votes: &[Vote],
    competitors: usize,
    covariates: &[f64],
    options: RankingOptions,
) -> Result<Ranking, RankingError> {
    let controls = if votes.is_empty() { 0 } else { covariates.len() / votes.len() };
    let (cells, ties) = checked(votes, competitors, covariates, options)?;
    let weights = Weights::of(votes);
    let model = Model { ties, competitors, controls, prior: options.prior, weights, cells: &cells };
    let Climbed { at, curvature, steps } = climb(&model, &start.at)?;
    let width = model.width();
    let tie = (ties != Ties::Half)
        .then(|| if ties == Ties::Davidson { at[competitors].exp() } else { at[competitors] });
    let bare = Ranking {
        scores: at[..competitors].to_vec(),
        errors: vec![f64::NAN; competitors],
        covariance: None,
        reaches: vec![None; competitors],
        tie,
        controls: at[width - controls..].to_vec(),
        controls_covariance: vec![f64::NAN; controls * controls],
        steps,
        top: Top { at, bends: None },
    };
    if options.robust == Robust::Nothing {
        return Ok(bare);
    }
    let at = &bare.top.at;
    let centre = centre(&model, options.origin);
    let groups = (options.robust == Robust::Clusters).then(|| Groups::of(votes, competitors));
    let seen = Seen { model: &model, votes, covariates, at, robust: options.robust, groups: groups.as_ref() };
    if !curvature.is_small() {
        let (errors, controls_covariance) = seen.drawn(&curvature, &centre).ok_or(RankingError::Singular)?;
        return Ok(Ranking { errors, controls_covariance, ..bare });
    }
    let bend = Bend::of(&curvature, width)?;
    let (variance, beside) = seen.variance(&bend.information);
    let full = sandwich(&bend.inverse, &variance, width);
    let covariance = against(&block(&full, width, 0, competitors), &centre);
    let errors: Vec<f64> =
        (0..competitors).map(|i| covariance[i * competitors + i].max(0.0).sqrt()).collect();
    let reaches = if options.prior > 0.0 && ties != Ties::RaoKupper {
        reaches(&seen, &bend, &centre, &errors)
    } else {
        vec![None; competitors]
    };
    let bends = groups.map(|groups| bend.with(beside, groups));
    let controls_covariance = block(&full, width, width - controls, width);
    let top = Top { bends, ..bare.top };
    Ok(Ranking { errors, covariance: Some(covariance), reaches, controls_covariance, top, ..bare })
}

/// Where the search for the scores of these votes and covariates ends, with what errors by clusters are made of, and without these errors.
/// `None` with more unknowns than a matrix takes.
///
/// # Errors
///
/// As of [`rank`].
pub(super) fn top_of(
    (votes, covariates): (&[Vote], &[f64]),
    competitors: usize,
    options: RankingOptions,
) -> Result<Option<Top>, RankingError> {
    let controls = if votes.is_empty() { 0 } else { covariates.len() / votes.len() };
    let (cells, ties) = checked(votes, competitors, covariates, options)?;
    let weights = Weights::of(votes);
    let model = Model { ties, competitors, controls, prior: options.prior, weights, cells: &cells };
    if !is_small(&model) {
        return Ok(None);
    }
    let Climbed { at, curvature, .. } = climb(&model, &[])?;
    let groups = Groups::of(votes, competitors);
    let robust = Robust::Clusters;
    let seen = Seen { model: &model, votes, covariates, at: &at, robust, groups: Some(&groups) };
    let bend = Bend::of(&curvature, model.width())?;
    let (_, beside) = seen.variance(&bend.information);
    let bends = Some(bend.with(beside, groups));
    Ok(Some(Top { at, bends }))
}

/// The curvature at the top, its inverse, and what the votes say of each score by it.
struct Bend {
    hessian: Vec<f64>,
    inverse: Vec<f64>,
    information: Vec<f64>,
}

impl Bend {
    fn of(curvature: &Curvature<'_>, width: usize) -> Result<Self, RankingError> {
        let hessian = curvature.dense();
        let inverse = inverse(&hessian, width).ok_or(RankingError::Singular)?;
        let diagonal: Vec<f64> = (0..width).map(|i| hessian[i * width + i]).collect();
        let information = curvature.information(&diagonal);
        Ok(Self { hessian, inverse, information })
    }

    fn with(self, beside: Vec<Piece>, groups: Groups) -> Bends {
        Bends { hessian: self.hessian, inverse: self.inverse, beside, groups }
    }
}

/// Under a prior, how far the posterior reaches where it is far from normal; see [`Ranking::reaches`].
fn reaches(seen: &Seen<'_>, bend: &Bend, centre: &[f64], errors: &[f64]) -> Vec<Option<(f64, f64)>> {
    let (competitors, width) = (seen.model.competitors, seen.model.width());
    let along = seen.reaches(&bend.inverse, centre);
    let wanted: Vec<bool> = along.iter().map(Option::is_some).collect();
    if !wanted.contains(&true) {
        return along;
    }
    let drawn = posterior::reaches(seen.model, seen.at, centre, &wanted);
    let mut reaches = drawn.unwrap_or(along);
    if seen.robust == Robust::Clusters {
        // The posterior takes votes as independent: where clusters say that errors are larger, it reaches further.
        let alone = Seen { robust: Robust::Votes, ..*seen };
        let full = sandwich(&bend.inverse, &alone.variance(&bend.information).0, width);
        let votes = against(&block(&full, width, 0, competitors), centre);
        for (i, reach) in reaches.iter_mut().enumerate() {
            let by_votes = votes[i * competitors + i].max(0.0).sqrt();
            let more = if by_votes > 0.0 { (errors[i] / by_votes).max(1.0) } else { 1.0 };
            *reach = reach.map(|(below, above)| (more * below, more * above));
        }
    }
    reaches
}

/// Some rows and the same columns of a matrix of `width` columns.
fn block(matrix: &[f64], width: usize, from: usize, to: usize) -> Vec<f64> {
    (from..to).flat_map(|i| matrix[i * width + from..i * width + to].iter().copied()).collect()
}

/// What a tie is to these votes: without any, both models of ties are Bradley-Terry's, and soft votes count with their values.
pub(super) fn ties_of(votes: &[Vote], options: RankingOptions) -> Ties {
    let there = options.ties != Ties::Half && votes.iter().any(|vote| vote.y == 0.5 && vote.weight > 0.0);
    if there { options.ties } else { Ties::Half }
}

/// The rows of the likelihood and the model of ties that they need.
///
/// # Errors
///
/// When no ranking is possible, or no score is finite.
pub(super) fn checked<'a>(
    votes: &[Vote],
    competitors: usize,
    covariates: &'a [f64],
    options: RankingOptions,
) -> Result<(Vec<Cell<'a>>, Ties), RankingError> {
    let controls = if votes.is_empty() { 0 } else { covariates.len() / votes.len() };
    assert_eq!(covariates.len(), controls * votes.len(), "as many covariates for every vote");
    let ties = ties_of(votes, options);
    let cells = cells(votes, competitors, covariates, controls, ties);
    let weight: f64 = cells.iter().map(|c| c.outcomes.weight()).sum();
    if competitors < 2 || weight <= 0.0 {
        return Err(RankingError::Empty);
    }
    let decided: f64 = cells.iter().map(|c| c.outcomes.win + c.outcomes.loss).sum();
    if ties != Ties::Half && decided <= 0.0 {
        return Err(RankingError::OnlyTies);
    }
    if options.prior <= 0.0 {
        let groups = never_met(votes, competitors);
        if groups.len() > 1 {
            return Err(RankingError::NeverMet(groups));
        }
        if let Some(found) = one_way(&cells, competitors) {
            return Err(RankingError::OneWay(found));
        }
    }
    Ok((cells, ties))
}

/// The top of the likelihood.
pub(super) struct Climbed<'a> {
    /// Where it is.
    pub(super) at: Vec<f64>,
    /// The curvature there.
    pub(super) curvature: Curvature<'a>,
    /// Newton steps taken.
    pub(super) steps: usize,
}

/// Newton's way up from `start`, and from 0 where that says nothing: the function is concave, so a step that is halved often enough climbs.
pub(super) fn climb<'a>(model: &'a Model<'a>, start: &[f64]) -> Result<Climbed<'a>, RankingError> {
    let competitors = model.competitors;
    let mut at = vec![0.0; model.width()];
    let from = start.len().min(model.width());
    at[..from].copy_from_slice(&start[..from]);
    // Eta has to be above 0, also where the other search had none.
    if model.ties == Ties::RaoKupper && at[competitors] <= 1e-9 {
        at[competitors] = 0.2;
    }
    let mut here = model.look(&at);
    for step in 1..=STEPS {
        let curvature = Curvature::of(model, std::mem::take(&mut here.curvatures));
        let direction = curvature.step(&here.gradient).ok_or(RankingError::Singular)?;
        // Where a search has ended before, it ends again to the last digit.
        if step == 1 && from > 0 && direction.iter().all(|d| d.abs() < NOTHING) {
            return Ok(Climbed { at, curvature, steps: 0 });
        }
        let slope: f64 = direction.iter().zip(&here.gradient).map(|(d, g)| d * g).sum();
        let mut share = 1.0;
        loop {
            let next: Vec<f64> = at.iter().zip(&direction).map(|(x, d)| x + share * d).collect();
            // Eta has to stay above 0.
            let inside = model.ties != Ties::RaoKupper || next[competitors] > 1e-9;
            let there = inside.then(|| model.look(&next));
            // Near the top, differences drown in rounding.
            let least = here.value + 1e-4 * share * slope - 1e-12 * here.value.abs();
            if let Some(there) = there.filter(|there| there.value >= least) {
                (at, here) = (next, there);
                break;
            }
            share *= 0.5;
            if share < 1e-12 {
                return Err(RankingError::NoMaximum);
            }
        }
        if share == 1.0 && direction.iter().all(|d| d.abs() < TOLERANCE) {
            return Ok(Climbed { at, curvature: Curvature::of(model, here.curvatures), steps: step });
        }
    }
    Err(RankingError::NoMaximum)
}

/// The shares of the competitors in the mean that scores are relative to.
fn centre(model: &Model<'_>, origin: Origin) -> Vec<f64> {
    let mut shares = vec![0.0; model.competitors];
    match origin {
        Origin::Competitor(who) => shares[who] = 1.0,
        Origin::Field => {
            for cell in model.cells {
                for who in [cell.a, cell.b] {
                    shares[who] += cell.outcomes.weight();
                }
            }
            let all: f64 = shares.iter().sum();
            for share in &mut shares {
                *share /= all;
            }
        }
    }
    shares
}

/// The covariance of differences to a mean with these weights.
fn against(covariance: &[f64], shares: &[f64]) -> Vec<f64> {
    let n = shares.len();
    let with: Vec<f64> =
        covariance.chunks(n).map(|row| row.iter().zip(shares).map(|(c, share)| c * share).sum()).collect();
    let own: f64 = with.iter().zip(shares).map(|(c, share)| c * share).sum();
    (0..n * n).map(|at| covariance[at] - with[at / n] - with[at % n] + own).collect()
}

#[cfg(test)]
mod tests;
