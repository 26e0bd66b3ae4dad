//! What the script reads: the model, the losses and the pace.

use std::path::{Component, Path, PathBuf};

use predilect_workbench::{Error, Result};
use serde_json::{Value, json};

use crate::folder::{MERGED, PAIRS};
use crate::request::TrainRequest;

/// The way to a folder from another one, which may be moved together with it; the folder itself where the two have no place in common.
fn seen_from(folder: &Path, other: &Path) -> Result<PathBuf> {
    let (from, to) = (std::fs::canonicalize(folder)?, std::fs::canonicalize(other)?);
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if common == 0 {
        return Ok(to);
    }
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    Ok(up.chain(to.components().skip(common)).collect())
}

/// What the script reads.
pub(super) fn settings(
    request: &TrainRequest,
    (folder, model): (&Path, &Path),
    held_out: usize,
) -> Result<Value> {
    let written = |error: serde_json::Error| Error::new(format!("the settings cannot be written: {error}"));
    let training = &request.training;
    let model = seen_from(folder, model)?;
    let adapter = request.adapter.as_ref().map(|adapter| seen_from(folder, adapter)).transpose()?;
    Ok(json!({
        "model": model,
        "adapter": adapter,
        "pairs": PAIRS,
        // Where the other engine leaves them.
        "output": if request.lora.is_some() || request.adapter.is_some() { "." } else { MERGED },
        "loss": request.loss.terms().iter().map(|(loss, weight)| json!([loss.name(), weight])).collect::<Vec<_>>(),
        "losses": serde_json::to_value(&request.losses).map_err(written)?,
        "lora": serde_json::to_value(&request.lora).map_err(written)?,
        "training": {
            "batch": training.batch,
            "epochs": training.epochs,
            "steps": training.steps,
            "learning_rate": training.learning_rate,
            "schedule": training.schedule,
            "warm_up": training.warm_up,
            "weight_decay": training.weight_decay,
            "clip": training.clip,
            "seed": training.seed,
        },
        "max_length": request.texts.max_length,
        "template": request.texts.template,
        "evaluate_every": request.evaluates_every(held_out),
        "micro_batch": null,
        "bf16": null,
        "gradient_checkpointing": null,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_seen_from_the_output() {
        let place = tempfile::tempdir().unwrap();
        let [out, model] = ["runs/one", "models/tiny"].map(|name| place.path().join(name));
        for folder in [&out, &model, &out.join("base")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        assert_eq!(seen_from(&out, &model).unwrap(), Path::new("../../models/tiny"));
        assert_eq!(seen_from(&out, &out.join("base")).unwrap(), Path::new("base"));
        assert!(out.join(seen_from(&out, &model).unwrap()).is_dir());
    }
}
