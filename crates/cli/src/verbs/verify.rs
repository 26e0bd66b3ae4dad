//! `predilect verify`: do the fitted weights tell what causes a verdict?

use predilect_results::Written;
use predilect_steer::Verifying;
use predilect_workbench::files::write_file;

use crate::args::{Global, VerifyArgs, inputs};
use crate::asked::{print_failures, print_plans};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;
use crate::signals;

pub(crate) fn run(args: &VerifyArgs, global: &Global) -> Result<(), Problem> {
    let request = args.request(global);
    let bars = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let verifying = Verifying::begin(&request, &inputs, &args.output, &bars)?;
    if request.calls.dry {
        return print_plans(&verifying.plans(&bars)?, request.calls.budget, args.json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let ran = verifying.run(&bars)?;
    if let Some(page) = &args.html {
        write_file(page, predilect_report::html_verifying(&ran.found).as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    if args.json {
        print_json(&Written::new(&ran.found))?;
    } else {
        let mut out = anstream::stdout().lock();
        predilect_report::terminal_verifying(&ran.found, &mut out, width())?;
        print_failures(&ran.found.failures, &mut out)?;
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}
