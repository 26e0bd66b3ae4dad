//! A decoder that can be trained: forward over one prompt and its completions, and backward from the log-probabilities of their tokens.

mod attention;
mod buffer;
mod config;
mod gate;
mod head;
mod layer;
mod linear;
mod lora;
pub(crate) mod maths;
mod rope;
mod rows;
mod store;
mod tree;
mod vector;
mod weights;

use std::path::Path;

use crate::error::Result;

pub use config::{Config, Family, Stretch};
pub use gate::Gate;
pub use lora::{LoraOptions, Target};
pub use store::{Gradients, Id, Store, Tensor};
pub use tree::Tree;
pub(crate) use weights::folder::Shard;

use buffer::{Buffer, Spare};
use head::HeadSeen;
use layer::{Around, Kept, Layer};
use linear::With;
use rope::Rotation;
use rows::{NormSeen, rms_norm, rms_norm_back, rms_norm_weight_back};

/// A decoder.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its shape.
    pub config: Config,
    /// Its tensors.
    pub store: Store,
    /// Threads that a pass may use.
    pub threads: usize,
    spare: Spare,
    embedding: Id,
    layers: Vec<Layer>,
    norm: Id,
    head: Id,
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
    /// With the layers' inputs kept only: each layer is computed once more in backward.
    TrainFrugally,
}

/// What a forward pass found.
pub struct Forward {
    /// ln p of the target tokens, completion after completion, in the order of [`Tree::completion`].
    pub logps: Vec<f32>,
    /// `ln sum_v p_v^2` at the same places.
    pub spreads: Vec<f32>,
    kept: Vec<Layered>,
    /// The stream after the last layer, and the scales of its norm.
    last: Vec<f32>,
    scales: Vec<f32>,
    logs: Vec<f32>,
    units: Vec<f32>,
    rows: Vec<f32>,
}

enum Layered {
    Whole(Box<Kept>),
    Input(Buffer),
}

impl Model {
    /// Opens a model: a folder of Hugging Face's (`config.json`, `model.safetensors` or its index), or a GGUF file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is of a family that the engine does not know, or its tensors do not fit its configuration.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() { weights::folder::open(path) } else { weights::gguf::Gguf::open(path)?.model() }
    }

    /// Tokens of a tree's rows in the stream.
    fn embed(&self, tree: &Tree) -> Buffer {
        let hidden = self.config.hidden;
        let scale = self.config.embedding_scale();
        let table = self.store.value(self.embedding);
        let mut x = self.spare.take(tree.len() * hidden);
        for (row, token) in x.chunks_mut(hidden).zip(&tree.tokens) {
            let at = *token as usize * hidden;
            row.iter_mut().zip(&table[at..at + hidden]).for_each(|(x, v)| *x = v * scale);
        }
        x
    }

    fn with(&self, adapted: bool) -> With<'_> {
        With { store: &self.store, spare: &self.spare, threads: self.threads, adapted }
    }

    fn rotations(&self, tree: &Tree) -> [Rotation; 2] {
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
        let mut x = self.embed(tree);
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
        let (rows, tokens) = self.target_rows(tree, &x);
        let mut normed = vec![0.0; rows.len()];
        let scales = rms_norm(&mut normed, &rows, self.store.value(self.norm), self.config.eps, self.threads);
        let scored = head::score(with, self.head, &normed, &tokens, training);
        let (last, rows) = if training { (rows, normed) } else { (Vec::new(), Vec::new()) };
        Forward {
            logps: scored.logps,
            spreads: scored.spreads,
            kept,
            last,
            scales,
            logs: scored.logs,
            units: scored.units,
            rows,
        }
    }

    /// The rows of a stream that predict, one after another, and the tokens that they should predict.
    fn target_rows(&self, tree: &Tree, x: &[f32]) -> (Vec<f32>, Vec<u32>) {
        let hidden = self.config.hidden;
        let mut rows = Vec::with_capacity(tree.targets.len() * hidden);
        for (row, _) in &tree.targets {
            rows.extend_from_slice(&x[row * hidden..(row + 1) * hidden]);
        }
        (rows, tree.targets.iter().map(|(_, token)| *token).collect())
    }

    /// Adds to the gradients those of `sum_t coefficient_t ln p_t` over the targets.
    ///
    /// # Panics
    ///
    /// When the pass was not one for training.
    pub fn backward(&self, tree: &Tree, forward: Forward, coefficients: &[f32], gradients: &mut Gradients) {
        let hidden = self.config.hidden;
        let with = self.with(true);
        assert_eq!(forward.units.len(), coefficients.len() * hidden, "a pass for training");
        let mut units = forward.units;
        for (unit, coefficient) in units.chunks_mut(hidden).zip(coefficients) {
            for u in unit.iter_mut() {
                *u *= coefficient;
            }
        }
        if let Some(dw) = gradients.get_mut(self.head) {
            let (_, tokens): (Vec<usize>, Vec<u32>) = tree.targets.iter().copied().unzip();
            let seen = HeadSeen { rows: &forward.rows, tokens: &tokens, coefficients, logs: &forward.logs };
            head::weight_back(with, self.head, seen, dw);
        }
        let w = self.store.value(self.norm);
        let seen = NormSeen { dy: &units, x: &forward.last, w, scales: &forward.scales };
        let mut dlast = vec![0.0; units.len()];
        rms_norm_back(&mut dlast, seen, self.threads);
        if let Some(dw) = gradients.get_mut(self.norm) {
            rms_norm_weight_back(dw, seen);
        }
        let mut dx = self.spare.zeros(tree.len() * hidden);
        for ((row, _), d) in tree.targets.iter().zip(dlast.chunks(hidden)) {
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
