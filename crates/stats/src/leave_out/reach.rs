//! How sure each weight is over clusters, where nobody needs to know what each cluster changes: one pass over small whole numbers, and
//! nothing kept of them.

use pulp::{Arch, Simd, WithSimd};

use super::{by_cluster, by_matrix, by_rows, combination};
use crate::posterior::Marginal;
use crate::spd;
use crate::student;

/// How sure each weight is of clusters that the fit has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// How many clusters there are.
    pub clusters: usize,
    /// Per weight: how many clusters of equal say would tell as much about it, 1 at least; infinite where none says anything. `(sum a_g)^2 / sum a_g^2` with `a_g` the
    /// cluster's part in the weight's variance.
    pub effective: Vec<f64>,
    /// Per weight: the variance over clusters with the prior's own part, before it is held against the model's.
    pub variance: Vec<f64>,
}

/// Rows of small whole numbers, as [`crate::Problem::of_small`] takes them, with the cluster that each belongs to.
#[derive(Debug, Clone, Copy)]
pub struct SmallRows<'a> {
    /// Row-major, `n` rows of `d` columns.
    pub x: &'a [i8],
    /// Verdicts in 0..=1.
    pub verdicts: &'a [f64],
    /// Row weights, all 1 where there are none.
    pub weights: Option<&'a [f64]>,
    /// Which rows belong together.
    pub clusters: &'a [u64],
}

/// The reach of what [`super::leave_out`] finds for the same numbers, to rounding. Cost: about `2 n d^2` multiply-adds; memory: `2 n`
/// floats. `None` where lengths do not fit together, or where there is no row.
pub fn reach(rows: &SmallRows<'_>, mean: &[f64], covariance: &[f64]) -> Option<Reach> {
    Arch::new().dispatch(Wide { rows, mean, covariance })
}

/// Compiled for every instruction set, the widest one that there is runs.
struct Wide<'a> {
    rows: &'a SmallRows<'a>,
    mean: &'a [f64],
    covariance: &'a [f64],
}

impl WithSimd for Wide<'_> {
    type Output = Option<Reach>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Option<Reach> {
        in_one_pass(self.rows, self.mean, self.covariance)
    }
}

/// Rows that are worked on together, column by column.
const BLOCK: usize = 64;
/// Sums that do not wait for each other.
const LANES: usize = 8;

/// A block of rows: each column's numbers lie together. Rows past the last are zeros.
type Column = [f64; BLOCK];

/// Some rows as floats, with what the pass over them needs.
struct Block {
    x: Vec<Column>,
    /// `H^-1 x`.
    u: Vec<Column>,
    curvature: Column,
    residual: Column,
}

impl Block {
    fn new(d: usize) -> Self {
        let zeros = [0.0; BLOCK];
        Self { x: vec![zeros; d], u: vec![zeros; d], curvature: zeros, residual: zeros }
    }

    /// Takes these rows of a table of small whole numbers.
    #[inline(always)]
    fn load(&mut self, x: &[i8], rows: &[usize]) {
        let d = self.x.len();
        if rows.len() < BLOCK {
            self.x.iter_mut().for_each(|column| column.fill(0.0));
        }
        for (at, &row) in rows.iter().enumerate() {
            for (column, value) in self.x.iter_mut().zip(&x[row * d..(row + 1) * d]) {
                column[at] = f64::from(*value);
            }
        }
    }

    /// x . w of every row.
    #[inline(always)]
    fn inner(&self, w: &[f64]) -> Column {
        let mut out = [0.0; BLOCK];
        for (column, w) in self.x.iter().zip(w) {
            for at in 0..BLOCK {
                out[at] += w * column[at];
            }
        }
        out
    }

    /// Adds `curvature x x'`, the lower triangle, in eight sums that do not wait for each other.
    #[inline(always)]
    fn add_information(&self, information: &mut [[f64; LANES]]) {
        let mut pair = 0;
        for j in 0..self.x.len() {
            let mut scaled = [0.0; BLOCK];
            for at in 0..BLOCK {
                scaled[at] = self.curvature[at] * self.x[j][at];
            }
            for column in &self.x[..=j] {
                let mut sums = information[pair];
                for (a, b) in scaled.chunks_exact(LANES).zip(column.chunks_exact(LANES)) {
                    for lane in 0..LANES {
                        sums[lane] += a[lane] * b[lane];
                    }
                }
                information[pair] = sums;
                pair += 1;
            }
        }
    }

    /// `u = H^-1 x` of every row.
    #[inline(always)]
    fn spread(&mut self, inverse: &[f64]) {
        let d = self.x.len();
        for (u, line) in self.u.iter_mut().zip(inverse.chunks_exact(d)) {
            let mut out = [0.0; BLOCK];
            for (column, factor) in self.x.iter().zip(line) {
                for at in 0..BLOCK {
                    out[at] += factor * column[at];
                }
            }
            *u = out;
        }
    }

    /// x . u of every row.
    #[inline(always)]
    fn levers(&self) -> Column {
        let mut out = [0.0; BLOCK];
        for (x, u) in self.x.iter().zip(&self.u) {
            for at in 0..BLOCK {
                out[at] += x[at] * u[at];
            }
        }
        out
    }
}

/// a . b of whole lanes.
#[inline(always)]
fn inner(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn in_one_pass(rows: &SmallRows<'_>, mean: &[f64], covariance: &[f64]) -> Option<Reach> {
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
    let mut block = Block::new(d);
    let (mut curvature, mut residual) = (vec![0.0; n], vec![0.0; n]);
    let mut sums = vec![[0.0; LANES]; d * (d + 1) / 2];
    let all: Vec<usize> = (0..n).collect();
    for part in all.chunks(BLOCK) {
        block.load(rows.x, part);
        let f = block.inner(mean);
        block.curvature.fill(0.0);
        for (at, &row) in part.iter().enumerate() {
            let weight = rows.weights.map_or(1.0, |weights| weights[row]);
            let p = 1.0 / (1.0 + (-f[at]).exp());
            curvature[row] = weight * p * (1.0 - p);
            residual[row] = weight * (rows.verdicts[row] - p);
            block.curvature[at] = curvature[row];
        }
        block.add_information(&mut sums);
    }
    let mut information = vec![0.0; d * d];
    for j in 0..d {
        for k in 0..=j {
            let sum = sums[j * (j + 1) / 2 + k].iter().sum();
            (information[j * d + k], information[k * d + j]) = (sum, sum);
        }
    }
    let (hessian, _) = super::with_prior(information, covariance, d)?;
    let inverse = spd::inverse(&hessian, d)?;
    let told: Vec<f64> = (0..d).map(|j| inverse[j * d + j]).collect();
    let mut pass = Pass {
        rows,
        curvature: &curvature,
        residual: &residual,
        hessian: &hessian,
        inverse: &inverse,
        block,
        sums: Sums::new(d),
        squares: vec![0.0; d],
        lanes: vec![[[0.0; LANES]; 4]; d],
        clusters: 0,
        kept: Vec::new(),
        left: Vec::new(),
        right: Vec::new(),
        x: Vec::new(),
        u: Vec::new(),
        part: Vec::new(),
        step: Vec::new(),
    };
    let order = by_cluster(rows.clusters);
    // Rows that stand alone by the block, then as many whole clusters as a block holds.
    let (mut alone, mut few) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
    let mut ends: Vec<usize> = Vec::with_capacity(BLOCK);
    for group in order.chunk_by(|&i, &j| rows.clusters[i] == rows.clusters[j]) {
        match group {
            [only] => {
                alone.push(*only);
                if alone.len() == BLOCK {
                    pass.alone(&alone);
                    alone.clear();
                }
            }
            _ if group.len() > BLOCK.min(d) => pass.together(group),
            _ => {
                if few.len() + group.len() > BLOCK {
                    pass.few(&few, &ends);
                    few.clear();
                    ends.clear();
                }
                few.extend_from_slice(group);
                ends.push(few.len());
            }
        }
    }
    pass.alone(&alone);
    pass.few(&few, &ends);
    for (j, lanes) in pass.lanes.iter().enumerate() {
        let [part, part_squared, change, squared] = lanes.map(|lanes| lanes.iter().sum::<f64>());
        pass.sums.parts[j] += part;
        pass.sums.squares[j] += part_squared;
        pass.sums.changes[j] += change;
        pass.squares[j] += squared;
    }
    // Changes are near 0 on average, so that no digits cancel.
    let count = pass.clusters as f64;
    let changes = pass.squares.iter().zip(&pass.sums.changes);
    let spread: Vec<f64> = changes.map(|(all, sum)| all - sum * sum / count).collect();
    Some(pass.sums.reach(pass.clusters, &spread, &told))
}

/// The pass that leaves out one cluster after the other.
struct Pass<'a> {
    rows: &'a SmallRows<'a>,
    curvature: &'a [f64],
    residual: &'a [f64],
    hessian: &'a [f64],
    inverse: &'a [f64],
    block: Block,
    sums: Sums,
    /// Per weight, the sum of squared changes.
    squares: Vec<f64>,
    /// Per weight, the same sums of rows that stand alone, in lanes that do not wait for each other: of parts and their squares, of changes and
    /// their squares.
    lanes: Vec<[[f64; LANES]; 4]>,
    clusters: usize,
    /// Of the cluster at hand: rows that weigh something, and their equations.
    kept: Vec<usize>,
    left: Vec<f64>,
    right: Vec<f64>,
    /// Rows of a block line by line, and what the cluster at hand says of each weight.
    x: Vec<f64>,
    u: Vec<f64>,
    part: Vec<f64>,
    step: Vec<f64>,
}

impl Pass<'_> {
    /// Loads at most a block of rows, with what is known of them.
    #[inline(always)]
    fn load(&mut self, part: &[usize]) {
        self.block.load(self.rows.x, part);
        self.block.curvature.fill(0.0);
        self.block.residual.fill(0.0);
        for (at, &row) in part.iter().enumerate() {
            self.block.curvature[at] = self.curvature[row];
            self.block.residual[at] = self.residual[row];
        }
        self.block.spread(self.inverse);
    }

    /// Rows that are a cluster each: their step in closed form, `u r / (1 - c x u)` with `u = H^-1 x`.
    #[inline(always)]
    fn alone(&mut self, part: &[usize]) {
        self.load(part);
        self.clusters += part.len();
        let block = &self.block;
        let lever = block.levers();
        let mut step = [0.0; BLOCK];
        for at in 0..BLOCK {
            step[at] = -block.residual[at] / (1.0 - block.curvature[at] * lever[at]).max(1e-12);
        }
        for (u, sums) in block.u.iter().zip(&mut self.lanes) {
            let mut own = *sums;
            for from in (0..BLOCK).step_by(LANES) {
                for lane in 0..LANES {
                    let (c, u, step) = (block.curvature[from + lane], u[from + lane], step[from + lane]);
                    let (part, change) = (c * u * u, step * u);
                    own[0][lane] += part;
                    own[1][lane] += part * part;
                    own[2][lane] += change;
                    own[3][lane] += change * change;
                }
            }
            *sums = own;
        }
    }

    /// Several clusters of few rows, each up to its end, by Woodbury; see [`by_rows`].
    #[inline(always)]
    fn few(&mut self, part: &[usize], ends: &[usize]) {
        self.load(part);
        self.clusters += ends.len();
        // Row by row, filled up to whole lanes with zeros.
        let d = self.block.x.len();
        let width = d.next_multiple_of(LANES);
        let lines = [(&mut self.x, &self.block.x), (&mut self.u, &self.block.u)];
        for (rows, columns) in lines {
            rows.resize(BLOCK * width, 0.0);
            for (j, column) in columns.iter().enumerate() {
                for at in 0..part.len() {
                    rows[at * width + j] = column[at];
                }
            }
        }
        let mut start = 0;
        for &end in ends {
            self.cluster(start, end, width);
            start = end;
        }
    }

    /// One cluster of the rows that lie in lines.
    #[inline(always)]
    fn cluster(&mut self, start: usize, end: usize, width: usize) {
        let line = |at: usize| at * width..(at + 1) * width;
        // Rows that weigh nothing change nothing.
        self.kept.clear();
        self.kept.extend((start..end).filter(|&at| self.block.curvature[at] > 0.0));
        let m = self.kept.len();
        self.left.clear();
        self.left.resize(m * m, 0.0);
        self.right.clear();
        self.right.resize(m, 0.0);
        for (a, &i) in self.kept.iter().enumerate() {
            for (b, &k) in self.kept.iter().enumerate().take(a + 1) {
                let inner = inner(&self.x[line(i)], &self.u[line(k)]);
                self.left[a * m + b] = -inner;
                self.right[a] += inner * self.block.residual[k];
                if b < a {
                    self.right[b] += inner * self.block.residual[i];
                }
            }
            self.left[a * m + a] += 1.0 / self.block.curvature[i];
        }
        // Where a cluster holds nearly all there is, nothing but the prior is left: the step from the whole.
        if !spd::solve_in_place(&mut self.left, &mut self.right, m) {
            self.right.fill(0.0);
        }
        self.part.clear();
        self.part.resize(width, 0.0);
        self.step.clear();
        self.step.resize(width, 0.0);
        let mut solved = self.right.iter();
        for at in start..end {
            let c = self.block.curvature[at];
            let z = if c > 0.0 { solved.next().copied().unwrap_or(0.0) } else { 0.0 };
            let factor = self.block.residual[at] + z;
            let sums = self.part.iter_mut().zip(&mut self.step);
            for ((part, step), u) in sums.zip(&self.u[line(at)]) {
                *part += c * u * u;
                *step += factor * u;
            }
        }
        let all = self.sums.parts.iter_mut().zip(&mut self.sums.squares).zip(&mut self.sums.changes);
        let found = self.part.iter().zip(&self.step);
        for ((((parts, squares), changes), squared), (part, step)) in all.zip(&mut self.squares).zip(found) {
            *parts += part;
            *squares += part * part;
            *changes -= step;
            *squared += step * step;
        }
    }

    /// Rows that are one cluster, of any number.
    fn together(&mut self, group: &[usize]) {
        let d = self.inverse.len().isqrt();
        self.clusters += 1;
        let mut spread: Vec<Vec<f64>> = Vec::with_capacity(group.len());
        let mut part = vec![0.0; d];
        for some in group.chunks(BLOCK) {
            self.load(some);
            for at in 0..some.len() {
                let u: Vec<f64> = self.block.u.iter().map(|column| column[at]).collect();
                part.iter_mut().zip(&u).for_each(|(part, u)| *part += self.block.curvature[at] * u * u);
                spread.push(u);
            }
        }
        let x = self.rows.x;
        let own: Vec<f64> =
            group.iter().flat_map(|&i| x[i * d..(i + 1) * d].iter().map(|x| f64::from(*x))).collect();
        let numbers: Vec<usize> = (0..group.len()).collect();
        let of = |values: &[f64]| group.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let (curvature, residual) = (of(self.curvature), of(self.residual));
        let row = |i: usize| &own[i * d..(i + 1) * d];
        let step = if group.len() <= d {
            by_rows(&numbers, &spread, &row, &curvature, &residual)
        } else {
            by_matrix(&numbers, self.hessian, &row, &curvature, &residual, d)
        };
        let step = step.unwrap_or_else(|| combination(&numbers, &spread, &residual, d));
        for (j, (step, part)) in step.iter().zip(&part).enumerate() {
            self.sums.add(j, *part, -step);
            self.squares[j] += step * step;
        }
    }
}

/// Per weight, over clusters: sums of their parts in the variance, of these parts' squares, and of what leaving them out changes.
pub(super) struct Sums {
    parts: Vec<f64>,
    squares: Vec<f64>,
    changes: Vec<f64>,
}

impl Sums {
    pub(super) fn new(d: usize) -> Self {
        Self { parts: vec![0.0; d], squares: vec![0.0; d], changes: vec![0.0; d] }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, weight: usize, part: f64, change: f64) {
        self.parts[weight] += part;
        self.squares[weight] += part * part;
        self.changes[weight] += change;
    }

    /// How sure each weight is; `told` is the diagonal of `H^-1`.
    pub(super) fn finish(&self, changes: &[f64], told: &[f64]) -> Reach {
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
        self.reach(changes.len() / d.max(1), &spread, told)
    }

    /// How sure each weight is; `spread` is the sum of squared changes around their mean, over so many clusters.
    fn reach(&self, clusters: usize, spread: &[f64], told: &[f64]) -> Reach {
        let (d, count) = (told.len(), clusters as f64);
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
                // No cluster says anything: there is only the prior, which knows of no clusters.
                if squares > 0.0 { (sum * sum / squares).max(1.0) } else { f64::INFINITY }
            })
            .collect();
        Reach { clusters, effective, variance }
    }
}

impl Reach {
    /// Joins a second way of clustering, such as annotators beside prompts, whose common cells were left out too.
    ///
    /// The variance is that of the first way and what the second adds to their cells, `V_1 + max(V_2 - V_12, 0)`, and no less than
    /// `V_2` (after Cameron, Gelbach & Miller 2011, whose sum can be less than either way's own); effective clusters are
    /// those of the way that has fewer. Returns what was added to each variance.
    pub fn join(&mut self, second: &Self, cells: &Self) -> Vec<f64> {
        let mut all_added = vec![0.0; self.variance.len()];
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
                all_added[j] = added;
            }
        }
        all_added
    }

    /// A weight's posterior with this uncertainty: the model's mean, the larger of the two standard deviations, and quantiles by
    /// Student's t with one degree of freedom less than effective clusters, at least 1. Never narrower than the model's.
    pub fn widened(&self, j: usize, marginal: &Marginal) -> Option<Marginal> {
        let (variance, effective) = (self.variance.get(j)?, self.effective.get(j)?);
        if effective.is_infinite() {
            return Some(*marginal);
        }
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
