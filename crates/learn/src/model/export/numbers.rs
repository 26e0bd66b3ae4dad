//! Numbers as bytes: floats of 32 and 16 bits, and blocks of 8 bits.

use std::io::Write;
use std::path::Path;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor as Candle};

use crate::error::{LearnError, Result, unwritten};

/// How numbers are kept in a `safetensors` file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FolderNumbers {
    /// Unchanged, 32 bits.
    #[default]
    F32,
    /// IEEE floats of 16 bits.
    F16,
    /// Floats of 32 bits without their lower half.
    Bf16,
}

impl FolderNumbers {
    /// Its name in `config.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::Bf16 => "bfloat16",
        }
    }

    /// Its name in a `safetensors` file.
    pub(super) fn in_file(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
        }
    }

    pub(super) fn kind(self) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::F16 => GgmlDType::F16,
            Self::Bf16 => GgmlDType::BF16,
        }
    }
}

/// How matrices are kept in a GGUF file; norms and biases are floats of 32 bits always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GgufNumbers {
    /// Unchanged, 32 bits.
    F32,
    /// IEEE floats of 16 bits.
    #[default]
    F16,
    /// Blocks of 32 numbers of 8 bits with a scale; matrices whose row length is not a multiple of 32 stay at 16 bits.
    Q8_0,
}

impl GgufNumbers {
    /// llama.cpp's number of it, `general.file_type`.
    pub(super) fn file_type(self) -> u32 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Q8_0 => 7,
        }
    }

    /// How a matrix with rows of this length is kept.
    pub(super) fn kind(self, cols: usize) -> GgmlDType {
        match self {
            Self::F32 => GgmlDType::F32,
            Self::Q8_0 if cols > 0 && cols.is_multiple_of(GgmlDType::Q8_0.block_size()) => GgmlDType::Q8_0,
            Self::F16 | Self::Q8_0 => GgmlDType::F16,
        }
    }
}

/// Numbers that become bytes at once: a multiple of every block's length, few enough not to need much memory.
const CHUNK: usize = 1 << 18;

/// Size in bytes of this many numbers.
pub(super) fn size(count: usize, kind: GgmlDType) -> usize {
    count / kind.block_size() * kind.type_size()
}

/// Writes numbers to a file, a part at a time.
pub(super) fn stream(
    to: &mut impl Write,
    path: &Path,
    (name, value): (&str, &[f32]),
    kind: GgmlDType,
) -> Result<()> {
    for part in value.chunks(CHUNK) {
        let bytes = bytes(part, kind).map_err(|what| LearnError::Choice(format!("tensor {name} {what}")))?;
        to.write_all(&bytes).map_err(unwritten(path))?;
    }
    Ok(())
}

fn bytes(value: &[f32], kind: GgmlDType) -> Result<Vec<u8>, String> {
    if !value.iter().all(|x| x.is_finite()) {
        return Err("contains numbers that are not finite".to_owned());
    }
    if kind == GgmlDType::F32 {
        return Ok(value.iter().flat_map(|x| x.to_le_bytes()).collect());
    }
    // The scale of a block of 8 bits is a float of 16: 127 times as much fits.
    let most = match kind {
        GgmlDType::F16 => 65504.0,
        GgmlDType::Q8_0 => 65504.0 * 127.0,
        _ => f32::MAX,
    };
    if value.iter().any(|x| x.abs() > most) {
        return Err(format!("contains numbers above {most}, too large for the kind asked for"));
    }
    let made = Candle::from_slice(value, value.len(), &Device::Cpu)
        .and_then(|tensor| QTensor::quantize(&tensor, kind))
        .and_then(|tensor| Ok(tensor.data()?.into_owned()));
    made.map_err(|e| {
        format!("cannot be kept as {kind:?}: {}", e.to_string().lines().next().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        for (value, kind) in [(f32::NAN, GgmlDType::F32), (1e6, GgmlDType::F16), (1e8, GgmlDType::Q8_0)] {
            assert!(bytes(&[value; 32], kind).is_err());
        }
        assert!(bytes(&[1.0; 31], GgmlDType::Q8_0).is_err());
        assert_eq!(bytes(&[1.0], GgmlDType::F16).unwrap(), [0, 0x3c]);
        assert_eq!(bytes(&[1.0], GgmlDType::BF16).unwrap(), [0x80, 0x3f]);
        assert!(bytes(&[], GgmlDType::F16).unwrap().is_empty());
    }
}
