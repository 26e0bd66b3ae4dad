//! Which inputs are studies, and how one is carried on elsewhere.

use std::path::Path;

use predilect_data::{Study, StudyToml};

use crate::problem::Problem;

/// Whether an input is a study folder.
pub(crate) fn is_study(path: &Path) -> bool {
    path.join("study.toml").is_file()
}

/// A study given as input is not written to, unless it is the output too: its tables are taken over.
pub(crate) fn take_over(from: &Path, to: &Path) -> Result<Study, Problem> {
    if to.is_dir() && from.canonicalize()? == to.canonicalize()? {
        return Ok(Study::open(from)?);
    }
    let (source, target) = (Study::open(from)?, Study::create(to)?);
    for name in ["pairs", "verdicts", "ratings"].into_iter().filter(|name| source.has_table(name)) {
        std::fs::copy(source.table_path(name), target.table_path(name))
            .map_err(|e| Problem::new(format!("cannot copy the table {name} to {}: {e}", to.display())))?;
    }
    StudyToml::load(&source)?.save(&target)?;
    Ok(target)
}
