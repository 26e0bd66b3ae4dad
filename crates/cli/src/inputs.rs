//! What a verb works on: files that are read into a new study, a study that exists, or the example.

use std::path::{Path, PathBuf};

use predilect_data::{Onto, Study, StudyToml};
use predilect_types::ReadSummary;

use crate::args::ReadArgs;
use crate::problem::Problem;
use crate::studies::{is_study, refuse_reading, take_over};
use crate::verbs::import::import;

/// The example that comes with Predilect; see `examples/README.md`.
const EXAMPLE: &[u8] = include_bytes!("../../../examples/local-judge.jsonl");
/// Its name in reports.
const EXAMPLE_NAME: &str = "examples/local-judge.jsonl";

/// What the user gave.
pub(crate) struct Inputs<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) example: bool,
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
        let files = if self.example {
            let path = scratch.join("local-judge.jsonl");
            std::fs::write(&path, EXAMPLE)?;
            vec![path]
        } else {
            self.files.to_vec()
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
        if self.example {
            for source in &mut read.sources {
                EXAMPLE_NAME.clone_into(&mut source.source);
            }
        }
        Ok((study, read))
    }
}
