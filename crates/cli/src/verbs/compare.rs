//! `predilect compare`: who rewards alike, who agrees with whom, where exactly do judges differ, and how biased is each?

use predilect_results::{Settings, Written};
use predilect_workbench::Study;
use predilect_workbench::compare::{CompareOptions, Compared, published};
use predilect_workbench::files::write_file;
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
        looking: false,
    };
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let fit = args.model.options();
    // The workbench holds the right to write its study until all is written.
    let bench = if args.example.is_some() || !args.inputs.is_empty() {
        let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
        Some(Workbench::of(&inputs, args.output.as_deref(), &watch)?)
    } else {
        None
    };
    let Compared { comparison, simulated } = match &bench {
        Some(bench) => bench.compare(&args.table.options(), &fit, &options, &watch)?,
        None => published(&options, fit.seed)?,
    };
    match (&bench, &args.output) {
        (_, None) => {}
        (Some(bench), Some(_)) => tables::write_comparison(bench.study(), &comparison)?,
        (None, Some(folder)) => {
            let study = Study::create(folder)?;
            let _held = study.lock("compare")?;
            tables::write_comparison(&study, &comparison)?;
        }
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
