//! `predilect explain`: why did one verdict come out as it did?

use std::path::Path;

use predilect_analysis::explain::{DRAWS, DRAWS_OF_MANY, Explainer};
use predilect_data::Study;
use predilect_results::Explanation;
use predilect_results::{ExplainJson, Written};
use predilect_types::Pair;
use predilect_types::shown::list;
use predilect_workbench::tables::ExplanationsFile;
use predilect_workbench::{Slice, Workbench};
use rayon::prelude::*;

use crate::args::{ExplainArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::{Bars, bar};
use crate::say::say;

/// Verdicts that are explained before they are written.
const AT_ONCE: usize = 4096;
/// Names that an error lists at most.
const NAMED: usize = 5;

pub(crate) fn run(args: &ExplainArgs, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let bench = Workbench::of(&inputs, None, &watch)?;
    let study = bench.study();
    // Before the long part: a pair that is not there is said at once.
    let wanted = args.pair.as_ref().map(|wanted| find(study, wanted)).transpose()?;
    let slice = bench.slice(&args.table.options(), &watch)?;
    for (reason, count) in slice.left_out().iter().filter(|_| !global.quiet) {
        say!("remark: left out: {count} {reason}");
    }
    if let Some(place) = &args.all {
        return all(args, study, &slice, place, global.quiet);
    }
    let judge = judge(args, &slice)?;
    let explainer = Explainer::new(&slice.table, &judge, &args.group, &args.model.options(), DRAWS)
        .map_err(|why| refused(&why, &judge, &args.group, &slice))?;
    let Some((number, pair)) = wanted else { return Ok(()) };
    let Some(at) = slice.rows.iter().position(|row| *row == number) else {
        return Err(Problem::new(format!("the pair {} is not in the slice of --where", pair.id))
            .remedy("take another pair, or leave --where out"));
    };
    let explanation = explainer.explain(at as u32);
    if args.json {
        print_json(&Written::new(ExplainJson { pair: pair.id, explanation }))?;
    } else {
        predilect_report::terminal_explanation(&pair, &explanation, &mut anstream::stdout().lock(), width())?;
    }
    Ok(())
}

/// Explains every verdict of every judge that can be fitted.
fn all(args: &ExplainArgs, study: &Study, slice: &Slice, place: &Path, quiet: bool) -> Result<(), Problem> {
    let mut all: Vec<String> = Vec::new();
    for batch in study.pairs_without_texts()? {
        all.extend(batch?.into_iter().map(|pair| pair.id));
    }
    let ids: Vec<String> = slice.rows.iter().map(|row| std::mem::take(&mut all[*row as usize])).collect();
    let (mut explainers, mut refusals) = (Vec::new(), Vec::new());
    for judge in &slice.table.judges {
        match Explainer::new(&slice.table, judge, &args.group, &args.model.options(), DRAWS_OF_MANY) {
            Ok(explainer) => explainers.push(explainer),
            Err(why) => refusals.push((judge, why)),
        }
    }
    if explainers.is_empty() {
        let first = refusals.first().map(|(judge, why)| refused(why, judge, &args.group, slice));
        return Err(first.unwrap_or_else(|| Problem::new("the data hold no verdicts")));
    }
    for (judge, why) in refusals.iter().filter(|_| !quiet) {
        say!("remark: {judge} cannot be fitted and is left out: {why}");
    }
    let total: usize = explainers.iter().map(Explainer::pairs).sum();
    let mut file = ExplanationsFile::create(place)?;
    let bar = bar(quiet, Some(total as u64), "explaining", false);
    for explainer in &explainers {
        let numbers: Vec<u32> =
            (0..ids.len() as u32).filter(|&number| explainer.has_judged(number)).collect();
        for numbers in numbers.chunks(AT_ONCE) {
            let one = |&number: &u32| {
                bar.inc(1);
                (ids[number as usize].clone(), explainer.explain(number))
            };
            let explained: Vec<(String, Explanation)> = numbers.par_iter().map(one).collect();
            file.write(&explained)?;
        }
    }
    file.finish()?;
    bar.finish_and_clear();
    if !quiet {
        say!("{total} verdicts explained: {}", place.display());
    }
    Ok(())
}

/// The pair and its number in the study.
fn find(study: &Study, wanted: &str) -> Result<(u32, Pair), Problem> {
    let place = wanted.strip_prefix('#').and_then(|n| n.parse::<u32>().ok());
    let mut first: Vec<String> = Vec::new();
    let mut number = 0;
    for batch in study.pairs()? {
        for pair in batch? {
            if pair.id == wanted || place == Some(number + 1) {
                return Ok((number, pair));
            }
            if first.len() < NAMED {
                first.push(pair.id);
            }
            number += 1;
        }
    }
    Err(Problem::new(format!("there is no pair `{wanted}` among {number}"))
        .remedy(format!("ids are, for example, {}; or give #1 to #{number}", list(&first))))
}

/// The judge named, or the only one.
fn judge(args: &ExplainArgs, slice: &Slice) -> Result<String, Problem> {
    match (args.table.judge.as_slice(), slice.table.judges.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], []) => Err(Problem::new("the data hold no verdicts")
            .remedy("`predilect judge` collects those of a language model")),
        (_, judges) => {
            Err(Problem::new("which judge?").remedy(format!("give --judge with one of {}", list(judges))))
        }
    }
}

fn refused(why: &str, judge: &str, group: &str, slice: &Slice) -> Problem {
    let table = &slice.table;
    if table.judges.iter().all(|name| name != judge) {
        return Problem::new(format!("there is no judge `{judge}`"))
            .remedy(format!("give --judge with one of {}", list(&table.judges)));
    }
    if group != predilect_analysis::dissect::ALL && table.groups.iter().all(|name| name != group) {
        let known = if table.groups.is_empty() { "none".to_owned() } else { list(&table.groups) };
        return Problem::new(format!("there is no group `{group}`"))
            .remedy(format!("groups are {known}; --group-by takes them from another field"));
    }
    Problem::new(format!("{judge} cannot be fitted in {group}: {why}"))
}
