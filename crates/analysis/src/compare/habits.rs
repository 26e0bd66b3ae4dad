//! How judges of the same pairs differ in what they do: accuracy, position, length, ties; each difference taken prompt by prompt.

use std::collections::{BTreeMap, HashMap};

use predilect_results::comparison::{HabitDifference, Interval, Measure};
use predilect_stats::discoveries::q_values;
use predilect_stats::student;
use predilect_types::Order;
use rayon::prelude::*;

use super::accuracy::{agrees, majorities};
use super::audit::{Shown, Traits, favours_first};
use crate::keep_going::KeepGoing;
use crate::table::FeatureTable;

/// Every two of more judges than this would fill pages.
pub(super) const MOST_JUDGES: usize = 40;
/// With fewer prompts, or fewer verdicts that count, nothing is reported.
const LEAST_PROMPTS: usize = 5;
const LEAST: f64 = 20.0;

/// Part and whole of a share.
type Sum = (f64, f64);

/// Per pair: what it adds to a judge's shares.
type OfPairs = HashMap<u32, [Sum; 4]>;

/// All differences of judges who share pairs, the surest first.
///
/// With shares `a / b` and `c / d` of sums over prompts, the difference has the error of `sum_g ((a_g - A b_g) / b - (c_g - C d_g) / d)^2`
/// times `G / (G - 1)` (linearised), and Student's t with `G - 1` degrees of freedom: what is hard about a prompt for both judges cancels.
/// `None` if the work was stopped.
pub fn habit_differences(
    table: &FeatureTable,
    traits: &[Traits],
    shown: &[Shown],
    reference: &[String],
    keep_going: KeepGoing<'_>,
) -> Option<Vec<HabitDifference>> {
    if table.judges.len() > MOST_JUDGES {
        return Some(Vec::new());
    }
    let sums = sums(table, traits, shown, reference);
    let mut two: Vec<(usize, usize)> = Vec::new();
    for a in 0..sums.len() {
        two.extend((a + 1..sums.len()).map(|b| (a, b)));
    }
    let ties: Vec<bool> = (0..table.judges.len() as u32).map(|judge| calls_ties(table, judge)).collect();
    let of = |&(a, b): &(usize, usize)| -> Option<Vec<HabitDifference>> {
        if !keep_going() {
            return None;
        }
        let known = Measure::ALL.into_iter().enumerate();
        let found = known
            .filter(|(_, measure)| *measure != Measure::Ties || (ties[a] && ties[b]))
            .filter_map(|(at, measure)| {
                let found = difference(table, &sums[a], &sums[b], at)?;
                let judges = [table.judges[a].clone(), table.judges[b].clone()];
                Some(HabitDifference { judges, measure, ..found })
            });
        Some(found.collect())
    };
    let found: Vec<Vec<HabitDifference>> = two.par_iter().map(of).collect::<Option<_>>()?;
    let mut found: Vec<HabitDifference> = found.into_iter().flatten().collect();
    found.sort_by(|a, b| {
        a.p_value
            .total_cmp(&b.p_value)
            .then(b.difference.value.abs().total_cmp(&a.difference.value.abs()))
            .then(a.judges.cmp(&b.judges))
            .then(a.measure.cmp(&b.measure))
    });
    let rates = q_values(&found.iter().map(|difference| difference.p_value).collect::<Vec<f64>>());
    for (difference, rate) in found.iter_mut().zip(rates) {
        difference.q_value = rate;
    }
    Some(found)
}

fn sums(table: &FeatureTable, traits: &[Traits], shown: &[Shown], reference: &[String]) -> Vec<OfPairs> {
    let is_reference: Vec<bool> = table.judges.iter().map(|judge| reference.contains(judge)).collect();
    let majorities = majorities(table, &is_reference);
    let mut sums: Vec<OfPairs> = vec![HashMap::new(); table.judges.len()];
    for verdict in table.verdicts.iter().filter(|v| v.weight > 0.0) {
        let of = sums[verdict.judge as usize].entry(verdict.pair).or_default();
        let tie = verdict.p_a == 0.5;
        let mut add = |measure: Measure, part: f64| {
            let slot = &mut of[measure as usize];
            *slot = (slot.0 + part, slot.1 + 1.0);
        };
        add(Measure::Ties, f64::from(u8::from(tie)));
        let longer = traits.get(verdict.pair as usize).map_or(0, |traits| traits.longer);
        if !tie && longer != 0 {
            add(Measure::Longer, f64::from(u8::from((verdict.p_a > 0.5) == (longer > 0))));
        }
        if let (Some(&majority), false) =
            (majorities.get(&verdict.pair), is_reference[verdict.judge as usize])
        {
            add(Measure::Accuracy, agrees(verdict.p_a, majority));
        }
    }
    for answer in shown {
        if let Some(of) = sums[answer.judge as usize].get_mut(&answer.pair) {
            let slot = &mut of[Measure::First as usize];
            *slot = (slot.0 + favours_first(answer.p_a, answer.a_first), slot.1 + 1.0);
        }
    }
    sums
}

fn difference(table: &FeatureTable, first: &OfPairs, second: &OfPairs, at: usize) -> Option<HabitDifference> {
    let mut prompts: BTreeMap<u64, [f64; 4]> = BTreeMap::new();
    let mut pairs = 0;
    for (pair, own) in first {
        let Some(other) = second.get(pair) else { continue };
        // Where neither has anything to count, nothing can be said.
        if own[at].1 == 0.0 && other[at].1 == 0.0 {
            continue;
        }
        pairs += 1;
        let sums = prompts.entry(table.pairs[*pair as usize].cluster).or_default();
        let added = [own[at].0, own[at].1, other[at].0, other[at].1];
        sums.iter_mut().zip(added).for_each(|(sum, part)| *sum += part);
    }
    let total = prompts.values().fold([0.0; 4], |mut total, sums| {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
        total
    });
    let count = prompts.len();
    if count < LEAST_PROMPTS || total[1] < LEAST || total[3] < LEAST {
        return None;
    }
    let (first, second) = (total[0] / total[1], total[2] / total[3]);
    let squares: f64 = prompts
        .values()
        .map(|[a, b, c, d]| ((a - first * b) / total[1] - (c - second * d) / total[3]).powi(2))
        .sum();
    let freedom = (count - 1) as f64;
    let mut error = (squares * count as f64 / freedom).sqrt();
    let value = first - second;
    if error <= 0.0 {
        // Two judges that never differ here; or that always do, which two more prompts for and two against would blur (Agresti & Coull).
        if value == 0.0 {
            return None;
        }
        let n = count as f64 + 4.0;
        let p = (count as f64 + 2.0) / n;
        error = value.abs() * (p * (1.0 - p) / n).sqrt();
    }
    let reach = student::quantile(0.95, freedom) * error;
    Some(HabitDifference {
        judges: Default::default(),
        measure: Measure::Ties,
        pairs,
        prompts: count as u64,
        first,
        second,
        difference: Interval { value, low: value - reach, high: value + reach },
        p_value: 2.0 * student::cdf(-value.abs() / error, freedom),
        q_value: 1.0,
    })
}

/// Whether a tie is a call of this judge: it makes some, and was not asked in both orders.
pub(crate) fn calls_ties(table: &FeatureTable, judge: u32) -> bool {
    let own = || table.verdicts.iter().filter(|verdict| verdict.judge == judge);
    let both = own().filter(|verdict| verdict.order == Order::Both).count();
    own().any(|verdict| verdict.p_a == 0.5) && 2 * both < own().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{PairInfo, VerdictRow};

    /// 60 pairs on 60 prompts with the truth on A; two judges that err on the same pairs, the second on six more.
    fn table() -> FeatureTable {
        let row = |pair: u32, judge: u32, right: bool| VerdictRow {
            pair,
            judge,
            p_a: f64::from(u8::from(right)),
            weight: 1.0,
            order: Order::Unknown,
            annotator: None,
            group: None,
        };
        FeatureTable {
            pairs: (0..60).map(|i| PairInfo { cluster: i, model_a: None, model_b: None }).collect(),
            verdicts: (0..60)
                .flat_map(|i| [row(i, 0, true), row(i, 1, i % 3 != 0), row(i, 2, i % 3 != 0 && i % 10 != 1)])
                .collect(),
            judges: ["gold", "good", "worse"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        }
    }

    #[test]
    fn judges_that_err_on_the_same_pairs_are_told_apart() {
        let found =
            habit_differences(&table(), &[], &[], &["gold".to_owned()], &|| true).expect("nobody stops it");
        assert_eq!(habit_differences(&table(), &[], &[], &["gold".to_owned()], &|| false), None);
        let accuracy = found.iter().find(|d| d.measure == Measure::Accuracy).expect("two judges");
        assert_eq!((accuracy.judges.clone(), accuracy.pairs), (["good", "worse"].map(str::to_owned), 60));
        // 40 and 36 of 60 by hand: of i = 1, 11, .., 51 the two that are multiples of 3 are wrong anyway.
        assert!((accuracy.first - 40.0 / 60.0).abs() < 1e-12);
        assert!((accuracy.second - 36.0 / 60.0).abs() < 1e-12);
        // Alone each share has an error of .06; the difference, four pairs of 60, has .033.
        let half = 0.5 * (accuracy.difference.high - accuracy.difference.low);
        assert!((half - 1.671 * (4.0_f64 / 60.0 * 56.0 / 60.0 / 59.0).sqrt()).abs() < 1e-3, "{half}");
        assert!(accuracy.difference.low > 0.0 && accuracy.p_value < 0.06);
    }
}
