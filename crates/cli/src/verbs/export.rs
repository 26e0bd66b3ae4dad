//! `predilect export`: the study in another tool's format.

use predilect_data::{Study, export};
use predilect_workbench::files::write_file;

use crate::args::{ExportArgs, Global};
use crate::problem::Problem;
use crate::say::say;

pub(crate) fn run(args: &ExportArgs, global: &Global) -> Result<(), Problem> {
    let study = Study::open(&args.study)?;
    let summary = match &args.output {
        None => export(&study, args.format, &mut std::io::stdout().lock())?,
        Some(path) => {
            let mut content = Vec::new();
            let summary = export(&study, args.format, &mut content)?;
            write_file(path, &content)?;
            summary
        }
    };
    if !global.quiet {
        for (what, count) in &summary.lost {
            say!("{} has no place for it: {count} x {what}", args.format);
        }
    }
    Ok(())
}
