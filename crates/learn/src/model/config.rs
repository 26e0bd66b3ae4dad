//! The shape of a decoder: what `config.json` and the head of a GGUF file say about it, in one form.

use serde_json::{Map, Value};

use super::gate::Gate;
use crate::error::{LearnError, Result};

/// Families of decoders that can be trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Llama, Mistral, `SmolLM2`.
    Llama,
    /// Qwen2 and Qwen2.5: biases on queries, keys and values.
    Qwen2,
    /// Qwen3: norms of queries and keys.
    Qwen3,
    /// Gemma 3, text: norms after each block too, windows, two bases of rotation.
    Gemma3,
}

impl Family {
    /// Of a name as files give it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "llama" | "mistral" => Some(Self::Llama),
            "qwen2" => Some(Self::Qwen2),
            "qwen3" => Some(Self::Qwen3),
            "gemma3_text" | "gemma3" => Some(Self::Gemma3),
            _ => None,
        }
    }

    /// Its name in `config.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Gemma3 => "gemma3_text",
        }
    }
}

/// How far positions are stretched.
#[derive(Debug, Clone, PartialEq)]
pub enum Stretch {
    /// Not at all.
    None,
    /// All frequencies divided by a factor.
    Linear(f64),
    /// Llama 3.1's: low frequencies divided, high ones kept, a ramp between.
    Llama3 {
        /// The divisor of low frequencies.
        factor: f64,
        /// Wavelengths above `context / low` are stretched.
        low: f64,
        /// Wavelengths below `context / high` are kept.
        high: f64,
        /// The context before stretching.
        context: f64,
    },
    /// A divisor for each frequency, as GGUF files give it.
    Factors(Vec<f32>),
}

/// The shape of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Its family.
    pub family: Family,
    /// Width of the stream.
    pub hidden: usize,
    /// Width of the feed-forward blocks.
    pub intermediate: usize,
    /// Number of layers.
    pub layers: usize,
    /// Heads of queries.
    pub heads: usize,
    /// Heads of keys and values.
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Tokens in the vocabulary.
    pub vocab: usize,
    /// Added to the mean square in norms.
    pub eps: f32,
    /// Base of the rotation of positions.
    pub theta: f64,
    /// The base in layers that see a window.
    pub window_theta: f64,
    /// How positions are stretched, in layers that see everything.
    pub stretch: Stretch,
    /// How many tokens back a layer sees; `None`: all.
    pub window: Option<usize>,
    /// Which layers see only the window.
    pub windowed: Vec<bool>,
    /// Whether the embedding is the output head too.
    pub tied: bool,
    /// The most tokens of a sequence.
    pub context: usize,
    /// Scale of queries before their product with keys.
    pub query_scale: f32,
}

impl Config {
    /// The gate of the feed-forward blocks.
    pub fn gate(&self) -> Gate {
        if self.family == Family::Gemma3 { Gate::GeluTanh } else { Gate::Silu }
    }

    /// Whether norms multiply by `1 + w` in `safetensors` files.
    pub fn norms_are_offsets(&self) -> bool {
        self.family == Family::Gemma3
    }

    /// Whether queries and keys are normalised head by head.
    pub fn norms_heads(&self) -> bool {
        matches!(self.family, Family::Qwen3 | Family::Gemma3)
    }

    /// Whether blocks are normalised after them too.
    pub fn norms_after(&self) -> bool {
        self.family == Family::Gemma3
    }

    /// Whether queries, keys and values have biases.
    pub fn has_biases(&self) -> bool {
        self.family == Family::Qwen2
    }

    /// What the embedding is multiplied by.
    pub fn embedding_scale(&self) -> f32 {
        if self.family == Family::Gemma3 { (self.hidden as f32).sqrt() } else { 1.0 }
    }

    /// From the text of a `config.json`.
    ///
    /// # Errors
    ///
    /// When the model is of another family, uses what the engine has not, or a number is missing or out of range.
    pub fn from_json(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|e| {
            LearnError::Unsupported(format!(
                "config.json is not valid JSON (line {}, column {})",
                e.line(),
                e.column()
            ))
        })?;
        let Some(map) = value.as_object() else {
            return Err(LearnError::Unsupported("config.json is not a JSON object".to_owned()));
        };
        Json(map).config()
    }
}

/// The most of any dimension that a file may claim.
const MOST: u64 = 1 << 24;

struct Json<'a>(&'a Map<String, Value>);

impl Json<'_> {
    fn config(&self) -> Result<Config> {
        let name = self.0.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let family = Family::named(name).ok_or_else(|| unknown(name))?;
        let (hidden, heads) = (self.size("hidden_size")?, self.size("num_attention_heads")?);
        let layers = self.size("num_hidden_layers")?;
        let head_dim = match self.0.get("head_dim") {
            None | Some(Value::Null) => hidden / heads,
            Some(_) => self.size("head_dim")?,
        };
        self.refuse(family)?;
        let window = self.0.get("sliding_window").and_then(Value::as_u64).map(|w| w as usize);
        let windowed = self.windowed(family, layers);
        let theta = self.theta("full_attention").unwrap_or(if family == Family::Gemma3 { 1e6 } else { 1e4 });
        let local = || self.number("rope_local_base_freq").unwrap_or(1e4);
        // Gemma turns positions in a window otherwise than elsewhere.
        let window_theta = match family {
            Family::Gemma3 => self.theta("sliding_attention").unwrap_or_else(local),
            _ => theta,
        };
        let scale = self.number("query_pre_attn_scalar").unwrap_or(head_dim as f64);
        Config {
            family,
            hidden,
            intermediate: self.size("intermediate_size")?,
            layers,
            heads,
            kv_heads: self.size("num_key_value_heads").unwrap_or(heads),
            head_dim,
            vocab: self.size("vocab_size")?,
            eps: self.number("rms_norm_eps").unwrap_or(1e-6) as f32,
            theta,
            window_theta,
            stretch: self.stretch()?,
            window: window.filter(|_| windowed.contains(&true)),
            windowed,
            tied: self
                .0
                .get("tie_word_embeddings")
                .and_then(Value::as_bool)
                .unwrap_or(family == Family::Gemma3),
            context: self.size("max_position_embeddings").unwrap_or(2048),
            query_scale: (1.0 / scale.sqrt()) as f32,
        }
        .checked()
    }

    fn size(&self, key: &str) -> Result<usize> {
        match self.0.get(key).and_then(Value::as_u64) {
            Some(n) if (1..=MOST).contains(&n) => Ok(n as usize),
            _ => Err(LearnError::Unsupported(format!("config.json has no valid `{key}`"))),
        }
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.0.get(key)?.as_f64()
    }

    /// The entry under `rope_parameters` or `rope_scaling` for layers of a kind.
    fn rope(&self, kind: &str) -> Option<&Map<String, Value>> {
        let own = |key| self.0.get(key).and_then(Value::as_object);
        let ropes = own("rope_parameters").or_else(|| own("rope_scaling"))?;
        match ropes.get(kind) {
            Some(nested) => nested.as_object(),
            None if kind == "full_attention" => Some(ropes),
            None => None,
        }
    }

    fn theta(&self, kind: &str) -> Option<f64> {
        let nested = self.rope(kind).and_then(|rope| rope.get("rope_theta")).and_then(Value::as_f64);
        let plain = || if kind == "full_attention" { self.number("rope_theta") } else { None };
        nested.or_else(plain)
    }

    fn stretch(&self) -> Result<Stretch> {
        let Some(rope) = self.rope("full_attention") else { return Ok(Stretch::None) };
        let kind =
            rope.get("rope_type").or_else(|| rope.get("type")).and_then(Value::as_str).unwrap_or("default");
        let number = |key: &str| {
            rope.get(key).and_then(Value::as_f64).ok_or_else(|| {
                LearnError::Unsupported(format!("config.json: `{key}` of the positions is missing"))
            })
        };
        match kind {
            "default" => Ok(Stretch::None),
            "linear" => Ok(Stretch::Linear(number("factor")?)),
            "llama3" => Ok(Stretch::Llama3 {
                factor: number("factor")?,
                low: number("low_freq_factor")?,
                high: number("high_freq_factor")?,
                context: number("original_max_position_embeddings")?,
            }),
            other => Err(LearnError::Unsupported(format!(
                "unsupported RoPE scaling `{other}`; supported are default, linear and llama3"
            ))),
        }
    }

    fn windowed(&self, family: Family, layers: usize) -> Vec<bool> {
        if let Some(kinds) = self.0.get("layer_types").and_then(Value::as_array) {
            return kinds.iter().map(|kind| kind.as_str() == Some("sliding_attention")).collect();
        }
        match family {
            Family::Gemma3 => {
                let pattern = self.size("sliding_window_pattern").unwrap_or(6);
                (1..=layers).map(|layer| layer % pattern != 0).collect()
            }
            // Mistral's window applies in every layer; Qwen's is switched by a separate field.
            Family::Llama => {
                vec![self.0.get("model_type").and_then(Value::as_str) == Some("mistral"); layers]
            }
            Family::Qwen2 | Family::Qwen3 => vec![false; layers],
        }
    }

    /// What the engine would compute wrongly is not computed.
    fn refuse(&self, family: Family) -> Result<()> {
        let truthy = |key: &str| self.0.get(key).and_then(Value::as_bool) == Some(true);
        let act =
            self.0.get("hidden_act").or_else(|| self.0.get("hidden_activation")).and_then(Value::as_str);
        let expected: &[&str] =
            if family == Family::Gemma3 { &["gelu_pytorch_tanh"] } else { &["silu", "swish"] };
        if let Some(act) = act.filter(|act| !expected.contains(act)) {
            return Err(LearnError::Unsupported(format!(
                "a {} model with activation `{act}` is not supported",
                family.as_str()
            )));
        }
        for key in ["mlp_bias", "use_sliding_window"] {
            if truthy(key) {
                return Err(LearnError::Unsupported(format!("`{key}` is not supported")));
            }
        }
        if family != Family::Qwen2 && truthy("attention_bias") {
            return Err(LearnError::Unsupported("`attention_bias` is not supported".to_owned()));
        }
        for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if self.number(key).is_some() {
                return Err(LearnError::Unsupported(format!("`{key}` is not supported")));
            }
        }
        Ok(())
    }
}

impl Config {
    /// Itself, where its numbers fit each other.
    pub(crate) fn checked(self) -> Result<Self> {
        let wrong = |what: String| Err(LearnError::Unsupported(what));
        if self.kv_heads == 0 || !self.heads.is_multiple_of(self.kv_heads) {
            return wrong(format!(
                "{} attention heads cannot be divided among {} key/value heads",
                self.heads, self.kv_heads
            ));
        }
        if !self.head_dim.is_multiple_of(2) || self.head_dim == 0 {
            return wrong(format!(
                "a head dimension of {} does not work with rotary embeddings",
                self.head_dim
            ));
        }
        if self.windowed.len() != self.layers {
            return wrong(format!("{} kinds of layers for {} layers", self.windowed.len(), self.layers));
        }
        for (name, size) in [("layers", self.layers), ("heads", self.heads)] {
            if size > 4096 {
                return wrong(format!("{size} {name}"));
            }
        }
        Ok(self)
    }
}

/// The refusal of a family.
pub(crate) fn unknown(name: &str) -> LearnError {
    LearnError::Unsupported(format!(
        "unsupported model type `{name}`; supported are llama, mistral, qwen2, qwen3 and gemma3"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_positions_are_read() {
        let base = r#""hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "vocab_size": 100"#;
        let old = format!(r#"{{"model_type": "llama", "rope_theta": 500000.0, {base}}}"#);
        let new = format!(
            r#"{{"model_type": "llama", "rope_parameters": {{"rope_theta": 500000.0, "rope_type": "default"}}, {base}}}"#
        );
        assert_eq!(Config::from_json(&old).unwrap(), Config::from_json(&new).unwrap());
        let yarn = format!(
            r#"{{"model_type": "qwen3", "rope_scaling": {{"type": "yarn", "factor": 4.0}}, {base}}}"#
        );
        assert!(Config::from_json(&yarn).unwrap_err().to_string().contains("yarn"));
        let other = format!(r#"{{"model_type": "mamba", {base}}}"#);
        assert!(Config::from_json(&other).unwrap_err().to_string().contains("mamba"));
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        for (heads, keys) in [(4, 3), (0, 1), (5000, 5000)] {
            let text = format!(
                r#"{{"model_type": "llama", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
                "num_attention_heads": {heads}, "num_key_value_heads": {keys}, "head_dim": 8, "vocab_size": 100}}"#
            );
            assert!(Config::from_json(&text).is_err(), "{heads} {keys}");
        }
    }
}
