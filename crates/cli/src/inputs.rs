//! What a verb works on: files that are read into a new study, a study that exists, or the example.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use predilect_data::{Onto, Study, StudyToml};
use predilect_types::ReadSummary;

use crate::args::ReadArgs;
use crate::problem::Problem;
use crate::studies::{is_study, refuse_reading, take_over};
use crate::verbs::import::import;

/// The examples that come with Predilect; see `examples/README.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Example {
    /// 2,139 pairs of 59 models: 124 people beside GPT-4 and GPT-3.5 (llmfao, CC BY 4.0)
    Llmfao,
    /// 320 pairs of two small local models, judged by both
    LocalJudge,
}

impl Example {
    /// Its name in reports, and the file.
    fn file(self) -> (&'static str, &'static [u8]) {
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

/// What the user gave.
pub(crate) struct Inputs<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) example: Option<Example>,
    pub(crate) read: &'a ReadArgs,
}

impl Inputs<'_> {
    /// The study in the folder `place`, with what was read; `scratch` is a folder for what is needed on the way.
    pub(crate) fn open(
        &self,
        place: &Path,
        scratch: &Path,
        quiet: bool,
    ) -> Result<(Study, ReadSummary), Problem> {
        if let [only] = self.files
            && is_study(only)
        {
            refuse_reading(only, self.read)?;
            let study = take_over(only, place)?;
            let entry = StudyToml::load(&study)?.import.unwrap_or_default();
            let read = ReadSummary {
                rows: entry.rows,
                pairs: entry.pairs,
                verdicts: entry.verdicts,
                dropped: entry.dropped,
                merged: entry.merged,
                sources: entry.sources,
                ..ReadSummary::default()
            };
            return Ok((study, read));
        }
        if let Some(study) = self.files.iter().find(|path| is_study(path)) {
            return Err(Problem::new(format!(
                "{} is a study and cannot be joined with other inputs",
                study.display()
            ))
            .remedy("give it alone, or export it to a file first"));
        }
        let files = match self.example.map(Example::file) {
            Some((name, bytes)) => {
                let path = scratch.join(Path::new(name).file_name().unwrap_or_default());
                std::fs::write(&path, bytes)?;
                vec![path]
            }
            None => self.files.to_vec(),
        };
        let options = self.read.options()?;
        let (study, mut read) = if is_study(place) {
            // Read again, to see whether the study is of the same data: then it is carried on.
            let again = scratch.join("again");
            let (again, read) = import(&files, &options, &again, Onto::New, quiet)?;
            let there = Study::open(place)?;
            if again.import_name().is_none() || again.import_name() != there.import_name() {
                return Err(Problem::new(format!("{} is a study of other data", place.display())).remedy(
                    "give another folder, or replace the study first: predilect import FILE -o STUDY --replace",
                ));
            }
            (there, read)
        } else {
            import(&files, &options, place, Onto::Replace, quiet)?
        };
        if let Some((name, _)) = self.example.map(Example::file) {
            for source in &mut read.sources {
                name.clone_into(&mut source.source);
            }
        }
        Ok((study, read))
    }
}
