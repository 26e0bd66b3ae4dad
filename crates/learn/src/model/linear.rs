//! A linear map of rows, with an adapter of low rank where it has one.

use super::maths::{Out, View, add, product};
use super::store::{Gradients, Id, Store};

/// `y = x w^T + bias + scale (x a^T) b^T`.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// `[out, in]`.
    pub(super) w: Id,
    /// `[out]`.
    pub(super) bias: Option<Id>,
    /// The adapter.
    pub(super) lora: Option<Lora>,
}

/// An adapter of low rank.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lora {
    /// `[r, in]`.
    pub(super) a: Id,
    /// `[out, r]`.
    pub(super) b: Id,
    /// `alpha / r`.
    pub(super) scale: f32,
}

/// With what a forward or backward is computed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct With<'a> {
    pub(crate) store: &'a Store,
    pub(crate) threads: usize,
    /// Whether adapters act; without them the model is the reference.
    pub(crate) adapted: bool,
}

impl Linear {
    /// The map of `rows` rows; the second value is `x a^T`, which backward needs.
    pub(crate) fn forward(&self, with: With<'_>, x: &[f32], rows: usize) -> (Vec<f32>, Vec<f32>) {
        let w = with.store.get(self.w);
        let (outs, ins) = (w.rows, w.cols);
        let mut y = vec![0.0; rows * outs];
        let x = View::of(x, rows, ins);
        product(Out::new(&mut y, outs), x, View::of(&w.value, outs, ins).t(), 1.0, with.threads);
        if let Some(bias) = self.bias {
            let bias = with.store.value(bias);
            y.chunks_mut(outs).for_each(|row| add(row, bias));
        }
        let Some(lora) = self.lora.filter(|_| with.adapted) else { return (y, Vec::new()) };
        let (a, b) = (with.store.get(lora.a), with.store.get(lora.b));
        let rank = a.rows;
        let mut low = vec![0.0; rows * rank];
        product(Out::new(&mut low, rank), x, View::of(&a.value, rank, ins).t(), 1.0, with.threads);
        let up = View::of(&b.value, outs, rank).t();
        product(Out::adding(&mut y, outs), View::of(&low, rows, rank), up, lora.scale, with.threads);
        (y, low)
    }

    /// Adds `dL/dx` to `dx`, and to `gradients` what belongs to the weights.
    pub(crate) fn backward(&self, with: With<'_>, seen: Seen<'_>, dx: &mut [f32], gradients: &mut Gradients) {
        let w = with.store.get(self.w);
        let (outs, ins) = (w.rows, w.cols);
        let rows = seen.dy.len() / outs;
        let dy = View::of(seen.dy, rows, outs);
        product(Out::adding(dx, ins), dy, View::of(&w.value, outs, ins), 1.0, with.threads);
        if let Some(dw) = gradients.get_mut(self.w) {
            product(Out::adding(dw, ins), dy.t(), View::of(seen.x, rows, ins), 1.0, with.threads);
        }
        if let Some(bias) = self.bias.and_then(|bias| gradients.get_mut(bias)) {
            seen.dy.chunks(outs).for_each(|row| add(bias, row));
        }
        let Some(lora) = self.lora.filter(|_| with.adapted) else { return };
        let (a, b) = (with.store.get(lora.a), with.store.get(lora.b));
        let rank = a.rows;
        let low = View::of(seen.low, rows, rank);
        if let Some(db) = gradients.get_mut(lora.b) {
            product(Out::adding(db, rank), dy.t(), low, lora.scale, with.threads);
        }
        let mut dlow = vec![0.0; rows * rank];
        let into = Out::new(&mut dlow, rank);
        product(into, dy, View::of(&b.value, outs, rank), lora.scale, with.threads);
        let dlow = View::of(&dlow, rows, rank);
        if let Some(da) = gradients.get_mut(lora.a) {
            product(Out::adding(da, ins), dlow.t(), View::of(seen.x, rows, ins), 1.0, with.threads);
        }
        product(Out::adding(dx, ins), dlow, View::of(&a.value, rank, ins), 1.0, with.threads);
    }
}

/// What backward sees of a linear map: its input, `x a^T`, and the gradient of its output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) low: &'a [f32],
    pub(crate) dy: &'a [f32],
}
