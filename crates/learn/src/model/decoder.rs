//! The decoder itself: what a forward pass over a tree finds, and how its derivatives run back through the layers.

use super::buffer::{Buffer, Spare};
use super::config::Config;
use super::head::HeadSeen;
use super::layer::{Around, Kept, Layer};
use super::linear::With;
use super::rope::Rotation;
use super::rows::{NormSeen, rms_norm, rms_norm_back, rms_norm_weight_back};
use super::store::{Gradients, Id, Store};
use super::tree::Tree;
use super::{head, vector};

/// A decoder.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its shape.
    pub config: Config,
    /// Its tensors.
    pub store: Store,
    /// Threads that a pass may use.
    pub threads: usize,
    pub(super) spare: Spare,
    pub(super) embedding: Id,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Id,
    pub(super) head: Id,
}

/// How a forward pass is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Log-probabilities of the reference: adapters do not act.
    Reference,
    /// Log-probabilities only.
    Score,
    /// With all that backward needs kept.
    Train,
    /// Only the layers' inputs are kept: each layer is computed again in backward.
    TrainFrugally,
}

/// What a forward pass found.
pub struct Forward {
    /// ln p of the target tokens, completion after completion, in the order of [`Tree::completion`].
    pub logps: Vec<f32>,
    /// `ln sum_v p_v^2` at the same places.
    pub spreads: Vec<f32>,
    kept: Vec<Layered>,
    /// The stream after the last layer, at the targets and then at the silent completions, and the scales of its norm.
    last: Vec<f32>,
    scales: Vec<f32>,
    logs: Vec<f32>,
    units: Vec<f32>,
    /// The norm's output at the same rows.
    rows: Vec<f32>,
}

/// Where a backward pass begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slopes<'a> {
    /// The derivative by each target's log-probability.
    pub(crate) coefficients: &'a [f32],
    /// The derivative by the final norm's output at the rows of the silent completions, one after another; empty for zero.
    pub(crate) silent: &'a [f32],
}

impl Forward {
    /// The final norm's output at the rows of silent completions, one completion's after another's.
    pub(crate) fn silent(&self) -> &[f32] {
        let hidden = self.rows.len() / self.scales.len().max(1);
        &self.rows[self.logps.len() * hidden..]
    }
}

enum Layered {
    Whole(Box<Kept>),
    Input(Buffer),
}

impl Model {
    /// Tokens as rows of the stream.
    pub(super) fn embed(&self, tokens: &[u32]) -> Buffer {
        let hidden = self.config.hidden;
        let scale = self.config.embedding_scale();
        let table = self.store.value(self.embedding);
        let mut x = self.spare.take(tokens.len() * hidden);
        for (row, token) in x.chunks_mut(hidden).zip(tokens) {
            let at = *token as usize * hidden;
            row.iter_mut().zip(&table[at..at + hidden]).for_each(|(x, v)| *x = v * scale);
        }
        x
    }

    pub(super) fn with(&self, adapted: bool) -> With<'_> {
        With { store: &self.store, spare: &self.spare, threads: self.threads, adapted }
    }

    pub(super) fn rotations(&self, tree: &Tree) -> [Rotation; 2] {
        [false, true].map(|windowed| Rotation::new(&self.config, windowed, &tree.positions))
    }

    /// Log-probabilities of a tree's completions.
    ///
    /// # Panics
    ///
    /// When a token is not in the vocabulary.
    pub fn forward(&self, tree: &Tree, pass: Pass) -> Forward {
        let with = self.with(pass != Pass::Reference);
        let rotations = self.rotations(tree);
        let mut x = self.embed(&tree.tokens);
        let mut kept = Vec::new();
        for layer in &self.layers {
            let rotation = &rotations[usize::from(layer.windowed)];
            let around = Around { with, config: &self.config, tree, rotation };
            let (after, of_layer) = layer.forward(around, x);
            x = after;
            match pass {
                Pass::Train => kept.push(Layered::Whole(Box::new(of_layer))),
                Pass::TrainFrugally => kept.push(Layered::Input(of_layer.input())),
                Pass::Reference | Pass::Score => {}
            }
        }
        let training = matches!(pass, Pass::Train | Pass::TrainFrugally);
        let last = self.last_rows(tree, &x);
        let mut rows = vec![0.0; last.len()];
        let scales = rms_norm(&mut rows, &last, self.store.value(self.norm), self.config.eps, self.threads);
        let tokens = target_tokens(tree);
        let scored = head::score(with, self.head, self.of_targets(&rows, &tokens), &tokens, training);
        Forward {
            logps: scored.logps,
            spreads: scored.spreads,
            kept,
            last: if training { last } else { Vec::new() },
            scales,
            logs: scored.logs,
            units: scored.units,
            rows,
        }
    }

    /// The rows of a stream that predict, and behind them those of silent completions.
    fn last_rows(&self, tree: &Tree, x: &[f32]) -> Vec<f32> {
        let hidden = self.config.hidden;
        tree.last_rows().flat_map(|row| &x[row * hidden..(row + 1) * hidden]).copied().collect()
    }

    /// ln p of every token of the vocabulary at some of a tree's targets, `[targets, vocabulary]`.
    ///
    /// # Panics
    ///
    /// When the tree has no such target, or a token is not in the vocabulary.
    pub fn distributions(&self, tree: &Tree, pass: Pass, targets: &[usize]) -> Vec<f32> {
        let rows = self.forward(tree, pass).rows;
        let hidden = self.config.hidden;
        let chosen: Vec<f32> =
            targets.iter().flat_map(|at| &rows[at * hidden..(at + 1) * hidden]).copied().collect();
        head::distributions(self.with(false), self.head, &chosen)
    }

    fn of_targets<'a>(&self, rows: &'a [f32], tokens: &[u32]) -> &'a [f32] {
        &rows[..tokens.len() * self.config.hidden]
    }

    /// ln p of the target tokens under the softmax of `(1 + lambda)` times this model's logits minus `lambda` times another's, from a pass
    /// of each over the same completions ([`crate::losses::spa`]).
    ///
    /// # Panics
    ///
    /// When the two models have not the same vocabulary, or the passes not the same completions.
    pub fn decoupled(
        &self,
        tree: &Tree,
        own: &Forward,
        (other, of_other): (&Self, &Forward),
        lambda: f64,
    ) -> Vec<f32> {
        let tokens = target_tokens(tree);
        let sides = [(self, own), (other, of_other)].map(|(model, forward)| head::Side {
            w: model.store.get(model.head),
            rows: model.of_targets(&forward.rows, &tokens),
        });
        head::decoupled(&sides, &tokens, lambda as f32, self.threads)
    }

    /// Adds to the gradients those of `sum_t coefficient_t ln p_t` over the targets.
    ///
    /// # Panics
    ///
    /// When the pass was not one for training.
    pub fn backward(&self, tree: &Tree, forward: Forward, coefficients: &[f32], gradients: &mut Gradients) {
        self.backward_from(tree, forward, Slopes { coefficients, silent: &[] }, gradients);
    }

    /// The same, from the rows of silent completions too.
    pub(crate) fn backward_from(
        &self,
        tree: &Tree,
        forward: Forward,
        slopes: Slopes<'_>,
        gradients: &mut Gradients,
    ) {
        let hidden = self.config.hidden;
        let coefficients = slopes.coefficients;
        let with = self.with(true);
        assert_eq!(forward.units.len(), coefficients.len() * hidden, "a pass for training");
        let mut units = forward.units;
        for (unit, coefficient) in units.chunks_mut(hidden).zip(coefficients) {
            for u in unit.iter_mut() {
                *u *= coefficient;
            }
        }
        if let Some(dw) = gradients.get_mut(self.head) {
            let tokens = target_tokens(tree);
            let rows = self.of_targets(&forward.rows, &tokens);
            let seen = HeadSeen { rows, tokens: &tokens, coefficients, logs: &forward.logs };
            head::weight_back(with, self.head, seen, dw);
        }
        units.extend_from_slice(slopes.silent);
        units.resize(forward.rows.len(), 0.0);
        let w = self.store.value(self.norm);
        let seen = NormSeen { dy: &units, x: &forward.last, w, scales: &forward.scales };
        let mut dlast = vec![0.0; units.len()];
        rms_norm_back(&mut dlast, seen, self.threads);
        if let Some(dw) = gradients.get_mut(self.norm) {
            rms_norm_weight_back(dw, seen);
        }
        let mut dx = self.spare.zeros(tree.len() * hidden);
        for (row, d) in tree.last_rows().zip(dlast.chunks(hidden)) {
            vector::add(&mut dx[row * hidden..(row + 1) * hidden], d);
        }
        self.layers_back(tree, forward.kept, &mut dx, gradients);
        self.embedding_back(tree, &dx, gradients);
    }

    fn layers_back(&self, tree: &Tree, kept: Vec<Layered>, dx: &mut [f32], gradients: &mut Gradients) {
        let rotations = self.rotations(tree);
        let below = gradients.get(self.embedding).is_some();
        for (number, (layer, kept)) in self.layers.iter().zip(kept).enumerate().rev() {
            let rotation = &rotations[usize::from(layer.windowed)];
            let around = Around { with: self.with(true), config: &self.config, tree, rotation };
            let kept = match kept {
                Layered::Whole(kept) => kept,
                Layered::Input(x) => Box::new(layer.forward(around, x).1),
            };
            let first = number == 0 && !below && gradients.get(layer.norm).is_none();
            layer.backward((around, first), *kept, dx, gradients);
        }
    }

    fn embedding_back(&self, tree: &Tree, dx: &[f32], gradients: &mut Gradients) {
        let (hidden, scale) = (self.config.hidden, self.config.embedding_scale());
        let Some(de) = gradients.get_mut(self.embedding) else { return };
        for (token, d) in tree.tokens.iter().zip(dx.chunks(hidden)) {
            let at = *token as usize * hidden;
            de[at..at + hidden].iter_mut().zip(d).for_each(|(e, d)| *e += d * scale);
        }
    }

    /// Bytes that [`Pass::Train`] keeps for a tree, about.
    pub fn kept_bytes(&self, tree: &Tree) -> usize {
        let c = &self.config;
        let (q, kv) = (c.heads * c.head_dim, c.kv_heads * c.head_dim);
        let norms = if c.norms_after() { 8 } else { 4 };
        let heads = if c.norms_heads() { 3 } else { 1 };
        let of_row = norms * c.hidden + (heads + 1) * q + (heads + 1) * kv + 2 * c.intermediate + c.heads;
        tree.len() * of_row * c.layers * size_of::<f32>()
    }
}

fn target_tokens(tree: &Tree) -> Vec<u32> {
    tree.targets.iter().map(|(_, token)| *token).collect()
}
