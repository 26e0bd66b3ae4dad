//! `predilect compare`: who rewards alike, who agrees with whom, where exactly do judges differ, and how biased is each?

use std::ops::ControlFlow;

use predilect_analysis::FitOptions;
use predilect_analysis::cautions::cautions;
use predilect_analysis::compare::WeightTable;
use predilect_analysis::limits::TooMany;
use predilect_data::Study;
use predilect_results::Comparison;
use predilect_results::Settings;
use predilect_results::Written;
use predilect_workbench::compare::{self, CompareOptions, by_verdicts, by_weights};
use predilect_workbench::files::write_file;
use predilect_workbench::fits::fit_with;
use predilect_workbench::{Workbench, tables};

use crate::args::{CompareArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &CompareArgs, global: &Global) -> Result<(), Problem> {
    let options = CompareOptions {
        measure: args.measure,
        resamples: args.resamples as usize,
        published: args.published,
        reference: args.reference.clone(),
        margin: args.margin / 100.0,
        pooling: !args.no_pooling,
    };
    let mut comparison = Comparison::default();
    let mut weights = WeightTable::default();
    let mut kept: Option<Study> = None;
    // The right to write it, until all is written.
    let mut _bench = None;
    let mut _lock = None;
    let mut simulated = false;
    if args.example.is_some() || !args.inputs.is_empty() {
        let own = own(args, global, &options, &mut comparison)?;
        let study = own.study;
        (weights, simulated) = (own.weights, own.simulated);
        kept = args.output.is_some().then_some(study);
        _bench = Some(own.bench);
    } else if let Some(folder) = &args.output {
        let study = Study::create(folder)?;
        _lock = Some(study.lock("compare")?);
        kept = Some(study);
    }
    if weights.judges.len() < 2 && !args.published && comparison.agreement.is_empty() {
        return Err(Problem::new("there is only one judge to compare")
            .remedy("--published lays the 33 published judges beside it"));
    }
    by_weights(&mut comparison, weights, &options, args.model.seed)?;
    if let Some(study) = kept {
        tables::write_comparison(&study, &comparison)?;
    }
    if let Some(page) = &args.html {
        let settings =
            Settings { version: env!("CARGO_PKG_VERSION").to_owned(), simulated, ..Settings::default() };
        write_file(page, predilect_report::html_comparison(&comparison, &settings).as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    if args.json {
        print_json(&Written::new(&comparison))?;
    } else {
        predilect_report::terminal_comparison(&comparison, &mut anstream::stdout().lock(), width())?;
    }
    Ok(())
}

/// The user's data.
struct Own {
    bench: Workbench,
    study: Study,
    weights: WeightTable,
    simulated: bool,
}

/// The judges of the user's data: fitted, with their draws, and what their verdicts say.
fn own(
    args: &CompareArgs,
    global: &Global,
    options: &CompareOptions,
    comparison: &mut Comparison,
) -> Result<Own, Problem> {
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let bench = Workbench::of(&inputs, args.output.as_deref(), &watch)?;
    let slice = bench.slice(&args.table.options(), &watch)?;
    TooMany::compared(slice.table.judges.len())?;
    *comparison = by_verdicts(&slice, &args.model.options(), options)?;
    let fit = FitOptions { keep_draws: compare::DRAWS, ..args.model.options() };
    let mut draws = Vec::new();
    let fits = fit_with(&slice.table, &fit, &watch, &mut |fit, own| {
        draws.push((fit.judge.clone(), fit.group.clone(), own.clone()));
        ControlFlow::Continue(())
    })?;
    // Judges of the same pairs can be compared by their verdicts alone, but not with published weights.
    if fits.fits.is_empty() && (args.published || comparison.agreement.is_empty()) {
        let why = fits.skipped.first().map_or("no verdicts", |skipped| skipped.reason.as_str());
        return Err(Problem::new(format!("nothing could be fitted: {why}"))
            .remedy("`predilect dissect` says more; `predilect judge` collects verdicts"));
    }
    comparison.cautions =
        cautions(&slice.table, &slice.traits, &slice.data, &fits.fits, &args.model.options());
    comparison.skipped.clone_from(&fits.skipped);
    Ok(Own {
        study: bench.study().clone(),
        weights: compare::weights(&fits, draws),
        simulated: slice.simulated,
        bench,
    })
}
