//! What does a folder keep of a run, so that another run can check whether it is the same?

use std::path::Path;

use predilect_workbench::{Error, Inputs, Result};
use serde_json::Value;

use crate::made::Made;
use crate::request::TrainRequest;

/// What a folder keeps of the request and of what was given: with other pairs or another model, a run would not be resumed but started from
/// the beginning.
pub(crate) fn asked(request: &TrainRequest, inputs: &Inputs<'_>, made: &Made) -> Result<Value> {
    let written = |e: serde_json::Error| Error::new(format!("the settings cannot be written: {e}"));
    let mut asked = serde_json::to_value(request).map_err(written)?;
    asked["inputs"] = serde_json::to_value(inputs_of(inputs)).map_err(written)?;
    asked["pairs"] = format!("{:016x}", made.mark()).into();
    let models = [Some(&request.model), request.adapter.as_ref()].into_iter().flatten();
    asked["files"] =
        serde_json::to_value(models.flat_map(|path| stamps(path)).collect::<Vec<_>>()).map_err(written)?;
    Ok(asked)
}

/// Sizes and times of a model's files.
fn stamps(path: &Path) -> Vec<(String, u64, u64)> {
    let of = |path: &Path| {
        let data = path.metadata().ok()?;
        let since = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        let name = path.file_name()?.to_string_lossy().into_owned();
        data.is_file().then_some((name, data.len(), since.as_secs()))
    };
    if !path.is_dir() {
        return of(path).into_iter().collect();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut all: Vec<_> = entries.filter_map(|entry| of(&entry.path())).collect();
    all.retain(|(name, ..)| name.ends_with("safetensors") || name.ends_with("json"));
    all.sort_unstable();
    all
}

/// The inputs, so that another run of the same folder can check whether they are the same.
fn inputs_of(inputs: &Inputs<'_>) -> Vec<String> {
    let files = inputs.files.iter().map(|path| path.display().to_string());
    files.chain(inputs.example.map(|example| format!("{example:?}"))).collect()
}
