//! One token more for several continuations of one prompt: keys and values of what came before are kept, those of the prompt once for all.

use rayon::prelude::*;

use super::attention::Shape;
use super::decoder::Model;
use super::layer::{Around, Layer};
use super::linear::{Linear, With};
use super::rope::Rotation;
use super::rows::rms_norm;
use super::store::Id;
use super::stream::{self, Rows};
use super::tree::Tree;
use super::vector::{add, exp};

/// Keys and values of rows, `[rows, kv_heads * head_dim]` each, as attention uses them.
#[derive(Debug, Clone, Default)]
struct Pairs {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// What one layer keeps: the prompt's, and those of each continuation.
#[derive(Debug, Clone)]
struct OfLayer {
    shared: Pairs,
    own: Vec<Pairs>,
}

/// What all layers keep.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    layers: Vec<OfLayer>,
    /// Tokens of the prompt.
    prompt: usize,
    /// Tokens after the prompt in every continuation that has not ended.
    after: usize,
}

/// The state of a step.
#[derive(Clone, Copy)]
struct Step<'a> {
    with: With<'a>,
    rotation: &'a Rotation,
    /// The continuations that have not ended.
    active: &'a [usize],
    prompt: usize,
    /// The position of the new token.
    position: usize,
}

impl Model {
    /// Computes a prompt once for this many continuations; also returns the logits of the token after it.
    pub(super) fn begin(&self, prompt: &[u32], count: usize) -> (Cache, Vec<f32>) {
        let tree = Tree::new(prompt, &[]);
        let rotations = self.rotations(&tree);
        let mut x = self.embed(&tree.tokens);
        let mut layers = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let rotation = &rotations[usize::from(layer.windowed)];
            let around = Around { with: self.with(true), config: &self.config, tree: &tree, rotation };
            let (after, kept) = layer.forward(around, x);
            x = after;
            let (keys, values) = kept.keys_and_values();
            layers.push(OfLayer {
                shared: Pairs { keys: keys.to_vec(), values: values.to_vec() },
                own: vec![Pairs::default(); count],
            });
        }
        let last = &x[x.len() - self.config.hidden..];
        (Cache { layers, prompt: prompt.len(), after: 0 }, self.logits(last))
    }

    /// Takes in one token of each active continuation; returns the logits of the next, `[active, vocab]`.
    pub(super) fn advance(&self, cache: &mut Cache, active: &[usize], tokens: &[u32]) -> Vec<f32> {
        // Inside the pool from the start: entering it for every product would cost more than some of them.
        rayon::scope(|_| {
            let position = cache.prompt + cache.after;
            let positions = vec![position as u32; active.len()];
            let rotations = [false, true].map(|windowed| Rotation::new(&self.config, windowed, &positions));
            let mut x = self.embed(tokens);
            for (layer, kept) in self.layers.iter().zip(&mut cache.layers) {
                let rotation = &rotations[usize::from(layer.windowed)];
                let step = Step { with: self.with(true), rotation, active, prompt: cache.prompt, position };
                self.layer_step(layer, step, &mut x, kept);
            }
            cache.after += 1;
            self.logits(&x)
        })
    }

    fn logits(&self, x: &[f32]) -> Vec<f32> {
        let normed = self.normed(x, self.norm);
        stream::product(self.store.value(self.head), &normed, self.config.hidden, self.threads)
    }

    fn normed(&self, x: &[f32], w: Id) -> Vec<f32> {
        let mut y = vec![0.0; x.len()];
        rms_norm(&mut y, x, self.store.value(w), self.config.eps, 1);
        y
    }

    fn layer_step(&self, layer: &Layer, step: Step<'_>, x: &mut [f32], kept: &mut OfLayer) {
        let Step { with, rotation, active, .. } = step;
        let c = &self.config;
        let y = self.normed(x, layer.norm);
        let (mut q, mut k) = (layer.q.step(with, &y), layer.k.step(with, &y));
        let v = layer.v.step(with, &y);
        if let Some((of_q, of_k)) = layer.head_norms {
            (q, k) = (self.normed(&q, of_q), self.normed(&k, of_k));
        }
        rotation.turn(&mut q, c.heads, false);
        rotation.turn(&mut k, c.kv_heads, false);
        let width = c.kv_heads * c.head_dim;
        for (number, (k, v)) in active.iter().zip(k.chunks(width).zip(v.chunks(width))) {
            kept.own[*number].keys.extend_from_slice(k);
            kept.own[*number].values.extend_from_slice(v);
        }
        let attended = attend(layer.shape(c), step, &q, kept);
        let out = layer.o.step(with, &attended);
        add(x, &layer.norm_after.map_or(out.clone(), |w| self.normed(&out, w)));
        let y = self.normed(x, layer.feed_norm);
        let (gate, up) = (layer.gate.step(with, &y), layer.up.step(with, &y));
        let mut middle = vec![0.0; gate.len()];
        c.gate().apply(&mut middle, (&gate, &up), (gate.len() / c.intermediate.max(1), 1));
        let out = layer.down.step(with, &middle);
        add(x, &layer.feed_norm_after.map_or(out.clone(), |w| self.normed(&out, w)));
    }
}

impl Linear {
    /// The map of a few rows.
    fn step(&self, with: With<'_>, x: &[f32]) -> Vec<f32> {
        let w = with.store.get(self.w);
        let mut y = stream::product(&w.value, x, w.cols, with.threads);
        if let Some(bias) = self.bias {
            let bias = with.store.value(bias);
            y.chunks_mut(bias.len()).for_each(|row| add(row, bias));
        }
        let Some(lora) = self.lora.filter(|_| with.adapted) else { return y };
        let (a, b) = (with.store.get(lora.a), with.store.get(lora.b));
        let low = stream::product(&a.value, x, a.cols, 1);
        let up = stream::product(&b.value, &low, b.cols, 1);
        y.iter_mut().zip(&up).for_each(|(y, up)| *y += lora.scale * up);
        y
    }
}

/// Attention of the new rows, one of each active continuation.
fn attend(shape: Shape, step: Step<'_>, q: &[f32], kept: &OfLayer) -> Vec<f32> {
    let (dim, group) = (shape.head_dim, shape.heads / shape.kv_heads);
    let mut out = vec![0.0; q.len()];
    // Heads that share keys are adjacent.
    let tasks = out.par_chunks_mut(group * dim).zip(q.par_chunks(group * dim)).enumerate();
    let one = |(number, (out, q)): (usize, (&mut [f32], &[f32]))| {
        let own = &kept.own[step.active[number / shape.kv_heads]];
        let first = shape.window.map_or(0, |window| (step.position + 1).saturating_sub(window));
        let seen = Seen { shape, head: number % shape.kv_heads };
        let parts = [
            seen.part(&kept.shared, first.min(step.prompt)),
            seen.part(own, first.saturating_sub(step.prompt)),
        ];
        seen.attend(out, q, &parts);
    };
    if step.with.threads > 1 {
        tasks.for_each(one);
    } else {
        tasks.with_min_len(usize::MAX).for_each(one);
    }
    out
}

/// Keys and values of one head, from the first that is seen.
struct Part<'a> {
    keys: &'a [f32],
    values: &'a [f32],
}

struct Seen {
    shape: Shape,
    head: usize,
}

impl Seen {
    fn part<'a>(&self, pairs: &'a Pairs, first: usize) -> Part<'a> {
        let from = first * self.stride() + self.head * self.shape.head_dim;
        let of = |data: &'a [f32]| data.get(from..).unwrap_or_default();
        Part { keys: of(&pairs.keys), values: of(&pairs.values) }
    }

    fn stride(&self) -> usize {
        self.shape.kv_heads * self.shape.head_dim
    }

    fn attend(&self, out: &mut [f32], q: &[f32], parts: &[Part<'_>; 2]) {
        let dim = self.shape.head_dim;
        let group = q.len() / dim;
        let rows = parts.each_ref().map(|part| part.keys.len().div_ceil(self.stride()));
        let mut scores = vec![0.0; (rows[0] + rows[1]) * group];
        let (before, after) = scores.split_at_mut(rows[0] * group);
        for (scores, part) in [before, after].into_iter().zip(parts) {
            stream::dots(scores, Rows::strided(part.keys, self.stride(), dim), Rows::of(q, dim));
        }
        self.softmax(&mut scores, group);
        let (before, after) = scores.split_at(rows[0] * group);
        for (scores, part) in [before, after].into_iter().zip(parts) {
            stream::mix(out, scores, Rows::strided(part.values, self.stride(), dim));
        }
    }

    /// Scores `[keys, group]` become probabilities over the keys.
    fn softmax(&self, scores: &mut [f32], group: usize) {
        let mut most = vec![f32::NEG_INFINITY; group];
        for row in scores.chunks(group) {
            most.iter_mut().zip(row).for_each(|(most, score)| *most = most.max(*score));
        }
        for row in scores.chunks_mut(group) {
            row.iter_mut().zip(&most).for_each(|(score, most)| *score = (*score - most) * self.shape.scale);
        }
        // All in one loop, so that it becomes one over vectors.
        for score in scores.iter_mut() {
            *score = exp(*score);
        }
        let mut totals = vec![0.0; group];
        for row in scores.chunks(group) {
            add(&mut totals, row);
        }
        for row in scores.chunks_mut(group) {
            row.iter_mut().zip(&totals).for_each(|(p, total)| *p /= total);
        }
    }
}
