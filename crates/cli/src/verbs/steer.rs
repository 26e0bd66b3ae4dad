//! `predilect steer`: how far can an evaluation be moved by what its judge rewards?

use predilect_steer::Steering;
use predilect_workbench::{Inputs, ReadOptions};

use crate::args::{Global, SteerArgs};
use crate::asked::{print_failures, print_plans};
use crate::ended::{Shown, asked, end};
use crate::output::width;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::signals;

pub(crate) fn run(args: &SteerArgs, global: &Global) -> Result<(), Problem> {
    args.show.check(args.study.as_slice())?;
    let request = args.request(global)?;
    let bars = Bars::new(global.quiet);
    let reading = ReadOptions::default();
    let files = args.study.as_slice();
    let inputs = Inputs { files, example: args.example.map(Into::into), options: &reading };
    let steering = Steering::begin(&request, &inputs, &args.output, &bars)?;
    if request.calls.dry && !args.show.json {
        let (plan, messages) = steering.instructions();
        predilect_report::terminal_instructions(&plan, &messages, &mut anstream::stdout().lock(), width())?;
    }
    if request.calls.dry {
        return print_plans(&steering.plans(&bars)?, request.calls.budget, args.show.json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let shown = Shown {
        options: asked("steer", &request)?,
        html: predilect_report::html_steering,
        terminal: |found, out| {
            predilect_report::terminal_steering(found, out, width())?;
            print_failures(&found.failures, out)?;
            found.judges.iter().try_for_each(|judge| print_failures(&judge.failures, out))
        },
    };
    end(steering.run(&bars)?, &shown, &args.show, global.quiet)
}
