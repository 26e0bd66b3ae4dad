//! `predilect fit`: what do the verdicts reward among any numeric features?

use std::collections::HashMap;

use predilect_analysis::dissect::ALL;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::table::{Feature, FeatureTable, PairInfo, VerdictRow};
use predilect_analysis::{FitOptions, Unit};
use predilect_data::{FeatureColumns, Features, OnBadRow, ReadOptions, read_features};
use predilect_results::{FitJson, Written, few_units};
use predilect_types::Order;

use crate::args::{BadRow, FitArgs, Global};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;
use predilect_types::shown::list;
use predilect_workbench::fits::fit_all;

/// The judge's name where no column names one.
const NO_JUDGE: &str = "all";

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
    let features =
        read_features(&args.table, &columns, &ReadOptions { on_bad_row, ..ReadOptions::default() })?;
    if features.names.is_empty() {
        return Err(Problem::new(format!(
            "{}: no column holds numbers beside the label",
            args.table.display()
        ))
        .remedy("give a table with one numeric column per property"));
    }
    TooMany::features(features.names.len())?;
    let dropped = features.dropped.clone();
    let ignored = features.ignored.clone();
    let mut table = table(features, args.cluster.as_deref());
    if table.judges.len() > MOST_JUDGES {
        return Err(TooMany::Judges.into());
    }
    if table.groups.len() > MOST_GROUPS {
        return Err(TooMany::Groups.into());
    }
    if args.standardise {
        table.standardise();
    } else if !global.quiet {
        warn_of_scales(&table);
    }
    // Rows that nothing joins are independent of each other.
    let options =
        FitOptions { independent: args.model.independent || args.cluster.is_none(), ..args.model.options() };
    let fits = fit_all(&table, options, args.model.draws.as_deref(), None, &Bars::new(global.quiet))?;
    if args.json {
        print_json(&Written::new(FitJson {
            cautions: few_units(&fits.fits).into_iter().collect(),
            fits: fits.fits.clone(),
            skipped: fits.skipped.clone(),
            ignored_columns: ignored.clone(),
            dropped: dropped.clone(),
        }))?;
    } else {
        predilect_report::terminal_fits(&fits.fits, &fits.skipped, &mut anstream::stdout().lock(), width())?;
    }
    if !global.quiet && !args.json {
        if !ignored.is_empty() {
            say!("columns without numbers, passed over: {}", list(&ignored));
        }
        for (reason, count) in &dropped {
            say!("rows left out: {count} x {reason}");
        }
    }
    if fits.fits.is_empty() {
        return Err(Problem::new("nothing could be fitted").remedy("see the reasons above"));
    }
    Ok(())
}

/// Says which features the prior is not made for: one of a thousand times the scale gets a thousandth of the weight.
fn warn_of_scales(table: &FeatureTable) {
    let scales = table.scales();
    let far: Vec<String> = table
        .features
        .iter()
        .zip(&scales)
        .filter(|(_, scale)| **scale > 0.0 && !(0.1..=10.0).contains(*scale))
        .map(|(feature, scale)| format!("{} ({scale:.2e})", feature.name))
        .collect();
    if !far.is_empty() {
        say!(
            "remark: the prior is made for features of about unit size; by root mean square these are not: {}; \
             --standardise divides every feature by it",
            list(&far)
        );
    }
}

fn table(features: Features, cluster: Option<&str>) -> FeatureTable {
    let rows = features.labels.len();
    let (judges, judge_of) = interned(features.judges, rows, NO_JUDGE);
    let has_groups = features.groups.is_some();
    let taken = |name: String| if name == ALL { "all (as a value)".to_owned() } else { name };
    let named = features.groups.map(|names| names.into_iter().map(taken).collect());
    let (groups, group_of) = interned(named, rows, "");
    let clusters: Vec<u64> = match features.clusters {
        None => (0..rows as u64).collect(),
        Some(names) => {
            let (_, index) = interned(Some(names), rows, "");
            index.into_iter().map(u64::from).collect()
        }
    };
    FeatureTable {
        features: features.names.into_iter().map(|name| Feature { name }).collect(),
        values: features.values.into_iter().collect(),
        pairs: (0..rows)
            .map(|row| PairInfo {
                cluster: clusters[row],
                model_a: None,
                model_b: None,
                groups: if has_groups { (row as u32, row as u32 + 1) } else { (0, 0) },
            })
            .collect(),
        verdicts: (0..rows)
            .map(|row| VerdictRow {
                pair: row as u32,
                judge: judge_of[row],
                p_a: features.labels[row],
                weight: features.weights.as_ref().map_or(1.0, |w| w[row]),
                order: Order::Unknown,
                annotator: None,
                group: None,
            })
            .collect(),
        judges,
        groups: if has_groups { groups } else { Vec::new() },
        memberships: if has_groups { group_of } else { Vec::new() },
        units: cluster
            .map(|name| Unit::Field { name: name.to_owned(), of_pair: clusters.clone() })
            .into_iter()
            .collect(),
        ..FeatureTable::default()
    }
}

/// Distinct names in order of appearance, and each row's index among them.
fn interned(names: Option<Vec<String>>, rows: usize, otherwise: &str) -> (Vec<String>, Vec<u32>) {
    let Some(names) = names else { return (vec![otherwise.to_owned()], vec![0; rows]) };
    let mut index = HashMap::new();
    let mut distinct = Vec::new();
    let of = names
        .into_iter()
        .map(|name| {
            *index.entry(name.clone()).or_insert_with(|| {
                distinct.push(name);
                distinct.len() as u32 - 1
            })
        })
        .collect();
    (distinct, of)
}
