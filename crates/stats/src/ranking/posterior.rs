//! Under a prior, what the posterior of scores is where it is far from normal: by expectation propagation and importance draws.

use super::likelihood::Ties;
use super::model::Model;
use crate::ep::{EpOptions, ep};
use crate::importance;
use crate::regression::{Prior, Regression};

/// Beyond this many competitors draws take longer than they are worth.
const MOST: usize = 60;
/// Draws: a quantile of 2.5 % is then right to about a fiftieth of an sd.
const DRAWS: usize = 20_000;
const SEED: u64 = 0;

/// For some competitors, how far the middle 95 % of the posterior of the difference to the mean with these weights reach below and above
/// `at`.
///
/// Bradley-Terry under a prior is a logistic regression: one column for each competitor, 1 for the first and -1 for the second, with a
/// normal prior on each. `None` if the model has other parameters or more than 60 competitors, or if the draws are unreliable (Pareto k).
pub(super) fn reaches(
    model: &Model<'_>,
    at: &[f64],
    shares: &[f64],
    wanted: &[bool],
) -> Option<Vec<Option<(f64, f64)>>> {
    let n = model.competitors;
    if n > MOST || model.controls > 0 || model.ties != Ties::Half || model.prior <= 0.0 {
        return None;
    }
    let (mut x, mut verdicts, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for cell in model.cells {
        let weight = cell.outcomes.weight();
        if weight <= 0.0 || cell.a == cell.b {
            continue;
        }
        let from = x.len();
        x.resize(from + n, 0.0);
        x[from + cell.a] = 1.0;
        x[from + cell.b] = -1.0;
        verdicts.push((cell.outcomes.win / weight).clamp(0.0, 1.0));
        weights.push(weight);
    }
    let priors = vec![Prior::Normal { sd: model.prior.sqrt().recip() }; n];
    let regression = Regression::new(&x, &verdicts, Some(&weights), &priors).ok()?;
    let fit = ep(&regression, &EpOptions::default());
    let check = importance::check(&regression, &fit, DRAWS, SEED).filter(importance::Check::passed)?;
    let draws = check.resample(DRAWS, SEED);
    let against = |scores: &[f64], who: usize| {
        scores[who] - scores.iter().zip(shares).map(|(score, share)| score * share).sum::<f64>()
    };
    let one = |who: usize| {
        let mut of: Vec<f64> = draws.chunks_exact(n).map(|scores| against(scores, who)).collect();
        of.sort_unstable_by(f64::total_cmp);
        let quantile = |share: f64| of[((share * of.len() as f64) as usize).min(of.len() - 1)];
        let here = against(&at[..n], who);
        (here - quantile(0.025), quantile(0.975) - here)
    };
    Some((0..n).map(|who| wanted[who].then(|| one(who))).collect())
}

#[cfg(test)]
mod tests {
    use crate::ranking::{RankingOptions, Vote, rank};

    /// Fifty wins of the first over the second, and fifty of the second over the third: the second has as many wins as losses, and still
    /// all that is known of it is that it is somewhere between.
    #[test]
    fn one_between_an_undefeated_and_a_winless_one_is_not_known_surely() {
        let won =
            |a, b, from: u64| (0..50).map(move |i| Vote { a, b, y: 1.0, weight: 1.0, cluster: from + i });
        let votes: Vec<Vote> = won(0, 1, 0).chain(won(1, 2, 50)).collect();
        let options = RankingOptions { prior: 0.1, ..RankingOptions::default() };
        let found = rank(&votes, 3, &[], options).unwrap();
        // The plain way: the posterior on a grid.
        let grid: Vec<f64> = (0..=96).map(|i| -24.0 + 0.5 * f64::from(i)).collect();
        let log_sigmoid = |x: f64| -(-x).exp().ln_1p();
        let mut mass: Vec<[(f64, f64); 2]> = Vec::new();
        for &u in &grid {
            for &m in &grid {
                for &w in &grid {
                    let log =
                        50.0 * (log_sigmoid(u - m) + log_sigmoid(m - w)) - 0.05 * (u * u + m * m + w * w);
                    if log > -40.0 {
                        let middle = 0.25 * u + 0.5 * m + 0.25 * w;
                        mass.push([(u - middle, log.exp()), (m - middle, log.exp())]);
                    }
                }
            }
        }
        for who in 0..2 {
            let mut of: Vec<(f64, f64)> = mass.iter().map(|both| both[who]).collect();
            of.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let all: f64 = of.iter().map(|(_, mass)| mass).sum();
            let quantile = |share: f64| {
                let mut passed = 0.0;
                of.iter()
                    .find(|(_, mass)| {
                        passed += mass;
                        passed >= share * all
                    })
                    .map_or(f64::NAN, |(x, _)| *x)
            };
            let (low, high) = (quantile(0.025), quantile(0.975));
            let (below, above) = found.reaches[who].expect("far from normal");
            let middle = 0.25 * found.scores[0] + 0.5 * found.scores[1] + 0.25 * found.scores[2];
            let here = found.scores[who] - middle;
            assert!((here - below - low).abs() < 0.05 * (high - low), "{who}: {} {low}", here - below);
            assert!((here + above - high).abs() < 0.05 * (high - low), "{who}: {} {high}", here + above);
        }
    }
}
