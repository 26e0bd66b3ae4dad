//! What people would say of each model, with the help of a judge: prediction-powered win rates.

use std::collections::BTreeMap;

use predilect_results::comparison::{CorrectedRate, Interval};
use predilect_stats::ratio::{Estimate, Ratio};

use super::row::{LEAST, Row, Z, regression};
use crate::table::FeatureTable;

/// Win rates of every model with at least [`LEAST`] labelled pairs.
pub(super) fn rates(table: &FeatureTable, judge: &str, rows: &[Row]) -> Vec<CorrectedRate> {
    let mut by_model: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let turned =
        |row: &Row| Row { reference: row.reference.map(|y| 1.0 - y), judge: 1.0 - row.judge, ..*row };
    for row in rows {
        let info = table.pairs[row.pair as usize];
        match (info.model_a, info.model_b) {
            (Some(a), Some(b)) if a != b => {
                by_model.entry(table.models[a as usize].clone()).or_default().push(*row);
                by_model.entry(table.models[b as usize].clone()).or_default().push(turned(row));
            }
            (Some(_), Some(_)) => {}
            _ => by_model.entry("A".to_owned()).or_default().push(*row),
        }
    }
    let mut rates: Vec<CorrectedRate> =
        by_model.into_iter().filter_map(|(model, rows)| corrected(model, judge, &rows)).collect();
    rates.sort_by(|a, b| b.corrected.value.total_cmp(&a.corrected.value).then(a.model.cmp(&b.model)));
    rates
}

fn corrected(model: String, judge: &str, rows: &[Row]) -> Option<CorrectedRate> {
    let both: Vec<(Row, f64)> = rows.iter().filter_map(|row| Some((*row, row.reference?))).collect();
    if both.len() < LEAST {
        return None;
    }
    let rest: Vec<&Row> = rows.iter().filter(|row| row.reference.is_none()).collect();
    let (n, more) = (both.len() as f64, rest.len() as f64);
    // Tuned: the slope, shrunk by how little is known of the judge's own mean.
    let lambda = regression(&both).0 / (1.0 + n / more);
    let lambda = if more > 0.0 { lambda } else { 0.0 };
    let total = |values: &mut dyn Iterator<Item = (u64, f64)>| {
        let mut ratio = Ratio::default();
        values.for_each(|(cluster, value)| ratio.add(cluster, value, 1.0));
        ratio.estimate()
    };
    let own = total(&mut both.iter().map(|(row, y)| (row.cluster, *y)))?;
    let by_judge = total(&mut rows.iter().map(|row| (row.cluster, row.judge)))?;
    // Prompts may be on both sides: their errors are summed before they are squared.
    let left = total(&mut both.iter().map(|(row, y)| (row.cluster, y - lambda * row.judge)))?;
    let beyond = total(&mut rest.iter().map(|row| (row.cluster, row.judge)));
    let (shift, mean_rest) = beyond.map_or((0.0, 0.0), |beyond| (lambda * beyond.value, beyond.value));
    let mut errors: BTreeMap<u64, f64> = BTreeMap::new();
    for (row, y) in &both {
        *errors.entry(row.cluster).or_default() += (y - lambda * row.judge - left.value) / n;
    }
    for row in &rest {
        *errors.entry(row.cluster).or_default() += lambda * (row.judge - mean_rest) / more;
    }
    let k = errors.len() as f64;
    let se = (errors.values().map(|e| e * e).sum::<f64>() * k / (k - 1.0)).sqrt();
    let of_share = |found: Estimate| {
        let (low, high) = found.share(Z);
        Interval { value: found.value, low, high }
    };
    Some(CorrectedRate {
        model,
        judge: judge.to_owned(),
        labelled: both.len() as u64,
        judged_only: rest.len() as u64,
        reference_only: of_share(own),
        judge_only: of_share(by_judge),
        // As for a share with this error, so that an error of zero does not mean certainty.
        corrected: of_share(Estimate {
            value: (left.value + shift).clamp(0.0, 1.0),
            se,
            clusters: errors.len() as u64,
            weight: n + more,
        }),
        lambda,
    })
}
