//! What the posterior of the preference model is, by expectation propagation: no draws, no Monte Carlo error.
//!
//! Every row's likelihood and every Laplace prior is replaced by a Gaussian site whose moments match the true factor
//! in the context of all others (Minka 2001; Rasmussen and Williams 2006, section 3.6). All sites are updated in
//! parallel and undamped; the factors are log-concave, so every site keeps a precision of 0 or more. Soft verdicts
//! cost nothing: their linear part is exact, and what is left of every row is the factor (1 - sigmoid(x . w))^weight.

mod chunk;
mod expansion;
mod folds;
mod iteration;
mod lead;
mod options;
mod priors;
mod rows;
mod tail;
mod width;

use std::borrow::Cow;

pub use self::folds::{Folds, held_out_means};
use self::iteration::{Fit, State};
use self::lead::lead;
pub use self::options::{EpOptions, EpPosterior};
use self::rows::RowSites;
use crate::regression::Regression;

/// Single precision continues until this distance to its fixed point: about where its rounding shows.
const ROUGH: f64 = 2e-6;
/// The same by the root of the number of rows, where these are many: a posterior sd then is a smaller part of the sums.
const ROUGH_OF_MANY: f64 = 3e-8;

/// Fits a regression.
///
/// Never fails: a fit that does not converge, or whose precision matrix is not positive definite to working
/// precision, says `converged: false` and gives its last finite state. The first iterations, which only lead into the
/// neighbourhood of the fixed point, sweep the rows in f32 as long as that makes headway; the last ones, and with them
/// the result, are f64. Cost: about n d^2 + d^3 multiply-adds and n x 12 exponentials an iteration, 4 to 11 iterations. Of 16,000 rows or
/// more a part leads first, a sixteenth of a million. Memory: 1.5 n d + d^2 floats.
pub fn ep(regression: &Regression, options: &EpOptions) -> EpPosterior {
    // One group of rows costs the same in either width.
    run(regression, options, regression.rows.groups() > 1)
}

/// A fit that starts in single precision or not.
fn run(regression: &Regression, options: &EpOptions, rough: bool) -> EpPosterior {
    let (state, iterations, converged) = solved(regression, options, rough);
    state.finish(regression, iterations, converged)
}

/// The last state, after how many iterations, and whether it is at rest.
fn solved(regression: &Regression, options: &EpOptions, rough: bool) -> (State, usize, bool) {
    let mut fit = Fit::of(&regression.linear, options);
    let mut state = State::new(regression);
    let weights = regression.weights.as_deref();
    let mut sites = RowSites::<f64>::new(Cow::Borrowed(&regression.rows), weights);
    let mut healthy = false;
    if rough {
        let narrow = regression.rows.narrow();
        let led = lead(&mut fit, &mut state, regression, &narrow);
        let mut rough = RowSites::<f32>::new(Cow::Owned(narrow), weights);
        if !led {
            state = State::new(regression);
            rough.start();
        }
        let goal = ROUGH.max(options.tolerance).max(ROUGH_OF_MANY * (regression.rows.rows as f64).sqrt());
        // Led, the first iteration matches sites that say nothing yet.
        healthy = (led || fit.step(&mut state, &mut rough, true))
            && fit.descend(&mut state, &mut rough, goal, true);
        sites.go_on_from(&rough);
    }
    if !healthy {
        state = State::new(regression);
        sites.start();
        healthy = fit.step(&mut state, &mut sites, true);
    }
    // The distance that f32 predicted to its own fixed point does not apply to this one; how fast the error shrinks does.
    state.remaining = f64::INFINITY;
    healthy = healthy && fit.descend(&mut state, &mut sites, options.tolerance, false);
    let converged = healthy && state.remaining < options.tolerance;
    (state, fit.iterations, converged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::Prior;
    use crate::testing::random_table;

    /// Largest difference of means, in posterior sds, and of sds, relative.
    fn apart(a: &EpPosterior, b: &EpPosterior) -> f64 {
        a.marginals
            .iter()
            .zip(&b.marginals)
            .map(|(a, b)| ((a.mean - b.mean).abs() / b.sd).max((a.sd / b.sd - 1.0).abs()))
            .fold(0.0, f64::max)
    }

    #[test]
    fn starting_in_single_precision_changes_nothing() {
        for (n, d, weighted) in [
            (3, 2, false),
            (70, 5, true),
            (360, 29, false),
            (2000, 9, true),
            (30_000, 3, false),
            (70_000, 5, true),
        ] {
            for prior in [Prior::Laplace { scale: 0.1 }, Prior::Normal { sd: 2.0 }] {
                let regression = random_table(n, d, weighted, 5 + n as u64).regression(prior);
                let (rough, plain) = (
                    run(&regression, &EpOptions::default(), true),
                    run(&regression, &EpOptions::default(), false),
                );
                assert!(rough.converged && plain.converged, "{n} {d} {prior:?}");
                assert!(apart(&rough, &plain) < 3e-6, "{n} {d} {prior:?}: {}", apart(&rough, &plain));
            }
        }
    }

    /// Where f32 runs out of digits or stalls, f64 takes over and the outcome is its own.
    #[test]
    fn what_single_precision_cannot_hold_is_left_to_double() {
        for scale in [1e-25, 1e-8, 1e2, 1e4, 1e6] {
            let table = random_table(300, 3, false, 9);
            let x: Vec<f64> = table
                .x
                .iter()
                .enumerate()
                .map(|(i, x)| match i % 3 {
                    0 => x * scale,
                    // Two columns that f32 can hardly distinguish.
                    1 => table.x[i + 1] + 1e-7 * x,
                    _ => *x,
                })
                .collect();
            let regression =
                Regression::new(&x, &table.verdicts, None, &[Prior::Normal { sd: 2.0 }; 3]).unwrap();
            let (rough, plain) = (
                run(&regression, &EpOptions::default(), true),
                run(&regression, &EpOptions::default(), false),
            );
            assert_eq!(rough.converged, plain.converged, "{scale}");
            if plain.converged {
                assert!(apart(&rough, &plain) < 1e-5, "{scale}: {}", apart(&rough, &plain));
            }
        }
    }
}
