//! What the head of a GGUF file says: carried over from one, or made of a folder's `config.json` and tokenizer.

use std::path::Path;

use super::config::pattern;
use super::numbers::GgufNumbers;
use super::outgoing::fits;
use super::tokenizer;
use crate::error::{LearnError, Result, file};
use crate::model::config::{Config, Family, Stretch};
use crate::model::entries::{self, Entry};
use crate::model::weights::gguf::query_scale;

/// llama.cpp's name of a family.
pub(super) fn architecture(family: Family) -> &'static str {
    match family {
        Family::Llama => "llama",
        Family::Qwen2 => "qwen2",
        Family::Qwen3 => "qwen3",
        Family::Gemma3 => "gemma3",
    }
}

/// The kind of numbers, which is part of the metadata.
fn kind(numbers: GgufNumbers) -> [Entry; 2] {
    [Entry::u32("general.file_type", numbers.file_type()), Entry::u32("general.quantization_version", 2)]
}

/// The entries of a file, with another kind of numbers.
pub(super) fn of_gguf(numbers: GgufNumbers, source: &Path) -> Result<Vec<Entry>> {
    let mut all = entries::read(source)?;
    // The offsets of numbers, and how those of the source were quantised, have changed.
    let gone = ["general.alignment", "general.file_type", "general.quantization_version"];
    let gone = |key: &str| gone.contains(&key) || key.starts_with("split.") || key.starts_with("quantize.");
    all.retain(|entry| !gone(&entry.key));
    all.extend(kind(numbers));
    Ok(all)
}

/// The entries that a folder's files make.
pub(super) fn of_folder(config: &Config, numbers: GgufNumbers, source: &Path) -> Result<Vec<Entry>> {
    let path = source.join("config.json");
    let text = std::fs::read_to_string(&path).map_err(file(&path))?;
    fits(config, &Config::from_json(&text)?, source)?;
    let name = source.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut all = vec![
        Entry::text("general.architecture", architecture(config.family)),
        Entry::text("general.type", "model"),
        Entry::text("general.name", name.as_deref().unwrap_or("model")),
    ];
    all.extend(shape(config)?);
    all.extend(tokenizer::entries(source, &text, config.vocab)?);
    all.extend(kind(numbers));
    Ok(all)
}

fn shape(config: &Config) -> Result<Vec<Entry>> {
    let key = |name: &str| format!("{}.{name}", architecture(config.family));
    let size = |name: &str, value: usize| Entry::size(&key(name), value);
    let mut all = vec![
        size("block_count", config.layers),
        size("context_length", config.context),
        size("embedding_length", config.hidden),
        size("feed_forward_length", config.intermediate),
        size("attention.head_count", config.heads),
        size("attention.head_count_kv", config.kv_heads),
        size("attention.key_length", config.head_dim),
        size("attention.value_length", config.head_dim),
        size("rope.dimension_count", config.head_dim),
        size("vocab_size", config.vocab),
        Entry::f32(&key("rope.freq_base"), config.theta as f32),
        Entry::f32(&key("attention.layer_norm_rms_epsilon"), config.eps),
    ];
    if let Stretch::Linear(factor) = config.stretch {
        all.push(Entry::text(&key("rope.scaling.type"), "linear"));
        all.push(Entry::f32(&key("rope.scaling.factor"), factor as f32));
    }
    let scale = query_scale(config.family, config.layers, (config.hidden, config.heads, config.head_dim));
    if (config.query_scale - scale).abs() > 1e-5 * scale {
        return Err(LearnError::Unsupported(format!(
            "queries are scaled by {}; llama.cpp would scale them by {scale}",
            config.query_scale
        )));
    }
    match config.window.filter(|_| config.windowed.contains(&true)) {
        Some(window) if config.family == Family::Gemma3 => {
            all.push(size("attention.sliding_window", window));
            all.push(Entry::f32(&key("rope.freq_base_swa"), config.window_theta as f32));
            // What is not said is six.
            let name = key("attention.sliding_window_pattern");
            match pattern(&config.windowed) {
                Some(6) => {}
                Some(other) => all.push(Entry::size(&name, other)),
                None => all.push(Entry::bools(&name, &config.windowed)),
            }
        }
        Some(window) if window < config.context => {
            return Err(LearnError::Unsupported(format!(
                "layers see only {window} tokens back, which a {} in llama.cpp cannot do",
                architecture(config.family)
            )));
        }
        _ => {}
    }
    Ok(all)
}
