//! How sure a posterior is of prompts it has not seen: one cluster of rows left out at a time.
//!
//! A posterior that takes every row as independent is too sure where rows share a prompt or a pair. What mends it: every cluster
//! is left out in one Newton step from the fit, and the spread of what remains is the uncertainty.

use pulp::Arch;

use crate::posterior::Marginal;
use crate::spd;
use crate::student;

/// The rows of a fit, as [`crate::Problem::new`] takes them, with the cluster that each belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Clustered<'a> {
    /// Row-major, `n` rows of `d` columns.
    pub x: &'a [f64],
    /// Verdicts in 0..=1.
    pub verdicts: &'a [f64],
    /// Row weights, all 1 where there are none.
    pub weights: Option<&'a [f64]>,
    /// Which rows belong together: a prompt, a conversation, an annotator.
    pub clusters: &'a [u64],
}

/// The uncertainty of a fit over clusters.
#[derive(Debug, Clone, PartialEq)]
pub struct OverClusters {
    /// How many clusters there are.
    pub clusters: usize,
    /// Per weight: how many clusters of equal say would tell as much about it, 1 at least. `(sum a_g)^2 / sum a_g^2` with `a_g` the
    /// cluster's part in the weight's variance.
    pub effective: Vec<f64>,
    /// Per weight: the variance over clusters with the prior's own part, before it is held against the model's.
    pub variance: Vec<f64>,
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
/// `mean` and `covariance` (row-major) are those of the fit's Gaussian approximation; P is the diagonal of what the rows' information
/// at the mean leaves of its precision. Cost: about `n d^2`, and `n_g d^2 + d^3` for a cluster of more than d rows. `None` where lengths do
/// not fit together, or where there is no row.
pub fn leave_out(rows: &Clustered<'_>, mean: &[f64], covariance: &[f64]) -> Option<OverClusters> {
    // Compiled for every instruction set, the widest one that there is runs.
    Arch::new().dispatch(|| one_after_the_other(rows, mean, covariance))
}

#[inline(always)]
fn one_after_the_other(rows: &Clustered<'_>, mean: &[f64], covariance: &[f64]) -> Option<OverClusters> {
    let (n, d) = (rows.verdicts.len(), mean.len());
    let weights_fit = rows.weights.is_none_or(|weights| weights.len() == n);
    if n == 0
        || d == 0
        || rows.x.len() != n * d
        || rows.clusters.len() != n
        || covariance.len() != d * d
        || !weights_fit
    {
        return None;
    }
    let row = |i: usize| &rows.x[i * d..(i + 1) * d];
    let weight = |i: usize| rows.weights.map_or(1.0, |weights| weights[i]);
    let (mut curvature, mut residual) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let f = inner(row(i), mean);
        let p = 1.0 / (1.0 + (-f).exp());
        curvature[i] = weight(i) * p * (1.0 - p);
        residual[i] = weight(i) * (rows.verdicts[i] - p);
    }
    let mut information = vec![0.0; d * d];
    for i in 0..n {
        add_outer(&mut information, row(i), curvature[i]);
    }
    // The fit's precision holds the prior as it bends at the fit; it can be no less than a sliver of what the rows tell.
    let precision = spd::inverse(covariance, d)?;
    let prior: Vec<f64> = (0..d)
        .map(|j| {
            (precision[j * d + j] - information[j * d + j]).max(1e-6 * precision[j * d + j].abs()).max(1e-12)
        })
        .collect();
    let mut hessian = information;
    for (j, prior) in prior.iter().enumerate() {
        hessian[j * d + j] += prior;
    }
    let inverse = spd::inverse(&hessian, d)?;
    let order = by_cluster(rows.clusters);
    let groups = order.chunk_by(|&i, &j| rows.clusters[i] == rows.clusters[j]);
    let (mut changes, mut parts) = (Vec::with_capacity(n * d), Vec::with_capacity(n * d));
    let (mut ids, mut sums) = (Vec::with_capacity(n), Sums::new(d));
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
        // Where a cluster holds nearly all there is, nothing but the prior is left: the step from the whole.
        let step = step.unwrap_or_else(|| combination(group, &spread, &residual, d));
        for (j, (step, part)) in step.iter().zip(&part).enumerate() {
            sums.add(j, *part, -step);
            parts.push(*part as f32);
            changes.push(-step);
        }
    }
    let told: Vec<f64> = (0..d).map(|j| inverse[j * d + j]).collect();
    let (variance, effective) = sums.finish(&changes, &told);
    let added = vec![0.0; d];
    Some(OverClusters {
        clusters: ids.len(),
        effective,
        variance,
        ids,
        changes,
        parts,
        added,
        prior,
        covariance: inverse,
    })
}

/// Per weight, over clusters: sums of their parts in the variance, of these parts' squares, and of what leaving them out changes.
struct Sums {
    parts: Vec<f64>,
    squares: Vec<f64>,
    changes: Vec<f64>,
}

impl Sums {
    fn new(d: usize) -> Self {
        Self { parts: vec![0.0; d], squares: vec![0.0; d], changes: vec![0.0; d] }
    }

    #[inline(always)]
    fn add(&mut self, weight: usize, part: f64, change: f64) {
        self.parts[weight] += part;
        self.squares[weight] += part * part;
        self.changes[weight] += change;
    }

    /// The variance of each weight over clusters and its effective clusters; `told` is the diagonal of `H^-1`.
    fn finish(&self, changes: &[f64], told: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let d = told.len();
        let count = (changes.len() / d) as f64;
        // Around their mean in a second pass, so that no digits cancel.
        let means: Vec<f64> = self.changes.iter().map(|sum| sum / count).collect();
        let mut spread = vec![0.0; d];
        for line in changes.chunks_exact(d) {
            for ((square, change), mean) in spread.iter_mut().zip(line).zip(&means) {
                *square += (change - mean) * (change - mean);
            }
        }
        let variance = (0..d)
            .map(|j| {
                let spread = if count < 2.0 { 0.0 } else { (count - 1.0) / count * spread[j] };
                // H^-1 P H^-1 is what the clusters' parts leave of H^-1.
                spread + (told[j] - self.parts[j]).max(0.0)
            })
            .collect();
        let effective = (0..d)
            .map(|j| {
                let (sum, squares) = (self.parts[j], self.squares[j]);
                if squares > 0.0 { (sum * sum / squares).max(1.0) } else { 1.0 }
            })
            .collect();
        (variance, effective)
    }
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

    /// Joins a second way of clustering, such as annotators beside prompts, whose common cells were left out too.
    ///
    /// The variance is that of the first way and what the second adds to their cells, `V_1 + max(V_2 - V_12, 0)`, and no less than
    /// `V_2` (after Cameron, Gelbach & Miller 2011, whose sum can be less than either way's own); effective clusters are
    /// those of the way that has fewer.
    #[must_use]
    pub fn with(mut self, second: &Self, cells: &Self) -> Self {
        for j in 0..self.variance.len() {
            let Some(((&other, &both), &reach)) =
                second.variance.get(j).zip(cells.variance.get(j)).zip(second.effective.get(j))
            else {
                continue;
            };
            let own = self.variance[j];
            let added = (other - both).max(0.0).max(other - own);
            let total = own + added;
            // As sure as the way with fewer units lets one be.
            if added > 0.0 {
                self.effective[j] = self.effective[j].min(reach);
                self.variance[j] = total;
                self.added[j] += added;
            }
        }
        self
    }

    /// A weight's posterior with this uncertainty: the model's mean, the larger of the two standard deviations, and quantiles by
    /// Student's t with one degree of freedom less than effective clusters, at least 1. Never narrower than the model's.
    pub fn widened(&self, j: usize, marginal: &Marginal) -> Option<Marginal> {
        let (variance, effective) = (self.variance.get(j)?, self.effective.get(j)?);
        let sd = variance.sqrt().max(marginal.sd);
        let freedom = (effective - 1.0).max(1.0);
        let reach = sd * student::quantile(0.95, freedom);
        let (low, high) = (marginal.mean - reach, marginal.mean + reach);
        let p_positive =
            if sd > 0.0 { student::cdf(marginal.mean / sd, freedom) } else { marginal.p_positive };
        let own = marginal.p_positive;
        Some(Marginal {
            mean: marginal.mean,
            sd,
            q05: low.min(marginal.q05),
            q50: marginal.q50,
            q95: high.max(marginal.q95),
            // Never surer than the model.
            p_positive: if (own - 0.5).abs() < (p_positive - 0.5).abs() { own } else { p_positive },
            shape: None,
        })
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

/// Rows with those of one cluster together, clusters in the order of their numbers.
fn by_cluster(clusters: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..clusters.len()).collect();
    // Rows of a study come by prompt already, more often than not.
    if !clusters.is_sorted() {
        order.sort_by_key(|&i| clusters[i]);
    }
    order
}

/// a . b, in eight sums that do not wait for each other.
#[inline(always)]
fn inner(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (whole, rest) = (a.chunks_exact(8), a.chunks_exact(8).remainder());
    for (a, b) in whole.zip(b.chunks_exact(8)) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let left: f64 = rest.iter().zip(&b[a.len() - rest.len()..]).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f64>() + left
}

#[inline(always)]
fn add_outer(matrix: &mut [f64], x: &[f64], factor: f64) {
    // Zeros are not looked for: to guess wrong takes longer than to add nothing.
    for (line, a) in matrix.chunks_exact_mut(x.len()).zip(x) {
        let factor = factor * a;
        line.iter_mut().zip(x).for_each(|(cell, b)| *cell += factor * b);
    }
}

#[inline(always)]
fn times(matrix: &[f64], x: &[f64], d: usize) -> Vec<f64> {
    let mut out = vec![0.0; d];
    into(matrix, x, &mut out);
    out
}

/// The product of a symmetric matrix with a vector.
#[inline(always)]
fn into(matrix: &[f64], x: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (line, a) in matrix.chunks_exact(out.len()).zip(x) {
        out.iter_mut().zip(line).for_each(|(out, cell)| *out += a * cell);
    }
}

/// The sum of the vectors, each times its row's factor.
fn combination(group: &[usize], vectors: &[Vec<f64>], factors: &[f64], d: usize) -> Vec<f64> {
    let mut out = vec![0.0; d];
    for (&i, vector) in group.iter().zip(vectors) {
        out.iter_mut().zip(vector).for_each(|(out, u)| *out += factors[i] * u);
    }
    out
}

/// `(H - H_g)^-1 s_g` for few rows, by Woodbury: with `u_i = H^-1 x_i` and `B_ik = x_i u_k`,
/// `H^-1 s_g + sum of z_i u_i` where `(D^-1 - B) z = B r`.
fn by_rows<'a>(
    group: &[usize],
    spread: &[Vec<f64>],
    row: &impl Fn(usize) -> &'a [f64],
    curvature: &[f64],
    residual: &[f64],
) -> Option<Vec<f64>> {
    let d = spread.first()?.len();
    // Rows that weigh nothing change nothing.
    let kept: Vec<usize> = (0..group.len()).filter(|&k| curvature[group[k]] > 0.0).collect();
    let m = kept.len();
    let mut left = vec![0.0; m * m];
    let mut right = vec![0.0; m];
    for (a, &k) in kept.iter().enumerate() {
        let x = row(group[k]);
        for (b, &l) in kept.iter().enumerate() {
            let inner: f64 = x.iter().zip(&spread[l]).map(|(x, u)| x * u).sum();
            left[a * m + b] = -inner;
            right[a] += inner * residual[group[l]];
        }
        left[a * m + a] += 1.0 / curvature[group[k]];
    }
    let inverse = spd::inverse(&left, m)?;
    let z = times(&inverse, &right, m);
    let mut step = combination(group, spread, residual, d);
    for (&k, z) in kept.iter().zip(&z) {
        step.iter_mut().zip(&spread[k]).for_each(|(step, u)| *step += z * u);
    }
    Some(step)
}

/// `(H - H_g)^-1 s_g` for many rows, as it stands.
fn by_matrix<'a>(
    group: &[usize],
    hessian: &[f64],
    row: &impl Fn(usize) -> &'a [f64],
    curvature: &[f64],
    residual: &[f64],
    d: usize,
) -> Option<Vec<f64>> {
    let mut rest = hessian.to_vec();
    let mut score = vec![0.0; d];
    for &i in group {
        add_outer(&mut rest, row(i), -curvature[i]);
        score.iter_mut().zip(row(i)).for_each(|(score, x)| *score += residual[i] * x);
    }
    Some(times(&spd::inverse(&rest, d)?, &score, d))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random_table;
    use crate::{EpOptions, Prior, Problem, ep};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    const PRIOR: Prior = Prior::Normal { sd: 1.0 };

    fn over(x: &[f64], verdicts: &[f64], clusters: &[u64], d: usize) -> (crate::EpPosterior, OverClusters) {
        let problem = Problem::new(x, verdicts, None, &vec![PRIOR; d]).unwrap();
        let fit = ep(&problem, &EpOptions::default());
        let rows = Clustered { x, verdicts, weights: None, clusters };
        let over = leave_out(&rows, &fit.mean, &fit.covariance).unwrap();
        (fit, over)
    }

    #[test]
    fn a_step_is_nearly_the_fit_without_the_cluster() {
        let (n, d) = (400, 5);
        let table = random_table(n, d, false, 3);
        let clusters: Vec<u64> = (0..n as u64).map(|i| i % 20).collect();
        let (fit, found) = over(&table.x, &table.verdicts, &clusters, d);
        for g in 0..20 {
            let kept: Vec<usize> = (0..n).filter(|i| clusters[*i] != g).collect();
            let x: Vec<f64> = kept.iter().flat_map(|&i| table.x[i * d..(i + 1) * d].to_vec()).collect();
            let verdicts: Vec<f64> = kept.iter().map(|&i| table.verdicts[i]).collect();
            let problem = Problem::new(&x, &verdicts, None, &vec![PRIOR; d]).unwrap();
            let without = ep(&problem, &EpOptions::default());
            for j in 0..d {
                let (step, exact) = (found.changes[g as usize * d + j], without.mean[j] - fit.mean[j]);
                assert!((step - exact).abs() < 0.006 + 0.08 * exact.abs(), "{g} {j}: {step} and {exact}");
            }
        }
    }

    #[test]
    fn few_rows_and_many_rows_take_the_same_step() {
        // Clusters of 3 rows by rows; the same with four columns fewer would go by the matrix: compare both ways directly.
        let (n, d) = (60, 6);
        let table = random_table(n, d, false, 8);
        let row = |i: usize| &table.x[i * d..(i + 1) * d];
        let (curvature, residual) =
            (vec![0.2; n], (0..n).map(|i| table.verdicts[i] - 0.5).collect::<Vec<_>>());
        let mut hessian = vec![0.0; d * d];
        (0..n).for_each(|i| add_outer(&mut hessian, row(i), 0.2));
        (0..d).for_each(|j| hessian[j * d + j] += 1.0);
        let inverse = spd::inverse(&hessian, d).unwrap();
        for group in [vec![0, 1, 2], vec![5], vec![7, 11, 13, 17, 19]] {
            let spread: Vec<Vec<f64>> = group.iter().map(|&i| times(&inverse, row(i), d)).collect();
            let few = by_rows(&group, &spread, &row, &curvature, &residual).unwrap();
            let many = by_matrix(&group, &hessian, &row, &curvature, &residual, d).unwrap();
            assert!(few.iter().zip(&many).all(|(x, y)| (x - y).abs() < 1e-12), "{few:?} {many:?}");
        }
    }

    #[test]
    fn rows_that_stand_alone_are_nearly_as_sure_as_the_model() {
        let (n, d) = (800, 4);
        let table = random_table(n, d, false, 5);
        let clusters: Vec<u64> = (0..n as u64).collect();
        let (fit, found) = over(&table.x, &table.verdicts, &clusters, d);
        assert_eq!(found.clusters, n);
        for j in 0..d {
            let ratio = found.variance[j].sqrt() / fit.marginals[j].sd;
            assert!((0.85..1.18).contains(&ratio), "{j}: {ratio}");
            assert!(found.effective[j] > 0.5 * n as f64, "{}", found.effective[j]);
            let wide = found.widened(j, &fit.marginals[j]).unwrap();
            assert!(wide.q05 <= fit.marginals[j].q05 && wide.q95 >= fit.marginals[j].q95);
        }
    }

    #[test]
    fn the_same_rows_five_times_tell_no_more_than_once() {
        let (n, d) = (200, 3);
        let table = random_table(n, d, false, 11);
        let alone: Vec<u64> = (0..n as u64).collect();
        let (once, single) = over(&table.x, &table.verdicts, &alone, d);
        let x = table.x.repeat(5);
        let (verdicts, clusters) = (table.verdicts.repeat(5), alone.repeat(5));
        let (five, found) = over(&x, &verdicts, &clusters, d);
        for j in 0..d {
            // The model believes in five times as many rows; the clusters do not.
            assert!(five.marginals[j].sd < 0.55 * once.marginals[j].sd);
            let ratio = (found.variance[j] / single.variance[j]).sqrt();
            assert!((0.9..1.3).contains(&ratio), "{j}: {ratio}");
        }
    }

    #[test]
    fn one_prompt_tells_of_no_other() {
        let (n, d) = (100, 2);
        let table = random_table(n, d, false, 2);
        let (fit, found) = over(&table.x, &table.verdicts, &vec![7; n], d);
        assert_eq!((found.clusters, found.effective[0]), (1, 1.0));
        let wide = found.widened(0, &fit.marginals[0]).unwrap();
        // Cauchy's quantile.
        assert!(wide.q95 - wide.mean > 6.0 * fit.marginals[0].sd, "{wide:?}");
    }

    #[test]
    fn a_second_way_that_only_repeats_the_first_adds_nothing() {
        let (n, d) = (300, 3);
        let table = random_table(n, d, false, 4);
        let prompts: Vec<u64> = (0..n as u64).map(|i| i % 30).collect();
        let (_, one) = over(&table.x, &table.verdicts, &prompts, d);
        assert_eq!(one.clone().with(&one, &one), one);
        // Eight people, whatever the prompt: never less than either way alone.
        let people: Vec<u64> = (0..n as u64).map(|i| i / 5 % 8).collect();
        let cells: Vec<u64> =
            prompts.iter().zip(&people).map(|(prompt, person)| prompt * 8 + person).collect();
        let (_, second) = over(&table.x, &table.verdicts, &people, d);
        let (_, both) = over(&table.x, &table.verdicts, &cells, d);
        let joined = one.clone().with(&second, &both);
        for j in 0..d {
            let most = one.variance[j].max(second.variance[j]);
            assert!(joined.variance[j] >= most * (1.0 - 1e-12), "{j}");
            assert!(joined.effective[j] <= one.effective[j]);
        }
    }

    #[test]
    fn lengths_that_do_not_fit_have_no_answer() {
        let rows = Clustered { x: &[1.0], verdicts: &[1.0], weights: None, clusters: &[] };
        assert_eq!(leave_out(&rows, &[0.0], &[1.0]), None);
        let rows = Clustered { x: &[], verdicts: &[], weights: None, clusters: &[] };
        assert_eq!(leave_out(&rows, &[], &[]), None);
    }

    /// The share of 90 % intervals that hold the estimator's own centre, where five people judge each of 200 pairs and share what is
    /// hard about it: by the model, and over pairs.
    #[test]
    fn intervals_hold_where_annotators_share_their_pairs() {
        let (pairs, people, d, runs) = (200, 5, 6, 60);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut normal =
            || (-2.0 * rng.random::<f64>().ln()).sqrt() * (std::f64::consts::TAU * rng.random::<f64>()).cos();
        let mut fits = Vec::new();
        for run in 0..runs {
            let mut draw = ChaCha8Rng::seed_from_u64(100 + run);
            let (mut x, mut verdicts, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
            for pair in 0..pairs {
                let values: Vec<f64> = (0..d).map(|_| f64::from(draw.random_range(-1_i8..=1))).collect();
                let f: f64 =
                    values.iter().zip([0.8, -0.8, 0.4, -0.4, 0.0, 0.0]).map(|(x, w)| x * w).sum::<f64>()
                        + 4.0 * normal();
                for _ in 0..people {
                    x.extend(&values);
                    verdicts.push(f64::from(u8::from(draw.random::<f64>() < 1.0 / (1.0 + (-f).exp()))));
                    clusters.push(pair);
                }
            }
            fits.push(over(&x, &verdicts, &clusters, d));
        }
        let centre: Vec<f64> =
            (0..d).map(|j| fits.iter().map(|(fit, _)| fit.mean[j]).sum::<f64>() / runs as f64).collect();
        let (mut model, mut over) = (0, 0);
        for (fit, found) in &fits {
            for j in 0..d {
                let inside = |m: &Marginal| usize::from(m.q05 <= centre[j] && centre[j] <= m.q95);
                model += inside(&fit.marginals[j]);
                over += inside(&found.widened(j, &fit.marginals[j]).unwrap());
            }
        }
        let share = |count: usize| count as f64 / (runs as usize * d) as f64;
        assert!(share(model) < 0.75, "by the model {}", share(model));
        assert!((0.86..0.96).contains(&share(over)), "over pairs {}", share(over));
    }
}
