//! Which inputs are studies, and how one is carried on elsewhere.

use std::path::{Path, PathBuf};

use predilect_data::{Study, StudyToml};

use crate::args::{Global, ReadArgs};
use crate::problem::Problem;
use crate::verbs::import::import;

/// Whether an input is a study folder.
pub(crate) fn is_study(path: &Path) -> bool {
    path.join("study.toml").is_file()
}

/// A study given as input is not written to, unless it is the output too: its tables are taken over.
pub(crate) fn take_over(from: &Path, to: &Path) -> Result<Study, Problem> {
    if to.is_dir() && from.canonicalize()? == to.canonicalize()? {
        return Ok(Study::open(from)?);
    }
    let source = Study::open(from)?;
    // What is missing or damaged is said of the user's file, not of the copy.
    source.verdicts()?;
    if source.has_table("ratings") {
        source.ratings()?;
    }
    let target = Study::create(to)?;
    for name in ["pairs", "verdicts", "ratings"].into_iter().filter(|name| source.has_table(name)) {
        std::fs::copy(source.table_path(name), target.table_path(name))
            .map_err(|e| Problem::new(format!("cannot copy the table {name} to {}: {e}", to.display())))?;
    }
    StudyToml::load(&source)?.save(&target)?;
    Ok(target)
}

/// The study to work on: the one given, or one made of the files; one that was made of the same files is carried on.
pub(crate) fn carry_on(
    inputs: &[PathBuf],
    output: Option<&Path>,
    read: &ReadArgs,
    global: &Global,
) -> Result<Study, Problem> {
    if let [only] = inputs
        && is_study(only)
    {
        return match output {
            Some(output) => take_over(only, output),
            None => Ok(Study::open(only)?),
        };
    }
    let output = output
        .ok_or_else(|| Problem::new("files need a study to go into").remedy("give one with -o STUDY"))?;
    if is_study(output) {
        // Read again, to see whether the study holds the same: its other judges' verdicts must not be lost.
        let scratch = tempfile::tempdir()?;
        let again = Study::create(scratch.path())?;
        import(inputs, &read.options(), &again, global.quiet)?;
        let study = Study::open(output)?;
        return match (again.import_name(), study.import_name()) {
            (Some(again), Some(there)) if again == there => Ok(study),
            _ => Err(Problem::new(format!("{} holds a study of other data", output.display()))
                .remedy("give another folder, or name that study instead of the files")),
        };
    }
    let study = Study::create(output)?;
    import(inputs, &read.options(), &study, global.quiet)?;
    Ok(study)
}
