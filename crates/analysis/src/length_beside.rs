//! What is length worth, and how much of that is information?

use predilect_results::{LengthAlone, LengthSays};
use predilect_stats::leave_out::{OverClusters, effective, spread};
use predilect_stats::{Prior, student};

use crate::fit_options::FitOptions;
use crate::refit::refit;
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use predilect_results::Weight;

/// The two properties.
pub(crate) const LENGTH: &str = "length";
pub(crate) const INFORMATION: &str = "rich";
/// Other measures of information, which are left out of the fit too.
const PARTS: [&str; 3] = ["new_words", "distinct_words", "bits_given_prompt"];
/// A part of the weight of length below this leaves length what it was.
const LITTLE: f64 = 0.2;
/// From this part on, length was mostly information.
const MOST: f64 = 0.5;

/// A fit of length and information.
pub(crate) struct With<'a> {
    /// As reported.
    pub(crate) weights: &'a [Weight],
    /// Of properties and terms.
    pub(crate) priors: &'a [Prior],
    /// Its left-out units.
    pub(crate) over: Option<&'a OverClusters>,
}

/// The fit of the design `matrix` (properties, then terms) without information; `None` where length or information is not in it, or it does not
/// converge.
///
/// `with` is the fit with information.
pub(crate) fn length_alone(
    table: &FeatureTable,
    rows: &[VerdictRow],
    matrix: &Rows,
    with: &With<'_>,
    options: &FitOptions,
) -> Option<LengthAlone> {
    let (length, information) = (table.column(LENGTH)?, table.column(INFORMATION)?);
    // Where information never differs, as in pure code, nothing can be said.
    if matrix.x.iter().skip(information).step_by(matrix.width).all(|x| *x == 0.0) {
        return None;
    }
    let is_information = |column: usize| {
        table
            .features
            .get(column)
            .is_some_and(|feature| feature.name == INFORMATION || PARTS.contains(&feature.name.as_str()))
    };
    let kept: Vec<usize> = (0..matrix.width).filter(|column| !is_information(*column)).collect();
    let With { weights: with, priors, over } = *with;
    let priors: Vec<Prior> = kept.iter().map(|&column| priors[column]).collect();
    let place = kept.iter().position(|column| *column == length)?;
    let (weights, without) = refit(table, rows, &matrix.some_columns(&kept), &priors, options)?;
    let alone = Weight { property: LENGTH.to_owned(), ..weights[place].clone() };
    let taken = alone.mean - with[length].mean;
    let half = match (over, &without) {
        (Some(with), Some(without)) => reach(with, length, without, place)?,
        _ => return None,
    };
    let (low, high) = (taken - half, taken + half);
    let own = (with[length].q05, with[length].q95);
    let says = says(&alone, own, taken, (low, high));
    Some(LengthAlone { length: alone, taken, low, high, says })
}

/// Half of the 90 % interval of the difference of a weight in two fits of the same rows: units left out from both at once, and Student's t
/// with one degree of freedom less than effective units.
fn reach(with: &OverClusters, at: usize, without: &OverClusters, place: usize) -> Option<f64> {
    if with.ids != without.ids || with.ids.len() < 2 {
        return None;
    }
    let (wide, narrow) = (with.prior.len(), without.prior.len());
    let units = 0..with.ids.len();
    let change = |g: usize| without.changes[g * narrow + place] - with.changes[g * wide + at];
    let part = |g: usize| f64::from(without.parts[g * narrow + place] + with.parts[g * wide + at]);
    let sd = spread(units.clone().map(change)).sqrt();
    let freedom = (effective(units.map(part)) - 1.0).max(1.0);
    Some(sd * student::quantile(0.95, freedom))
}

fn says(alone: &Weight, beside: (f64, f64), taken: f64, (low, high): (f64, f64)) -> LengthSays {
    let sure = |(low, high): (f64, f64)| low > 0.0 || high < 0.0;
    let beside_is_sure = sure(beside);
    if !sure((alone.q05, alone.q95)) {
        return if beside_is_sure { LengthSays::Beside } else { LengthSays::Nothing };
    }
    let part = taken / alone.mean;
    // What is taken for sure, and what may be, as parts of the weight alone.
    let (least, most) = if alone.mean > 0.0 {
        (low / alone.mean, high / alone.mean)
    } else {
        (high / alone.mean, low / alone.mean)
    };
    match beside_is_sure {
        _ if part >= MOST && least >= LITTLE => LengthSays::Information,
        true if most < 0.0 => LengthSays::Hidden,
        true if part >= LITTLE && least > 0.0 => LengthSays::Partly,
        true if most < MOST => LengthSays::Length,
        _ => LengthSays::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::fit;
    use crate::table::{Feature, PairInfo};
    use predilect_stats::sigmoid;
    use predilect_types::Order;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// 600 pairs; in seven of ten the longer response says more; the judge goes by one of the two columns.
    fn told(by: usize) -> LengthAlone {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut table = FeatureTable {
            features: [LENGTH, INFORMATION].map(|name| Feature { name: name.to_owned() }).to_vec(),
            judges: vec!["judge".to_owned()],
            ..FeatureTable::default()
        };
        for pair in 0..600_u32 {
            let length = if rng.random::<f64>() < 0.5 { 1.0 } else { -1.0 };
            let information = if rng.random::<f64>() < 0.7 { length } else { -length };
            let row = [length, information];
            table.values.extend(row);
            table.pairs.push(PairInfo { cluster: u64::from(pair), model_a: None, model_b: None });
            table.verdicts.push(VerdictRow {
                pair,
                judge: 0,
                p_a: f64::from(u8::from(rng.random::<f64>() < sigmoid(1.2 * row[by]))),
                weight: 1.0,
                order: Order::Unknown,
                annotator: None,
                group: None,
            });
        }
        let options = FitOptions { folds: 0, ..FitOptions::default() };
        let (found, _) = fit(&table, &table.verdicts, "judge", "all", &options).expect("a fit");
        let alone = found.length_alone.expect("both are rated");
        // What is taken is the difference of the two fits.
        assert!((alone.length.mean - found.weights[0].mean - alone.taken).abs() < 1e-12);
        alone
    }

    #[test]
    fn a_judge_of_information_is_told_from_one_of_length() {
        let information = told(1);
        assert_eq!(information.says, LengthSays::Information, "{information:?}");
        assert!(information.low > 0.0 && information.length.mean > 0.2, "{information:?}");
        let length = told(0);
        assert_eq!(length.says, LengthSays::Length, "{length:?}");
        assert!(length.taken.abs() < 0.3 && length.length.mean > 0.9, "{length:?}");
    }
}
