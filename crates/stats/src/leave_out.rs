//! How sure a posterior is of prompts it has not seen: one cluster of rows left out at a time.
//!
//! A posterior that takes every row as independent is too sure where rows share a prompt or a pair. What mends it: every cluster
//! is left out in one Newton step from the fit, and the spread of what remains is the uncertainty.

mod reach;
mod small;
mod steps;

pub use self::reach::Reach;
pub use self::small::{SmallRows, reach};
use self::steps::{
    add_outer, by_cluster, by_matrix, by_rows, combination, fit_together, inner, into, times, with_prior,
};
use crate::logistic::sigmoid;
use crate::spd;
use crate::wide::{Work, wide};

/// The rows of a fit, as [`crate::Regression::new`] takes them, with the cluster that each belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Clustered<'a> {
    /// Row-major, `n` rows of `d` columns.
    pub x: &'a [f64],
    /// Verdicts in 0..=1.
    pub verdicts: &'a [f64],
    /// Row weights; all 1 if `None`.
    pub weights: Option<&'a [f64]>,
    /// Which rows belong together: a prompt, a conversation, an annotator.
    pub clusters: &'a [u64],
}

/// The uncertainty of a fit over clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct OverClusters {
    /// How sure each weight is.
    pub reach: Reach,
    /// The cluster behind each row of `changes` and `parts`, ascending.
    pub ids: Vec<u64>,
    /// What leaving a cluster out changes, row by row: `w_(-g) - mean`.
    pub changes: Vec<f64>,
    /// The cluster's part in each weight's variance, `a_g`, row by row.
    pub parts: Vec<f32>,
    /// Per weight: what a second way of clustering adds to the variance; 0 without.
    pub added: Vec<f64>,
    /// The prior's precision of each weight, as the fit has it.
    pub prior: Vec<f64>,
    /// Covariance of the weights without clusters, `H^-1`, row-major.
    pub covariance: Vec<f64>,
}

/// Leaves out one cluster after the other.
///
/// With the fit's mean `w`, `p_i = 1 / (1 + exp(-x_i w))`, the information `H_g = sum of weight p (1 - p) x x'` and the score
/// `s_g = sum of weight x (y - p)` of cluster g, and the prior's precision P as the fit has it, `H = P + sum of H_g`:
/// `w_(-g) = w - (H - H_g)^-1 s_g`, one Newton step. The variance of weight j is
/// `(G - 1) / G sum_g (w_(-g)j - mean)^2 + (H^-1 P H^-1)_jj`.
///
/// `mean` and `covariance` (row-major) are those of the fit's Gaussian approximation; P is the diagonal of what the rows' information at
/// the mean leaves of its precision. Cost: about `n d^2`, and `n_g d^2 + d^3` for a cluster of more than d rows. `None` if lengths do not
/// match, or if there is no row.
pub fn leave_out(rows: &Clustered<'_>, mean: &[f64], covariance: &[f64]) -> Option<OverClusters> {
    wide(Whole { rows, mean, covariance })
}

struct Whole<'a> {
    rows: &'a Clustered<'a>,
    mean: &'a [f64],
    covariance: &'a [f64],
}

impl Work for Whole<'_> {
    type Output = Option<OverClusters>;

    #[inline(always)]
    fn run(self) -> Option<OverClusters> {
        one_after_the_other(self.rows, self.mean, self.covariance)
    }
}

#[inline(always)]
fn one_after_the_other(rows: &Clustered<'_>, mean: &[f64], covariance: &[f64]) -> Option<OverClusters> {
    let (n, d) = (rows.verdicts.len(), mean.len());
    fit_together((rows.x.len(), rows.verdicts, rows.weights, rows.clusters), d, covariance.len())?;
    let row = |i: usize| &rows.x[i * d..(i + 1) * d];
    let weight = |i: usize| rows.weights.map_or(1.0, |weights| weights[i]);
    let (mut curvature, mut residual) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let f = inner(row(i), mean);
        let p = sigmoid(f);
        curvature[i] = weight(i) * p * (1.0 - p);
        residual[i] = weight(i) * (rows.verdicts[i] - p);
    }
    let mut information = vec![0.0; d * d];
    for i in 0..n {
        add_outer(&mut information, row(i), curvature[i]);
    }
    let (hessian, prior) = with_prior(information, covariance, d)?;
    let inverse = spd::inverse(&hessian, d)?;
    let order = by_cluster(rows.clusters);
    let groups = order.chunk_by(|&i, &j| rows.clusters[i] == rows.clusters[j]);
    let (mut changes, mut parts) = (Vec::with_capacity(n * d), Vec::with_capacity(n * d));
    let (mut ids, mut sums) = (Vec::with_capacity(n), reach::Sums::new(d));
    let mut line = vec![0.0; d];
    for group in groups {
        ids.push(rows.clusters[group[0]]);
        if let [only] = group {
            // One row: its step in closed form, u r / (1 - c x u) with u = H^-1 x.
            let (x, c, r) = (row(*only), curvature[*only], residual[*only]);
            into(&inverse, x, &mut line);
            let lever = (1.0 - c * inner(x, &line)).max(1e-12);
            for (j, u) in line.iter().enumerate() {
                let (part, change) = (c * u * u, -u * r / lever);
                sums.add(j, part, change);
                parts.push(part as f32);
                changes.push(change);
            }
            continue;
        }
        let spread: Vec<Vec<f64>> = group.iter().map(|&i| times(&inverse, row(i), d)).collect();
        let mut part = vec![0.0; d];
        for (&i, u) in group.iter().zip(&spread) {
            part.iter_mut().zip(u).for_each(|(part, u)| *part += curvature[i] * u * u);
        }
        let step = if group.len() <= d {
            by_rows(group, &spread, &row, &curvature, &residual)
        } else {
            by_matrix(group, &hessian, &row, &curvature, &residual, d)
        };
        // If a cluster contains nearly all rows, only the prior is left: the step from the whole.
        let step = step.unwrap_or_else(|| combination(group, &spread, &residual, d));
        for (j, (step, part)) in step.iter().zip(&part).enumerate() {
            sums.add(j, *part, -step);
            parts.push(*part as f32);
            changes.push(-step);
        }
    }
    let told: Vec<f64> = (0..d).map(|j| inverse[j * d + j]).collect();
    let reach = sums.finish(&changes, &told);
    let added = vec![0.0; d];
    Some(OverClusters { reach, ids, changes, parts, added, prior, covariance: inverse })
}

/// The variance that the differences say, one for each cluster left out: `(G - 1) / G sum (d_g - mean)^2`; 0 of one.
pub fn spread(differences: impl Iterator<Item = f64> + Clone) -> f64 {
    let (count, sum) = differences.clone().fold((0.0, 0.0), |(n, sum), d| (n + 1.0, sum + d));
    if count < 2.0 {
        return 0.0;
    }
    let centre = sum / count;
    (count - 1.0) / count * differences.map(|d| (d - centre).powi(2)).sum::<f64>()
}

/// Effective clusters by their parts in a variance, `(sum a_g)^2 / sum a_g^2`; 1 at least.
pub fn effective(parts: impl Iterator<Item = f64>) -> f64 {
    let (sum, squares) = parts.fold((0.0, 0.0), |(sum, squares), a| (sum + a, squares + a * a));
    if squares > 0.0 { (sum * sum / squares).max(1.0) } else { 1.0 }
}

impl OverClusters {
    /// What the rows say of some weights, whatever the others are: the inverse of their covariance less the prior's precision, row-major.
    pub fn information(&self, columns: &[usize]) -> Option<Vec<f64>> {
        let (d, width) = (self.prior.len(), columns.len());
        let covariance: Vec<f64> =
            columns.iter().flat_map(|&j| columns.iter().map(move |&k| self.covariance[j * d + k])).collect();
        let mut information = spd::inverse(&covariance, width)?;
        for (at, &column) in columns.iter().enumerate() {
            information[at * width + at] -= self.prior[column];
        }
        Some(information)
    }

    /// Joins a second way of clustering; see [`Reach::join`].
    #[must_use]
    pub fn with(mut self, second: &Self, cells: &Self) -> Self {
        let more = self.reach.join(&second.reach, &cells.reach);
        self.added.iter_mut().zip(more).for_each(|(added, more)| *added += more);
        self
    }
}

/// How far a prior of these precisions draws weights with this information to its centre: `(D + P)^-1 P`, row-major. With weights w the
/// fit is centred on `w - (D + P)^-1 P w`.
pub fn drawn(information: &[f64], prior: &[f64]) -> Option<Vec<f64>> {
    let d = prior.len();
    let mut precision = information.to_vec();
    for (j, prior) in prior.iter().enumerate() {
        precision[j * d + j] += prior;
    }
    let covariance = spd::inverse(&precision, d)?;
    Some((0..d * d).map(|at| covariance[at] * prior[at % d]).collect())
}

#[cfg(test)]
mod tests;
