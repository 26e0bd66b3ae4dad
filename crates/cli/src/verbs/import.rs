//! `predilect import`: which pairs and verdicts do these files hold?

use std::io::Write;
use std::path::PathBuf;

use predilect_data::{ReadOptions, Study, StudyToml};
use predilect_types::ReadSummary;

use crate::args::{Global, ImportArgs};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::bar;

pub(crate) fn run(args: &ImportArgs, global: &Global) -> Result<(), Problem> {
    let study = Study::create(&args.output)?;
    let summary = import(&args.inputs, &args.read.options(), &study, global.quiet)?;
    if args.json {
        return print_json(&summary);
    }
    let mut out = std::io::stdout().lock();
    print(&summary, &mut out)?;
    writeln!(out, "written to {}", args.output.display())?;
    Ok(())
}

/// Imports with a progress bar.
pub(crate) fn import(
    inputs: &[PathBuf],
    options: &ReadOptions,
    study: &Study,
    quiet: bool,
) -> Result<ReadSummary, Problem> {
    let bar = bar(quiet, None, "reading", true);
    let mut source = String::new();
    let (mut before, mut total) = (0, 0);
    let mut last = (0, 0);
    let summary = predilect_data::import(inputs, options, study, &mut |p| {
        if source != p.source {
            // What earlier files held stays in the sum.
            before += last.0;
            total += last.1;
            p.source.clone_into(&mut source);
        }
        last = (p.bytes_read, p.bytes_total.unwrap_or(p.bytes_read));
        bar.set_length(total + last.1);
        bar.set_position(before + last.0);
    });
    bar.finish_and_clear();
    let summary = summary?;
    forget_results(study)?;
    Ok(summary)
}

/// Results of other data must not stand beside the new ones.
fn forget_results(study: &Study) -> Result<(), Problem> {
    let stale =
        [study.table_path("fits"), study.table_path("posteriors"), study.folder().join("report.html")];
    for path in stale.iter().filter(|path| path.exists()) {
        std::fs::remove_file(path)
            .map_err(|e| Problem::new(format!("cannot remove the old result {}: {e}", path.display())))?;
    }
    let mut manifest = StudyToml::load_or_new(study)?;
    if !manifest.steps.is_empty() {
        manifest.steps.clear();
        manifest.save(study)?;
    }
    Ok(())
}

fn print(summary: &ReadSummary, out: &mut impl Write) -> std::io::Result<()> {
    for source in &summary.sources {
        writeln!(out, "{}: {} ({}), {} records", source.source, source.format, source.evidence, source.rows)?;
    }
    writeln!(out, "{} pairs, {} verdicts of {} records", summary.pairs, summary.verdicts, summary.rows)?;
    for (kind, count) in &summary.merged {
        writeln!(out, "merged: {count} x {kind}")?;
    }
    for (reason, count) in &summary.dropped {
        writeln!(out, "not used: {count} x {reason}")?;
    }
    Ok(())
}
