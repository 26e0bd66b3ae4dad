//! One layer of a decoder, forward and backward.

use super::attention::{Output, Qkv, Shape, attend, attend_back};
use super::buffer::Buffer;
use super::config::Config;
use super::linear::{Linear, Seen, With};
use super::maths::Out;
use super::rope::Rotation;
use super::rows::{NormSeen, rms_norm, rms_norm_back, rms_norm_weight_back};
use super::store::{Gradients, Id};
use super::tree::Tree;
use super::vector::add;

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

/// What a layer needs in addition to its weights.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) with: With<'a>,
    pub(crate) config: &'a Config,
    pub(crate) tree: &'a Tree,
    pub(crate) rotation: &'a Rotation,
}

/// Rows that were normalised: what went in, what came out, and by what each was multiplied.
struct Normed {
    x: Buffer,
    y: Buffer,
    scales: Vec<f32>,
}

impl Normed {
    fn of(around: Around<'_>, x: Buffer, w: Id) -> Self {
        let with = around.with;
        let mut y = with.spare.take(x.len());
        let scales = rms_norm(&mut y, &x, with.store.value(w), around.config.eps, with.threads);
        Self { x, y, scales }
    }

    /// Adds `dL/dx` to `dx`.
    fn back(&self, (around, w): (Around<'_>, Id), dy: &[f32], dx: &mut [f32], gradients: &mut Gradients) {
        let seen = NormSeen { dy, x: &self.x, w: around.with.store.value(w), scales: &self.scales };
        rms_norm_back(dx, seen, around.with.threads);
        if let Some(dw) = gradients.get_mut(w) {
            rms_norm_weight_back(dw, seen);
        }
    }
}

/// What backward needs of a layer's forward.
pub(crate) struct Kept {
    norm: Normed,
    lows: [Buffer; 4],
    /// Queries and keys before their norms, where they have some.
    heads: Option<(Normed, Normed)>,
    q: Buffer,
    k: Buffer,
    v: Buffer,
    sums: Buffer,
    attended: Buffer,
    after: Option<Normed>,
    feed_norm: Normed,
    feed_lows: [Buffer; 3],
    gate: Buffer,
    up: Buffer,
    feed_after: Option<Normed>,
}

impl Kept {
    /// Keys and values as attention uses them.
    pub(crate) fn keys_and_values(self) -> (Buffer, Buffer) {
        (self.k, self.v)
    }

    /// The stream before the layer.
    pub(crate) fn input(self) -> Buffer {
        self.norm.x
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
    pub(crate) fn forward(&self, around: Around<'_>, x: Buffer) -> (Buffer, Kept) {
        let Around { with, config, tree, rotation } = around;
        let rows = tree.len();
        let mut stream = with.spare.copy(&x);
        let norm = Normed::of(around, x, self.norm);
        let (mut q, low_q) = self.q.forward(with, &norm.y, rows);
        let (mut k, low_k) = self.k.forward(with, &norm.y, rows);
        let (v, low_v) = self.v.forward(with, &norm.y, rows);
        let heads = self.head_norms.map(|(of_q, of_k)| {
            let normed = |x: &mut Buffer, w| {
                let y = with.spare.take(x.len());
                let normed = Normed::of(around, std::mem::replace(x, y), w);
                x.copy_from_slice(&normed.y);
                normed
            };
            (normed(&mut q, of_q), normed(&mut k, of_k))
        });
        rotation.turn(&mut q, config.heads, false);
        rotation.turn(&mut k, config.kv_heads, false);
        let qkv = Qkv { q: &q, k: &k, v: &v };
        let (attended, sums) = attend(self.shape(config), tree, qkv, with);
        let (low_o, after) = add_block(around, (&self.o, self.norm_after), &attended, &mut stream);
        let feed_norm = Normed::of(around, with.spare.copy(&stream), self.feed_norm);
        let (gate, low_gate) = self.gate.forward(with, &feed_norm.y, rows);
        let (up, low_up) = self.up.forward(with, &feed_norm.y, rows);
        let mut middle = with.spare.take(gate.len());
        config.gate().apply(&mut middle, (&gate, &up), (rows, with.threads));
        let (low_down, feed_after) =
            add_block(around, (&self.down, self.feed_norm_after), &middle, &mut stream);
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

    /// `dx`, the gradient of the stream after the layer, becomes that of the stream before it; if nothing before the layer is trained
    /// (`first`), it must not be read.
    pub(crate) fn backward(
        &self,
        (around, first): (Around<'_>, bool),
        kept: Kept,
        dx: &mut [f32],
        gradients: &mut Gradients,
    ) {
        let mut kept = kept;
        self.feed_back(around, &mut kept, dx, gradients);
        self.attention_back((around, first), &kept, dx, gradients);
    }

    fn feed_back(&self, around: Around<'_>, kept: &mut Kept, dx: &mut [f32], gradients: &mut Gradients) {
        let with = around.with;
        let parts = (around.tree.len(), with.threads);
        let dout = back_after(around, self.feed_norm_after.zip(kept.feed_after.as_ref()), dx, gradients);
        let mut middle = with.spare.take(0);
        if self.down.needs_input(gradients) {
            middle = with.spare.take(kept.gate.len());
            around.config.gate().apply(&mut middle, (&kept.gate, &kept.up), parts);
        }
        let mut dmiddle = with.spare.take(kept.gate.len());
        let seen = Seen { x: &middle, low: &kept.feed_lows[2], dy: dout.as_deref().unwrap_or(dx) };
        let width = kept.gate.len() / around.tree.len();
        self.down.backward(with, seen, Some(Out::new(&mut dmiddle, width)), gradients);
        // Gate and what is gated are not needed any more: their gradients take their place.
        around.config.gate().back((&mut kept.gate, &mut kept.up), &dmiddle, parts);
        let mut dnorm = with.spare.take(dx.len());
        let y = &kept.feed_norm.y;
        let seen = Seen { x: y, low: &kept.feed_lows[0], dy: &kept.gate };
        let hidden = around.config.hidden;
        self.gate.backward(with, seen, Some(Out::new(&mut dnorm, hidden)), gradients);
        let seen = Seen { x: y, low: &kept.feed_lows[1], dy: &kept.up };
        self.up.backward(with, seen, Some(Out::adding(&mut dnorm, hidden)), gradients);
        kept.feed_norm.back((around, self.feed_norm), &dnorm, dx, gradients);
    }

    fn attention_back(
        &self,
        (around, first): (Around<'_>, bool),
        kept: &Kept,
        dx: &mut [f32],
        gradients: &mut Gradients,
    ) {
        let Around { with, config, tree, rotation } = around;
        let dout = back_after(around, self.norm_after.zip(kept.after.as_ref()), dx, gradients);
        let mut dattended = with.spare.take(kept.attended.len());
        let seen = Seen { x: &kept.attended, low: &kept.lows[3], dy: dout.as_deref().unwrap_or(dx) };
        let out = Out::new(&mut dattended, config.heads * config.head_dim);
        self.o.backward(with, seen, Some(out), gradients);
        let qkv = Qkv { q: &kept.q, k: &kept.k, v: &kept.v };
        let output = Output { out: &kept.attended, sums: &kept.sums, dout: &dattended };
        let [mut dq, mut dk, dv] = attend_back(self.shape(config), tree, qkv, output, with);
        rotation.turn(&mut dq, config.heads, true);
        rotation.turn(&mut dk, config.kv_heads, true);
        if let (Some((of_q, of_k)), Some((q, k))) = (self.head_norms, &kept.heads) {
            for (d, w, normed) in [(&mut dq, of_q, q), (&mut dk, of_k, k)] {
                let mut before = with.spare.zeros(d.len());
                normed.back((around, w), d, &mut before, gradients);
                *d = before;
            }
        }
        let mut dnorm = with.spare.take(dx.len());
        let maps =
            [(&self.q, &kept.lows[0], &dq), (&self.k, &kept.lows[1], &dk), (&self.v, &kept.lows[2], &dv)];
        for (number, (linear, low, dy)) in maps.into_iter().enumerate() {
            let into = Out { data: &mut dnorm, stride: config.hidden, add: number > 0 };
            let seen = Seen { x: &kept.norm.y, low, dy };
            linear.backward(with, seen, (!first).then_some(into), gradients);
        }
        if !first {
            kept.norm.back((around, self.norm), &dnorm, dx, gradients);
        }
    }
}

/// Adds a block's last map of `x` to the stream, normalised where the family does so; returns what backward needs of both.
fn add_block(
    around: Around<'_>,
    (map, norm): (&Linear, Option<Id>),
    x: &[f32],
    stream: &mut [f32],
) -> (Buffer, Option<Normed>) {
    let Some(w) = norm else { return (map.forward_into(around.with, x, stream, true), None) };
    let (out, low) = map.forward(around.with, x, around.tree.len());
    let normed = Normed::of(around, out, w);
    add(stream, &normed.y);
    (low, Some(normed))
}

/// The gradient before a norm that follows a block; `None` without such a norm, where the gradient is that of the stream.
fn back_after(
    around: Around<'_>,
    after: Option<(Id, &Normed)>,
    dx: &[f32],
    gradients: &mut Gradients,
) -> Option<Buffer> {
    after.map(|(w, normed)| {
        let mut before = around.with.spare.zeros(dx.len());
        normed.back((around, w), dx, &mut before, gradients);
        before
    })
}
