//! What is one cluster's step, whichever way it is computed, and do its numbers belong together?

use crate::spd;

/// Whether rows, their clusters and a fit of `d` weights belong together.
pub(super) fn fit_together(
    (features, verdicts, weights, clusters): (usize, &[f64], Option<&[f64]>, &[u64]),
    d: usize,
    covariance: usize,
) -> Option<()> {
    let n = verdicts.len();
    let weights_fit = weights.is_none_or(|weights| weights.len() == n);
    let fit =
        n > 0 && d > 0 && features == n * d && clusters.len() == n && covariance == d * d && weights_fit;
    fit.then_some(())
}

/// The information with the prior's precision added, and this: the fit's precision minus the rows' information, which is the curvature of
/// the prior at the fit, and at least a small part of it.
pub(super) fn with_prior(
    information: Vec<f64>,
    covariance: &[f64],
    d: usize,
) -> Option<(Vec<f64>, Vec<f64>)> {
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
    Some((hessian, prior))
}

/// Rows with those of one cluster together, clusters in the order of their numbers.
pub(super) fn by_cluster(clusters: &[u64]) -> Vec<usize> {
    let count = clusters.len();
    // Rows of a study come by prompt already, more often than not.
    if clusters.is_sorted() {
        return (0..count).collect();
    }
    let most = clusters.iter().max().map_or(0, |most| *most);
    if most >= 4 * count as u64 {
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&i| clusters[i]);
        return order;
    }
    // Small numbers are counted: where each cluster begins, then every row to its place.
    let mut next = vec![0_usize; most as usize + 2];
    for cluster in clusters {
        next[*cluster as usize + 1] += 1;
    }
    (1..next.len()).for_each(|cluster| next[cluster] += next[cluster - 1]);
    let mut order = vec![0; count];
    for (row, cluster) in clusters.iter().enumerate() {
        let at = &mut next[*cluster as usize];
        order[*at] = row;
        *at += 1;
    }
    order
}

/// a . b, in eight sums that do not wait for each other.
#[inline(always)]
pub(super) fn inner(a: &[f64], b: &[f64]) -> f64 {
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
pub(super) fn add_outer(matrix: &mut [f64], x: &[f64], factor: f64) {
    // Zeros are not skipped: a wrong branch prediction takes longer than adding zero.
    for (line, a) in matrix.chunks_exact_mut(x.len()).zip(x) {
        let factor = factor * a;
        line.iter_mut().zip(x).for_each(|(cell, b)| *cell += factor * b);
    }
}

#[inline(always)]
pub(super) fn times(matrix: &[f64], x: &[f64], d: usize) -> Vec<f64> {
    let mut out = vec![0.0; d];
    into(matrix, x, &mut out);
    out
}

/// The product of a symmetric matrix with a vector.
#[inline(always)]
pub(super) fn into(matrix: &[f64], x: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (line, a) in matrix.chunks_exact(out.len()).zip(x) {
        out.iter_mut().zip(line).for_each(|(out, cell)| *out += a * cell);
    }
}

/// The sum of the vectors, each times its row's factor.
pub(super) fn combination(group: &[usize], vectors: &[Vec<f64>], factors: &[f64], d: usize) -> Vec<f64> {
    let mut out = vec![0.0; d];
    for (&i, vector) in group.iter().zip(vectors) {
        out.iter_mut().zip(vector).for_each(|(out, u)| *out += factors[i] * u);
    }
    out
}

/// `(H - H_g)^-1 s_g` for few rows, by Woodbury: with `u_i = H^-1 x_i` and `B_ik = x_i u_k`,
/// `H^-1 s_g + sum of z_i u_i` where `(D^-1 - B) z = B r`.
pub(super) fn by_rows<'a>(
    group: &[usize],
    spread: &[Vec<f64>],
    row: &impl Fn(usize) -> &'a [f64],
    curvature: &[f64],
    residual: &[f64],
) -> Option<Vec<f64>> {
    let d = spread.first()?.len();
    // Rows of weight 0 change nothing.
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

/// `(H - H_g)^-1 s_g` for many rows, computed directly.
#[expect(clippy::too_many_arguments, reason = "parts of one formula, (H - H_g)^-1 s_g, which has no fewer")]
pub(super) fn by_matrix<'a>(
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
