//! Adapters of low rank on the linear maps of a decoder.

use std::str::FromStr;

use super::decoder::Model;
use super::layer::Layer;
use super::linear::{Linear, Lora};
use super::store::{Id, Tensor};
use crate::error::{LearnError, Result};
use crate::random::Random;

/// Which maps of every layer have an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Queries.
    QProj,
    /// Keys.
    KProj,
    /// Values.
    VProj,
    /// What attention adds to the stream.
    OProj,
    /// The gate of the feed-forward block.
    GateProj,
    /// What is gated.
    UpProj,
    /// What the feed-forward block adds to the stream.
    DownProj,
}

impl Target {
    /// All, in the order of a layer.
    pub const ALL: [Self; 7] =
        [Self::QProj, Self::KProj, Self::VProj, Self::OProj, Self::GateProj, Self::UpProj, Self::DownProj];

    /// Its name, as PEFT and Hugging Face have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::QProj => "q_proj",
            Self::KProj => "k_proj",
            Self::VProj => "v_proj",
            Self::OProj => "o_proj",
            Self::GateProj => "gate_proj",
            Self::UpProj => "up_proj",
            Self::DownProj => "down_proj",
        }
    }

    fn of(self, layer: &mut Layer) -> &mut Linear {
        match self {
            Self::QProj => &mut layer.q,
            Self::KProj => &mut layer.k,
            Self::VProj => &mut layer.v,
            Self::OProj => &mut layer.o,
            Self::GateProj => &mut layer.gate,
            Self::UpProj => &mut layer.up,
            Self::DownProj => &mut layer.down,
        }
    }
}

impl FromStr for Target {
    type Err = UnknownTarget;

    fn from_str(name: &str) -> Result<Self, UnknownTarget> {
        let found = Self::ALL.into_iter().find(|target| target.as_str() == name);
        found.ok_or_else(|| UnknownTarget { given: name.to_owned() })
    }
}

/// The name of a linear map that cannot have an adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown linear layer `{given}`; supported are {}", Target::ALL.map(Target::as_str).join(", "))]
pub struct UnknownTarget {
    /// The name.
    pub given: String,
}

/// The shape of an adapter.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoraOptions {
    /// Its rank.
    pub rank: usize,
    /// Its output is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// Which maps have one.
    pub targets: Vec<Target>,
}

impl Default for LoraOptions {
    fn default() -> Self {
        Self { rank: 8, alpha: 16.0, targets: vec![Target::QProj, Target::VProj] }
    }
}

impl Model {
    /// Puts a new adapter on the model, and trains it alone.
    ///
    /// `a` is uniform within `1 / sqrt(in)` on both sides of zero, `b` is zero, as PEFT's: the model answers as before.
    ///
    /// # Errors
    ///
    /// When the model has an adapter, the rank is 0 or above the width of the model, or no target is named.
    pub fn adapt(&mut self, options: &LoraOptions, seed: u64) -> Result<()> {
        if options.rank == 0 || options.targets.is_empty() {
            return Err(LearnError::Choice(
                "an adapter needs a rank of at least 1 and a target layer".to_owned(),
            ));
        }
        if options.rank > self.config.hidden {
            return Err(LearnError::Choice(format!(
                "rank {} is too large for a model of width {}",
                options.rank, self.config.hidden
            )));
        }
        if self.layers.iter_mut().any(|layer| Target::ALL.iter().any(|t| t.of(layer).lora.is_some())) {
            return Err(LearnError::Choice("the model has an adapter already".to_owned()));
        }
        self.store.train_all(false);
        let mut random = Random::new(seed);
        let mut targets = options.targets.clone();
        targets.sort_unstable();
        targets.dedup();
        for number in 0..self.layers.len() {
            for target in &targets {
                self.adapt_one(number, *target, options, &mut random);
            }
        }
        Ok(())
    }

    fn adapt_one(&mut self, number: usize, target: Target, options: &LoraOptions, random: &mut Random) {
        let linear = target.of(&mut self.layers[number]);
        let w = self.store.get(linear.w);
        let (name, outs, ins) = (w.name.trim_end_matches(".weight").to_owned(), w.rows, w.cols);
        let bound = 1.0 / (ins as f64).sqrt();
        let a = (0..options.rank * ins).map(|_| ((2.0 * random.unit() - 1.0) * bound) as f32).collect();
        let mut push = |part: &str, rows, cols, value| {
            let name = format!("{name}.{part}.weight");
            self.store.push(Tensor { name, rows, cols, value, trained: true })
        };
        let a = push("lora_A", options.rank, ins, a);
        let b = push("lora_B", outs, options.rank, vec![0.0; outs * options.rank]);
        linear.lora = Some(Lora { a, b, scale: (options.alpha / options.rank as f64) as f32 });
    }

    /// The adapter's tensors, in the order of layers and maps.
    pub fn adapter(&self) -> Vec<Id> {
        let mut ids = Vec::new();
        for layer in &self.layers {
            let maps = [&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down];
            for lora in maps.into_iter().filter_map(|map| map.lora) {
                ids.extend([lora.a, lora.b]);
            }
        }
        ids
    }

    /// Adds the adapter to the weights and takes it off: `w += scale b a`.
    pub fn merge(&mut self) {
        for number in 0..self.layers.len() {
            for target in Target::ALL {
                let linear = target.of(&mut self.layers[number]);
                let Some(lora) = linear.lora.take() else { continue };
                let (a, b) = (self.store.get(lora.a).clone(), self.store.get(lora.b).clone());
                let w = self.store.get_mut(linear.w);
                let (a, b) = (
                    super::maths::View::of(&a.value, a.rows, a.cols),
                    super::maths::View::of(&b.value, b.rows, b.cols),
                );
                let cols = w.cols;
                super::maths::product(super::maths::Out::adding(&mut w.value, cols), b, a, lora.scale, 1);
            }
        }
        let adapter: Vec<Id> =
            self.store.all().filter(|(_, t)| t.name.contains(".lora_")).map(|(id, _)| id).collect();
        for id in adapter {
            let tensor = self.store.get_mut(id);
            tensor.trained = false;
            tensor.value = Vec::new();
        }
    }
}
