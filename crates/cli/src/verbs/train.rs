//! `predilect train` and `predilect ranking-accuracy`: from preferences to a trained model, and what it learnt.

use predilect_results::Written;
use predilect_train::{Training, losses, ranking, train_with_own_labels, train_with_trl};
use predilect_workbench::files::write_file;

use crate::args::{Global, RankingArgs, TrainArgs, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;
use crate::signals;

pub(crate) fn run(args: &TrainArgs, global: &Global) -> Result<(), Problem> {
    if args.list {
        return list(args.json);
    }
    let request = args.request()?;
    let bars = Bars::new(global.quiet);
    let reading = args.pairs.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.pairs.read, &reading)?;
    let output = args.output.as_deref().unwrap_or_else(|| std::path::Path::new("."));
    // Until all is written: what was learnt must not be lost to a signal in between.
    let _asking = signals::asking();
    let ran = match (args.trl()?, args.own_labels()) {
        (Some(_), Some(_)) => {
            return Err(
                Problem::new("TRL has no rounds of a model's own labels").remedy("use --engine native")
            );
        }
        (None, Some(spa)) => train_with_own_labels(&request, &spa, (&inputs, output), &bars)?,
        (Some(trl), None) => train_with_trl(&request, &trl, (&inputs, output), &bars)?,
        (None, None) => Training::begin(&request, &inputs, output, &bars)?.run(&bars)?,
    };
    page(args.html.as_deref(), global, || predilect_report::html_training(&ran.found))?;
    if args.json {
        print_json(&Written::new(&ran.found))?;
    } else {
        let mut out = anstream::stdout().lock();
        predilect_report::terminal_training(&ran.found, &mut out, width())?;
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}

fn list(json: bool) -> Result<(), Problem> {
    if json {
        return print_json(&Written::new(&losses()));
    }
    let mut out = anstream::stdout().lock();
    predilect_report::terminal_losses(&losses(), &mut out, width())?;
    Ok(())
}

fn page(path: Option<&std::path::Path>, global: &Global, of: impl Fn() -> String) -> Result<(), Problem> {
    let Some(path) = path else { return Ok(()) };
    write_file(path, of().as_bytes())?;
    if !global.quiet {
        say!("report: {}", path.display());
    }
    Ok(())
}

pub(crate) fn run_ranking(args: &RankingArgs, global: &Global) -> Result<(), Problem> {
    let bars = Bars::new(global.quiet);
    let reading = args.pairs.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.pairs.read, &reading)?;
    let found = ranking(&args.request(), &inputs, &bars)?;
    page(args.html.as_deref(), global, || predilect_report::html_ranking_accuracy(&found))?;
    if args.json {
        return print_json(&Written::new(&found));
    }
    let mut out = anstream::stdout().lock();
    predilect_report::terminal_ranking_accuracy(&found, &mut out, width())?;
    Ok(())
}
