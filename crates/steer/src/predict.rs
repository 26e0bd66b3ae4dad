//! What a fit expects of a change: `sigmoid(w . after) - sigmoid(w . before)`, averaged over prompts, with intervals by posterior draws and
//! resampled prompts (METHOD-LEARN section 4.2).

use std::collections::HashMap;
use std::hash::Hash;

use predilect_stats::resample::{bootstrap, quantile, uniforms};
use predilect_stats::sigmoid;

/// Posterior draws that a prediction takes.
const DRAWS: usize = 1000;

/// A mean with its 90 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    /// The mean.
    pub(crate) mean: f64,
    /// 5 % quantile.
    pub(crate) low: f64,
    /// 95 % quantile.
    pub(crate) high: f64,
}

/// An expected change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expected {
    /// Its mean, with the interval by posterior draws and resampled prompts.
    pub(crate) mean: Range,
    /// The same mean with the interval in which a measured change lies if the weights are right: single verdicts are drawn too.
    pub(crate) measured: Range,
}

impl Expected {
    /// The same, each times that.
    #[must_use]
    pub(crate) fn times(self, factor: f64) -> Self {
        Self { mean: self.mean.times(factor), measured: self.measured.times(factor) }
    }
}

impl Range {
    /// The same, each times that.
    #[must_use]
    pub(crate) fn times(self, factor: f64) -> Self {
        Self { mean: self.mean * factor, low: self.low * factor, high: self.high * factor }
    }
}

/// One prompt: the comparisons with the opponent's response before and after, in the order of the weights.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    /// Draws of the weights, row-major.
    pub(crate) draws: &'a [f64],
    /// Comparisons before; empty if there was no verdict before, the two being the same response.
    pub(crate) before: Vec<f64>,
    /// Comparisons after.
    pub(crate) after: Vec<f64>,
}

/// Which values belong to one prompt, and so are resampled together.
#[derive(Debug, Clone)]
pub(crate) struct Clusters(Vec<Vec<usize>>);

impl Clusters {
    /// Every value has its own prompt.
    pub(crate) fn each(values: usize) -> Self {
        Self((0..values).map(|at| vec![at]).collect())
    }

    /// Values whose keys are equal have the same prompt.
    pub(crate) fn of<K: Eq + Hash>(keys: impl IntoIterator<Item = K>) -> Self {
        let mut place: HashMap<K, usize> = HashMap::new();
        let mut all: Vec<Vec<usize>> = Vec::new();
        for (at, key) in keys.into_iter().enumerate() {
            let own = *place.entry(key).or_insert(all.len());
            if own == all.len() {
                all.push(Vec::new());
            }
            all[own].push(at);
        }
        Self(all)
    }

    /// Number of prompts.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The values of as many prompts, drawn with replacement.
    fn samples(&self, times: usize, seed: u64) -> impl Iterator<Item = Vec<usize>> {
        bootstrap(self.0.len(), times, seed)
            .map(|prompts| prompts.into_iter().flat_map(|prompt| self.0[prompt].iter().copied()).collect())
    }
}

/// How far single verdicts vary around what is expected of them, from 0 (each is its chance) to 1 (each is 0 or 1 with that chance).
///
/// Of soft verdicts `y` with chances `p`, `E y (1 - y) = p (1 - p) - Var y`, so that `1 - sum y (1 - y) / sum p (1 - p)` is their variance in
/// units of `p (1 - p)`. The direction of the verdicts has no part in it: wrong weights do not make them vary more. 1 without verdicts.
pub(crate) fn hardness(cases: &[Case<'_>], verdicts: &[f64]) -> f64 {
    let spread = |p: f64| p * (1.0 - p);
    let left: f64 = verdicts.iter().map(|y| spread(*y)).sum();
    let draws = cases.iter().map(Case::rows).max().unwrap_or(1).min(DRAWS);
    let chance = |case: &Case<'_>| mean(&(0..draws).map(|draw| case.chances(draw).1).collect::<Vec<_>>());
    let most: f64 = cases.iter().map(|case| spread(chance(case))).sum();
    if verdicts.len() == cases.len() && most > 0.0 { (1.0 - left / most).clamp(0.0, 1.0) } else { 1.0 }
}

/// The expected mean change of the preference over values, with what prompts they have, and how far single verdicts vary ([`hardness`]);
/// `None` without any.
pub(crate) fn expected(cases: &[Case<'_>], (prompts, hard): (&Clusters, f64), seed: u64) -> Option<Expected> {
    if cases.is_empty() {
        return None;
    }
    let mut uniform = uniforms(seed.wrapping_add(1));
    let mut means = Vec::with_capacity(DRAWS);
    let (mut resampled, mut measured) = (Vec::with_capacity(DRAWS), Vec::with_capacity(DRAWS));
    for (draw, at) in prompts.samples(DRAWS, seed).enumerate() {
        let chances: Vec<(f64, f64)> = cases.iter().map(|case| case.chances(draw)).collect();
        let change = |&(before, after): &(f64, f64)| after - before;
        means.push(mean(&chances.iter().map(change).collect::<Vec<_>>()));
        let again: Vec<(f64, f64)> = at.iter().map(|&at| chances[at]).collect();
        resampled.push(mean(&again.iter().map(change).collect::<Vec<_>>()));
        // A response that is compared with itself has a preference of one half, which is not drawn.
        let mut verdict = |p: f64, drawn: bool| {
            if drawn { p + hard.sqrt() * (f64::from(u8::from(uniform() < p)) - p) } else { p }
        };
        let verdicts: Vec<f64> = at
            .iter()
            .map(|&at| verdict(chances[at].1, true) - verdict(chances[at].0, !cases[at].before.is_empty()))
            .collect();
        measured.push(mean(&verdicts));
    }
    let mean = mean(&means);
    // Without draws and with one prompt all are the same up to rounding.
    let range = |values: &mut [f64]| {
        let (low, high) = (quantile(values, 0.05)?.min(mean), quantile(values, 0.95)?.max(mean));
        Some(Range { mean, low, high })
    };
    Some(Expected { mean: range(&mut resampled)?, measured: range(&mut measured)? })
}

impl Case<'_> {
    /// Draws of the weights.
    fn rows(&self) -> usize {
        (self.draws.len() / self.after.len().max(1)).max(1)
    }

    /// The fitted chances of the response before and after, by one draw of the weights.
    fn chances(&self, draw: usize) -> (f64, f64) {
        let width = self.after.len().max(1);
        let rows = self.rows();
        // Draws of fits with fewer of them are taken again.
        let row = draw * rows.div_ceil(DRAWS).max(1) % rows;
        let w = &self.draws[row * width..(row + 1) * width];
        // Without comparisons before, both are equal.
        (sigmoid(dot(w, &self.before)), sigmoid(dot(w, &self.after)))
    }
}

/// The mean of values with its interval over resampled prompts; `None` without any.
pub(crate) fn resampled(values: &[f64], prompts: &Clusters, seed: u64) -> Option<Range> {
    const TIMES: usize = 2000;
    let mut means: Vec<f64> = prompts
        .samples(TIMES, seed)
        .map(|at| mean(&at.iter().map(|&at| values[at]).collect::<Vec<_>>()))
        .collect();
    (!values.is_empty()).then_some(())?;
    Some(Range { mean: mean(values), low: quantile(&mut means, 0.05)?, high: quantile(&mut means, 0.95)? })
}

/// The mean; 0 without values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Pearson's correlation; `None` where one side does not vary.
pub(crate) fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mx, my) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += (x - mx) * (y - my);
        xx += (x - mx).powi(2);
        yy += (y - my).powi(2);
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation, ties by their mean rank; `None` below three or where one side does not vary.
pub(crate) fn rank_correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    (x.len() > 2).then(|| correlation(&ranks(x), &ranks(y)))?
}

fn ranks(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|own| {
            let below = values.iter().filter(|other| *other < own).count() as f64;
            let equal = values.iter().filter(|other| *other == own).count() as f64;
            below + f64::midpoint(equal, 1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_the_method() {
        let draws = [0.5, -0.2, 1.1];
        let case = Case { draws: &draws, before: vec![0.0, 1.0, -1.0], after: vec![1.0, 0.0, 1.0] };
        let found = expected(&[case.clone(), case], (&Clusters::each(2), 1.0), 1).unwrap();
        assert!((found.mean.mean - 0.617853).abs() < 1e-6, "{found:?}");
        assert!((found.mean.low - found.mean.high).abs() < 1e-12);
        // Two prompts with two verdicts each, at 0.21 and 0.83.
        assert_eq!((found.measured.low, found.measured.high), (0.0, 1.0));
        assert_eq!(expected(&[], (&Clusters::each(0), 1.0), 1), None);
    }

    #[test]
    fn intervals_hold_draws_and_prompts() {
        // Weights of 0 or 1 by halves, prompts that move and prompts that do not.
        let draws = [0.0, 1.0];
        let moving = Case { draws: &draws, before: vec![0.0], after: vec![1.0] };
        let still = Case { draws: &draws, before: vec![0.0], after: vec![0.0] };
        let cases: Vec<_> =
            (0..40).map(|at| if at % 2 == 0 { moving.clone() } else { still.clone() }).collect();
        let of = expected(&cases, (&Clusters::each(40), 1.0), 2).unwrap();
        let found = of.mean;
        let whole = sigmoid(1.0) - 0.5;
        assert!((found.mean - whole / 4.0).abs() < 1e-9, "{found:?}");
        assert_eq!(found.low, 0.0);
        assert!(found.high > whole / 2.0 && found.high < whole, "{found:?}");
        // Where 40 verdicts after and 40 before are drawn at about one half, the standard error is above 0.1.
        assert!(of.measured.low < found.low - 0.08 && of.measured.high > found.high + 0.08, "{of:?}");
    }

    #[test]
    fn verdicts_vary_as_far_as_they_are_hard() {
        // Chances of .5 and about .73.
        let draws = [1.0];
        let case = |x: f64| Case { draws: &draws, before: Vec::new(), after: vec![x] };
        let cases = [case(0.0), case(1.0), case(0.0), case(1.0)];
        assert_eq!(hardness(&cases, &[1.0, 1.0, 0.0, 0.0]), 1.0);
        let p = sigmoid(1.0);
        assert!(hardness(&cases, &[0.5, p, 0.5, p]) < 1e-12);
        // A judge that follows the position is .5 everywhere: nothing varies, whatever was expected.
        assert_eq!(hardness(&cases, &[0.5; 4]), 0.0);
        // Verdicts of .1 and .9 have three fifths of the variance at .5: .16 of .25.
        let half = [case(0.0), case(0.0)];
        assert!((hardness(&half, &[0.1, 0.9]) - 0.64).abs() < 1e-12);
        assert_eq!(hardness(&half, &[]), 1.0);
        // The interval of the mean follows.
        let many: Vec<_> = (0..40).map(|_| case(0.0)).collect();
        let width = |hard| {
            let range = expected(&many, (&Clusters::each(40), hard), 3).unwrap().measured;
            range.high - range.low
        };
        assert!(width(0.0) < 1e-12 && (width(0.64) / width(1.0) - 0.8).abs() < 0.05);
    }

    #[test]
    fn values_of_one_prompt_are_resampled_together() {
        // Twenty prompts with five equal values each: as unsure as twenty values, not as a hundred.
        let twenty: Vec<f64> = (0..20).map(|at| f64::from(at % 2)).collect();
        let hundred: Vec<f64> = (0..100).map(|at| f64::from((at % 20) % 2)).collect();
        let prompts = Clusters::of((0..100).map(|at| at % 20));
        assert_eq!(prompts.count(), 20);
        let few = resampled(&twenty, &Clusters::each(20), 5).unwrap();
        let many = resampled(&hundred, &prompts, 5).unwrap();
        assert!(
            (few.low - many.low).abs() < 1e-12 && (few.high - many.high).abs() < 1e-12,
            "{few:?} {many:?}"
        );
        let alone = resampled(&hundred, &Clusters::each(100), 5).unwrap();
        assert!(alone.high - alone.low < 0.6 * (many.high - many.low), "{alone:?} {many:?}");
        // A prediction too.
        let draws = [1.0];
        let case =
            |at: usize| Case { draws: &draws, before: vec![0.0], after: vec![[0.0, 2.0][at % 20 % 2]] };
        let cases: Vec<_> = (0..100).map(case).collect();
        let many = expected(&cases, (&prompts, 1.0), 5).unwrap().mean;
        let few = expected(&cases[..20], (&Clusters::each(20), 1.0), 5).unwrap().mean;
        assert!(
            (few.low - many.low).abs() < 1e-12 && (few.high - many.high).abs() < 1e-12,
            "{few:?} {many:?}"
        );
    }

    #[test]
    fn means_are_resampled_and_ranks_are_midranks() {
        let values: Vec<f64> = (0..100).map(|at| f64::from(at % 2)).collect();
        let found = resampled(&values, &Clusters::each(100), 3).unwrap();
        // The standard error is 0.05.
        assert!((found.mean - 0.5).abs() < 1e-12 && (found.low - 0.4178).abs() < 0.02, "{found:?}");
        assert_eq!(resampled(&[], &Clusters::each(0), 3), None);
        assert_eq!(ranks(&[3.0, 1.0, 3.0]), [2.5, 1.0, 2.5]);
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[10.0, 20.0, 21.0]), Some(1.0));
        assert_eq!(rank_correlation(&[1.0, 2.0], &[1.0, 2.0]), None);
        assert_eq!(rank_correlation(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
        assert!((correlation(&[0.0, 1.0, 2.0], &[1.0, 0.0, 3.0]).unwrap() - 0.6546536707).abs() < 1e-9);
    }
}
