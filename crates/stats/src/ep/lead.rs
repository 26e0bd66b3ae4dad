//! Where a fit of many rows starts: near its fixed point, where a part of the rows leads.
//!
//! The part is every n-th group of rows, each row counted n times, with the whole linear term: verdicts enter through that term alone, so
//! that the part only stands for how the rows are spread. Its fixed point is some `sqrt(n)` standard deviations from that of all rows, which
//! an iteration over all rows makes up for; from no information it takes four.

use std::borrow::Cow;

use super::iteration::{Fit, State};
use super::rows::RowSites;
use crate::regression::Regression;
use crate::rows::RowPack;

/// Rows that lead at least: fewer say too little of the rest.
const LEAST: usize = 4096;
/// The largest share of the rows that pays, and the smallest.
const SHARES: [usize; 2] = [4, 16];
/// How near its own fixed point the part goes, in posterior sds.
const NEAR: f64 = 0.1;

/// Every how many groups of rows are led by one; `None` where there are too few rows.
fn share(rows: &RowPack<f32>) -> Option<usize> {
    let [largest, smallest] = SHARES;
    let share = (rows.rows / LEAST).min(smallest);
    (share >= largest).then_some(share)
}

/// Moves a new state to where a part of the rows leads; false where there are too few rows, or nothing sound comes of it. The state must
/// then be made anew.
pub(super) fn lead(
    fit: &mut Fit<'_>,
    state: &mut State,
    regression: &Regression,
    rows: &RowPack<f32>,
) -> bool {
    let Some(share) = share(rows) else { return false };
    let part = rows.part(share);
    let group = RowPack::<f32>::GROUP;
    let whole = |row: usize| row / group * share * group + row % group;
    let weights = regression.weights.as_ref();
    let weights: Option<Vec<f64>> = weights.map(|all| (0..part.rows).map(|row| all[whole(row)]).collect());
    let times = rows.rows as f64 / part.rows as f64;
    let mut sites = RowSites::<f32>::new(Cow::Owned(part), weights.as_deref());
    sites.count_each(times);
    sites.start();
    let before = fit.iterations;
    let healthy = fit.step(state, &mut sites, true) && fit.descend(state, &mut sites, NEAR, true);
    // They are no iterations over the rows.
    fit.iterations = before;
    // What is left to the fixed point of all rows is unknown.
    (state.change, state.remaining, state.factor) = (f64::INFINITY, f64::INFINITY, 0.0);
    healthy
}

#[cfg(test)]
mod tests {
    use super::super::{EpOptions, run};
    use crate::regression::{Prior, Regression};
    use crate::testing::random_table;

    const ROWS: usize = 20_000;

    /// The same fit, led and from nothing, in whatever order the rows come.
    #[test]
    fn where_a_fit_starts_changes_nothing() {
        for weighted in [false, true] {
            let table = random_table(ROWS, 4, weighted, 3);
            let mut sorted: Vec<usize> = (0..ROWS).collect();
            sorted.sort_by(|a, b| table.verdicts[*a].total_cmp(&table.verdicts[*b]));
            for (order, prior) in
                [((0..ROWS).collect(), Prior::Laplace { scale: 0.1 }), (sorted, Prior::Normal { sd: 2.0 })]
            {
                let table = table.in_order(&order);
                same(&table.regression(prior));
            }
        }
    }

    /// What the leading rows are: no others say anything, or only others do.
    #[test]
    fn a_part_that_misleads_is_made_up_for() {
        for leading in [true, false] {
            let mut table = random_table(ROWS, 3, false, 4);
            // With a share of 4, the first of four groups of 128 rows leads.
            for (row, x) in table.x.chunks_exact_mut(3).enumerate() {
                if (row / 128 % 4 == 0) != leading {
                    x[0] *= 1e-3;
                }
            }
            same(&Regression::new(&table.x, &table.verdicts, None, &[Prior::Normal { sd: 2.0 }; 3]).unwrap());
        }
    }

    fn same(regression: &Regression) {
        let (led, plain) =
            (run(regression, &EpOptions::default(), true), run(regression, &EpOptions::default(), false));
        assert!(led.converged && plain.converged);
        for (a, b) in led.marginals.iter().zip(&plain.marginals) {
            assert!((a.mean - b.mean).abs() < 3e-6 * b.sd && (a.sd / b.sd - 1.0).abs() < 3e-6, "{a:?} {b:?}");
        }
    }
}
