//! A linear map of rows, with an adapter of low rank where it has one.

use super::buffer::{Buffer, Spare};
use super::maths::{Out, View, product};
use super::store::{Gradients, Id, Store};
use super::vector::add;

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
    pub(crate) spare: &'a Spare,
    pub(crate) threads: usize,
    /// Whether adapters act; without them the model is the reference.
    pub(crate) adapted: bool,
}

impl Linear {
    /// The map of rows, and `x a^T`, which backward needs.
    pub(crate) fn forward(&self, with: With<'_>, x: &[f32], rows: usize) -> (Buffer, Buffer) {
        let mut y = with.spare.take(rows * with.store.get(self.w).rows);
        let low = self.forward_into(with, x, &mut y, false);
        (y, low)
    }

    /// The map of rows, written to `y` or added to it; returns `x a^T`.
    pub(crate) fn forward_into(&self, with: With<'_>, x: &[f32], y: &mut [f32], add_to: bool) -> Buffer {
        let w = with.store.get(self.w);
        let (outs, ins) = (w.rows, w.cols);
        let rows = x.len() / ins;
        let x = View::of(x, rows, ins);
        let out = Out { data: y, stride: outs, add: add_to };
        product(out, x, View::of(&w.value, outs, ins).t(), 1.0, with.threads);
        if let Some(bias) = self.bias {
            let bias = with.store.value(bias);
            y.chunks_mut(outs).for_each(|row| add(row, bias));
        }
        let Some(lora) = self.lora.filter(|_| with.adapted) else { return with.spare.take(0) };
        let (a, b) = (with.store.get(lora.a), with.store.get(lora.b));
        let rank = a.rows;
        let mut low = with.spare.take(rows * rank);
        product(Out::new(&mut low, rank), x, View::of(&a.value, rank, ins).t(), 1.0, with.threads);
        let up = View::of(&b.value, outs, rank).t();
        product(Out::adding(y, outs), View::of(&low, rows, rank), up, lora.scale, with.threads);
        low
    }

    /// Whether backward looks at the input of the map.
    pub(crate) fn needs_input(&self, gradients: &Gradients) -> bool {
        gradients.get(self.w).is_some() || self.lora.is_some_and(|lora| gradients.get(lora.a).is_some())
    }

    /// Writes `dL/dx` where it is wanted, and adds to `gradients` what belongs to the weights.
    pub(crate) fn backward(
        &self,
        with: With<'_>,
        seen: Seen<'_>,
        mut dx: Option<Out<'_>>,
        gradients: &mut Gradients,
    ) {
        let w = with.store.get(self.w);
        let (outs, ins) = (w.rows, w.cols);
        let rows = seen.dy.len() / outs;
        let dy = View::of(seen.dy, rows, outs);
        if let Some(dx) = &mut dx {
            product(dx.again(), dy, View::of(&w.value, outs, ins), 1.0, with.threads);
            dx.add = true;
        }
        if let Some(dw) = gradients.get_mut(self.w) {
            product(Out::adding(dw, ins), dy.t(), View::of(seen.x, rows, ins), 1.0, with.threads);
        }
        if let Some(bias) = self.bias.and_then(|bias| gradients.get_mut(bias)) {
            seen.dy.chunks(outs).for_each(|row| add(bias, row));
        }
        if let Some(lora) = self.lora.filter(|_| with.adapted) {
            adapter_back((with, lora), seen, dx, gradients);
        }
    }
}

fn adapter_back(
    (with, lora): (With<'_>, Lora),
    seen: Seen<'_>,
    dx: Option<Out<'_>>,
    gradients: &mut Gradients,
) {
    let (a, b) = (with.store.get(lora.a), with.store.get(lora.b));
    let (outs, rank, ins) = (b.rows, a.rows, a.cols);
    let rows = seen.dy.len() / outs;
    let dy = View::of(seen.dy, rows, outs);
    if let Some(db) = gradients.get_mut(lora.b) {
        let low = View::of(seen.low, rows, rank);
        product(Out::adding(db, rank), dy.t(), low, lora.scale, with.threads);
    }
    let mut dlow = with.spare.take(rows * rank);
    let into = Out::new(&mut dlow, rank);
    product(into, dy, View::of(&b.value, outs, rank), lora.scale, with.threads);
    let dlow = View::of(&dlow, rows, rank);
    if let Some(da) = gradients.get_mut(lora.a) {
        product(Out::adding(da, ins), dlow.t(), View::of(seen.x, rows, ins), 1.0, with.threads);
    }
    if let Some(dx) = dx {
        product(dx, dlow, View::of(&a.value, rank, ins), 1.0, with.threads);
    }
}

/// What backward sees of a linear map: its input, `x a^T`, and the gradient of its output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) low: &'a [f32],
    pub(crate) dy: &'a [f32],
}
