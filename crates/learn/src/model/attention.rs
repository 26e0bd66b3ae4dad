//! Attention of the rows of a tree: a row sees what precedes it in its own sequence. Forward keeps one number a row and head; backward
//! computes the probabilities again from it, so that no matrix of rows by rows is ever kept.
#![allow(clippy::inline_always, reason = "what a vectorised loop calls must be inlined into it")]

use rayon::prelude::*;

use super::buffer::{Buffer, Spare};
use super::linear::With;
use super::maths::{Out, View, product};
use super::tree::{Run, Tree};
use super::vector::{add, exp, exps, largest, scale, sum, widest};

/// Rows whose scores are computed together.
const BLOCK: usize = 64;

/// The shape of attention in one layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) scale: f32,
    /// Positions that a row sees back, itself among them.
    pub(crate) window: Option<usize>,
}

/// Queries, keys and values, `[rows, heads * head_dim]` each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Qkv<'a> {
    pub(crate) q: &'a [f32],
    pub(crate) k: &'a [f32],
    pub(crate) v: &'a [f32],
}

/// One head's part of a matrix of all heads.
fn head(data: &[f32], heads: usize, dim: usize, number: usize) -> &[f32] {
    let start = number * dim;
    if data.len() < heads * dim { &[] } else { &data[start..] }
}

struct Head<'a> {
    shape: Shape,
    tree: &'a Tree,
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
}

/// Rows of one run, with the keys that they may see.
struct Block<'a> {
    run: &'a Run,
    from: usize,
    to: usize,
}

impl Block<'_> {
    fn rows(&self) -> usize {
        self.to - self.from
    }

    /// Keys before the run, and of the run up to the last row.
    fn keys(&self) -> (usize, usize) {
        (self.run.before.len(), self.to - self.run.rows.start)
    }

    /// How many of the keys come before a row of the block, or with it.
    fn seen(&self, number: usize) -> usize {
        self.run.before.len() + self.from + number + 1 - self.run.rows.start
    }
}

/// Scores become probabilities; returns `ln sum exp` of them.
#[inline(always)]
fn softmax(row: &mut [f32]) -> f32 {
    let most = largest(row);
    let (total, _) = exps((row, most));
    scale((row, 1.0 / total));
    most + total.ln()
}

/// Scores become probabilities, and the gradient of these that of the scores before they were scaled.
#[inline(always)]
fn softmax_back((p, dp, (log, dot, scale)): (&mut [f32], &mut [f32], (f32, f32, f32))) {
    for (p, dp) in p.iter_mut().zip(dp) {
        // What is not seen has no probability, whatever the smallest value of `exp` is.
        *p = if *p == f32::NEG_INFINITY { 0.0 } else { exp(*p - log) };
        *dp = *p * (*dp - dot) * scale;
    }
}

#[inline(always)]
fn dot((a, b): (&[f32], &[f32])) -> f32 {
    sum([a, b], |[a, b]| a * b)
}

fn blocks(tree: &Tree) -> impl Iterator<Item = Block<'_>> {
    tree.runs.iter().flat_map(|run| {
        run.rows.clone().step_by(BLOCK).map(|from| Block { run, from, to: (from + BLOCK).min(run.rows.end) })
    })
}

impl<'a> Head<'a> {
    fn of(shape: Shape, tree: &'a Tree, qkv: Qkv<'a>, number: usize) -> Self {
        let dim = shape.head_dim;
        let shared = number / (shape.heads / shape.kv_heads);
        Self {
            shape,
            tree,
            q: head(qkv.q, shape.heads, dim, number),
            k: head(qkv.k, shape.kv_heads, dim, shared),
            v: head(qkv.v, shape.kv_heads, dim, shared),
        }
    }

    fn queries(&self, block: &Block<'_>) -> View<'a> {
        let stride = self.shape.heads * self.shape.head_dim;
        View::strided(&self.q[block.from * stride..], stride, block.rows(), self.shape.head_dim)
    }

    /// Rows `from..from + count` of keys or values.
    fn shared(&self, data: &'a [f32], from: usize, count: usize) -> View<'a> {
        let stride = self.shape.kv_heads * self.shape.head_dim;
        if count == 0 {
            return View::of(&[], 0, self.shape.head_dim);
        }
        View::strided(&data[from * stride..], stride, count, self.shape.head_dim)
    }

    /// `scale x K^T` or `scale x V^T` for all keys of a block.
    fn against(&self, out: &mut [f32], (x, scale): (View<'_>, f32), data: &'a [f32], block: &Block<'_>) {
        let (before, own) = block.keys();
        let width = before + own;
        product(Out::new(out, width), x, self.shared(data, block.run.before.start, before).t(), scale, 1);
        let own = self.shared(data, block.run.rows.start, own).t();
        product(Out::new(&mut out[before..], width), x, own, scale, 1);
    }

    /// Scores of a block, scaled; what is outside the window is minus infinity, later positions must not be read.
    fn scores(&self, out: &mut [f32], block: &Block<'_>) {
        self.against(out, (self.queries(block), self.shape.scale), self.k, block);
        let Some(window) = self.shape.window else { return };
        let (before, own) = block.keys();
        for (number, row) in out.chunks_mut(before + own).enumerate() {
            let position = self.tree.positions[block.from + number] as usize;
            let keys = block.run.before.clone().chain(block.run.rows.clone());
            for (score, key) in row.iter_mut().zip(keys) {
                if self.tree.positions[key] as usize + window <= position {
                    *score = f32::NEG_INFINITY;
                }
            }
        }
    }

    /// The output of the head, `[rows, head_dim]`, and `ln sum exp` of each row's scores.
    fn forward(&self, spare: &Spare) -> (Buffer, Buffer) {
        let (rows, dim) = (self.tree.len(), self.shape.head_dim);
        let (mut out, mut sums) = (spare.take(rows * dim), spare.take(rows));
        for block in blocks(self.tree) {
            let (before, own) = block.keys();
            let width = before + own;
            let mut scores = spare.take(block.rows() * width);
            self.scores(&mut scores, &block);
            let sums = &mut sums[block.from..block.to];
            for ((number, row), sum) in scores.chunks_mut(width).enumerate().zip(sums) {
                let (seen, later) = row.split_at_mut(block.seen(number));
                *sum = widest(seen, softmax);
                later.fill(0.0);
            }
            let out = &mut out[block.from * dim..block.to * dim];
            let p = |from: usize, count| View::strided(&scores[from..], width, block.rows(), count);
            let own_values = self.shared(self.v, block.run.rows.start, own);
            product(Out::new(out, dim), p(before, own), own_values, 1.0, 1);
            if before > 0 {
                let values = self.shared(self.v, block.run.before.start, before);
                product(Out::adding(out, dim), p(0, before), values, 1.0, 1);
            }
        }
        (out, sums)
    }

    /// Gradients of the head's queries, and of the keys and values that it shares.
    fn backward(&self, seen: Output<'_>, spare: &Spare) -> [Buffer; 3] {
        let (rows, dim) = (self.tree.len(), self.shape.head_dim);
        let mut dq = spare.take(rows * dim);
        let [mut dk, mut dv] = [(); 2].map(|()| spare.zeros(rows * dim));
        let stride = self.shape.heads * dim;
        for block in blocks(self.tree) {
            let (before, own) = block.keys();
            let width = before + own;
            let [mut p, mut dp] = [(); 2].map(|()| spare.take(block.rows() * width));
            self.scores(&mut p, &block);
            let dout = View::strided(&seen.dout[block.from * stride..], stride, block.rows(), dim);
            self.against(&mut dp, (dout, 1.0), self.v, &block);
            for (number, (p, dp)) in p.chunks_mut(width).zip(dp.chunks_mut(width)).enumerate() {
                let at = block.from + number;
                let of = at * stride..at * stride + dim;
                let dot = widest((&seen.dout[of.clone()], &seen.out[of]), dot);
                let (count, by) = (block.seen(number), (seen.sums[at], dot, self.shape.scale));
                widest((&mut p[..count], &mut dp[..count], by), softmax_back);
                p[count..].fill(0.0);
                dp[count..].fill(0.0);
            }
            let parts = [(block.run.rows.start, before, own), (block.run.before.start, 0, before)];
            for (key, column, count) in parts.into_iter().filter(|(.., count)| *count > 0) {
                let part = |data| View::strided(data, width, block.rows(), count);
                let (p, ds) = (part(&p[column..]), part(&dp[column..]));
                let keys = self.shared(self.k, key, count);
                let into = key * dim..(key + count) * dim;
                let data = &mut dq[block.from * dim..];
                product(Out { data, stride: dim, add: column < before }, ds, keys, 1.0, 1);
                product(Out::adding(&mut dk[into.clone()], dim), ds.t(), self.queries(&block), 1.0, 1);
                product(Out::adding(&mut dv[into], dim), p.t(), dout, 1.0, 1);
            }
        }
        [dq, dk, dv]
    }
}

/// What backward sees of attention, rows of all heads: output, its gradient, and `ln sum exp` of the scores, `[heads, rows]`.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a> {
    pub(crate) out: &'a [f32],
    pub(crate) dout: &'a [f32],
    pub(crate) sums: &'a [f32],
}

/// Attention: `[rows, heads * head_dim]`, and `ln sum exp` of the scores, `[heads, rows]`.
pub(crate) fn attend(shape: Shape, tree: &Tree, qkv: Qkv<'_>, with: With<'_>) -> (Buffer, Buffer) {
    let rows = tree.len();
    let of = |number: usize| Head::of(shape, tree, qkv, number).forward(with.spare);
    let parts: Vec<(Buffer, Buffer)> = each(shape.heads, with.threads, of);
    let width = shape.heads * shape.head_dim;
    let (mut out, mut sums) = (with.spare.take(rows * width), with.spare.take(shape.heads * rows));
    for ((number, (part, sum)), sums) in parts.iter().enumerate().zip(sums.chunks_mut(rows)) {
        place(&mut out, part, (shape.head_dim, width, number));
        sums.copy_from_slice(sum);
    }
    (out, sums)
}

/// Gradients of queries, keys and values.
pub(crate) fn attend_back(
    shape: Shape,
    tree: &Tree,
    qkv: Qkv<'_>,
    seen: Output<'_>,
    with: With<'_>,
) -> [Buffer; 3] {
    let (rows, dim) = (tree.len(), shape.head_dim);
    let parts = each(shape.heads, with.threads, |number| {
        let seen = Output {
            out: head(seen.out, shape.heads, dim, number),
            dout: head(seen.dout, shape.heads, dim, number),
            sums: &seen.sums[number * rows..(number + 1) * rows],
        };
        Head::of(shape, tree, qkv, number).backward(seen, with.spare)
    });
    let (wide, narrow) = (shape.heads * dim, shape.kv_heads * dim);
    let mut all = [wide, narrow, narrow].map(|width| with.spare.take(rows * width));
    let group = shape.heads / shape.kv_heads;
    let [mut sum_k, mut sum_v] = [(); 2].map(|()| with.spare.take(rows * dim));
    for (number, [dq, dk, dv]) in parts.iter().enumerate() {
        place(&mut all[0], dq, (dim, wide, number));
        for (sum, part, into) in [(&mut sum_k, dk, 1), (&mut sum_v, dv, 2)] {
            if number % group == 0 {
                sum.copy_from_slice(part);
            } else {
                add(sum, part);
            }
            if number % group == group - 1 {
                place(&mut all[into], sum, (dim, narrow, number / group));
            }
        }
    }
    all
}

/// Puts one head's rows into the matrix of all.
fn place(all: &mut [f32], part: &[f32], (dim, width, number): (usize, usize, usize)) {
    for (row, part) in all.chunks_mut(width).zip(part.chunks(dim)) {
        row[number * dim..(number + 1) * dim].copy_from_slice(part);
    }
}

fn each<T: Send>(count: usize, threads: usize, of: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    if threads > 1 { (0..count).into_par_iter().map(of).collect() } else { (0..count).map(of).collect() }
}
