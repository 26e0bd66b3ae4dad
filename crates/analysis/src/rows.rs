//! The design matrix of one fit: a row of columns for each verdict, and what is the same merged.

use foldhash::{HashMap, HashMapExt};
use predilect_stats::{Prior, Regression};

use crate::table::{FeatureTable, Unit, VerdictRow};
use crate::terms::Design;

/// Rows of a fit.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Rows {
    /// Columns.
    pub(crate) width: usize,
    /// Row-major: comparisons, then terms.
    pub(crate) x: Vec<f64>,
    pub(crate) verdicts: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    /// What folds do not cut through: the prompt, or the field that the user names as unit.
    pub(crate) clusters: Vec<u64>,
}

/// Rows that differ only in their verdicts, merged into one.
pub(crate) struct Merged {
    pub(crate) rows: Rows,
    /// Where each row went.
    pub(crate) of_row: Vec<usize>,
}

impl Rows {
    /// One row for each verdict.
    pub(crate) fn of(table: &FeatureTable, verdicts: &[VerdictRow], design: &Design) -> Self {
        let width = table.features.len() + design.columns();
        let mut out = Self {
            width,
            x: Vec::with_capacity(verdicts.len() * width),
            verdicts: Vec::with_capacity(verdicts.len()),
            weights: Vec::with_capacity(verdicts.len()),
            clusters: Vec::with_capacity(verdicts.len()),
        };
        let field = table.units.iter().find_map(|unit| match unit {
            Unit::Field { of_pair, .. } => Some(of_pair),
            Unit::Prompt | Unit::Annotator => None,
        });
        for row in verdicts {
            let pair = row.pair as usize;
            // A missing rating gives no comparison, which the model books as no difference; coverage is reported separately.
            out.x.extend(table.row(row.pair).map(|v| if v.is_nan() { 0.0 } else { v }));
            design.extend(table, row, &mut out.x);
            out.verdicts.push(row.p_a);
            out.weights.push(row.weight);
            out.clusters.push(field.map_or(table.pairs[pair].cluster, |of_pair| of_pair[pair]));
        }
        out
    }

    /// The same with some of the columns.
    pub(crate) fn some_columns(&self, kept: &[usize]) -> Self {
        let rows = self.x.chunks_exact(self.width.max(1));
        Self {
            width: kept.len(),
            x: rows.flat_map(|row| kept.iter().map(|&column| row[column])).collect(),
            verdicts: self.verdicts.clone(),
            weights: self.weights.clone(),
            clusters: self.clusters.clone(),
        }
    }

    /// The columns of one row.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.x[row * self.width..(row + 1) * self.width]
    }

    /// Rows of one cluster with the same columns become one, with the sum of their weights and their mean verdict: several verdicts on
    /// a pair are one row, and the likelihood is the same, since `w_1 ln s(y_1) + w_2 ln s(y_2)` is linear in the verdicts.
    pub(crate) fn merged(&self) -> Merged {
        let count = self.verdicts.len();
        // By the hash of cluster and columns: the first row with it, and the next one for those that only share the hash.
        let mut places: HashMap<u64, usize> = HashMap::with_capacity(count);
        let mut next: Vec<usize> = Vec::with_capacity(count);
        let mut rows = Self { width: self.width, ..Self::default() };
        let mut of_row = Vec::with_capacity(count);
        for row in 0..count {
            let (own, cluster) = (self.row(row), self.clusters[row]);
            let new = rows.verdicts.len();
            let mut at = *places.entry(hash(cluster, own)).or_insert(new);
            // Zeros of both signs are one number.
            while at < new && (rows.clusters[at] != cluster || rows.row(at) != own) {
                if next[at] == usize::MAX {
                    next[at] = new;
                }
                at = next[at];
            }
            if at == new {
                rows.x.extend_from_slice(own);
                rows.verdicts.push(0.0);
                rows.weights.push(0.0);
                rows.clusters.push(cluster);
                next.push(usize::MAX);
            }
            rows.verdicts[at] += self.weights[row] * self.verdicts[row];
            rows.weights[at] += self.weights[row];
            of_row.push(at);
        }
        for (verdict, weight) in rows.verdicts.iter_mut().zip(&rows.weights) {
            // For rows of weight 0 any verdict will do; rounding must not leave the range.
            *verdict = if *weight > 0.0 { (*verdict / weight).clamp(0.0, 1.0) } else { 0.5 };
        }
        Merged { rows, of_row }
    }

    /// The model of these rows.
    pub(crate) fn regression(
        &self,
        priors: &[Prior],
    ) -> Result<Regression, predilect_stats::RegressionError> {
        Regression::new(&self.x, &self.verdicts, Some(&self.weights), priors)
    }
}

/// A hash of a cluster and the columns of a row, in one multiplication for each.
fn hash(cluster: u64, columns: &[f64]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, bits: u64| (hash.rotate_left(23) ^ bits).wrapping_mul(ODD);
    let mixed = columns.iter().fold(mix(ODD, cluster), |hash, x| mix(hash, (x + 0.0).to_bits()));
    mixed ^ (mixed >> 29)
}

/// The columns of one verdict in a fit: comparisons, then terms.
pub(crate) fn columns(table: &FeatureTable, row: &VerdictRow, design: &Design) -> Vec<f64> {
    Rows::of(table, std::slice::from_ref(row), design).x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn merging_is_what_a_plain_search_finds(
            cells in prop::collection::vec((0_u64..3, -1_i8..=1, -1_i8..=1, 0.0_f64..=1.0), 1..60),
        ) {
            let rows = Rows {
                width: 2,
                x: cells.iter().flat_map(|(_, a, b, _)| [f64::from(*a), f64::from(*b)]).collect(),
                verdicts: cells.iter().map(|cell| cell.3).collect(),
                weights: vec![1.0; cells.len()],
                clusters: cells.iter().map(|cell| cell.0).collect(),
            };
            let merged = rows.merged();
            for (row, &at) in merged.of_row.iter().enumerate() {
                let first = (0..=row)
                    .find(|&i| rows.clusters[i] == rows.clusters[row] && rows.row(i) == rows.row(row));
                prop_assert_eq!(first.map(|first| merged.of_row[first]), Some(at));
                prop_assert_eq!(merged.rows.row(at), rows.row(row));
            }
            prop_assert_eq!(merged.rows.weights.iter().sum::<f64>(), cells.len() as f64);
        }
    }

    #[test]
    fn rows_that_are_the_same_are_one_of_their_weight() {
        let rows = Rows {
            width: 2,
            x: vec![1.0, 0.0, 1.0, -0.0, 1.0, 0.0, 0.0, 1.0],
            verdicts: vec![1.0, 0.0, 1.0, 0.7],
            weights: vec![1.0, 3.0, 1.0, 0.0],
            clusters: vec![4, 4, 9, 4],
        };
        let merged = rows.merged();
        assert_eq!(merged.of_row, [0, 0, 1, 2]);
        assert_eq!(merged.rows.x, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(merged.rows.verdicts, [0.25, 1.0, 0.5]);
        assert_eq!(merged.rows.weights, [4.0, 1.0, 0.0]);
        assert_eq!(merged.rows.clusters, [4, 9, 4]);
    }
}
