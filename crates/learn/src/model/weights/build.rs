//! Which tensors does a model of a shape have, and how does it become one from a source of them?

use crate::error::{LearnError, Result};
use crate::model::buffer::Spare;
use crate::model::config::Config;
use crate::model::decoder::Model;
use crate::model::layer::Layer;
use crate::model::linear::Linear;
use crate::model::store::{Id, Store, Tensor};

/// Where tensors come from, one at a time.
pub(crate) trait Source {
    /// Names of tensors that a model of this kind would have and that were not asked for: without them the result would be a different
    /// model.
    fn left(&self) -> Vec<String>;

    /// The numbers of a tensor with these dimensions; `None` if there is no such tensor.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>>;
}

struct Builder<'a, S> {
    source: &'a mut S,
    config: &'a Config,
    store: Store,
    prefix: String,
}

impl<S: Source> Builder<'_, S> {
    fn matrix(&mut self, name: &str, rows: usize, cols: usize) -> Result<Id> {
        let name = format!("{}{name}.weight", self.prefix);
        let value = self.source.tensor(&name, &[rows, cols])?.ok_or_else(|| missing(&name))?;
        Ok(self.store.push(Tensor { name, rows, cols, value, trained: false }))
    }

    fn vector(&mut self, name: &str, cols: usize) -> Result<Id> {
        let name = format!("{}{name}", self.prefix);
        let value = self.source.tensor(&name, &[cols])?.ok_or_else(|| missing(&name))?;
        Ok(self.store.push(Tensor { name, rows: 1, cols, value, trained: false }))
    }

    fn linear(&mut self, name: &str, outs: usize, ins: usize, bias: bool) -> Result<Linear> {
        let w = self.matrix(name, outs, ins)?;
        let bias = if bias { Some(self.vector(&format!("{name}.bias"), outs)?) } else { None };
        Ok(Linear { w, bias, lora: None })
    }

    fn layer(&mut self, number: usize) -> Result<Layer> {
        let c = self.config.clone();
        let (q, kv, bias) = (c.heads * c.head_dim, c.kv_heads * c.head_dim, c.has_biases());
        self.prefix = format!("model.layers.{number}.");
        let after = c.norms_after();
        let head_norms = if c.norms_heads() {
            let of_q = self.vector("self_attn.q_norm.weight", c.head_dim)?;
            Some((of_q, self.vector("self_attn.k_norm.weight", c.head_dim)?))
        } else {
            None
        };
        let optional = |this: &mut Self, name: &str| -> Result<Option<Id>> {
            if after { this.vector(name, c.hidden).map(Some) } else { Ok(None) }
        };
        // Gemma calls the norm before the feed-forward block by what it is, the others by its position.
        let feed = if after { "pre_feedforward_layernorm.weight" } else { "post_attention_layernorm.weight" };
        Ok(Layer {
            norm: self.vector("input_layernorm.weight", c.hidden)?,
            q: self.linear("self_attn.q_proj", q, c.hidden, bias)?,
            k: self.linear("self_attn.k_proj", kv, c.hidden, bias)?,
            v: self.linear("self_attn.v_proj", kv, c.hidden, bias)?,
            o: self.linear("self_attn.o_proj", c.hidden, q, false)?,
            head_norms,
            norm_after: optional(self, "post_attention_layernorm.weight")?,
            feed_norm: self.vector(feed, c.hidden)?,
            gate: self.linear("mlp.gate_proj", c.intermediate, c.hidden, false)?,
            up: self.linear("mlp.up_proj", c.intermediate, c.hidden, false)?,
            down: self.linear("mlp.down_proj", c.hidden, c.intermediate, false)?,
            feed_norm_after: optional(self, "post_feedforward_layernorm.weight")?,
            windowed: c.windowed[number],
        })
    }
}

/// The layer that a tensor is of, by Hugging Face's name (`model.layers.3.`) or llama.cpp's (`blk.3.`).
fn layer_of(name: &str) -> Option<usize> {
    let (_, rest) = name.split_once("layers.").or_else(|| name.split_once("blk."))?;
    rest.split('.').next()?.parse().ok()
}

fn missing(name: &str) -> LearnError {
    LearnError::Shape { name: name.to_owned(), expected: "to exist".to_owned(), found: "nothing".to_owned() }
}

impl Model {
    /// A model of this shape, its tensors from a source.
    pub(crate) fn build<S: Source>(config: Config, source: &mut S) -> Result<Self> {
        let mut builder =
            Builder { source, config: &config, store: Store::default(), prefix: "model.".to_owned() };
        let embedding = builder.matrix("embed_tokens", config.vocab, config.hidden)?;
        let norm = builder.vector("norm.weight", config.hidden)?;
        let layers =
            (0..config.layers).map(|number| builder.layer(number)).collect::<Result<Vec<Layer>>>()?;
        builder.prefix = String::new();
        let head =
            if config.tied { embedding } else { builder.matrix("lm_head", config.vocab, config.hidden)? };
        let store = builder.store;
        if let Some(name) = source.left().first() {
            if layer_of(name).is_some_and(|layer| layer >= config.layers) {
                return Err(LearnError::Layers { name: name.clone(), layers: config.layers });
            }
            return Err(LearnError::Unsupported(format!(
                "unexpected tensor {name}: a {} model with {} layers does not have it",
                config.family.as_str(),
                config.layers
            )));
        }
        Ok(Self { config, store, threads: 1, spare: Spare::default(), embedding, layers, norm, head })
    }
}
