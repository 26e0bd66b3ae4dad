//! `predilect export`: the study in another tool's format.

use predilect_types::Verdict;
use predilect_workbench::files::{check_places, write_file};
use predilect_workbench::studies::Chosen;
use predilect_workbench::{Judges, Study, export};

use crate::args::{ExportArgs, Global};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &ExportArgs, global: &Global) -> Result<(), Problem> {
    check_places(&args.output, &[])?;
    let study = Study::open(&args.study)?;
    let watch = Bars::new(global.quiet);
    let study = Chosen::of(study, args.filter.as_ref(), Judges::Auto, &watch)?;
    let takes = |row: u32, verdict: Option<&Verdict>| match verdict {
        None => study.takes(row),
        Some(verdict) => study.takes_in_order(row, verdict.order),
    };
    let summary = match &args.output {
        None => export(&study, args.format, &takes, &mut std::io::stdout().lock())?,
        Some(path) => {
            let mut content = Vec::new();
            let summary = export(&study, args.format, &takes, &mut content)?;
            write_file(path, &content)?;
            summary
        }
    };
    if !global.quiet {
        for (what, count) in &summary.lost {
            say!("not exported: {count} x {what}, for which the format {} has no place", args.format);
        }
    }
    Ok(())
}
