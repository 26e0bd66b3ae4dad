//! A GGUF file of a model: llama.cpp's names, orders and kinds.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use candle_core::quantized::GgmlDType;

use super::config;
use super::metadata::{self, architecture};
use super::numbers::{GgufNumbers, size, stream};
use super::outgoing::{elsewhere, fits};
use crate::error::{LearnError, Result, unwritten};
use crate::model::config::{Config, Family, Stretch};
use crate::model::decoder::Model;
use crate::model::entries::Entry;
use crate::model::store::{Tensor, is_vector};
use crate::model::weights::gguf::{Gguf, gguf_name, pairs_together};

/// Tensors begin at multiples of this many bytes.
const ALIGNMENT: usize = 32;

/// A tensor in the layout of the file.
struct Outgoing<'a> {
    name: String,
    /// Rows last, as the format has it.
    shape: Vec<usize>,
    kind: GgmlDType,
    from: Held<'a>,
}

enum Held<'a> {
    Model(&'a Tensor),
    Factors(Cow<'a, [f32]>),
}

impl Outgoing<'_> {
    fn bytes(&self) -> usize {
        size(self.shape.iter().product(), self.kind)
    }
}

impl Model {
    /// Writes the model as a GGUF file that llama.cpp reads.
    ///
    /// `source` is what the model was opened from. All metadata of a GGUF file are carried over, except those about the kind of its
    /// numbers; for a folder, the metadata are made from `config.json`, `tokenizer.json`, `tokenizer_config.json` and the chat template.
    ///
    /// # Errors
    ///
    /// When the model has an adapter that is not merged, the source is of another model, llama.cpp cannot represent what the model or its
    /// tokenizer does, numbers do not fit the kind, or a file cannot be read or written.
    pub fn write_gguf(&self, target: &Path, numbers: GgufNumbers, source: &Path) -> Result<()> {
        elsewhere(target, source)?;
        let tensors = self.tensors(numbers)?;
        let entries = if source.is_dir() {
            metadata::of_folder(&self.config, numbers, source)?
        } else {
            let mut head = Gguf::open(source)?;
            fits(&self.config, &head.config()?, source)?;
            nothing_lost(&head, &tensors)?;
            metadata::of_gguf(numbers, source)?
        };
        let mut to = BufWriter::new(File::create(target).map_err(unwritten(target))?);
        to.write_all(&head(&entries, &tensors)).map_err(unwritten(target))?;
        for tensor in &tensors {
            let value = match &tensor.from {
                Held::Model(own) => ordered(own, &self.config),
                Held::Factors(factors) => Cow::Borrowed(&**factors),
            };
            stream(&mut to, target, (&tensor.name, &value), tensor.kind)?;
            to.write_all(padding(tensor.bytes())).map_err(unwritten(target))?;
        }
        to.flush().map_err(unwritten(target))
    }

    fn tensors(&self, numbers: GgufNumbers) -> Result<Vec<Outgoing<'_>>> {
        let architecture = architecture(self.config.family);
        let mut all = Vec::new();
        for tensor in self.outgoing()? {
            let name = gguf_name(&tensor.name, Some(architecture)).ok_or_else(|| {
                LearnError::Unsupported(format!("tensor {} has no name in llama.cpp", tensor.name))
            })?;
            let (shape, kind) = if is_vector(&tensor.name) {
                (vec![tensor.cols], GgmlDType::F32)
            } else {
                (vec![tensor.cols, tensor.rows], numbers.kind(tensor.cols))
            };
            all.push(Outgoing { name, shape, kind, from: Held::Model(tensor) });
        }
        if let Some(factors) = factors(&self.config)? {
            let (name, shape) = ("rope_freqs.weight".to_owned(), vec![factors.len()]);
            all.push(Outgoing { name, shape, kind: GgmlDType::F32, from: Held::Factors(factors) });
        }
        Ok(all)
    }
}

/// The divisors of frequencies, which llama.cpp keeps as a tensor of a Llama.
fn factors(config: &Config) -> Result<Option<Cow<'_, [f32]>>> {
    let factors: Cow<'_, [f32]> = match &config.stretch {
        Stretch::None | Stretch::Linear(_) => return Ok(None),
        Stretch::Factors(factors) => factors.into(),
        Stretch::Llama3 { factor, low, high, context } => {
            config::factors(config, (*factor, *low, *high, *context)).into()
        }
    };
    if config.family != Family::Llama {
        let family = config.family.as_str();
        return Err(LearnError::Unsupported(format!(
            "llama.cpp does not scale the positions of a {family} in this way"
        )));
    }
    Ok(Some(factors))
}

/// A tensor's numbers in llama.cpp's order: of a Llama's queries and keys, the two of a rotated pair are adjacent.
fn ordered<'a>(tensor: &'a Tensor, config: &Config) -> Cow<'a, [f32]> {
    let heads = match tensor.name.rsplit('.').nth(1) {
        Some("q_proj") => config.heads,
        Some("k_proj") => config.kv_heads,
        _ => 0,
    };
    if config.family != Family::Llama || heads == 0 || is_vector(&tensor.name) {
        return Cow::Borrowed(&tensor.value);
    }
    Cow::Owned(pairs_together(&tensor.value, heads, tensor.rows, tensor.cols))
}

/// What the source has and the engine did not read would be missing.
fn nothing_lost(head: &Gguf, tensors: &[Outgoing<'_>]) -> Result<()> {
    let mut lost: Vec<&String> =
        head.content.tensor_infos.keys().filter(|name| !tensors.iter().any(|t| t.name == **name)).collect();
    lost.sort_unstable();
    match lost.first() {
        None => Ok(()),
        Some(name) => Err(LearnError::Unsupported(format!(
            "the source has a tensor {name} that the engine does not know: it would be lost"
        ))),
    }
}

fn head(entries: &[Entry], tensors: &[Outgoing<'_>]) -> Vec<u8> {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend((entries.len() as u64).to_le_bytes());
    for entry in entries {
        entry.put(&mut bytes);
    }
    let mut offset = 0_usize;
    for tensor in tensors {
        bytes.extend((tensor.name.len() as u64).to_le_bytes());
        bytes.extend(tensor.name.as_bytes());
        bytes.extend((tensor.shape.len() as u32).to_le_bytes());
        bytes.extend(tensor.shape.iter().flat_map(|length| (*length as u64).to_le_bytes()));
        bytes.extend(tensor.kind_number().to_le_bytes());
        bytes.extend((offset as u64).to_le_bytes());
        offset += tensor.bytes().next_multiple_of(ALIGNMENT);
    }
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

impl Outgoing<'_> {
    /// ggml's number of the kind.
    fn kind_number(&self) -> u32 {
        match self.kind {
            GgmlDType::F16 => 1,
            GgmlDType::Q8_0 => 8,
            _ => 0,
        }
    }
}

fn padding(bytes: usize) -> &'static [u8] {
    &[0; ALIGNMENT][..bytes.next_multiple_of(ALIGNMENT) - bytes]
}
