//! A folder as Hugging Face's libraries write it: `config.json`, `model.safetensors` or an index of several.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, Metadata};

use super::build::Source;
use crate::error::{LearnError, Result, broken, file};
use crate::files;
use crate::model::config::Config;
use crate::model::decoder::Model;

/// The most bytes that the head of a file may have (100 MB, as the format's own library has it).
const HEAD: u64 = 100_000_000;

/// Opens a model in a folder.
pub(crate) fn open(folder: &Path) -> Result<Model> {
    let path = folder.join("config.json");
    let text = files::text(&path).map_err(file(&path))?;
    let config = Config::from_json(&text)?;
    let offset = config.norms_are_offsets();
    let mut source = Folder { shards: shards(folder)?, offset, tied: config.tied, asked: HashSet::new() };
    Model::build(config, &mut source)
}

/// Which file contains which tensor.
#[derive(serde::Deserialize)]
struct Index {
    weight_map: HashMap<String, String>,
}

fn shards(folder: &Path) -> Result<Vec<Shard>> {
    let index = folder.join("model.safetensors.index.json");
    if !index.exists() {
        return Ok(vec![Shard::open(&folder.join("model.safetensors"))?]);
    }
    let text = files::text(&index).map_err(file(&index))?;
    let index_of: Index = serde_json::from_str(&text).map_err(|e| broken(&index, e.to_string()))?;
    let mut names: Vec<String> = index_of.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    let plain = |name: &str| Path::new(name).components().count() == 1 && !name.starts_with('.');
    if let Some(outside) = names.iter().find(|name| !plain(name)) {
        return Err(broken(&index, format!("names the file `{outside}`, which is not in the folder")));
    }
    names.iter().map(|name| Shard::open(&folder.join(name))).collect()
}

/// One file of tensors; they are read when they are asked for.
pub(crate) struct Shard {
    path: PathBuf,
    file: File,
    head: Metadata,
    start: u64,
}

impl Shard {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut opened = files::open(path).map_err(file(path))?;
        let size = opened.metadata().map_err(file(path))?.len();
        let mut length = [0; 8];
        opened.read_exact(&mut length).map_err(file(path))?;
        let length = u64::from_le_bytes(length);
        if length > HEAD || length + 8 > size {
            return Err(broken(path, format!("header of {length} bytes in a file of {size}")));
        }
        let mut bytes = vec![0; length as usize];
        opened.read_exact(&mut bytes).map_err(file(path))?;
        let head: Metadata = serde_json::from_slice(&bytes).map_err(|e| broken(path, e.to_string()))?;
        let shard = Self { path: path.to_owned(), file: opened, head, start: 8 + length };
        let end = shard.head.data_len() as u64;
        if shard.start + end > size {
            return Err(broken(path, format!("truncated: {} of {} bytes", size, shard.start + end)));
        }
        Ok(shard)
    }

    /// Names of all tensors.
    pub(crate) fn names(&self) -> Vec<String> {
        self.head.offset_keys()
    }

    /// Dimensions and numbers of a tensor.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<(Vec<usize>, Vec<f32>)>> {
        let Some(info) = self.head.info(name) else { return Ok(None) };
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; to - from];
        self.file.seek(SeekFrom::Start(self.start + from as u64)).map_err(file(&self.path))?;
        self.file.read_exact(&mut bytes).map_err(file(&self.path))?;
        let value = floats(info.dtype, &bytes).ok_or_else(|| {
            broken(&self.path, format!("tensor {name} has unsupported data type {:?}", info.dtype))
        })?;
        Ok(Some((info.shape.clone(), value)))
    }
}

fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    let pairs = || bytes.as_chunks::<2>().0.iter();
    Some(match dtype {
        Dtype::F32 => bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect(),
        Dtype::F64 => bytes.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b) as f32).collect(),
        Dtype::BF16 => pairs().map(|b| half::bf16::from_le_bytes(*b).to_f32()).collect(),
        Dtype::F16 => pairs().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect(),
        _ => return None,
    })
}

struct Folder {
    shards: Vec<Shard>,
    offset: bool,
    tied: bool,
    asked: HashSet<String>,
}

impl Source for Folder {
    fn left(&self) -> Vec<String> {
        // A tied head may be written twice, and old files keep what positions turn by.
        let spare =
            |name: &str| name.ends_with("rotary_emb.inv_freq") || (self.tied && name == "lm_head.weight");
        let names = self.shards.iter().flat_map(Shard::names);
        names.filter(|name| !self.asked.contains(name) && !spare(name)).collect()
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>> {
        for shard in &mut self.shards {
            let Some((found, mut value)) = shard.read(name)? else { continue };
            self.asked.insert(name.to_owned());
            if found != shape {
                return Err(LearnError::Shape {
                    name: name.to_owned(),
                    expected: format!("{shape:?}"),
                    found: format!("{found:?}"),
                });
            }
            // The engine's norms multiply by what is stored; a Gemma file stores it less one.
            if self.offset && shape.len() == 1 {
                for w in &mut value {
                    *w += 1.0;
                }
            }
            return Ok(Some(value));
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_head_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        for bytes in [&b""[..], b"1234567", &[255; 16], b"\x02\0\0\0\0\0\0\0[]", b"\x10\0\0\0\0\0\0\0{}"] {
            std::fs::write(&path, bytes).unwrap();
            assert!(Shard::open(&path).is_err());
        }
    }
}
