//! `predilect explain`: why did one verdict come out as it did?

use predilect_results::{ExplainJson, Written};
use predilect_workbench::Workbench;
use predilect_workbench::explain::{Asked, Explained};
use predilect_workbench::files::check_places;
use predilect_workbench::requests::{ExplainRequest, Request};

use crate::args::{ExplainArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &ExplainArgs, global: &Global) -> Result<(), Problem> {
    check_places(&args.all, &args.inputs)?;
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let bench = Workbench::of(&inputs, None, &watch)?;
    let request = ExplainRequest {
        pair: args.pair.clone().unwrap_or_default(),
        group: args.group.clone(),
        slice: args.table.options(),
        fit: args.model.options(),
    };
    if let Some(place) = &args.all {
        let ExplainRequest { group, slice, fit, .. } = &request;
        let total = bench.explain_all(slice, (group, fit), place, &watch)?;
        if !global.quiet {
            say!("{total} verdicts explained: {}", place.display());
        }
        return Ok(());
    }
    answer(args.json, &bench, request, &watch)
}

/// Explains one verdict, and shows why.
pub(crate) fn answer(
    json: bool,
    bench: &Workbench,
    request: ExplainRequest,
    watch: &Bars,
) -> Result<(), Problem> {
    let ExplainRequest { pair, group, slice, fit } = &request;
    let Explained { pair, explanation } = bench.explain(slice, &Asked { pair, group, fit }, watch)?;
    if json {
        // By its id, which stays when a study grows.
        let options = Request::Explain(ExplainRequest { pair: pair.id.clone(), ..request }).told()?;
        return print_json(&Written::new(ExplainJson { pair: pair.id, explanation }).asked(options));
    }
    let mut out = anstream::stdout().lock();
    Ok(predilect_report::terminal_explanation(&pair, &explanation, &mut out, width())?)
}
