//! What a run leaves: the adapter, and the trained model in the forms that others read.

use std::collections::BTreeMap;
use std::path::Path;

use predilect_learn::called;
use predilect_learn::model::{FolderNumbers, GgufNumbers, LoraOptions, Model};
use predilect_workbench::Result;
use predilect_workbench::files::NewFile;

use crate::folder::{Folder, LABELS, MERGED, PAIRS, STEPS};
use crate::mistakes::learnt;
use crate::request::TrainRequest;

/// A trained model with all that says how it is to be written.
pub(crate) struct Outputs<'a> {
    pub(crate) model: &'a Model,
    pub(crate) lora: Option<&'a LoraOptions>,
    pub(crate) request: &'a TrainRequest,
}

impl Outputs<'_> {
    /// Writes all that was asked for; the files by what they are.
    pub(crate) fn write(
        &self,
        folder: &Folder,
        remarks: &mut Vec<String>,
    ) -> Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        let mut wrote = |what: &str, path: &Path| {
            files.insert(what.to_owned(), path.display().to_string());
        };
        if let Some(options) = self.lora {
            let base = called(&self.request.model);
            let (config, weights) = self.model.adapter_files(options, &base).map_err(learnt)?;
            wrote("adapter", &folder.write("adapter_model.safetensors", &weights)?);
            wrote("adapter_config", &folder.write("adapter_config.json", config.as_bytes())?);
        }
        wrote("steps", &folder.path.join(STEPS));
        wrote("pairs", &folder.path.join(PAIRS));
        let labels = folder.path.join(LABELS);
        if labels.is_file() {
            wrote("labels", &labels);
        }
        files.extend(self.made_of(folder, self.request.outputs.merged || self.lora.is_none(), remarks)?);
        Ok(files)
    }

    /// The model with its adapter merged, as a folder and as a GGUF file where they are wanted; the files by what they are.
    pub(crate) fn made_of(
        &self,
        folder: &Folder,
        merged: bool,
        remarks: &mut Vec<String>,
    ) -> Result<BTreeMap<String, String>> {
        let mut files = BTreeMap::new();
        let numbers = self.request.outputs.gguf;
        if !merged && numbers.is_none() {
            return Ok(files);
        }
        let mut model = self.model.clone();
        model.merge();
        if merged {
            let place = self.merged(&model, folder, remarks)?;
            files.insert("merged".to_owned(), place.display().to_string());
        }
        if let Some(numbers) = numbers {
            files.extend(gguf(&model, numbers, &self.request.model, folder)?);
        }
        Ok(files)
    }

    /// A folder as transformers reads it, replacing the previous one.
    fn merged(
        &self,
        model: &Model,
        folder: &Folder,
        remarks: &mut Vec<String>,
    ) -> Result<std::path::PathBuf> {
        let mut wrote = Vec::new();
        folder.swap(MERGED, |new| {
            wrote = model.write_folder(new, FolderNumbers::F32, &self.request.model).map_err(learnt)?;
            Ok(())
        })?;
        if !wrote.contains(&"tokenizer.json") {
            remarks.push(
                "the merged folder has no tokenizer files, because the model's own cannot be written: to open it with transformers, copy them there from the original model"
                    .to_owned(),
            );
        }
        Ok(folder.path.join(MERGED))
    }
}

/// A model as a GGUF file, with the tokenizer of what it was made from; the file by what it is.
pub(crate) fn gguf(
    model: &Model,
    numbers: GgufNumbers,
    from: &Path,
    folder: &Folder,
) -> Result<BTreeMap<String, String>> {
    let place = folder.path.join("model.gguf");
    let new = NewFile::of(&place)?;
    model.write_gguf(new.path(), numbers, from).map_err(|error| learnt(error.of_file(&place)))?;
    new.finish()?;
    Ok([("gguf".to_owned(), place.display().to_string())].into())
}
