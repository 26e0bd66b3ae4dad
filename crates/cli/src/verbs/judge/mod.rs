//! `predilect judge`: what do language models prefer on these pairs?

mod probe;
mod show;

use predilect_results::Written;
use predilect_workbench::requests::Request;
use predilect_workbench::{JudgeRequest, Judging, Within};

use crate::args::{Global, JudgeArgs, inputs};
use crate::asked::{print_plans, say_failed, with_remedies};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::signals;

pub(crate) fn run(args: &JudgeArgs, global: &Global) -> Result<(), Problem> {
    let request = args.request(global);
    if args.probe {
        return probe::run(&request, args.json, &Bars::new(global.quiet));
    }
    let reading = args.read.options()?;
    let given = inputs(&args.inputs, None, &args.read, &reading)?;
    let within = Within { inputs: given.files, output: args.output.as_deref(), read: &reading };
    ask(&request, &within, args.json, global)
}

/// Asks the models, or says what that would take.
pub(crate) fn ask(
    request: &JudgeRequest,
    within: &Within<'_>,
    json: bool,
    global: &Global,
) -> Result<(), Problem> {
    let bars = Bars::new(global.quiet);
    let judging = Judging::begin(request, within, &bars)?;
    if request.calls.dry {
        return print_plans(&judging.plans()?, request.calls.budget, json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let mut ran = judging.run(&bars)?;
    for judge in &mut ran.found {
        with_remedies(&mut judge.unread);
    }
    if json {
        let mut written = Vec::new();
        for run in &ran.found {
            let asked = judging.asked(&run.judge).map(|asked| Request::Judge(asked).told()).transpose()?;
            written.push(Written { options: asked, ..Written::new(run) });
        }
        match written.len() {
            1 => print_json(&written.remove(0))?,
            _ => print_json(&written)?,
        }
    } else {
        show::print(&ran.found, &mut anstream::stdout().lock())?;
    }
    if ran.stopped.is_none() && !global.quiet {
        ran.found.iter().for_each(|judge| say_failed(&judge.judge, judge.spent.failed));
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}
