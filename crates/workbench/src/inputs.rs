//! The inputs of a command.

use std::path::{Path, PathBuf};

use predilect_data::ReadOptions;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::scratch::Scratch;
use crate::studies::is_study;

/// The examples that come with Predilect; see `examples/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Example {
    /// 2,139 pairs of 59 models: 124 people as well as GPT-4 and GPT-3.5 (llmfao, CC BY 4.0).
    Llmfao,
    /// 320 pairs of two small local models, judged by both.
    LocalJudge,
}

impl Example {
    /// Its name in reports, and the file.
    pub(crate) fn file(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::Llmfao => {
                ("examples/llmfao.jsonl.zst", include_bytes!("../../../examples/llmfao.jsonl.zst"))
            }
            Self::LocalJudge => {
                ("examples/local-judge.jsonl", include_bytes!("../../../examples/local-judge.jsonl"))
            }
        }
    }
}

/// The inputs of a command.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Preference files, or one study folder.
    pub files: &'a [PathBuf],
    /// An example in their place.
    pub example: Option<Example>,
    /// How files are read.
    pub options: &'a ReadOptions,
}

impl Inputs<'_> {
    /// The study among the inputs, where it is the only one.
    pub fn study(&self) -> Option<&Path> {
        match self.files {
            [only] if self.example.is_none() && is_study(only) => Some(only),
            _ => None,
        }
    }

    /// The files to read, and how. An example is written into `scratch` first, which is made if there is none.
    ///
    /// # Errors
    ///
    /// When the example cannot be written.
    pub(crate) fn files(&self, scratch: &mut Option<Scratch>) -> Result<(Vec<PathBuf>, ReadOptions)> {
        let mut options = self.options.clone();
        let Some((name, bytes)) = self.example.map(Example::file) else {
            return Ok((self.files.to_vec(), options));
        };
        let scratch = match scratch {
            Some(scratch) => scratch,
            None => scratch.insert(Scratch::new()?),
        };
        let path = scratch.path().join(Path::new(name).file_name().unwrap_or_default());
        std::fs::write(&path, bytes)?;
        // A kept study outlives the folder, so the file keeps its own name.
        options.shown = Some(name.to_owned());
        Ok((vec![path], options))
    }
}
