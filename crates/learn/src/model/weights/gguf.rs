//! A GGUF file: any quantisation becomes floats, and llama.cpp's names and orders become Hugging Face's.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::{Content, Value};

use super::build::Source;
use crate::error::{LearnError, Result, broken, file};
use crate::files;
use crate::model::config::{Config, Family, Stretch, unknown};
use crate::model::decoder::Model;
use crate::model::entries::aligned_to_nothing;

/// A file whose head was read.
pub(crate) struct Gguf {
    path: PathBuf,
    reader: BufReader<File>,
    pub(crate) content: Content,
    asked: HashSet<String>,
}

impl Gguf {
    /// Reads the head of a file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let opened = files::open(path).map_err(file(path))?;
        let size = opened.metadata().map_err(file(path))?.len();
        // candle divides by it.
        if aligned_to_nothing(path) {
            return Err(broken(path, "has an alignment of 0"));
        }
        let mut reader = BufReader::new(opened);
        let content = Content::read(&mut reader).map_err(|e| broken(path, short(&e)))?;
        // Two bits a number are the least that any kind takes.
        let fits = |dims: &[usize]| {
            let count = dims.iter().try_fold(1_u64, |count, length| count.checked_mul(*length as u64));
            count.is_some_and(|count| count / 8 <= size)
        };
        if let Some((name, _)) = content.tensor_infos.iter().find(|(_, info)| !fits(info.shape.dims())) {
            return Err(broken(path, format!("tensor {name} claims more numbers than the file can hold")));
        }
        Ok(Self { path: path.to_owned(), reader, content, asked: HashSet::new() })
    }

    /// The model in it.
    pub(crate) fn model(&mut self) -> Result<Model> {
        let config = self.config()?;
        Model::build(config, self)
    }

    pub(crate) fn config(&mut self) -> Result<Config> {
        let architecture = self.text("general.architecture").unwrap_or_default();
        let family = Family::named(&architecture).ok_or_else(|| unknown(&architecture))?;
        let (hidden, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let layers = self.size("block_count")?;
        let head_dim = self.size("attention.key_length").unwrap_or(hidden / heads);
        let embedding = self.content.tensor_infos.get("token_embd.weight");
        let vocab = embedding.and_then(|info| info.shape.dims().first().copied());
        let window = self.size("attention.sliding_window").ok().filter(|_| family == Family::Gemma3);
        let config = Config {
            family,
            hidden,
            intermediate: self.size("feed_forward_length")?,
            layers,
            heads,
            kv_heads: self.size("attention.head_count_kv").unwrap_or(heads),
            head_dim,
            vocab: vocab.ok_or_else(|| broken(&self.path, "has no embedding of tokens"))?,
            eps: self.number("attention.layer_norm_rms_epsilon").unwrap_or(1e-6) as f32,
            theta: self.number("rope.freq_base").unwrap_or(if family == Family::Gemma3 { 1e6 } else { 1e4 }),
            window_theta: self.number("rope.freq_base_swa").unwrap_or(1e4),
            stretch: self.stretch()?,
            window,
            windowed: self.windowed(layers, window.is_some()),
            tied: !self.content.tensor_infos.contains_key("output.weight"),
            context: self.size("context_length").unwrap_or(2048),
            query_scale: query_scale(family, layers, (hidden, heads, head_dim)),
        };
        config.checked()
    }

    /// Which layers see only the window: all but every sixth, unless the file says otherwise.
    fn windowed(&self, layers: usize, windows: bool) -> Vec<bool> {
        if !windows {
            return vec![false; layers];
        }
        let key = "attention.sliding_window_pattern";
        if let Some(Value::Array(kinds)) = self.value(key) {
            return kinds.iter().map(|kind| kind.to_u64().is_ok_and(|kind| kind != 0)).collect();
        }
        let pattern = self.size(key).unwrap_or(6);
        (1..=layers).map(|layer| layer % pattern != 0).collect()
    }

    fn stretch(&mut self) -> Result<Stretch> {
        if let Some(info) = self.content.tensor_infos.get("rope_freqs.weight") {
            let length = info.shape.elem_count();
            return Ok(Stretch::Factors(self.floats("rope_freqs.weight", length)?));
        }
        match self.text("rope.scaling.type").as_deref() {
            Some("none") => Ok(Stretch::None),
            // Without a kind, or with a factor of 0, as llama.cpp reads it.
            None | Some("linear") => {
                let factor = self.number("rope.scaling.factor").filter(|factor| *factor > 0.0);
                Ok(factor.map_or(Stretch::None, Stretch::Linear))
            }
            Some(other) => Err(LearnError::Unsupported(format!("unsupported RoPE scaling `{other}`"))),
        }
    }

    fn value(&self, key: &str) -> Option<&Value> {
        let own = || {
            let architecture = self.content.metadata.get("general.architecture")?.to_string().ok()?;
            self.content.metadata.get(&format!("{architecture}.{key}"))
        };
        self.content.metadata.get(key).or_else(own)
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value(key)?.to_string().ok().cloned()
    }

    fn size(&self, key: &str) -> Result<usize> {
        let number = self.value(key).and_then(|value| match value {
            Value::U32(n) => Some(u64::from(*n)),
            Value::U64(n) => Some(*n),
            Value::I32(n) => u64::try_from(*n).ok(),
            _ => None,
        });
        match number {
            Some(n) if (1..=1 << 24).contains(&n) => Ok(n as usize),
            _ => Err(broken(&self.path, format!("has no valid `{key}`"))),
        }
    }

    fn number(&self, key: &str) -> Option<f64> {
        match self.value(key)? {
            Value::F32(x) => Some(f64::from(*x)),
            Value::F64(x) => Some(*x),
            _ => None,
        }
    }

    fn floats(&mut self, name: &str, count: usize) -> Result<Vec<f32>> {
        let read = self.content.tensor(&mut self.reader, name, &Device::Cpu);
        let value = read
            .and_then(|tensor| tensor.dequantize(&Device::Cpu))
            .and_then(|tensor| tensor.flatten_all()?.to_vec1::<f32>())
            .map_err(|e| broken(&self.path, format!("tensor {name}: {}", short(&e))))?;
        if value.len() != count {
            return Err(LearnError::Shape {
                name: name.to_owned(),
                expected: format!("{count} numbers"),
                found: format!("{} numbers", value.len()),
            });
        }
        Ok(value)
    }
}

/// The scale of queries, which GGUF files do not contain: llama.cpp recognises the one Gemma with a different scale by its number of
/// layers.
pub(crate) fn query_scale(
    family: Family,
    layers: usize,
    (hidden, heads, head_dim): (usize, usize, usize),
) -> f32 {
    let under = if family == Family::Gemma3 && layers == 62 { hidden / heads } else { head_dim };
    1.0 / (under as f32).sqrt()
}

/// The first line of candle's message: what follows is a trace.
fn short(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

impl Source for Gguf {
    fn left(&self) -> Vec<String> {
        let spare = |name: &str| name.starts_with("rope_freqs") || name.starts_with("rope_factors");
        let names = self.content.tensor_infos.keys();
        names.filter(|name| !self.asked.contains(*name) && !spare(name)).cloned().collect()
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>> {
        let Some(theirs) = gguf_name(name, self.text("general.architecture").as_deref()) else {
            return Ok(None);
        };
        let Some(info) = self.content.tensor_infos.get(&theirs) else { return Ok(None) };
        if info.shape.dims() != shape {
            return Err(LearnError::Shape {
                name: theirs,
                expected: format!("{shape:?}"),
                found: format!("{:?}", info.shape.dims()),
            });
        }
        self.asked.insert(theirs.clone());
        let mut value = self.floats(&theirs, shape.iter().product())?;
        if self.text("general.architecture").as_deref() == Some("llama") {
            let heads = match name.rsplit('.').nth(1) {
                Some("q_proj") => self.size("attention.head_count")?,
                Some("k_proj") => {
                    self.size("attention.head_count_kv").or_else(|_| self.size("attention.head_count"))?
                }
                _ => return Ok(Some(value)),
            };
            value = halves_together(&value, heads, shape[0], shape[1]);
        }
        Ok(Some(value))
    }
}

/// llama.cpp's order of a Llama's queries and keys, in which a rotated pair is adjacent, converted to halves.
pub(crate) fn halves_together(value: &[f32], heads: usize, rows: usize, cols: usize) -> Vec<f32> {
    reorder(value, heads, rows, cols, |half, dim| (half % (dim / 2)) * 2 + half / (dim / 2))
}

/// The reverse.
pub(crate) fn pairs_together(value: &[f32], heads: usize, rows: usize, cols: usize) -> Vec<f32> {
    reorder(value, heads, rows, cols, |at, dim| at / 2 + (at % 2) * (dim / 2))
}

fn reorder(
    value: &[f32],
    heads: usize,
    rows: usize,
    cols: usize,
    from: impl Fn(usize, usize) -> usize,
) -> Vec<f32> {
    let dim = rows / heads;
    let mut out = Vec::with_capacity(value.len());
    for row in 0..rows {
        let source = row / dim * dim + from(row % dim, dim);
        out.extend_from_slice(&value[source * cols..(source + 1) * cols]);
    }
    out
}

/// llama.cpp's name of a tensor.
pub(crate) fn gguf_name(name: &str, architecture: Option<&str>) -> Option<String> {
    match name {
        "model.embed_tokens.weight" => return Some("token_embd.weight".to_owned()),
        "model.norm.weight" => return Some("output_norm.weight".to_owned()),
        "lm_head.weight" => return Some("output.weight".to_owned()),
        _ => {}
    }
    let (number, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let (part, kind) = part.rsplit_once('.')?;
    let gemma = architecture == Some("gemma3");
    let theirs = match part {
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "input_layernorm" => "attn_norm",
        "post_attention_layernorm" if gemma => "post_attention_norm",
        "post_attention_layernorm" | "pre_feedforward_layernorm" => "ffn_norm",
        "post_feedforward_layernorm" => "post_ffw_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{number}.{theirs}.{kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_queries_undo_each_other() {
        let value: Vec<f32> = (0..16).map(|at| at as f32).collect();
        let theirs = pairs_together(&value, 2, 8, 2);
        // The second row of a head is the first of its second half.
        assert_eq!(&theirs[2..4], &[4.0, 5.0]);
        assert_eq!(halves_together(&theirs, 2, 8, 2), value);
    }
}
