//! What verdicts reward among any numeric features: a table from elsewhere, without texts.

use std::collections::BTreeMap;
use std::path::Path;

use predilect_analysis::dissect::ALL;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::table::{Feature, FeatureTable, PairInfo, VerdictRow};
use predilect_analysis::{FitOptions, Unit};
use predilect_data::{Features, ReadOptions, read_features};
use predilect_results::{Fit, Skipped};
use predilect_types::shown::list;
use predilect_types::{Interner, Order};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::fits::fit_all;
use crate::watch::{Event, Remark, Watch};

pub use predilect_data::{FeatureColumns, OnBadRow};

/// The judge's name if no column names one.
const NO_JUDGE: &str = "all";

/// How a table of features is fitted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FeaturesRequest {
    /// Which columns are not features.
    pub columns: FeatureColumns,
    /// What becomes of a row that cannot be used.
    pub on_bad_row: OnBadRow,
    /// Every feature is divided by its root mean square.
    pub standardise: bool,
    /// How fits are made.
    pub fit: FitOptions,
}

/// What verdicts reward among the features of a table.
#[derive(Debug)]
pub struct FittedFeatures {
    /// One fit per judge and group.
    pub fits: Vec<Fit>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// Columns without numbers, which were passed over.
    pub ignored: Vec<String>,
    /// Rows that are left out, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// Fits the verdicts of a table on its numeric columns; `draws`: where posterior draws are written.
///
/// # Errors
///
/// When the table cannot be read, has no numbers, or has more judges, groups or features than can be fitted.
pub fn fit_features(
    path: &Path,
    request: &FeaturesRequest,
    draws: Option<&Path>,
    watch: &dyn Watch,
) -> Result<FittedFeatures> {
    let options = ReadOptions { on_bad_row: request.on_bad_row, ..ReadOptions::default() };
    let features = read_features(path, &request.columns, &options)?;
    if features.names.is_empty() {
        return Err(Error::new(format!("{}: no column besides the label contains numbers", path.display()))
            .words("give a table with one numeric column per property"));
    }
    TooMany::features(features.names.len())?;
    let (dropped, ignored) = (features.dropped.clone(), features.ignored.clone());
    let cluster = request.columns.cluster.as_deref();
    let mut table = table(features, cluster);
    if table.judges.len() > MOST_JUDGES {
        return Err(TooMany::Judges.into());
    }
    if table.groups.len() > MOST_GROUPS {
        return Err(TooMany::Groups.into());
    }
    if request.standardise {
        table.standardise();
    } else {
        warn_of_scales(&table, watch);
    }
    // Rows without a common cluster are independent of each other.
    let options =
        FitOptions { independent: request.fit.independent || cluster.is_none(), ..request.fit.clone() };
    let fits = fit_all(&table, options, draws, None, watch)?;
    Ok(FittedFeatures { fits: fits.fits, skipped: fits.skipped, ignored, dropped })
}

/// Says which features the prior is not made for: one of a thousand times the scale gets a thousandth of the weight.
fn warn_of_scales(table: &FeatureTable, watch: &dyn Watch) {
    let scales = table.scales();
    let far: Vec<String> = table
        .features
        .iter()
        .zip(&scales)
        .filter(|(_, scale)| **scale > 0.0 && !(0.1..=10.0).contains(*scale))
        .map(|(feature, scale)| format!("{} ({scale:.2e})", feature.name))
        .collect();
    if !far.is_empty() {
        watch.event(Event::Remark(Remark::FarScales(&list(&far))));
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
            .map(|row| PairInfo { cluster: clusters[row], model_a: None, model_b: None })
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
        group_ends: if has_groups { (1..=rows as u32).collect() } else { Vec::new() },
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
    let mut distinct = Interner::default();
    let of = names.iter().map(|name| distinct.get(name)).collect();
    (distinct.into_list(), of)
}
