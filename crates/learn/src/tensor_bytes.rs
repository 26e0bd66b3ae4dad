//! How do tensors become the bytes of a `safetensors` file?

use safetensors::tensor::{Dtype, TensorView};

use crate::error::{LearnError, Result};

/// The bytes of a `safetensors` file of `f32` tensors.
pub(crate) fn safetensors_bytes<'a>(
    tensors: impl Iterator<Item = (String, Vec<usize>, &'a [f32])>,
) -> Result<Vec<u8>> {
    let kept: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .map(|(name, shape, value)| (name, shape, value.iter().flat_map(|v| v.to_le_bytes()).collect()))
        .collect();
    let unkept = |e: safetensors::SafeTensorError| LearnError::Choice(format!("tensors cannot be kept: {e}"));
    let views = kept
        .iter()
        .map(|(name, shape, bytes)| Ok((name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unkept)?;
    // What readers of PEFT's and transformers' files ask for.
    let head = Some([("format".to_owned(), "pt".to_owned())].into());
    safetensors::serialize(views, head).map_err(unkept)
}
