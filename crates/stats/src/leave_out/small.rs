//! The same over rows of small whole numbers, if what each cluster changes is not needed: one pass, without keeping anything of them.

use super::reach::{Reach, Sums};
use super::steps::{by_cluster, by_matrix, by_rows, combination, fit_together, with_prior};
use crate::logistic::sigmoid;
use crate::spd;
use crate::wide::{Work, wide};

/// Rows of small whole numbers, as [`crate::Regression::of_small`] takes them, with the cluster that each belongs to.
#[derive(Debug, Clone, Copy)]
pub struct SmallRows<'a> {
    /// Row-major, `n` rows of `d` columns.
    pub x: &'a [i8],
    /// Verdicts in 0..=1.
    pub verdicts: &'a [f64],
    /// Row weights; all 1 if `None`.
    pub weights: Option<&'a [f64]>,
    /// Which rows belong together.
    pub clusters: &'a [u64],
}

/// The reach that [`super::leave_out`] finds for the same numbers, up to rounding. Cost: about `2 n d^2` multiply-adds; memory: three
/// numbers a row. `None` if lengths do not match, or if there is no row.
pub fn reach(rows: &SmallRows<'_>, mean: &[f64], covariance: &[f64]) -> Option<Reach> {
    wide(Whole { rows, mean, covariance })
}

struct Whole<'a> {
    rows: &'a SmallRows<'a>,
    mean: &'a [f64],
    covariance: &'a [f64],
}

impl Work for Whole<'_> {
    type Output = Option<Reach>;

    #[inline(always)]
    fn run(self) -> Option<Reach> {
        in_one_pass(self.rows, self.mean, self.covariance)
    }
}

/// Rows that are worked on together, column by column.
const BLOCK: usize = 64;
/// Sums that do not wait for each other.
const LANES: usize = 8;

/// A block of rows: each column's numbers are contiguous. Rows past the last are zeros.
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
    fn load(&mut self, x: &[i8], rows: impl ExactSizeIterator<Item = usize>) {
        let d = self.x.len();
        if rows.len() < BLOCK {
            self.x.iter_mut().for_each(|column| column.fill(0.0));
        }
        for (at, row) in rows.enumerate() {
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
    let d = mean.len();
    fit_together((rows.x.len(), rows.verdicts, rows.weights, rows.clusters), d, covariance.len())?;
    let bend = bend(rows, mean);
    let (hessian, _) = with_prior(bend.information, covariance, d)?;
    let inverse = spd::inverse(&hessian, d)?;
    let told: Vec<f64> = (0..d).map(|j| inverse[j * d + j]).collect();
    let mut pass = Pass {
        rows,
        curvature: &bend.curvature,
        residual: &bend.residual,
        hessian: &hessian,
        inverse: &inverse,
        block: Block::new(d),
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
    pass.all(&by_cluster(rows.clusters));
    // Changes are near 0 on average, so that there is no cancellation.
    let count = pass.clusters as f64;
    let changes = pass.squares.iter().zip(pass.sums.changes());
    let spread: Vec<f64> = changes.map(|(all, sum)| all - sum * sum / count).collect();
    Some(pass.sums.reach(pass.clusters, &spread, &told))
}

/// How the log likelihood bends at the fit.
struct Bend {
    /// Per row: `weight p (1 - p)` and `weight (y - p)`.
    curvature: Vec<f64>,
    residual: Vec<f64>,
    /// Sum of `curvature x x'`, row-major.
    information: Vec<f64>,
}

#[inline(always)]
fn bend(rows: &SmallRows<'_>, mean: &[f64]) -> Bend {
    let (n, d) = (rows.verdicts.len(), mean.len());
    let mut block = Block::new(d);
    let (mut curvature, mut residual) = (vec![0.0; n], vec![0.0; n]);
    let mut sums = vec![[0.0; LANES]; d * (d + 1) / 2];
    for from in (0..n).step_by(BLOCK) {
        let part = from..n.min(from + BLOCK);
        block.load(rows.x, part.clone());
        let f = block.inner(mean);
        block.curvature.fill(0.0);
        for (at, row) in part.enumerate() {
            let weight = rows.weights.map_or(1.0, |weights| weights[row]);
            let p = sigmoid(f[at]);
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
    Bend { curvature, residual, information }
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
    /// Per weight, the same sums of single-row clusters, in lanes that do not wait for each other: of parts and their squares, of changes
    /// and their squares.
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
    /// All rows, in the order of their clusters: single-row clusters block by block, then as many whole clusters as fit into a block.
    #[inline(always)]
    fn all(&mut self, order: &[usize]) {
        let (mut alone, mut few) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
        let mut ends: Vec<usize> = Vec::with_capacity(BLOCK);
        let most = BLOCK.min(self.squares.len());
        let clusters = self.rows.clusters;
        for group in order.chunk_by(|&i, &j| clusters[i] == clusters[j]) {
            match group {
                [only] => {
                    alone.push(*only);
                    if alone.len() == BLOCK {
                        self.alone(&alone);
                        alone.clear();
                    }
                }
                _ if group.len() > most => self.together(group),
                _ => {
                    if few.len() + group.len() > BLOCK {
                        self.few(&few, &ends);
                        few.clear();
                        ends.clear();
                    }
                    few.extend_from_slice(group);
                    ends.push(few.len());
                }
            }
        }
        self.alone(&alone);
        self.few(&few, &ends);
        for (j, lanes) in self.lanes.iter().enumerate() {
            let [part, part_squared, change, squared] = lanes.map(|lanes| lanes.iter().sum::<f64>());
            self.sums.add_many(j, [part, part_squared, change]);
            self.squares[j] += squared;
        }
    }

    /// Loads at most a block of rows, with what is known of them.
    #[inline(always)]
    fn load(&mut self, part: &[usize]) {
        self.block.load(self.rows.x, part.iter().copied());
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

    /// One cluster of the rows in `lines`.
    #[inline(always)]
    fn cluster(&mut self, start: usize, end: usize, width: usize) {
        let line = |at: usize| at * width..(at + 1) * width;
        // Rows of weight 0 change nothing.
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
        // If a cluster contains nearly all rows, only the prior is left: the step from the whole.
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
        for (j, squared) in self.squares.iter_mut().enumerate() {
            self.sums.add(j, self.part[j], -self.step[j]);
            *squared += self.step[j] * self.step[j];
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
