//! `predilect fit`: what do the verdicts reward among any numeric features?

use predilect_results::{FitJson, Written, few_units};
use predilect_types::shown::list;
use predilect_workbench::features::{
    FeatureColumns, FeaturesRequest, FittedFeatures, OnBadRow, fit_features,
};

use crate::args::{BadRow, FitArgs, Global};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &FitArgs, global: &Global) -> Result<(), Problem> {
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
    let watch = Bars::new(global.quiet);
    let FittedFeatures { fits, skipped, ignored, dropped } =
        fit_features(&args.table, &request, args.model.draws.as_deref(), &watch)?;
    let nothing = fits.is_empty();
    if args.json {
        print_json(&Written::new(FitJson {
            cautions: few_units(&fits).into_iter().collect(),
            fits,
            skipped,
            ignored_columns: ignored,
            dropped,
        }))?;
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
