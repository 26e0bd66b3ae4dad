//! `predilect validity`: does a rating put responses into the order that is known?

mod show;

use predilect_results::Written;
use predilect_workbench::files::{check_places, write_file};
use predilect_workbench::validity::{Rater, measured, plans};

use crate::args::{Global, ValidityArgs};
use crate::asked::{print_plans, with_remedies};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &ValidityArgs, global: &Global) -> Result<(), Problem> {
    check_places(&args.html, &args.files)?;
    let request = args.request(global);
    let bars = Bars::new(global.quiet);
    if request.calls.dry {
        if !request.annotators.iter().any(|rater| matches!(rater, Rater::Model(_))) {
            return Err(Problem::new("--dry-run says what a model would cost")
                .remedy("name one with --annotator MODEL; ratings from text cost nothing"));
        }
        return print_plans(&plans(&request, &bars)?, request.calls.budget, args.json);
    }
    let mut ran = measured(&request, &bars)?;
    for cost in ran.found.iter_mut().filter_map(|own| own.cost.as_mut()) {
        with_remedies(&mut cost.unread);
    }
    if let Some(path) = args.html.as_ref().filter(|_| ran.stopped.is_none()) {
        write_file(path, show::page(&ran.found).as_bytes())?;
        if !global.quiet {
            say!("report: {}", path.display());
        }
    }
    if args.json {
        print_json(&ran.found.iter().map(Written::new).collect::<Vec<_>>())?;
    } else {
        show::table(&ran.found, args.kinds, &mut anstream::stdout().lock())?;
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}
