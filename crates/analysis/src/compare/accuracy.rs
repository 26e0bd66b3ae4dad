//! On which side a verdict is, and how often that is the reference's: one accuracy for all that report one.

use std::collections::HashMap;

use predilect_results::comparison::Interval;
use predilect_stats::ratio::Ratio;

use crate::table::FeatureTable;

/// Standard errors to either side of a 90 % interval, like all intervals of a comparison.
const Z: f64 = 1.644_853_626_951_472_7;

/// 1 where two verdicts are on one side or both ties, one half where one of them is a tie.
pub(super) fn agrees(p: f64, q: f64) -> f64 {
    let (p, q) = (side(p), side(q));
    if p == q { 1.0 } else { f64::from(u8::from(p == 0 || q == 0)) / 2.0 }
}

fn side(p: f64) -> i8 {
    i8::from(p > 0.5) - i8::from(p < 0.5)
}

/// A verdict for the side that more of them favour, a tie where neither is favoured.
pub(super) fn majority(verdicts: &[f64]) -> f64 {
    let sum: i32 = verdicts.iter().map(|p| i32::from(side(*p))).sum();
    0.5 + 0.5 * f64::from(sum.signum())
}

/// The majority of the reference's verdicts on every pair that it has judged.
pub(super) fn majorities(table: &FeatureTable, is_reference: &[bool]) -> HashMap<u32, f64> {
    let mut verdicts: HashMap<u32, Vec<f64>> = HashMap::new();
    // A verdict of weight 0 does not count; other weights are a matter of fits.
    for verdict in table.verdicts.iter().filter(|v| v.weight > 0.0 && is_reference[v.judge as usize]) {
        verdicts.entry(verdict.pair).or_default().push(verdict.p_a);
    }
    verdicts.into_iter().map(|(pair, verdicts)| (pair, majority(&verdicts))).collect()
}

/// Verdicts of which some share is right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Right {
    /// Right ones, a tie of one side half.
    pub right: f64,
    /// All.
    pub count: f64,
}

impl Right {
    /// Adds one verdict with the reference's on the same pair.
    pub(super) fn add(&mut self, verdict: f64, reference: f64) {
        self.right += agrees(verdict, reference);
        self.count += 1.0;
    }

    /// Their share, 0..1, with its 90 % interval over clusters; NaN without any.
    pub(super) fn share(all: impl Iterator<Item = (u64, Self)>) -> Interval {
        let mut ratio = Ratio::default();
        all.for_each(|(cluster, one)| ratio.add(cluster, one.right, one.count));
        let Some(found) = ratio.estimate() else {
            return Interval { value: f64::NAN, low: f64::NAN, high: f64::NAN };
        };
        let (low, high) = found.share(Z);
        Interval { value: found.value, low, high }
    }
}

#[cfg(test)]
mod tests {
    use predilect_types::Order;
    use proptest::prelude::*;

    use super::super::{audit, habit_differences, stand_ins};
    use super::*;
    use crate::table::{PairInfo, VerdictRow};
    use predilect_results::comparison::Measure;

    proptest! {
        /// Whatever the reference and a judge say of a pair, and however often: the card, the advice and the comparison of
        /// two judges name the same accuracy.
        #[test]
        fn a_judge_has_one_accuracy(
            said in proptest::collection::vec((0_u32..60, 0_u32..3, prop::sample::select(vec![0.0, 0.3, 0.5, 0.8, 1.0])), 120..400),
        ) {
            // Every pair has all three, and some have several verdicts of one.
            let all = (0..60).flat_map(|pair| (0..3).map(move |judge| (pair, judge, f64::from(pair % 2))));
            let verdict = |(pair, judge, p_a): (u32, u32, f64)| VerdictRow {
                pair,
                judge,
                p_a,
                weight: 1.0,
                order: Order::Unknown,
                annotator: None,
                group: None,
            };
            let pair = |i: u32| PairInfo { cluster: u64::from(i), model_a: None, model_b: None };
            let table = FeatureTable {
                pairs: (0..60).map(pair).collect(),
                verdicts: all.chain(said).map(verdict).collect(),
                judges: ["human", "one", "two"].map(str::to_owned).to_vec(),
                ..FeatureTable::default()
            };
            let people = ["human".to_owned()];
            let cards = audit(&table, &[], &[], &people);
            let advice = stand_ins(&table, &people, 0.03).unwrap();
            let between = habit_differences(&table, &[], &[], &people, &|| true).expect("nobody stops it");
            let between = between.iter().find(|d| d.measure == Measure::Accuracy && d.judges[0] == "one").unwrap();
            for (judge, compared) in [("one", between.first), ("two", between.second)] {
                let card = cards.iter().find(|card| card.judge == judge).unwrap().agreement.unwrap();
                let own = advice.candidates.iter().find(|c| c.judge == judge).unwrap();
                prop_assert!((card.low - own.accuracy_low).abs() < 1e-12 && (card.high - own.accuracy_high).abs() < 1e-12);
                let (card, advised) = (card.value, own.accuracy);
                prop_assert!((card - advised).abs() < 1e-12 && (card - compared).abs() < 1e-12, "{judge}: {card} {advised} {compared}");
            }
        }
    }
}
