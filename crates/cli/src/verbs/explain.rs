//! `predilect explain`: why did one verdict come out as it did?

use predilect_analysis::explain::{Explainer, Explanation};
use predilect_data::Study;
use predilect_types::Pair;
use serde::Serialize;

use crate::args::{ExplainArgs, Global};
use crate::assemble::{Assembled, assemble};
use crate::inputs::Inputs;
use crate::output::{print_json, width};
use crate::problem::Problem;

/// Names that an error lists at most.
const NAMED: usize = 5;

#[derive(Serialize)]
struct Output<'a> {
    pair: &'a str,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

pub(crate) fn run(args: &ExplainArgs, global: &Global) -> Result<(), Problem> {
    let scratch = tempfile::tempdir()
        .map_err(|e| Problem::new(format!("cannot make a temporary folder: {e}")).remedy("set TMPDIR"))?;
    let inputs = Inputs { files: &args.inputs, example: args.example, read: &args.table.read };
    let (study, _) = inputs.open(scratch.path(), scratch.path(), global.quiet)?;
    // Before the long part: a pair that is not there is said at once.
    let (number, pair) = find(&study, &args.pair)?;
    let assembled = assemble(&study, &args.table.options(global.quiet))?;
    let judge = judge(args, &assembled)?;
    let explainer = Explainer::new(&assembled.table, &judge, &args.group, &args.model.options())
        .map_err(|why| refused(&why, &judge, &args.group, &assembled))?;
    let explanation = explainer.explain(number);
    if args.json {
        print_json(&Output { pair: &pair.id, explanation: &explanation })?;
    } else {
        predilect_report::terminal_explanation(&pair, &explanation, &mut anstream::stdout().lock(), width())?;
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
        .remedy(format!("ids are, for example, {}; or give #1 to #{number}", first.join(", "))))
}

/// The judge named, or the only one.
fn judge(args: &ExplainArgs, assembled: &Assembled) -> Result<String, Problem> {
    match (args.table.judge.as_slice(), assembled.table.judges.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], []) => Err(Problem::new("the data hold no verdicts")
            .remedy("`predilect judge` collects those of a language model")),
        (_, judges) => {
            Err(Problem::new("which judge?").remedy(format!("give --judge with one of {}", few(judges))))
        }
    }
}

fn refused(why: &str, judge: &str, group: &str, assembled: &Assembled) -> Problem {
    let table = &assembled.table;
    if table.judges.iter().all(|name| name != judge) {
        return Problem::new(format!("there is no judge `{judge}`"))
            .remedy(format!("give --judge with one of {}", few(&table.judges)));
    }
    if group != predilect_analysis::dissect::ALL && table.groups.iter().all(|name| name != group) {
        let known = if table.groups.is_empty() { "none".to_owned() } else { few(&table.groups) };
        return Problem::new(format!("there is no group `{group}`"))
            .remedy(format!("groups are {known}; --group-by takes them from another field"));
    }
    Problem::new(format!("{judge} cannot be fitted in {group}: {why}"))
}

fn few(names: &[String]) -> String {
    let more = if names.len() > NAMED { ", ..." } else { "" };
    format!("{}{more}", names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "))
}
