//! `config.json` of a model, in the form that transformers 4 and 5 both read.

use serde_json::{Map, Value, json};

use super::numbers::FolderNumbers;
use crate::error::{LearnError, Result};
use crate::model::config::{Config, Family, Stretch};

/// Tokens that `config.json` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpecialTokens {
    /// Before a text.
    pub bos: Option<u32>,
    /// After a text.
    pub eos: Option<u32>,
    /// Padding token, used where there is no text.
    pub pad: Option<u32>,
}

impl Config {
    /// The text of a `config.json`.
    ///
    /// # Errors
    ///
    /// When transformers cannot represent what the model does: position factors other than Llama 3's, or windows in a family without them.
    pub fn to_json(&self, numbers: FolderNumbers, tokens: SpecialTokens) -> Result<String> {
        let (model_type, class) = self.names()?;
        let mut map = self.common();
        map.extend([
            ("model_type".to_owned(), json!(model_type)),
            ("architectures".to_owned(), json!([class])),
            ("torch_dtype".to_owned(), json!(numbers.as_str())),
            ("bos_token_id".to_owned(), json!(tokens.bos)),
            ("eos_token_id".to_owned(), json!(tokens.eos)),
            ("pad_token_id".to_owned(), json!(tokens.pad)),
        ]);
        self.positions(&mut map)?;
        self.own(&mut map, model_type);
        Ok(serde_json::to_string_pretty(&Value::Object(map)).unwrap_or_default() + "\n")
    }

    /// `model_type`, and the class of transformers.
    fn names(&self) -> Result<(&'static str, &'static str)> {
        let windows = self.windowed.iter().filter(|windowed| **windowed).count();
        match self.family {
            Family::Gemma3 => Ok(("gemma3_text", "Gemma3ForCausalLM")),
            // A window in every layer makes a Llama a Mistral.
            Family::Llama if windows == self.layers && self.window.is_some() => {
                Ok(("mistral", "MistralForCausalLM"))
            }
            _ if windows > 0 => {
                let family = self.family.as_str();
                Err(LearnError::Unsupported(format!(
                    "a {family} with windows in some layers cannot be written"
                )))
            }
            Family::Llama => Ok(("llama", "LlamaForCausalLM")),
            Family::Qwen2 => Ok(("qwen2", "Qwen2ForCausalLM")),
            Family::Qwen3 => Ok(("qwen3", "Qwen3ForCausalLM")),
        }
    }

    fn common(&self) -> Map<String, Value> {
        let value = json!({
            "hidden_size": self.hidden,
            "intermediate_size": self.intermediate,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "vocab_size": self.vocab,
            "rms_norm_eps": short(self.eps),
            "max_position_embeddings": self.context,
            "tie_word_embeddings": self.tied,
            "attention_dropout": 0.0,
            "initializer_range": 0.02,
            "use_cache": true,
        });
        if let Value::Object(map) = value { map } else { Map::new() }
    }

    /// How positions turn: transformers 4 reads `rope_theta` and `rope_scaling`, 5 reads `rope_parameters`.
    fn positions(&self, map: &mut Map<String, Value>) -> Result<()> {
        let scaling = self.scaling()?;
        let mut full = scaling.clone().unwrap_or_else(|| json!({"rope_type": "default"}));
        full["rope_theta"] = json!(self.theta);
        let parameters = if self.family == Family::Gemma3 {
            map.insert("rope_local_base_freq".to_owned(), json!(self.window_theta));
            let local = json!({"rope_type": "default", "rope_theta": self.window_theta});
            json!({"full_attention": full, "sliding_attention": local})
        } else {
            full
        };
        map.insert("rope_theta".to_owned(), json!(self.theta));
        map.insert("rope_scaling".to_owned(), json!(scaling));
        map.insert("rope_parameters".to_owned(), parameters);
        Ok(())
    }

    fn scaling(&self) -> Result<Option<Value>> {
        let llama3 = |factor: f64, low: f64, high: f64, context: f64| {
            let whole = context as u64;
            let context = if whole as f64 == context { json!(whole) } else { json!(context) };
            json!({"rope_type": "llama3", "factor": factor, "low_freq_factor": low, "high_freq_factor": high,
                "original_max_position_embeddings": context})
        };
        Ok(match &self.stretch {
            Stretch::None => None,
            Stretch::Linear(factor) => Some(json!({"rope_type": "linear", "factor": factor})),
            Stretch::Llama3 { factor, low, high, context } => Some(llama3(*factor, *low, *high, *context)),
            Stretch::Factors(factors) => {
                let factor = guessed(self, factors).ok_or_else(|| {
                    LearnError::Unsupported(
                        "positions are scaled by factors other than Llama 3's, which config.json cannot express"
                            .to_owned(),
                    )
                })?;
                Some(llama3(factor, 1.0, 4.0, 8192.0))
            }
        })
    }

    /// What one family has and others have not.
    fn own(&self, map: &mut Map<String, Value>, model_type: &str) {
        let mut add = |key: &str, value: Value| map.insert(key.to_owned(), value);
        if self.family == Family::Gemma3 {
            add("hidden_activation", json!("gelu_pytorch_tanh"));
            add("query_pre_attn_scalar", scalar(self.query_scale));
            add("attn_logit_softcapping", Value::Null);
            add("final_logit_softcapping", Value::Null);
            add("sliding_window", json!(self.window.unwrap_or(self.context)));
            if let Some(pattern) = pattern(&self.windowed) {
                add("sliding_window_pattern", json!(pattern));
            }
        } else {
            add("hidden_act", json!("silu"));
            let window = if model_type == "mistral" { json!(self.window) } else { Value::Null };
            add("sliding_window", window);
        }
        if matches!(self.family, Family::Qwen2 | Family::Qwen3) {
            add("use_sliding_window", json!(false));
            add("max_window_layers", json!(self.layers));
        }
        if matches!(model_type, "llama" | "qwen3" | "gemma3_text") {
            add("attention_bias", json!(false));
        }
        if model_type == "llama" {
            add("mlp_bias", json!(false));
            add("pretraining_tp", json!(1));
        } else if model_type != "mistral" {
            let kind = |windowed: &bool| if *windowed { "sliding_attention" } else { "full_attention" };
            add("layer_types", self.windowed.iter().map(kind).collect());
        }
    }
}

/// A float of 32 bits as the shortest number that reads as it.
fn short(x: f32) -> Value {
    json!(x.to_string().parse::<f64>().unwrap_or(f64::from(x)))
}

/// The number under a root that gives a scale; a whole number if it is one up to rounding.
fn scalar(scale: f32) -> Value {
    let under = 1.0 / f64::from(scale).powi(2);
    let whole = under.round();
    if (under - whole).abs() < 1e-4 * whole { json!(whole as u64) } else { json!(under) }
}

/// The period of the layers that see everything, if they are regular; `None` otherwise.
pub(super) fn pattern(windowed: &[bool]) -> Option<usize> {
    let full = |pattern: usize| windowed.iter().enumerate().all(|(at, w)| *w == ((at + 1) % pattern != 0));
    if full(6) { Some(6) } else { (1..=windowed.len()).find(|pattern| full(*pattern)) }
}

/// The divisors of frequencies that Llama 3's stretching means, as llama.cpp keeps them.
pub(super) fn factors(config: &Config, (factor, low, high, context): (f64, f64, f64, f64)) -> Vec<f32> {
    let half = config.head_dim / 2;
    let of = |i: usize| {
        let frequency = config.theta.powf(-2.0 * i as f64 / config.head_dim as f64);
        let wavelength = std::f64::consts::TAU / frequency;
        if wavelength > context / low {
            factor
        } else if wavelength < context / high {
            1.0
        } else {
            let smooth = (context / wavelength - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    (0..half).map(|i| of(i) as f32).collect()
}

/// The factor of a Llama 3.1, 3.2 or 3.3 that gives these divisors.
fn guessed(config: &Config, found: &[f32]) -> Option<f64> {
    let most = found.iter().copied().fold(1.0, f32::max);
    let factor = f64::from(most).round();
    let expected = factors(config, (factor, 1.0, 4.0, 8192.0));
    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b;
    (found.len() == expected.len() && found.iter().zip(&expected).all(near)).then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(extra: &str) -> Config {
        Config::from_json(&format!(
            r#"{{"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "vocab_size": 100, "rms_norm_eps": 1e-5, "head_dim": 16, {extra}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        for extra in [
            r#""model_type": "llama", "rope_theta": 500000.0"#,
            r#""model_type": "llama", "rope_theta": 500000.0, "rope_scaling": {"rope_type": "llama3", "factor": 32.0,
                "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}"#,
            r#""model_type": "llama", "rope_scaling": {"type": "linear", "factor": 2.0}, "tie_word_embeddings": true"#,
            r#""model_type": "mistral", "sliding_window": 16"#,
            r#""model_type": "qwen2", "max_position_embeddings": 77"#,
            r#""model_type": "qwen3", "rope_theta": 1000000.0"#,
            r#""model_type": "gemma3_text", "sliding_window": 8, "query_pre_attn_scalar": 24"#,
            r#""model_type": "gemma3_text", "sliding_window": 8, "rope_local_base_freq": 500.0, "sliding_window_pattern": 2,
                "rope_scaling": {"rope_type": "linear", "factor": 8.0}"#,
        ] {
            let first = config(extra);
            let text = first.to_json(FolderNumbers::F32, SpecialTokens::default()).unwrap();
            assert_eq!(first, Config::from_json(&text).unwrap(), "{text}");
        }
    }

    #[test]
    fn factors_of_llama_3_are_known_and_others_refused() {
        let mut config = config(r#""model_type": "llama", "rope_theta": 500000.0"#);
        config.stretch = Stretch::Factors(factors(&config, (32.0, 1.0, 4.0, 8192.0)));
        let text = config.to_json(FolderNumbers::F32, SpecialTokens::default()).unwrap();
        let stretch = Config::from_json(&text).unwrap().stretch;
        assert_eq!(stretch, Stretch::Llama3 { factor: 32.0, low: 1.0, high: 4.0, context: 8192.0 });
        for factors in [vec![], vec![2.0; 8], vec![f32::NAN; 8], vec![f32::INFINITY; 8]] {
            config.stretch = Stretch::Factors(factors);
            assert!(config.to_json(FolderNumbers::F32, SpecialTokens::default()).is_err());
        }
    }
}
