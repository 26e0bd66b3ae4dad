//! The one finding of a study that can be said in a sentence: where a judge departs from another on the very same pairs.
//!
//! On the pairs that both judged, each judge's share of verdicts for the response shown first (a tie counting half) or of decided ones for
//! the longer response, and its share of ties, is a ratio of sums. Their difference has the error of leaving out one prompt at a time (linearised, with the factor k /
//! (k − 1) for k prompts) and Student's t with k − 1 degrees of freedom. Both judges saw the same pairs, so the quality of the responses
//! cannot cause the difference. The headline is the surest finding, if any is sure.

use std::collections::{BTreeMap, HashSet};

use predilect_results::{Habit, Headline};
use predilect_stats::student;
use predilect_types::Order;

use crate::compare::{Traits, calls_ties};
use crate::table::{FeatureTable, VerdictRow};

/// With fewer prompts nothing generalises to other prompts.
const PROMPTS: usize = 5;
/// A difference below three points is not worth a headline.
const WORTH: f64 = 0.03;

/// The surest departure of a judge from the one that people are (else from the one with most verdicts).
pub fn headline(table: &FeatureTable, traits: &[Traits]) -> Option<Headline> {
    let mut sizes = vec![(0_usize, false); table.judges.len()];
    for verdict in &table.verdicts {
        if let Some((count, people)) = sizes.get_mut(verdict.judge as usize) {
            *count += 1;
            *people |= verdict.annotator.is_some();
        }
    }
    let reference = (0..sizes.len()).max_by_key(|&judge| (sizes[judge].1, sizes[judge].0))?;
    let mut best: Option<(f64, Headline)> = None;
    for judge in (0..sizes.len()).filter(|&judge| judge != reference) {
        for habit in [Habit::First, Habit::Longer, Habit::Ties] {
            // A judge that cannot call ties has none, and one asked in both orders has them where it contradicts itself.
            if habit == Habit::Ties
                && !(calls_ties(table, judge as u32) && calls_ties(table, reference as u32))
            {
                continue;
            }
            let Some((found, error)) = difference(table, traits, judge as u32, reference as u32, habit)
            else {
                continue;
            };
            let sure = found.low > 0.0 || found.high < 0.0;
            let strength = found.difference.abs() / error;
            if sure
                && found.difference.abs() >= WORTH
                && best.as_ref().is_none_or(|(other, _)| strength > *other)
            {
                best = Some((strength, found));
            }
        }
    }
    best.map(|(_, headline)| headline)
}

/// What a verdict adds to a share: for and of.
fn counts(habit: Habit, verdict: &VerdictRow, traits: &[Traits]) -> (f64, f64) {
    let sign = f64::from(u8::from(verdict.p_a > 0.5)) - f64::from(u8::from(verdict.p_a < 0.5));
    let side = match habit {
        Habit::Ties => return (verdict.weight * f64::from(u8::from(sign == 0.0)), verdict.weight),
        Habit::First => match verdict.order {
            Order::Ab => 1.0,
            Order::Ba => -1.0,
            Order::Both | Order::Unknown => 0.0,
        },
        Habit::Longer => traits.get(verdict.pair as usize).map_or(0.0, |traits| f64::from(traits.longer)),
    };
    match (habit, sign) {
        _ if side == 0.0 => (0.0, 0.0),
        // As the judge table and the audit of a judge count it.
        (Habit::First, 0.0) => (0.5 * verdict.weight, verdict.weight),
        (_, 0.0) => (0.0, 0.0),
        _ => (verdict.weight * f64::from(u8::from(sign == side)), verdict.weight),
    }
}

fn difference(
    table: &FeatureTable,
    traits: &[Traits],
    judge: u32,
    reference: u32,
    habit: Habit,
) -> Option<(Headline, f64)> {
    let pairs_of = |who: u32| -> HashSet<u32> {
        table.verdicts.iter().filter(|v| v.judge == who).map(|v| v.pair).collect()
    };
    let (own, others) = (pairs_of(judge), pairs_of(reference));
    let common: HashSet<u32> = own.intersection(&others).copied().collect();
    // Sums by prompt: for and of, of the judge and of the reference.
    let mut prompts: BTreeMap<u64, [f64; 4]> = BTreeMap::new();
    for verdict in table.verdicts.iter().filter(|v| v.weight > 0.0 && common.contains(&v.pair)) {
        let from = match verdict.judge {
            who if who == judge => 0,
            who if who == reference => 2,
            _ => continue,
        };
        let (part, whole) = counts(habit, verdict, traits);
        let sums = prompts.entry(table.pairs[verdict.pair as usize].cluster).or_default();
        sums[from] += part;
        sums[from + 1] += whole;
    }
    let total = prompts.values().fold([0.0; 4], |mut total, sums| {
        total.iter_mut().zip(sums).for_each(|(t, s)| *t += s);
        total
    });
    let k = prompts.len();
    if k < PROMPTS || total[1] < 30.0 || total[3] < 30.0 {
        return None;
    }
    let (share, reference_share) = (total[0] / total[1], total[2] / total[3]);
    let squares: f64 = prompts
        .values()
        .map(|[n, d, m, e]| ((n - share * d) / total[1] - (m - reference_share * e) / total[3]).powi(2))
        .sum();
    let error = (squares * k as f64 / (k - 1) as f64).sqrt();
    if error <= 0.0 {
        return None;
    }
    let reach = student::quantile(0.95, (k - 1) as f64) * error;
    let difference = share - reference_share;
    let headline = Headline {
        judge: table.judges[judge as usize].clone(),
        reference: table.judges[reference as usize].clone(),
        habit,
        share,
        reference_share,
        difference,
        low: difference - reach,
        high: difference + reach,
        prompts: k,
        pairs: common.len(),
    };
    Some((headline, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::PairInfo;

    /// Two judges on 12 prompts of 20 pairs: the second prefers what is shown first in three of four, the first in half.
    fn study(bias: bool) -> FeatureTable {
        let mut table =
            FeatureTable { judges: vec!["human".to_owned(), "judge".to_owned()], ..FeatureTable::default() };
        for pair in 0..240_u32 {
            table.pairs.push(PairInfo { cluster: u64::from(pair / 20), model_a: None, model_b: None });
            let row = |judge, p_a, annotator| VerdictRow {
                pair,
                judge,
                p_a,
                weight: 1.0,
                order: Order::Ab,
                annotator,
                group: None,
            };
            let even = f64::from(u8::from((pair * 29 + pair / 7) % 13 < 6));
            table.verdicts.push(row(0, even, Some(0)));
            table.verdicts.push(row(
                1,
                if bias && (pair * 37 + pair / 20) % 11 < 7 { 1.0 } else { even },
                None,
            ));
        }
        table
    }

    #[test]
    fn a_habit_is_found_with_an_interval_and_chance_is_none() {
        let traits = vec![Traits::default(); 240];
        let found = headline(&study(true), &traits).expect("a headline");
        assert_eq!(
            (found.judge.as_str(), found.reference.as_str(), found.habit),
            ("judge", "human", Habit::First)
        );
        assert!(
            found.low > 0.0 && found.low < found.difference && found.difference < found.high,
            "{found:?}"
        );
        assert_eq!(headline(&study(false), &traits), None);
    }
}
