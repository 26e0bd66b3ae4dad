//! `predilect fit`: what do the verdicts reward among any numeric features?

use std::path::Path;

use predilect_results::{FitJson, Written, few_units};
use predilect_types::shown::list;
use predilect_workbench::features::{
    FeatureColumns, FeaturesRequest, FittedFeatures, OnBadRow, fit_features,
};
use predilect_workbench::files::check_places;
use predilect_workbench::requests::Request;

use crate::args::{BadRow, FitArgs, Global};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &FitArgs, global: &Global) -> Result<(), Problem> {
    check_places(&args.model.draws, std::slice::from_ref(&args.table))?;
    let columns = FeatureColumns {
        label: args.label.clone(),
        weight: args.weight.clone(),
        judge: args.judge.clone(),
        group: args.group.clone(),
        cluster: args.cluster.clone(),
    };
    let on_bad_row = match args.on_bad_row {
        BadRow::Stop => OnBadRow::Stop,
        BadRow::Skip => OnBadRow::Skip,
    };
    let request =
        FeaturesRequest { columns, on_bad_row, standardise: args.standardise, fit: args.model.options() };
    let places = Places { table: &args.table, draws: args.model.draws.as_deref(), json: args.json };
    answer(&places, request, global)
}

/// Where a table is, and where results go.
pub(crate) struct Places<'a> {
    pub(crate) table: &'a Path,
    pub(crate) draws: Option<&'a Path>,
    pub(crate) json: bool,
}

/// Fits a table, and shows what was found.
pub(crate) fn answer(places: &Places<'_>, request: FeaturesRequest, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let FittedFeatures { fits, skipped, ignored, dropped } =
        fit_features(places.table, &request, places.draws, &watch)?;
    let nothing = fits.is_empty();
    if places.json {
        let found = FitJson {
            cautions: few_units(&fits).into_iter().collect(),
            fits,
            skipped,
            ignored_columns: ignored,
            dropped,
        };
        print_json(&Written::new(found).asked(Request::Fit(request).told()?))?;
    } else {
        predilect_report::terminal_fits(&fits, &skipped, &mut anstream::stdout().lock(), width())?;
        if !global.quiet {
            if !ignored.is_empty() {
                say!("columns left out, since they contain no numbers: {}", list(&ignored));
            }
            for (reason, count) in &dropped {
                say!("rows left out: {count} x {reason}");
            }
        }
    }
    if nothing {
        return Err(Problem::new("nothing could be fitted").remedy("see the reasons above"));
    }
    Ok(())
}
