//! Another fit with other columns, for comparison with the first.

use predilect_stats::leave_out::OverClusters;
use predilect_stats::{EpOptions, Prior, ep};

use crate::fit_options::FitOptions;

use crate::marginals::ep_weights;
use crate::over_units::{Normal, over_units, widen};
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use predilect_results::Weight;

/// The weights of a fit of this design matrix, in the order of its columns and without names, with what leaving out units changes; the intervals
/// are over these units unless the options say otherwise. `None` where it does not converge.
pub(crate) fn refit(
    table: &FeatureTable,
    rows: &[VerdictRow],
    matrix: &Rows,
    priors: &[Prior],
    options: &FitOptions,
) -> Option<(Vec<Weight>, Option<OverClusters>)> {
    let merged = matrix.merged();
    let found = ep(&merged.rows.regression(priors).ok()?, &EpOptions::default());
    if !found.converged {
        return None;
    }
    let mut weights = ep_weights(&found);
    let over =
        over_units(table, rows, matrix, &merged, Normal { mean: &found.mean, covariance: &found.covariance })
            .map(|(over, _)| over);
    if let Some(over) = over.as_ref().filter(|_| !options.independent) {
        widen(&over.reach, &mut weights, &mut [], None);
    }
    Some((weights, over))
}
