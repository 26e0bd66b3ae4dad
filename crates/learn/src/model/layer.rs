//! One layer of a decoder, forward and backward.

use super::attention::{Qkv, Shape, attend, attend_back};
use super::config::Config;
use super::linear::{Linear, Seen, With};
use super::maths::{Gate, add, gated, gated_back, rms_norm, rms_norm_back, rms_norm_weight_back};
use super::rope::Rotation;
use super::store::{Gradients, Id};
use super::tree::Tree;

/// The tensors of one layer.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(crate) norm: Id,
    pub(crate) q: Linear,
    pub(crate) k: Linear,
    pub(crate) v: Linear,
    pub(crate) o: Linear,
    pub(crate) head_norms: Option<(Id, Id)>,
    pub(crate) norm_after: Option<Id>,
    pub(crate) feed_norm: Id,
    pub(crate) gate: Linear,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) feed_norm_after: Option<Id>,
    pub(crate) windowed: bool,
}

/// What a layer needs beside its weights.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) with: With<'a>,
    pub(crate) config: &'a Config,
    pub(crate) tree: &'a Tree,
    pub(crate) rotation: &'a Rotation,
}

/// Rows that were normalised: what went in, what came out, and by what each was multiplied.
struct Normed {
    x: Vec<f32>,
    y: Vec<f32>,
    scales: Vec<f32>,
}

impl Normed {
    fn of(around: Around<'_>, x: Vec<f32>, w: Id) -> Self {
        let mut y = vec![0.0; x.len()];
        let scales = rms_norm(&mut y, &x, around.with.store.value(w), around.config.eps);
        Self { x, y, scales }
    }

    /// Adds `dL/dx` to `dx`.
    fn back(&self, (around, w): (Around<'_>, Id), dy: &[f32], dx: &mut [f32], gradients: &mut Gradients) {
        rms_norm_back(dx, dy, &self.x, around.with.store.value(w), &self.scales);
        if let Some(dw) = gradients.get_mut(w) {
            rms_norm_weight_back(dw, dy, &self.x, &self.scales);
        }
    }
}

/// What backward needs of a layer's forward.
pub(crate) struct Kept {
    norm: Normed,
    lows: [Vec<f32>; 4],
    /// Queries and keys before their norms, where they have some.
    heads: Option<(Normed, Normed)>,
    q: Vec<f32>,
    k: Vec<f32>,
    v: Vec<f32>,
    sums: Vec<f32>,
    attended: Vec<f32>,
    after: Option<Normed>,
    feed_norm: Normed,
    feed_lows: [Vec<f32>; 3],
    gate: Vec<f32>,
    up: Vec<f32>,
    feed_after: Option<Normed>,
}

impl Kept {
    /// Keys and values as attention uses them.
    pub(crate) fn keys_and_values(self) -> (Vec<f32>, Vec<f32>) {
        (self.k, self.v)
    }
}

impl Layer {
    pub(super) fn shape(&self, config: &Config) -> Shape {
        Shape {
            heads: config.heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            scale: config.query_scale,
            window: config.window.filter(|_| self.windowed),
        }
    }

    /// The stream after the layer, and what backward needs.
    pub(crate) fn forward(&self, around: Around<'_>, x: &[f32]) -> (Vec<f32>, Kept) {
        let Around { with, config, tree, rotation } = around;
        let rows = tree.len();
        let norm = Normed::of(around, x.to_vec(), self.norm);
        let (mut q, low_q) = self.q.forward(with, &norm.y, rows);
        let (mut k, low_k) = self.k.forward(with, &norm.y, rows);
        let (v, low_v) = self.v.forward(with, &norm.y, rows);
        let heads = self.head_norms.map(|(of_q, of_k)| {
            let normed = (
                Normed::of(around, std::mem::take(&mut q), of_q),
                Normed::of(around, std::mem::take(&mut k), of_k),
            );
            q.clone_from(&normed.0.y);
            k.clone_from(&normed.1.y);
            normed
        });
        rotation.turn(&mut q, config.heads, false);
        rotation.turn(&mut k, config.kv_heads, false);
        let qkv = Qkv { q: &q, k: &k, v: &v };
        let (attended, sums) = attend(self.shape(config), tree, qkv, with.threads);
        let (out, low_o) = self.o.forward(with, &attended, rows);
        let (out, after) = normed_after(around, out, self.norm_after);
        let mut stream = x.to_vec();
        add(&mut stream, &out);
        let feed_norm = Normed::of(around, stream.clone(), self.feed_norm);
        let (gate, low_gate) = self.gate.forward(with, &feed_norm.y, rows);
        let (up, low_up) = self.up.forward(with, &feed_norm.y, rows);
        let mut middle = vec![0.0; gate.len()];
        gated(&mut middle, &gate, &up, config.gate());
        let (out, low_down) = self.down.forward(with, &middle, rows);
        let (out, feed_after) = normed_after(around, out, self.feed_norm_after);
        add(&mut stream, &out);
        let kept = Kept {
            norm,
            lows: [low_q, low_k, low_v, low_o],
            heads,
            q,
            k,
            v,
            sums,
            attended,
            after,
            feed_norm,
            feed_lows: [low_gate, low_up, low_down],
            gate,
            up,
            feed_after,
        };
        (stream, kept)
    }

    /// `dx`, the gradient of the stream after the layer, becomes that of the stream before it.
    pub(crate) fn backward(
        &self,
        around: Around<'_>,
        kept: &Kept,
        dx: &mut [f32],
        gradients: &mut Gradients,
    ) {
        self.feed_back(around, kept, dx, gradients);
        self.attention_back(around, kept, dx, gradients);
    }

    fn feed_back(&self, around: Around<'_>, kept: &Kept, dx: &mut [f32], gradients: &mut Gradients) {
        let with = around.with;
        let gate_of = around.config.gate();
        let dout = back_after(around, self.feed_norm_after.zip(kept.feed_after.as_ref()), dx, gradients);
        let mut dmiddle = vec![0.0; kept.gate.len()];
        let needed = gradients.get(self.down.w).is_some() || self.down.lora.is_some();
        let middle = if needed { middle(kept, gate_of) } else { Vec::new() };
        let seen = Seen { x: &middle, low: &kept.feed_lows[2], dy: dout.as_deref().unwrap_or(dx) };
        self.down.backward(with, seen, &mut dmiddle, gradients);
        let (mut dgate, mut dup) = (kept.gate.clone(), kept.up.clone());
        gated_back(&mut dgate, &mut dup, &dmiddle, gate_of);
        let mut dnorm = vec![0.0; dx.len()];
        let y = &kept.feed_norm.y;
        self.gate.backward(with, Seen { x: y, low: &kept.feed_lows[0], dy: &dgate }, &mut dnorm, gradients);
        self.up.backward(with, Seen { x: y, low: &kept.feed_lows[1], dy: &dup }, &mut dnorm, gradients);
        kept.feed_norm.back((around, self.feed_norm), &dnorm, dx, gradients);
    }

    fn attention_back(&self, around: Around<'_>, kept: &Kept, dx: &mut [f32], gradients: &mut Gradients) {
        let Around { with, config, tree, rotation } = around;
        let dout = back_after(around, self.norm_after.zip(kept.after.as_ref()), dx, gradients);
        let mut dattended = vec![0.0; kept.attended.len()];
        let seen = Seen { x: &kept.attended, low: &kept.lows[3], dy: dout.as_deref().unwrap_or(dx) };
        self.o.backward(with, seen, &mut dattended, gradients);
        let qkv = Qkv { q: &kept.q, k: &kept.k, v: &kept.v };
        let output = (&kept.attended[..], &kept.sums[..], &dattended[..]);
        let [mut dq, mut dk, dv] = attend_back(self.shape(config), tree, qkv, output, with.threads);
        rotation.turn(&mut dq, config.heads, true);
        rotation.turn(&mut dk, config.kv_heads, true);
        if let (Some((of_q, of_k)), Some((q, k))) = (self.head_norms, &kept.heads) {
            for (d, w, normed) in [(&mut dq, of_q, q), (&mut dk, of_k, k)] {
                let mut before = vec![0.0; d.len()];
                normed.back((around, w), d, &mut before, gradients);
                *d = before;
            }
        }
        let mut dnorm = vec![0.0; dx.len()];
        for (linear, low, dy) in
            [(&self.q, &kept.lows[0], &dq), (&self.k, &kept.lows[1], &dk), (&self.v, &kept.lows[2], &dv)]
        {
            linear.backward(with, Seen { x: &kept.norm.y, low, dy }, &mut dnorm, gradients);
        }
        kept.norm.back((around, self.norm), &dnorm, dx, gradients);
    }
}

fn middle(kept: &Kept, gate: Gate) -> Vec<f32> {
    let mut middle = vec![0.0; kept.gate.len()];
    gated(&mut middle, &kept.gate, &kept.up, gate);
    middle
}

/// A block's output, normalised where the family does so.
fn normed_after(around: Around<'_>, out: Vec<f32>, w: Option<Id>) -> (Vec<f32>, Option<Normed>) {
    match w {
        None => (out, None),
        Some(w) => {
            let normed = Normed::of(around, out, w);
            (normed.y.clone(), Some(normed))
        }
    }
}

/// The gradient before a norm that follows a block; `None` where there is none, and the gradient is that of the stream.
fn back_after(
    around: Around<'_>,
    after: Option<(Id, &Normed)>,
    dx: &[f32],
    gradients: &mut Gradients,
) -> Option<Vec<f32>> {
    after.map(|(w, normed)| {
        let mut before = vec![0.0; dx.len()];
        normed.back((around, w), dx, &mut before, gradients);
        before
    })
}
