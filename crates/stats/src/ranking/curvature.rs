//! Minus the second derivatives of the log-likelihood: as a matrix while that is small, else by what it does to vectors.

use super::model::Model;
use crate::spd;

/// Up to this many unknowns the matrix is written out and inverted; beyond, its products with vectors take a millisecond and the matrix
/// seconds.
const MOST_DENSE: usize = 400;
/// Rounds of conjugate gradients at most: well joined votes need some twenty.
const ROUNDS: usize = 2000;

/// Whether the matrix is written out.
pub(super) fn is_small(model: &Model<'_>) -> bool {
    model.width() <= MOST_DENSE
}

/// The curvature at one place.
pub(super) struct Curvature<'a> {
    model: &'a Model<'a>,
    /// Of each cell; see [`Look`](super::model::Look).
    of_cell: Vec<[f64; 3]>,
}

impl<'a> Curvature<'a> {
    pub(super) fn of(model: &'a Model<'a>, of_cell: Vec<[f64; 3]>) -> Self {
        Self { model, of_cell }
    }

    pub(super) fn is_small(&self) -> bool {
        is_small(self.model)
    }

    /// The matrix, row by row.
    pub(super) fn dense(&self) -> Vec<f64> {
        let (width, competitors) = (self.model.width(), self.model.competitors);
        let mut out = vec![0.0; width * width];
        for i in 0..competitors {
            out[i * width..i * width + competitors].fill(1.0);
            out[i * width + i] += self.model.prior;
        }
        if self.model.has_tie() == 0 {
            self.add_differences(&mut out);
            return out;
        }
        for (cell, &of) in self.model.cells.iter().zip(&self.of_cell) {
            add_outer(self.model, cell, of, &mut out);
        }
        out
    }

    /// Adds what all cells say where there is no tie parameter: what is twice in a symmetric matrix once, and its diagonal apart.
    fn add_differences(&self, out: &mut [f64]) {
        let (width, competitors) = (self.model.width(), self.model.competitors);
        let mut diagonal = vec![0.0; competitors];
        let mut below = vec![0.0; width * width];
        for (cell, &[dd, ..]) in self.model.cells.iter().zip(&self.of_cell) {
            diagonal[cell.a] += dd;
            diagonal[cell.b] += dd;
            below[cell.a.max(cell.b) * width + cell.a.min(cell.b)] -= dd;
            for (i, &x) in cell.x.iter().enumerate() {
                let row = &mut below[(competitors + i) * width..][..width];
                let slope = dd * x;
                row[cell.a] += slope;
                row[cell.b] -= slope;
                for (slot, y) in row[competitors..].iter_mut().zip(&cell.x[..=i]) {
                    *slot += slope * y;
                }
            }
        }
        for (i, own) in diagonal.into_iter().enumerate() {
            below[i * width + i] += own;
        }
        for i in 0..width {
            for j in 0..=i {
                out[i * width + j] += below[i * width + j];
                if i != j {
                    out[j * width + i] += below[i * width + j];
                }
            }
        }
    }

    /// Its diagonal.
    pub(super) fn diagonal(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.model.width()];
        out[..self.model.competitors].fill(1.0 + self.model.prior);
        for (cell, &[dd, _, tt]) in self.model.cells.iter().zip(&self.of_cell) {
            for (i, x) in self.model.direction(cell) {
                out[i] += dd * x * x;
            }
            if self.model.has_tie() == 1 {
                out[self.model.competitors] += tt;
            }
        }
        out
    }

    /// What the votes alone say of each score, by the diagonal: without prior and centre.
    pub(super) fn information(&self, diagonal: &[f64]) -> Vec<f64> {
        let own = 1.0 + self.model.prior;
        diagonal[..self.model.competitors].iter().map(|entry| entry - own).collect()
    }

    /// The product with several vectors at once.
    fn times<const L: usize>(&self, v: &[[f64; L]], out: &mut [[f64; L]]) {
        let competitors = self.model.competitors;
        let mut sum = [0.0; L];
        for row in &v[..competitors] {
            sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        for row in &mut out[competitors..] {
            row.fill(0.0);
        }
        for (row, x) in out[..competitors].iter_mut().zip(v) {
            for ((out, x), sum) in row.iter_mut().zip(x).zip(&sum) {
                *out = self.model.prior * x + sum;
            }
        }
        let plain = self.model.width() == competitors;
        for (cell, &[dd, dt, tt]) in self.model.cells.iter().zip(&self.of_cell) {
            if plain {
                let (a, b) = (v[cell.a], v[cell.b]);
                let pull: [f64; L] = std::array::from_fn(|l| dd * (a[l] - b[l]));
                out[cell.a].iter_mut().zip(&pull).for_each(|(out, pull)| *out += pull);
                out[cell.b].iter_mut().zip(&pull).for_each(|(out, pull)| *out -= pull);
                continue;
            }
            let mut along = [0.0; L];
            for (i, x) in self.model.direction(cell) {
                along.iter_mut().zip(&v[i]).for_each(|(along, v)| *along += x * v);
            }
            let tie = if self.model.has_tie() == 1 { v[competitors] } else { [0.0; L] };
            for (i, x) in self.model.direction(cell) {
                for ((out, along), tie) in out[i].iter_mut().zip(&along).zip(&tie) {
                    *out += x * (dd * along + dt * tie);
                }
            }
            if self.model.has_tie() == 1 {
                for ((out, along), tie) in out[competitors].iter_mut().zip(&along).zip(&tie) {
                    *out += dt * along + tt * tie;
                }
            }
        }
    }

    /// The vectors that this curvature turns into `right`, by conjugate gradients from 0, until each is accurate to `tolerance` of its
    /// length. `None` if it does not converge, as with collinear controls.
    pub(super) fn solve<const L: usize>(&self, right: &[[f64; L]], tolerance: f64) -> Option<Vec<[f64; L]>> {
        let scale: Vec<f64> = self.diagonal().iter().map(|d| 1.0 / d.max(1e-12)).collect();
        let dot = |a: &[[f64; L]], b: &[[f64; L]]| {
            let mut sum = [0.0; L];
            for (a, b) in a.iter().zip(b) {
                (0..L).for_each(|l| sum[l] += a[l] * b[l]);
            }
            sum
        };
        let scaled = |rest: &[[f64; L]]| -> Vec<[f64; L]> {
            rest.iter().zip(&scale).map(|(row, scale)| row.map(|x| scale * x)).collect()
        };
        let mut found = vec![[0.0; L]; right.len()];
        let mut rest = right.to_vec();
        let mut direction = scaled(&rest);
        let mut energy = dot(&rest, &direction);
        let wanted = energy.map(|energy| energy * tolerance * tolerance);
        let mut turned = vec![[0.0; L]; right.len()];
        for _ in 0..ROUNDS {
            // Lanes that are done stay where they are.
            let open: [bool; L] = std::array::from_fn(|l| energy[l] > wanted[l]);
            if !open.contains(&true) {
                return Some(found);
            }
            self.times(&direction, &mut turned);
            let along = dot(&direction, &turned);
            let step: [f64; L] =
                std::array::from_fn(|l| if open[l] && along[l] > 0.0 { energy[l] / along[l] } else { 0.0 });
            for (((found, rest), direction), turned) in
                found.iter_mut().zip(&mut rest).zip(&direction).zip(&turned)
            {
                for l in 0..L {
                    found[l] += step[l] * direction[l];
                    rest[l] -= step[l] * turned[l];
                }
            }
            let next = scaled(&rest);
            let after = dot(&rest, &next);
            for (direction, next) in direction.iter_mut().zip(&next) {
                for l in 0..L {
                    let share = if energy[l] > 0.0 { after[l] / energy[l] } else { 0.0 };
                    direction[l] = next[l] + share * direction[l];
                }
            }
            energy = after;
        }
        None
    }

    /// The step that this curvature makes of a slope.
    pub(super) fn step(&self, slope: &[f64]) -> Option<Vec<f64>> {
        if self.is_small() {
            return spd::solve(&self.dense(), slope, slope.len());
        }
        let right: Vec<[f64; 1]> = slope.iter().map(|x| [*x]).collect();
        Some(self.solve(&right, 1e-8)?.into_iter().map(|[x]| x).collect())
    }
}

/// Adds `dd e e' + dt (e t' + t e') + tt t t'`, with e the direction of the cell's difference.
pub(super) fn add_outer(
    model: &Model<'_>,
    cell: &super::cells::Cell<'_>,
    [dd, dt, tt]: [f64; 3],
    out: &mut [f64],
) {
    let width = model.width();
    let all = || model.direction(cell);
    for (i, x) in all() {
        for (j, y) in all() {
            out[i * width + j] += dd * x * y;
        }
    }
    if model.has_tie() == 1 {
        let tie = model.competitors;
        for (i, x) in all() {
            out[i * width + tie] += dt * x;
            out[tie * width + i] += dt * x;
        }
        out[tie * width + tie] += tt;
    }
}
