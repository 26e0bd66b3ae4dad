//! Adapters as PEFT keeps them: `adapter_config.json` and `adapter_model.safetensors`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{LearnError, Result, broken, file};
use crate::model::{LoraOptions, Model, Shard, Target, UnknownTarget};
use crate::tensor_bytes::safetensors_bytes;

/// What PEFT puts before every name.
const PREFIX: &str = "base_model.model.";

/// The part of `adapter_config.json` that is understood; of the rest, what would change the adapter's effect is refused.
#[derive(Debug, Deserialize)]
struct Read {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    #[serde(default)]
    target_modules: Targets,
    #[serde(default)]
    use_rslora: bool,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Targets {
    List(Vec<String>),
    One(String),
    #[default]
    None,
}

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of PEFT's file")]
struct Written<'a> {
    peft_type: &'static str,
    task_type: &'static str,
    base_model_name_or_path: &'a str,
    r: usize,
    lora_alpha: f64,
    lora_dropout: f64,
    target_modules: Vec<&'static str>,
    bias: &'static str,
    use_rslora: bool,
    use_dora: bool,
    fan_in_fan_out: bool,
    inference_mode: bool,
    init_lora_weights: bool,
}

impl Model {
    /// Puts an adapter from a folder on the model; it can be trained further.
    ///
    /// # Errors
    ///
    /// When the files are missing or broken, or describe an adapter of another kind or for another model.
    pub fn load_adapter(&mut self, folder: &Path) -> Result<LoraOptions> {
        let options = LoraOptions::of_folder(folder)?;
        self.adapt(&options, 0)?;
        let path = folder.join("adapter_model.safetensors");
        let mut shard = Shard::open(&path)?;
        let mut left: Vec<String> = shard.names();
        for id in self.adapter() {
            let tensor = self.store.get_mut(id);
            let name = format!("{PREFIX}{}", tensor.name);
            let Some((shape, value)) = shard.read(&name)? else {
                return Err(broken(&path, format!("has no tensor {name}")));
            };
            if shape != [tensor.rows, tensor.cols] {
                return Err(LearnError::Shape {
                    name,
                    expected: format!("[{}, {}]", tensor.rows, tensor.cols),
                    found: format!("{shape:?}"),
                });
            }
            tensor.value = value;
            left.retain(|other| *other != name);
        }
        match left.first() {
            Some(name) => Err(broken(&path, format!("tensor {name} belongs to no layer of this model"))),
            None => Ok(options),
        }
    }

    /// The adapter's two files: the text of the first, the bytes of the second.
    ///
    /// `base`: the name or path of the model that it belongs to.
    ///
    /// # Errors
    ///
    /// When the model has no adapter.
    pub fn adapter_files(&self, options: &LoraOptions, base: &str) -> Result<(String, Vec<u8>)> {
        let ids = self.adapter();
        if ids.is_empty() {
            return Err(LearnError::Choice("the model has no adapter".to_owned()));
        }
        let mut targets = options.targets.clone();
        targets.sort_unstable();
        let config = Written {
            peft_type: "LORA",
            task_type: "CAUSAL_LM",
            base_model_name_or_path: base,
            r: options.rank,
            lora_alpha: options.alpha,
            lora_dropout: 0.0,
            target_modules: targets.into_iter().map(Target::as_str).collect(),
            bias: "none",
            use_rslora: false,
            use_dora: false,
            fan_in_fan_out: false,
            inference_mode: true,
            init_lora_weights: true,
        };
        let text = serde_json::to_string_pretty(&config).unwrap_or_default() + "\n";
        let tensors = ids.iter().map(|id| {
            let tensor = self.store.get(*id);
            (format!("{PREFIX}{}", tensor.name), vec![tensor.rows, tensor.cols], tensor.value.as_slice())
        });
        Ok((text, safetensors_bytes(tensors)?))
    }
}

impl LoraOptions {
    /// The shape of the adapter in a folder.
    ///
    /// # Errors
    ///
    /// When `adapter_config.json` is missing or broken, or describes an adapter of another kind.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        let path = folder.join("adapter_config.json");
        let text = crate::files::text(&path).map_err(file(&path))?;
        let read: Read = serde_json::from_str(&text).map_err(|e| broken(&path, e.to_string()))?;
        options(&read).map_err(|what| LearnError::Adapter { path, what })
    }
}

fn target(name: &str) -> Result<Target, String> {
    name.parse().map_err(|unknown: UnknownTarget| unknown.to_string())
}

fn options(read: &Read) -> Result<LoraOptions, String> {
    if read.peft_type != "LORA" {
        return Err(format!("is a {} adapter; only LORA is known", read.peft_type));
    }
    for key in ["use_dora", "use_qalora", "use_bdlora", "lora_bias", "fan_in_fan_out"] {
        if read.rest.get(key).and_then(Value::as_bool) == Some(true) {
            return Err(format!("has `{key}` on, which is not supported"));
        }
    }
    for key in ["rank_pattern", "alpha_pattern"] {
        if read.rest.get(key).and_then(Value::as_object).is_some_and(|map| !map.is_empty()) {
            return Err(format!("has a `{key}`: all layers must have the same rank and alpha"));
        }
    }
    if read.rest.get("bias").and_then(Value::as_str).is_some_and(|bias| bias != "none") {
        return Err("trains biases, which is not supported".to_owned());
    }
    let targets = match &read.target_modules {
        Targets::List(names) => names.iter().map(|name| target(name)).collect::<Result<_, _>>()?,
        Targets::One(name) if name == "all-linear" => Target::ALL.to_vec(),
        Targets::One(name) => vec![target(name)?],
        Targets::None => return Err("names no target modules".to_owned()),
    };
    if read.r == 0 || read.r > 65_536 {
        return Err(format!("has rank {}", read.r));
    }
    // Rank-stabilised scaling is another alpha: alpha / sqrt(r) = (alpha sqrt(r)) / r.
    let alpha = if read.use_rslora { read.lora_alpha * (read.r as f64).sqrt() } else { read.lora_alpha };
    Ok(LoraOptions { rank: read.r, alpha, targets })
}
