//! `predilect steer`: how far can an evaluation be moved by what its judge rewards?

use predilect_results::Written;
use predilect_steer::Steering;
use predilect_workbench::files::write_file;
use predilect_workbench::{Inputs, ReadOptions};

use crate::args::{Global, SteerArgs};
use crate::asked::{print_failures, print_plans};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;
use crate::signals;

pub(crate) fn run(args: &SteerArgs, global: &Global) -> Result<(), Problem> {
    let request = args.request(global)?;
    let bars = Bars::new(global.quiet);
    let reading = ReadOptions::default();
    let files = args.study.as_slice();
    let inputs = Inputs { files, example: args.example.map(Into::into), options: &reading };
    let steering = Steering::begin(&request, &inputs, &args.output, &bars)?;
    if request.calls.dry {
        return print_plans(&steering.plans(&bars)?, request.calls.budget, args.json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let ran = steering.run(&bars)?;
    if let Some(page) = &args.html {
        write_file(page, predilect_report::html_steering(&ran.found).as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    if args.json {
        print_json(&Written::new(&ran.found))?;
    } else {
        let mut out = anstream::stdout().lock();
        predilect_report::terminal_steering(&ran.found, &mut out, width())?;
        print_failures(&ran.found.failures, &mut out)?;
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}
