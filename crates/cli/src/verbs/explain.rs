//! `predilect explain`: why did one verdict come out as it did?

use predilect_results::{ExplainJson, Written};
use predilect_workbench::Workbench;
use predilect_workbench::explain::{Asked, Explained};

use crate::args::{ExplainArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &ExplainArgs, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let bench = Workbench::of(&inputs, None, &watch)?;
    let (slice, fit) = (args.table.options(), args.model.options());
    if let Some(place) = &args.all {
        let total = bench.explain_all(&slice, (&args.group, &fit), place, &watch)?;
        if !global.quiet {
            say!("{total} verdicts explained: {}", place.display());
        }
        return Ok(());
    }
    let asked = Asked { pair: args.pair.as_deref().unwrap_or_default(), group: &args.group, fit: &fit };
    let Explained { pair, explanation } = bench.explain(&slice, &asked, &watch)?;
    if args.json {
        return print_json(&Written::new(ExplainJson { pair: pair.id, explanation }));
    }
    let mut out = anstream::stdout().lock();
    Ok(predilect_report::terminal_explanation(&pair, &explanation, &mut out, width())?)
}
