//! The fits of every fold's complement, each starting from the state of the fit of all rows.

use std::borrow::Cow;

use super::iteration::{Fit, State};
use super::options::EpOptions;
use super::rows::RowSites;
use super::{ROUGH, solved};
use crate::regression::{Observed, Prior, Regression, says_something};

/// By what an iteration shrinks the error, at worst taken for as little.
const SLOW: f64 = 0.3;

/// Rows in parts of which each is left out in turn.
#[derive(Debug, Clone, Copy)]
pub struct Folds<'a> {
    /// Which fold, from 0, every row is in.
    pub of: &'a [usize],
    /// How many folds there are.
    pub count: usize,
}

/// For every fold, the means of the weights by the rows of the other folds, for predictions; `None` if a fit does not converge.
///
/// The sites of the fit of all rows, without those of a fold, are close to the fixed point of the rest: two iterations are usual instead of
/// six. Everything is in single precision if that reaches `options.tolerance` (at least 2e-6, in posterior sds), else in double precision
/// from the start.
///
/// # Panics
///
/// When lengths differ or a fold is not below `folds`; values must be such as [`Regression::new`] takes.
pub fn held_out_means(
    rows: Observed<'_>,
    priors: &[Prior],
    folds: Folds<'_>,
    options: &EpOptions,
) -> Option<Vec<Vec<f64>>> {
    let Observed { x, verdicts, weights } = rows;
    let Folds { of: fold_of, count: folds } = folds;
    assert_eq!(fold_of.len(), verdicts.len(), "a fold for every row");
    let d = priors.len();
    let whole = Regression::taken(x, verdicts, weights, priors);
    let mut linear = vec![whole.linear.clone(); folds];
    let mut kept: Vec<usize> = Vec::with_capacity(verdicts.len());
    for (row, &fold) in fold_of.iter().enumerate() {
        let weight = weights.map_or(1.0, |w| w[row]);
        let own = &x[row * d..(row + 1) * d];
        if says_something(weight, own) {
            kept.push(fold);
            for (sum, value) in linear[fold].iter_mut().zip(own) {
                *sum -= weight * verdicts[row] * value;
            }
        }
    }
    let shared = (options.tolerance >= ROUGH).then(|| Shared::of(&whole, options)).flatten();
    let mut own = shared.as_ref().map(|shared| RowSites::like(&shared.sites));
    let mut means = Vec::with_capacity(folds);
    for (fold, linear) in linear.iter().enumerate() {
        let near = shared.as_ref().zip(own.as_mut()).and_then(|(shared, own)| {
            own.without(&shared.sites, whole.weights.as_deref(), kept.iter().map(|of| *of == fold));
            shared.means(own, &whole, linear, options)
        });
        let found = near.or_else(|| {
            let rest: Vec<usize> = (0..verdicts.len()).filter(|&row| fold_of[row] != fold).collect();
            let regression = Regression::some_rows(x, verdicts, weights, priors, &rest);
            let (state, _, converged) = solved(&regression, options, false);
            converged.then(|| state.shapes(&regression).map(|shape| shape.mean()).collect())
        });
        means.push(found?);
    }
    Some(means)
}

/// The fit of all rows, in single precision.
struct Shared<'a> {
    state: State,
    sites: RowSites<'a, f32>,
}

impl Shared<'_> {
    /// `None` if single precision does not converge.
    fn of(regression: &Regression, options: &EpOptions) -> Option<Self> {
        let mut fit = Fit::of(&regression.linear, options);
        let mut state = State::new(regression);
        let mut sites =
            RowSites::<f32>::new(Cow::Owned(regression.rows.narrow()), regression.weights.as_deref());
        sites.start();
        let healthy = fit.step(&mut state, &mut sites, true)
            && fit.descend(&mut state, &mut sites, options.tolerance, true);
        (healthy && state.remaining < options.tolerance).then_some(Self { state, sites })
    }

    /// The means by the rows that `sites` counts.
    fn means(
        &self,
        sites: &mut RowSites<'_, f32>,
        regression: &Regression,
        linear: &[f64],
        options: &EpOptions,
    ) -> Option<Vec<f64>> {
        let mut fit = Fit::of(linear, options);
        let mut state = self.state.clone();
        if !fit.step(&mut state, sites, true) {
            return None;
        }
        // How much leaving rows out has moved the posterior does not show how far it is from convergence.
        state.change = f64::INFINITY;
        state.remaining = f64::INFINITY;
        fit.iterations += 1;
        if !fit.step(&mut state, sites, false) {
            return None;
        }
        let factor = self.state.factor.max(SLOW);
        state.remaining = state.change * factor / (1.0 - factor);
        let healthy = fit.descend(&mut state, sites, options.tolerance, true);
        (healthy && state.remaining < options.tolerance)
            .then(|| state.shapes(regression).map(|shape| shape.mean()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ep::ep;
    use crate::testing::random_table;

    #[test]
    fn every_fold_has_the_means_of_its_own_fit() {
        let options = EpOptions { tolerance: 1e-4, ..EpOptions::default() };
        for (n, d, weighted, folds) in
            [(40, 2, false, 5), (90, 5, true, 10), (360, 29, false, 10), (2000, 9, true, 3)]
        {
            for prior in [Prior::Laplace { scale: 0.1 }, Prior::Normal { sd: 2.0 }] {
                let mut table = random_table(n, d, weighted, 3 + n as u64);
                // Some rows carry no information, and some fold may have no row that does.
                table.x[..2 * d].fill(0.0);
                let priors = vec![prior; d];
                let fold_of: Vec<usize> =
                    (0..n).map(|row| if row < 2 { folds } else { row * 7 % folds }).collect();
                let weights = table.weights.as_deref();
                let rows = Observed { x: &table.x, verdicts: &table.verdicts, weights };
                let all = Folds { of: &fold_of, count: folds + 1 };
                let found = held_out_means(rows, &priors, all, &options).unwrap();
                for (fold, means) in found.iter().enumerate() {
                    let rest: Vec<usize> = (0..n).filter(|&row| fold_of[row] != fold).collect();
                    let regression =
                        Regression::some_rows(&table.x, &table.verdicts, weights, &priors, &rest);
                    let exact = ep(&regression, &EpOptions::default());
                    for (mean, marginal) in means.iter().zip(&exact.marginals) {
                        let apart = (mean - marginal.mean).abs() / marginal.sd;
                        assert!(apart < 2e-4, "{n} {d} {prior:?} {fold}: {apart}");
                    }
                }
            }
        }
    }

    /// Numbers beyond single precision: every fold separately, in double.
    #[test]
    fn what_single_precision_cannot_hold_is_fitted_in_double() {
        let options = EpOptions { tolerance: 1e-4, ..EpOptions::default() };
        let table = random_table(300, 3, false, 9);
        let x: Vec<f64> = table
            .x
            .iter()
            .enumerate()
            .map(|(i, x)| match i % 3 {
                0 => x * 1e6,
                1 => table.x[i + 1] + 1e-7 * x,
                _ => *x,
            })
            .collect();
        let priors = [Prior::Normal { sd: 2.0 }; 3];
        let fold_of: Vec<usize> = (0..300).map(|row| row % 4).collect();
        let found = held_out_means(
            Observed { x: &x, verdicts: &table.verdicts, weights: None },
            &priors,
            Folds { of: &fold_of, count: 4 },
            &options,
        );
        for (fold, means) in found.into_iter().flatten().enumerate() {
            let rest: Vec<usize> = (0..300).filter(|&row| fold_of[row] != fold).collect();
            let regression = Regression::some_rows(&x, &table.verdicts, None, &priors, &rest);
            let exact = ep(&regression, &EpOptions::default());
            for (mean, marginal) in means.iter().zip(&exact.marginals) {
                assert!((mean - marginal.mean).abs() < 1e-3 * marginal.sd, "{fold}");
            }
        }
    }
}
