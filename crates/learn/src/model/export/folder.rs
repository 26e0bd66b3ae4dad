//! A folder that transformers loads: `config.json`, `model.safetensors`, and the source's other files.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use super::config::SpecialTokens;
use super::numbers::{FolderNumbers, size, stream};
use super::outgoing::{elsewhere, fits, less_one, shape};
use crate::error::{Result, broken, file, unwritten};
use crate::model::config::Config;
use crate::model::decoder::Model;
use crate::model::weights::gguf::Gguf;
use crate::tokens::Tokens;

/// Files of a folder that training does not change: tokenizer, template, choices of generation.
pub const SIDE_FILES: [&str; 9] = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "generation_config.json",
    "merges.txt",
    "vocab.json",
    "tokenizer.model",
];

impl Model {
    /// Writes the model into a folder that exists, as transformers reads it, and says which files it wrote.
    ///
    /// `source` is what the model was opened from. A folder's `config.json` is kept except for the kind of numbers, and those of
    /// [`SIDE_FILES`] that it has are copied. For a GGUF file, `config.json` is generated, and so are the tokenizer's files where its tokenizer is of a kind that is read here.
    ///
    /// # Errors
    ///
    /// When the model has an adapter that is not merged, the source is of another model, `config.json` cannot say what the model does,
    /// numbers do not fit the kind, or a file cannot be read or written.
    pub fn write_folder(
        &self,
        target: &Path,
        numbers: FolderNumbers,
        source: &Path,
    ) -> Result<Vec<&'static str>> {
        elsewhere(target, source)?;
        let config =
            if source.is_dir() { kept(self, source, numbers)? } else { made(self, source, numbers)? };
        let mut written = vec!["config.json", "model.safetensors"];
        self.write_safetensors(&target.join("model.safetensors"), numbers)?;
        let path = target.join("config.json");
        fs::write(&path, config).map_err(unwritten(&path))?;
        for name in SIDE_FILES {
            let from = source.join(name);
            if source.is_dir() && from.is_file() {
                // Read, then written: an error names the file that it is about.
                let (bytes, to) = (fs::read(&from).map_err(file(&from))?, target.join(name));
                fs::write(&to, bytes).map_err(unwritten(&to))?;
                written.push(name);
            }
        }
        let tokens =
            if source.is_dir() { None } else { Tokens::from_gguf(&Gguf::open(source)?.content).ok() };
        for (name, bytes) in tokens.and_then(|tokens| tokens.files().ok()).into_iter().flatten() {
            let to = target.join(name);
            fs::write(&to, bytes).map_err(unwritten(&to))?;
            written.push(name);
        }
        Ok(written)
    }

    /// Writes the model's tensors as a `safetensors` file under Hugging Face's names, one after another.
    ///
    /// # Errors
    ///
    /// When the model has an adapter that is not merged, numbers do not fit the kind, or the file cannot be written.
    pub fn write_safetensors(&self, target: &Path, numbers: FolderNumbers) -> Result<()> {
        let tensors = self.outgoing()?;
        let mut head = Map::new();
        // What readers of transformers' files ask for.
        head.insert("__metadata__".to_owned(), json!({"format": "pt"}));
        let mut at = 0;
        for tensor in &tensors {
            let end = at + size(tensor.value.len(), numbers.kind());
            let about =
                json!({"dtype": numbers.in_file(), "shape": shape(tensor), "data_offsets": [at, end]});
            head.insert(tensor.name.clone(), about);
            at = end;
        }
        let mut head = serde_json::to_vec(&head).unwrap_or_default();
        // The numbers begin at a multiple of eight.
        head.resize(head.len().next_multiple_of(8), b' ');
        let mut to = BufWriter::new(File::create(target).map_err(unwritten(target))?);
        to.write_all(&(head.len() as u64).to_le_bytes()).map_err(unwritten(target))?;
        to.write_all(&head).map_err(unwritten(target))?;
        for tensor in tensors {
            let value = less_one(tensor, &self.config);
            stream(&mut to, target, (&tensor.name, &value), numbers.kind())?;
        }
        to.flush().map_err(unwritten(target))
    }
}

/// The source's `config.json`: only the kind of numbers is another, or transformers would round what it loads.
fn kept(model: &Model, source: &Path, numbers: FolderNumbers) -> Result<String> {
    let path = source.join("config.json");
    let text = fs::read_to_string(&path).map_err(file(&path))?;
    fits(&model.config, &Config::from_json(&text)?, source)?;
    let mut value: Value = serde_json::from_str(&text).map_err(|e| broken(&path, e.to_string()))?;
    let mut same = true;
    for key in ["dtype", "torch_dtype"] {
        if let Some(old) = value.get_mut(key).filter(|old| *old != numbers.as_str()) {
            *old = json!(numbers.as_str());
            same = false;
        }
    }
    if same {
        return Ok(text);
    }
    Ok(serde_json::to_string_pretty(&value).unwrap_or_default() + "\n")
}

fn made(model: &Model, source: &Path, numbers: FolderNumbers) -> Result<String> {
    let mut head = Gguf::open(source)?;
    fits(&model.config, &head.config()?, source)?;
    let id = |name: &str| {
        let value = head.content.metadata.get(&format!("tokenizer.ggml.{name}_token_id"))?;
        value.to_u32().ok().filter(|id| (*id as usize) < model.config.vocab)
    };
    let tokens = SpecialTokens { bos: id("bos"), eos: id("eos"), pad: id("padding") };
    model.config.to_json(numbers, tokens)
}
