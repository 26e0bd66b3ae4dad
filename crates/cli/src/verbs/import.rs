//! `predilect import`: which pairs and verdicts do these files contain?

use std::io::Write;

use predilect_results::{PairSeen, PreviewJson, Written};
use predilect_types::ReadSummary;
use predilect_workbench::import;
use predilect_workbench::requests::Request;
use predilect_workbench::sent::Previewed;
use predilect_workbench::studies::is_study;
use predilect_workbench::{Onto, Preview, ReadOptions, preview};

use crate::args::{Global, ImportArgs};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::{safe, say};

pub(crate) fn run(args: &ImportArgs, global: &Global) -> Result<(), Problem> {
    let options = ReadOptions { without_verdicts: args.without_verdicts, ..args.read.options()? };
    if let Some(study) = args.inputs.iter().find(|input| is_study(input)) {
        return Err(Problem::new(format!("{} is a study, which was imported already", study.display()))
            .remedy("give it to another command as it is, or export it to a file first: predilect export STUDY -o FILE"));
    }
    let Some(output) = args.output.as_deref().filter(|_| !args.preview) else {
        let mut seen = preview(&args.inputs, &options)?;
        if args.json {
            return print_json(&Written::new(told(seen)));
        }
        if global.quiet {
            without_remarks(&mut seen.read);
        }
        let mut out = std::io::stdout().lock();
        predilect_report::print_reading(&seen.read, &mut out)?;
        for (i, shown) in seen.pairs.iter().enumerate() {
            predilect_report::print_pair(i + 1, &shown.pair, &shown.verdicts, &mut out)?;
        }
        if let Some(stops) = seen.stops {
            writeln!(out, "\nan import stops here:")?;
            out.flush()?;
            return Err(stops.into());
        }
        if let Some(output) = &args.output {
            let folder = safe(&output.display().to_string());
            writeln!(out, "\nnothing was written to {folder}: leave out --preview to import")?;
        }
        return Ok(());
    };
    let onto = match (args.add, args.replace) {
        (true, _) => Onto::Add,
        (_, true) => Onto::Replace,
        _ => Onto::New,
    };
    let (study, mut summary) = import(&args.inputs, &options, output, onto, &Bars::new(global.quiet))?;
    if onto == Onto::Add && !global.quiet {
        let gone = Request::kept_in(&study)?;
        if !gone.is_empty() {
            say!(
                "the results of the pairs before are removed ({}); predilect rerun {} computes them for all pairs",
                gone.join(", "),
                output.display()
            );
        }
    }
    if args.json {
        return print_json(&Written::new(&summary));
    }
    if global.quiet {
        without_remarks(&mut summary);
    }
    let mut out = std::io::stdout().lock();
    predilect_report::print_reading(&summary, &mut out)?;
    writeln!(out, "written to {}", safe(&output.display().to_string()))?;
    Ok(())
}

/// Drops the remarks; what was read and what was left out is always shown.
fn without_remarks(read: &mut ReadSummary) {
    read.remarks.clear();
    read.sources.iter_mut().for_each(|source| source.remarks.clear());
}

/// What is seen, as plain values.
fn told(seen: Preview) -> PreviewJson {
    let pairs = seen.pairs.into_iter().map(|Previewed { pair, verdicts }| PairSeen { pair, verdicts });
    PreviewJson { read: seen.read, pairs: pairs.collect(), stops: seen.stops.map(|stops| stops.to_string()) }
}
