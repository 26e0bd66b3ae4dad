//! `predilect compare`: who rewards alike, who agrees with whom, where exactly do judges differ?

use std::collections::HashMap;
use std::ops::ControlFlow;

use predilect_analysis::compare::{
    Comparison, LikenessOptions, WeightTable, agreements, contrasts, likeness, profiles,
};
use predilect_analysis::{Draws, FitOptions};

use crate::args::{CompareArgs, Global};
use crate::assemble::{assemble, fit_with};
use crate::inputs::Inputs;
use crate::output::{print_json, width};
use crate::problem::Problem;

/// Posterior draws of every fit: enough for an expected false discovery rate far below one in a hundred.
const DRAWS: usize = 2000;

pub(crate) fn run(args: &CompareArgs, global: &Global) -> Result<(), Problem> {
    let mut comparison = Comparison::default();
    let mut weights = WeightTable::default();
    if args.example || !args.inputs.is_empty() {
        weights = own(args, global, &mut comparison)?;
    }
    // Of the fits themselves: beside the published judges some stand in for several scenarios.
    comparison.contrasts = contrasts(&weights);
    if args.published {
        let published = WeightTable::published();
        weights = if weights.judges.is_empty() { published } else { weights.with_published(&published) };
        if weights.properties.is_empty() {
            return Err(Problem::new(
                "none of the fitted properties is among the 29 of the published judges",
            )
            .remedy("rate the study with `predilect annotate`, or leave --published out"));
        }
    }
    if weights.judges.len() < 2 {
        return Err(Problem::new("there is only one judge to compare")
            .remedy("--published lays the 33 published judges beside it"));
    }
    let options =
        LikenessOptions { measure: args.measure, resamples: args.resamples as usize, seed: args.model.seed };
    comparison.likeness = likeness(&weights, &options);
    comparison.dissections = profiles(&weights);
    if args.json {
        print_json(&comparison)?;
    } else {
        predilect_report::terminal_comparison(&comparison, &mut anstream::stdout().lock(), width())?;
    }
    Ok(())
}

/// The judges of the user's data: fitted, with their draws, and how far they agree.
fn own(args: &CompareArgs, global: &Global, comparison: &mut Comparison) -> Result<WeightTable, Problem> {
    let scratch = tempfile::tempdir()
        .map_err(|e| Problem::new(format!("cannot make a temporary folder: {e}")).remedy("set TMPDIR"))?;
    let inputs = Inputs { files: &args.inputs, example: args.example, read: &args.table.read };
    let (study, _) = inputs.open(scratch.path(), scratch.path(), global.quiet)?;
    let assembled = assemble(&study, &args.table.options(global.quiet))?;
    comparison.agreement = agreements(&assembled.table, args.resamples as usize, args.model.seed);
    // What is compared here are weights: how well they predict is what `dissect` says.
    let options = FitOptions { folds: 0, keep_draws: DRAWS, ..args.model.options() };
    let mut draws: HashMap<(String, String), Draws> = HashMap::new();
    let fits = fit_with(&assembled.table, &options, global.quiet, &mut |fit, own| {
        draws.insert((fit.judge.clone(), fit.group.clone()), own.clone());
        ControlFlow::Continue(())
    });
    if fits.fits.is_empty() {
        let why = fits.skipped.first().map_or("no verdicts", |skipped| skipped.reason.as_str());
        return Err(Problem::new(format!("nothing could be fitted: {why}"))
            .remedy("`predilect dissect` says more; `predilect judge` collects verdicts"));
    }
    comparison.skipped.clone_from(&fits.skipped);
    let kept: Vec<Option<Draws>> =
        fits.fits.iter().map(|fit| draws.remove(&(fit.judge.clone(), fit.group.clone()))).collect();
    Ok(WeightTable::of_fits(&fits.fits, &kept))
}
