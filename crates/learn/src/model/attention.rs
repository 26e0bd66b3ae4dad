//! Attention of the rows of a tree: a row sees what lies before it in its own sequence. Forward keeps one number a row and head; backward
//! computes the probabilities again from it, so that no matrix of rows by rows is ever kept.

use rayon::prelude::*;

use super::maths::{Out, View, add, exp, product};
use super::tree::{Run, Tree};

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

    /// `x K^T` or `x V^T` for all keys of a block.
    fn against(&self, out: &mut [f32], x: View<'_>, data: &'a [f32], block: &Block<'_>) {
        let (before, own) = block.keys();
        let width = before + own;
        let scale = 1.0;
        product(Out::new(out, width), x, self.shared(data, block.run.before.start, before).t(), scale, 1);
        let own = self.shared(data, block.run.rows.start, own).t();
        product(Out::new(&mut out[before..], width), x, own, scale, 1);
    }

    /// Scores of a block, scaled, with what must not be seen at minus infinity.
    fn scores(&self, out: &mut [f32], block: &Block<'_>) {
        self.against(out, self.queries(block), self.k, block);
        let (before, own) = block.keys();
        for (number, row) in out.chunks_mut(before + own).enumerate() {
            let at = block.from + number;
            for score in row.iter_mut() {
                *score *= self.shape.scale;
            }
            let seen = at - block.run.rows.start + 1;
            row[before + seen..].fill(f32::NEG_INFINITY);
            if let Some(window) = self.shape.window {
                let position = self.tree.positions[at] as usize;
                let keys = block.run.before.clone().chain(block.run.rows.clone());
                for (score, key) in row.iter_mut().zip(keys) {
                    if self.tree.positions[key] as usize + window <= position {
                        *score = f32::NEG_INFINITY;
                    }
                }
            }
        }
    }

    /// The output of the head, `[rows, head_dim]`, and `ln sum exp` of each row's scores.
    fn forward(&self) -> (Vec<f32>, Vec<f32>) {
        let (rows, dim) = (self.tree.len(), self.shape.head_dim);
        let (mut out, mut sums) = (vec![0.0; rows * dim], vec![0.0; rows]);
        let mut scores = Vec::new();
        for block in blocks(self.tree) {
            let (before, own) = block.keys();
            let width = before + own;
            scores.clear();
            scores.resize(block.rows() * width, 0.0);
            self.scores(&mut scores, &block);
            for (row, sum) in scores.chunks_mut(width).zip(&mut sums[block.from..block.to]) {
                let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let mut total = 0.0;
                for score in row.iter_mut() {
                    *score = exp(*score - most);
                    total += *score;
                }
                for p in row.iter_mut() {
                    *p /= total;
                }
                *sum = most + total.ln();
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
    fn backward(&self, seen: Output<'_>) -> [Vec<f32>; 3] {
        let (rows, dim) = (self.tree.len(), self.shape.head_dim);
        let [mut dq, mut dk, mut dv] = [(); 3].map(|()| vec![0.0; rows * dim]);
        let stride = self.shape.heads * dim;
        let (mut p, mut dp) = (Vec::new(), Vec::new());
        for block in blocks(self.tree) {
            let (before, own) = block.keys();
            let width = before + own;
            for buffer in [&mut p, &mut dp] {
                buffer.clear();
                buffer.resize(block.rows() * width, 0.0);
            }
            self.scores(&mut p, &block);
            let dout = View::strided(&seen.dout[block.from * stride..], stride, block.rows(), dim);
            self.against(&mut dp, dout, self.v, &block);
            for (number, (p, dp)) in p.chunks_mut(width).zip(dp.chunks_mut(width)).enumerate() {
                let at = block.from + number;
                let of = at * stride..at * stride + dim;
                let dot: f32 = seen.dout[of.clone()].iter().zip(&seen.out[of]).map(|(a, b)| a * b).sum();
                for (p, dp) in p.iter_mut().zip(dp) {
                    // What is not seen has no probability, whatever the smallest value of `exp` is.
                    *p = if *p == f32::NEG_INFINITY { 0.0 } else { exp(*p - seen.sums[at]) };
                    *dp = *p * (*dp - dot) * self.shape.scale;
                }
            }
            let parts = [(block.run.before.start, 0, before), (block.run.rows.start, before, own)];
            for (key, column, count) in parts.into_iter().filter(|(.., count)| *count > 0) {
                let part = |data| View::strided(data, width, block.rows(), count);
                let (p, ds) = (part(&p[column..]), part(&dp[column..]));
                let keys = self.shared(self.k, key, count);
                let into = key * dim..(key + count) * dim;
                product(Out::adding(&mut dq[block.from * dim..], dim), ds, keys, 1.0, 1);
                product(Out::adding(&mut dk[into.clone()], dim), ds.t(), self.queries(&block), 1.0, 1);
                product(Out::adding(&mut dv[into], dim), p.t(), dout, 1.0, 1);
            }
        }
        [dq, dk, dv]
    }
}

/// What backward sees of one head: output and its gradient (rows of all heads), and `ln sum exp` of its rows.
#[derive(Clone, Copy)]
struct Output<'a> {
    out: &'a [f32],
    dout: &'a [f32],
    sums: &'a [f32],
}

/// Attention: `[rows, heads * head_dim]`, and `ln sum exp` of the scores, `[heads, rows]`.
pub(crate) fn attend(shape: Shape, tree: &Tree, qkv: Qkv<'_>, threads: usize) -> (Vec<f32>, Vec<f32>) {
    let rows = tree.len();
    let of = |number: usize| Head::of(shape, tree, qkv, number).forward();
    let parts: Vec<(Vec<f32>, Vec<f32>)> = each(shape.heads, threads, of);
    let width = shape.heads * shape.head_dim;
    let (mut out, mut sums) = (vec![0.0; rows * width], Vec::with_capacity(shape.heads * rows));
    for (number, (part, sum)) in parts.iter().enumerate() {
        spread(&mut out, part, shape.head_dim, width, number);
        sums.extend_from_slice(sum);
    }
    (out, sums)
}

/// Gradients of queries, keys and values.
pub(crate) fn attend_back(
    shape: Shape,
    tree: &Tree,
    qkv: Qkv<'_>,
    (out, sums, dout): (&[f32], &[f32], &[f32]),
    threads: usize,
) -> [Vec<f32>; 3] {
    let (rows, dim) = (tree.len(), shape.head_dim);
    let parts = each(shape.heads, threads, |number| {
        let seen = Output {
            out: head(out, shape.heads, dim, number),
            dout: head(dout, shape.heads, dim, number),
            sums: &sums[number * rows..(number + 1) * rows],
        };
        Head::of(shape, tree, qkv, number).backward(seen)
    });
    let (wide, narrow) = (shape.heads * dim, shape.kv_heads * dim);
    let mut all = [vec![0.0; rows * wide], vec![0.0; rows * narrow], vec![0.0; rows * narrow]];
    let group = shape.heads / shape.kv_heads;
    for (number, [dq, dk, dv]) in parts.iter().enumerate() {
        spread(&mut all[0], dq, dim, wide, number);
        spread(&mut all[1], dk, dim, narrow, number / group);
        spread(&mut all[2], dv, dim, narrow, number / group);
    }
    all
}

/// Adds one head's rows to the matrix of all.
fn spread(all: &mut [f32], part: &[f32], dim: usize, width: usize, number: usize) {
    for (row, part) in all.chunks_mut(width).zip(part.chunks(dim)) {
        add(&mut row[number * dim..(number + 1) * dim], part);
    }
}

fn each<T: Send>(count: usize, threads: usize, of: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    if threads > 1 { (0..count).into_par_iter().map(of).collect() } else { (0..count).map(of).collect() }
}
