//! Intervals that are valid for prompts (or other units) that a fit has not seen: in weights, terms and draws.

use predilect_stats::Marginal;
use predilect_stats::leave_out::{Clustered, OverClusters, Reach, leave_out};

use crate::fit_options::Draws;
use crate::rows::{Merged, Rows};
use crate::table::{FeatureTable, VerdictRow};
use crate::units::{cells, ways};
use predilect_results::{UnitCount, Weight};

/// Mean and covariance of draws, `d` values each.
pub(crate) fn moments(draws: &[f64], d: usize) -> (Vec<f64>, Vec<f64>) {
    let count = (draws.len() / d).max(1) as f64;
    let mut mean = vec![0.0; d];
    for draw in draws.chunks_exact(d) {
        mean.iter_mut().zip(draw).for_each(|(mean, w)| *mean += w / count);
    }
    let mut covariance = vec![0.0; d * d];
    for draw in draws.chunks_exact(d) {
        for j in 0..d {
            for k in 0..d {
                covariance[j * d + k] += (draw[j] - mean[j]) * (draw[k] - mean[k]) / count;
            }
        }
    }
    (mean, covariance)
}

/// A posterior as a normal distribution.
#[derive(Clone, Copy)]
pub(crate) struct Normal<'a> {
    pub(crate) mean: &'a [f64],
    /// Row-major.
    pub(crate) covariance: &'a [f64],
}

/// How sure the fit is of units that it has not seen, and what these are.
pub(crate) fn over_units(
    table: &FeatureTable,
    rows: &[VerdictRow],
    matrix: &Rows,
    merged: &Merged,
    posterior: Normal<'_>,
) -> Option<(OverClusters, Vec<UnitCount>)> {
    let by = |clusters: &[u64]| {
        // What is the same within a cluster is one row of its weight.
        let own;
        let rows = if clusters == matrix.clusters {
            &merged.rows
        } else {
            own = Rows { clusters: clusters.to_vec(), ..matrix.clone() }.merged().rows;
            &own
        };
        let clustered = Clustered {
            x: &rows.x,
            verdicts: &rows.verdicts,
            weights: Some(&rows.weights),
            clusters: &rows.clusters,
        };
        leave_out(&clustered, posterior.mean, posterior.covariance)
    };
    let ways = ways(table, rows);
    let first = ways.first()?;
    let mut over = by(&first.of_row)?;
    if let Some(second) = ways.get(1) {
        over = over.with(&by(&second.of_row)?, &by(&cells(first, second))?);
    }
    let units =
        ways.iter().map(|way| UnitCount { unit: way.name.clone(), count: way.count() as u64 }).collect();
    Some((over, units))
}

/// Replaces the model's uncertainty by that over units, in weights, terms and draws.
pub(crate) fn widen(reach: &Reach, weights: &mut [Weight], terms: &mut [Weight], draws: Option<&mut Draws>) {
    let mut columns: Vec<(usize, Marginal, Marginal)> = Vec::new();
    for (j, weight) in weights.iter_mut().chain(terms).enumerate() {
        let own = Marginal {
            mean: weight.mean,
            sd: weight.sd,
            q05: weight.q05,
            q50: weight.q50,
            q95: weight.q95,
            p_positive: weight.p_positive,
            shape: None,
        };
        let Some(wide) = reach.widened(j, &own) else { continue };
        (weight.sd, weight.q05, weight.q95, weight.p_positive) =
            (wide.sd, wide.q05, wide.q95, wide.p_positive);
        weight.effective_units = reach.effective.get(j).copied().filter(|units| units.is_finite());
        columns.push((j, own, wide));
    }
    let Some(draws) = draws else { return };
    let width = draws.names.len();
    for (j, own, wide) in columns {
        let own_reach = (own.q95 - own.q05).max(f64::MIN_POSITIVE);
        // The spread of the middle nine tenths, and of each half its own.
        let (down, up) = (
            (wide.mean - wide.q05) / (own.mean - own.q05).max(1e-9 * own_reach),
            (wide.q95 - wide.mean) / (own.q95 - own.mean).max(1e-9 * own_reach),
        );
        for draw in draws.values.chunks_exact_mut(width) {
            if let Some(w) = draw.get_mut(j) {
                let away = *w - own.mean;
                *w = own.mean + away * if away < 0.0 { down } else { up };
            }
        }
    }
}
