//! Products of a few rows with a matrix that is read once, row after row: what a decoder computes token by token is bound by memory.
//!
//! Each number is summed in a fixed order, whatever the other rows: a row's product is the same alone and among others.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined is not compiled for the wider instruction sets"
)]

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

/// Rows of `width` numbers, `stride` apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    data: &'a [f32],
    stride: usize,
    width: usize,
}

impl<'a> Rows<'a> {
    /// Rows that fill their slice.
    pub(super) fn of(data: &'a [f32], width: usize) -> Self {
        Self { data, stride: width, width }
    }

    /// Rows that are part of wider ones.
    pub(super) fn strided(data: &'a [f32], stride: usize, width: usize) -> Self {
        Self { data, stride, width }
    }

    fn row(&self, number: usize) -> &'a [f32] {
        &self.data[number * self.stride..][..self.width]
    }
}

/// `x w^T`, `[rows of x, rows of w]`.
pub(super) fn product(w: &[f32], x: &[f32], width: usize, threads: usize) -> Vec<f32> {
    let (outs, count) = (w.len() / width, x.len() / width);
    let mut turned = vec![0.0; outs * count];
    let x = Rows::of(x, width);
    if threads > 1 {
        // A few parts per thread, so that no thread waits long for another.
        let part = outs.div_ceil(threads * 4).next_multiple_of(4);
        let parts = turned.par_chunks_mut(part * count).zip(w.par_chunks(part * width));
        parts.for_each(|(out, w)| dots(out, Rows::of(w, width), x));
    } else {
        dots(&mut turned, Rows::of(w, width), x);
    }
    if count == 1 {
        return turned;
    }
    let mut out = vec![0.0; outs * count];
    for (at, of_row) in turned.chunks(count).enumerate() {
        for (row, value) in of_row.iter().enumerate() {
            out[row * outs + at] = *value;
        }
    }
    out
}

/// Dot products of every row of `w` with every row of `x`: `[rows of w, rows of x]`, as many as there is room for.
///
/// The number of rows of `x` is that which fills its slice.
pub(super) fn dots(out: &mut [f32], w: Rows<'_>, x: Rows<'_>) {
    let count = (x.data.len() + x.stride - x.width) / x.stride;
    if count > 0 {
        Arch::new().dispatch(Dots { out, w, x, count });
    }
}

struct Dots<'a> {
    out: &'a mut [f32],
    w: Rows<'a>,
    x: Rows<'a>,
    count: usize,
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { out, w, x, count } = self;
        let (fours, rest) = out.split_at_mut(out.len() / (4 * count) * 4 * count);
        for (at, out) in fours.chunks_mut(4 * count).enumerate() {
            let w = [0, 1, 2, 3].map(|row| w.row(4 * at + row));
            rows_together(simd, out, w, x);
        }
        let done = fours.len() / count;
        for (at, out) in rest.chunks_mut(count).enumerate() {
            rows_together(simd, out, [w.row(done + at)], x);
        }
    }
}

/// A few rows of the matrix with all rows of `x`, two at a time: more would need more registers than most processors have.
#[inline(always)]
fn rows_together<S: Simd, const R: usize>(simd: S, out: &mut [f32], w: [&[f32]; R], x: Rows<'_>) {
    let count = out.len() / R;
    let mut at = 0;
    while at + 2 <= count {
        put(out, at, tile(simd, w, [x.row(at), x.row(at + 1)]));
        at += 2;
    }
    if at < count {
        put(out, at, tile(simd, w, [x.row(at)]));
    }
}

/// Writes a tile's numbers from column `at` on.
#[inline(always)]
fn put<const R: usize, const B: usize>(out: &mut [f32], at: usize, tile: [[f32; B]; R]) {
    let count = out.len() / R;
    for (row, sums) in out.chunks_mut(count).zip(tile) {
        row[at..at + B].copy_from_slice(&sums);
    }
}

#[inline(always)]
fn tile<S: Simd, const R: usize, const B: usize>(simd: S, w: [&[f32]; R], x: [&[f32]; B]) -> [[f32; B]; R] {
    let (w, x) = (w.map(S::as_simd_f32s), x.map(S::as_simd_f32s));
    let count = w[0].0.len();
    let (heads_w, heads_x) = (w.map(|row| &row.0[..count]), x.map(|row| &row.0[..count]));
    let mut sums = [[simd.splat_f32s(0.0); B]; R];
    for at in 0..count {
        for (sums, w) in sums.iter_mut().zip(&heads_w) {
            for (sum, x) in sums.iter_mut().zip(&heads_x) {
                *sum = simd.mul_add_e_f32s(w[at], x[at], *sum);
            }
        }
    }
    if !w[0].1.is_empty() {
        for (sums, w) in sums.iter_mut().zip(&w) {
            for (sum, x) in sums.iter_mut().zip(&x) {
                let (w, x) = (simd.partial_load_f32s(w.1), simd.partial_load_f32s(x.1));
                *sum = simd.mul_add_e_f32s(w, x, *sum);
            }
        }
    }
    sums.map(|sums| sums.map(|sum| simd.reduce_sum_f32s(sum)))
}

/// Adds to each row of `out`, `[groups, width]`, the rows of `values` times its weights, `[rows of values, groups]`.
pub(super) fn mix(out: &mut [f32], weights: &[f32], values: Rows<'_>) {
    Arch::new().dispatch(Mix { out, weights, values });
}

struct Mix<'a> {
    out: &'a mut [f32],
    weights: &'a [f32],
    values: Rows<'a>,
}

impl WithSimd for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let width = self.values.width;
        let groups = self.out.len() / width;
        for (at, weights) in self.weights.chunks(groups).enumerate() {
            let (value, value_rest) = S::as_simd_f32s(self.values.row(at));
            for (out, weight) in self.out.chunks_mut(width).zip(weights) {
                let (out, out_rest) = S::as_mut_simd_f32s(out);
                let wide = simd.splat_f32s(*weight);
                for (out, value) in out.iter_mut().zip(value) {
                    *out = simd.mul_add_e_f32s(wide, *value, *out);
                }
                for (out, value) in out_rest.iter_mut().zip(value_rest) {
                    *out += weight * value;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn drawn(count: usize, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..count).map(|_| random.unit() as f32 - 0.5).collect()
    }

    #[test]
    fn products_are_those_of_a_plain_loop_and_of_each_row_alone() {
        for (outs, width, count) in [(1, 1, 1), (7, 5, 3), (64, 48, 1), (33, 67, 4), (10, 16, 5)] {
            let (w, x) = (drawn(outs * width, 1), drawn(count * width, 2));
            let found = product(&w, &x, width, 2);
            for (row, x) in x.chunks(width).enumerate() {
                assert_eq!(product(&w, x, width, 1), found[row * outs..(row + 1) * outs]);
                for (w, found) in w.chunks(width).zip(&found[row * outs..]) {
                    let plain: f32 = w.iter().zip(x).map(|(w, x)| w * x).sum();
                    assert!((plain - found).abs() < 1e-5, "{plain} {found}");
                }
            }
        }
    }

    #[test]
    fn mixing_is_that_of_a_plain_loop() {
        let (width, stride, groups, rows) = (19, 40, 3, 6);
        let (values, weights) = (drawn(rows * stride, 3), drawn(rows * groups, 4));
        let mut out = vec![1.0; groups * width];
        mix(&mut out, &weights, Rows::strided(&values[2..], stride, width));
        for (at, found) in out.iter().enumerate() {
            let (group, column) = (at / width, at % width);
            let plain: f32 =
                (0..rows).map(|row| weights[row * groups + group] * values[2 + row * stride + column]).sum();
            assert!((1.0 + plain - found).abs() < 1e-5);
        }
    }
}
