//! `predilect verify`: do the fitted weights show what causes a verdict?

use predilect_steer::Verifying;

use crate::args::{Global, VerifyArgs, inputs};
use crate::asked::{print_failures, print_plans};
use crate::ended::{Shown, asked, end};
use crate::output::width;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::signals;

pub(crate) fn run(args: &VerifyArgs, global: &Global) -> Result<(), Problem> {
    args.show.check(&args.inputs)?;
    let request = args.request(global)?;
    let bars = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let verifying = Verifying::begin(&request, &inputs, &args.output, &bars)?;
    if request.calls.dry {
        return print_plans(&verifying.plans(&bars)?, request.calls.budget, args.show.json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let shown = Shown {
        options: asked("verify", &request)?,
        html: predilect_report::html_verifying,
        terminal: |found, out| {
            predilect_report::terminal_verifying(found, out, width())?;
            print_failures(&found.failures, out)?;
            found.judging.as_ref().map_or(Ok(()), |judge| print_failures(&judge.failures, out))
        },
    };
    end(verifying.run(&bars)?, &shown, &args.show, global.quiet)
}
