//! `predilect compare`: which judges reward alike, which agree, where exactly do they differ, and how biased is each?

use std::io::Write;
use std::path::Path;

use predilect_report::judge_table;
use predilect_results::comparison::{Comparison, JudgeTable};
use predilect_results::{Settings, Written};
use predilect_workbench::Study;
use predilect_workbench::compare::{CompareOptions, Compared, published};
use predilect_workbench::files::{check_places, write_file};
use predilect_workbench::requests::{CompareRequest, Request};
use predilect_workbench::{Workbench, tables};

use super::command;
use crate::args::{CompareArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &CompareArgs, global: &Global) -> Result<(), Problem> {
    one_on_standard_output(args)?;
    let tables = [&args.csv, &args.md].into_iter().flatten().filter(|path| !is_standard(path));
    check_places(args.html.iter().chain(&args.model.draws).chain(tables), &args.inputs)?;
    let request = CompareRequest {
        slice: args.table.options(),
        fit: args.model.options(),
        judges: CompareOptions {
            measure: args.measure,
            resamples: args.resamples as usize,
            published: args.published,
            reference: args.reference.clone(),
            margin: args.margin / 100.0,
            pooling: !args.no_pooling,
            looking: false,
        },
        alone: args.example.is_none() && args.inputs.is_empty(),
    };
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    // The workbench keeps its study locked for writing until everything is written.
    let bench = if args.example.is_some() || !args.inputs.is_empty() {
        let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
        Some(Workbench::of(&inputs, args.output.as_deref(), &watch)?)
    } else {
        None
    };
    let Compared { comparison, simulated } = compared(bench.as_ref(), &request, &watch)?;
    let request = Request::Compare(request);
    match (&bench, &args.output) {
        (_, None) => {}
        (Some(bench), Some(_)) => {
            tables::write_comparison(bench.study(), &comparison)?;
            request.keep(bench.study(), &command())?;
        }
        (None, Some(folder)) => {
            let study = Study::create(folder)?;
            let _held = study.lock("compare")?;
            tables::write_comparison(&study, &comparison)?;
        }
    }
    if let Some(page) = &args.html {
        let settings =
            Settings { version: env!("CARGO_PKG_VERSION").to_owned(), simulated, ..Settings::default() };
        let html = if args.brief {
            predilect_report::html_comparison_brief(&comparison, &settings)
        } else {
            predilect_report::html_comparison(&comparison, &settings)
        };
        write_file(page, html.as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    if write_tables(args, &comparison.judge_table)? {
        return Ok(());
    }
    show(args.json, &comparison, &request)
}

/// Compares the judges of a study, or the published ones alone.
pub(crate) fn compared(
    bench: Option<&Workbench>,
    request: &CompareRequest,
    watch: &Bars,
) -> Result<Compared, Problem> {
    let CompareRequest { slice, fit, judges, .. } = request;
    Ok(match bench {
        Some(bench) => bench.compare(slice, fit, judges, watch)?,
        None => published(judges, fit.seed)?,
    })
}

pub(crate) fn show(json: bool, comparison: &Comparison, request: &Request) -> Result<(), Problem> {
    if json {
        return print_json(&Written::new(comparison).asked(request.told()?));
    }
    Ok(predilect_report::terminal_comparison(comparison, &mut anstream::stdout().lock(), width())?)
}

/// Whether a path means standard output.
fn is_standard(path: &Path) -> bool {
    path == Path::new("-")
}

/// Standard output takes one document.
fn one_on_standard_output(args: &CompareArgs) -> Result<(), Problem> {
    let tables = [&args.csv, &args.md].into_iter().flatten().filter(|path| is_standard(path)).count();
    if tables + usize::from(args.json) > 1 {
        return Err(Problem::new("standard output takes one of --json, --csv - and --md -")
            .remedy("give a file to the others"));
    }
    Ok(())
}

/// Writes the judge table where it is asked for; whether that was standard output.
fn write_tables(args: &CompareArgs, table: &JudgeTable) -> Result<bool, Problem> {
    let files = [
        (&args.csv, judge_table::csv as fn(&JudgeTable) -> String),
        (&args.md, judge_table::markdown as fn(&JudgeTable) -> String),
    ];
    let mut printed = false;
    for (path, write) in files {
        match path {
            Some(path) if is_standard(path) => {
                anstream::stdout().lock().write_all(write(table).as_bytes())?;
                printed = true;
            }
            Some(path) => write_file(path, write(table).as_bytes())?,
            None => {}
        }
    }
    Ok(printed)
}
