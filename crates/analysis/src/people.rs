//! How far the people who are one judge together agree, who of them cannot be distinguished from a coin, and how far a judge can come.
//!
//! A person is compared with the others on the same pairs: the vote of annotator k on pair i is v = `sign(p_a` − ½), the others' is the
//! sign of the sum of their weighted votes. Ties add nothing to that sum; a vote counts where it is decided and the others' sum is not 0.
//! The share that agrees is a, with Wilson's 90 % interval. A person who only calls ties, or is the only judge of their pairs, is not
//! compared.
//!
//! An annotator is *unreliable* with at least 30 such votes where the interval reaches one half, so that a coin would do as well, and is
//! entirely below the share of all others together. A coin agrees in one half whatever the others do, so the rule needs no median, and more
//! votes never make a reliable person unreliable.

use std::collections::{BTreeMap, HashMap};

use predilect_results::{People, Reliability, Share};
use predilect_stats::ratio::Ratio;

use crate::compare::Traits;
use crate::table::FeatureTable;

/// With fewer compared votes a person is not assessed.
const ENOUGH: u64 = 30;
/// The 95th percentile of the standard normal distribution: the bounds of a 90 % interval.
const Z: f64 = 1.644_853_626_951_472_2;

/// A share of counts, with the interval of Wilson (1927): the values that a binomial count of `agree` does not refute.
fn wilson(agree: u64, of: u64) -> Share {
    if of == 0 {
        return Share { agree, of, share: None, low: None, high: None };
    }
    let n = of as f64;
    let a = agree as f64 / n;
    let q = Z * Z / n;
    let spread = Z * (a * (1.0 - a) / n + q / (4.0 * n)).sqrt();
    let bound = |sign: f64| ((a + q / 2.0 + sign * spread) / (1.0 + q)).clamp(0.0, 1.0);
    Share { agree, of, share: Some(a), low: Some(bound(-1.0)), high: Some(bound(1.0)) }
}

/// A share of counts by prompt, whose interval is valid for other prompts: Wilson's over as many independent votes as would have its error.
fn over_prompts(counts: &Ratio) -> Share {
    let Some(found) = counts.estimate() else { return wilson(0, 0) };
    let (low, high) = found.share(Z);
    let of = found.weight.round();
    let agree = (found.value * found.weight).round() as u64;
    Share { agree, of: of as u64, share: Some(found.value), low: Some(low), high: Some(high) }
}

/// Counts of one person.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    votes: u64,
    ties: u64,
    agree: u64,
    compared: u64,
    longer: u64,
    unequal: u64,
    first: u64,
    ordered: u64,
}

/// The people of every judge that has at least two who are named; `traits` of each pair say which response is longer.
pub fn people(table: &FeatureTable, traits: &[Traits]) -> Vec<People> {
    let mut by_judge: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (at, verdict) in table.verdicts.iter().enumerate() {
        if verdict.annotator.is_some() && verdict.weight > 0.0 {
            by_judge.entry(verdict.judge).or_default().push(at);
        }
    }
    let mut found: Vec<People> =
        by_judge.into_iter().filter_map(|(judge, rows)| of_judge(table, traits, judge, &rows)).collect();
    found.sort_by_key(|people| std::cmp::Reverse(people.agreement.of));
    found
}

#[expect(clippy::too_many_lines, reason = "one pass that counts, one that says what the counts mean")]
fn of_judge(table: &FeatureTable, traits: &[Traits], judge: u32, rows: &[usize]) -> Option<People> {
    let verdict = |row: &usize| &table.verdicts[*row];
    let mut sums: HashMap<u32, f64> = HashMap::new();
    for row in rows {
        let v = verdict(row);
        *sums.entry(v.pair).or_default() += v.weight * sign(v.p_a);
    }
    let mut counts: BTreeMap<u32, Counts> = BTreeMap::new();
    let mut all = Ratio::default();
    for row in rows {
        let v = verdict(row);
        let Some(annotator) = v.annotator else { continue };
        let count = counts.entry(annotator).or_default();
        count.votes += 1;
        let own = sign(v.p_a);
        if own == 0.0 {
            count.ties += 1;
            continue;
        }
        let others = sums.get(&v.pair).copied().unwrap_or(0.0) - v.weight * own;
        if others.abs() > 1e-9 {
            count.compared += 1;
            count.agree += u64::from(own == others.signum());
            all.add(prompt(table, v.pair), f64::from(u8::from(own == others.signum())), 1.0);
        }
        let longer = traits.get(v.pair as usize).map_or(0, |traits| traits.longer);
        if longer != 0 {
            count.unequal += 1;
            count.longer += u64::from(f64::from(longer) == own);
        }
        let first = match v.order {
            predilect_types::Order::Ab => 1.0,
            predilect_types::Order::Ba => -1.0,
            _ => continue,
        };
        count.ordered += 1;
        count.first += u64::from(first == own);
    }
    if counts.len() < 2 {
        return None;
    }
    let (agree, of) = counts.values().fold((0, 0), |(a, n), count| (a + count.agree, n + count.compared));
    let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
    let mut annotators: Vec<Reliability> = counts
        .iter()
        .map(|(annotator, count)| {
            let agreement = wilson(count.agree, count.compared);
            let usual = share(agree - count.agree, of - count.compared);
            let coin = agreement.low.is_some_and(|low| low <= 0.5);
            let below = agreement.high.zip(usual).is_some_and(|(high, usual)| high < usual);
            Reliability {
                annotator: table.annotators[*annotator as usize].clone(),
                votes: count.votes,
                agreement,
                ties: count.ties as f64 / count.votes.max(1) as f64,
                longer: share(count.longer, count.unequal),
                first: share(count.first, count.ordered),
                unreliable: count.compared >= ENOUGH && coin && below,
            }
        })
        .collect();
    annotators
        .sort_by(|x, y| y.agreement.of.cmp(&x.agreement.of).then_with(|| x.annotator.cmp(&y.annotator)));
    let judges = others(table, judge, &sums);
    Some(People {
        judge: table.judges[judge as usize].clone(),
        annotators,
        agreement: over_prompts(&all),
        judges,
    })
}

/// How far each other judge agrees with the majority, over decided verdicts on pairs with a majority.
fn others(table: &FeatureTable, judge: u32, sums: &HashMap<u32, f64>) -> Vec<(String, Share)> {
    let mut counts: BTreeMap<u32, Ratio> = BTreeMap::new();
    for v in table.verdicts.iter().filter(|v| v.judge != judge && v.weight > 0.0) {
        let (own, majority) = (sign(v.p_a), sums.get(&v.pair).copied().unwrap_or(0.0));
        if own == 0.0 || majority.abs() <= 1e-9 {
            continue;
        }
        let agrees = f64::from(u8::from(own == majority.signum()));
        counts.entry(v.judge).or_default().add(prompt(table, v.pair), agrees, 1.0);
    }
    counts
        .into_iter()
        .map(|(judge, counts)| (table.judges[judge as usize].clone(), over_prompts(&counts)))
        .collect()
}

fn prompt(table: &FeatureTable, pair: u32) -> u64 {
    table.pairs.get(pair as usize).map_or(u64::from(pair), |info| info.cluster)
}

fn sign(p_a: f64) -> f64 {
    f64::from(u8::from(p_a > 0.5)) - f64::from(u8::from(p_a < 0.5))
}

#[cfg(test)]
mod tests {
    use predilect_types::Order;

    use super::*;
    use crate::table::VerdictRow;

    #[test]
    fn wilson_by_hand() {
        // z = 1.644854, q = z² / 185 = 0.014625: (0.464865 + 0.007312 ± 0.060756) / 1.014625.
        let share = wilson(86, 185);
        assert!(
            (share.low.unwrap_or(0.0) - 0.405489).abs() < 1e-6
                && (share.high.unwrap_or(0.0) - 0.525254).abs() < 1e-6,
            "{share:?}"
        );
        assert_eq!(wilson(0, 0).share, None);
        assert!(wilson(5, 5).high.is_some_and(|high| high > 1.0 - 1e-12 && high <= 1.0));
    }

    #[test]
    fn a_coin_among_people_who_agree_is_found_and_nobody_else() {
        let mut table = FeatureTable {
            judges: vec!["human".to_owned(), "judge".to_owned()],
            annotators: ["a", "b", "c", "coin"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        };
        for pair in 0..80_u32 {
            let truth = if pair % 3 == 0 { 0.0 } else { 1.0 };
            for who in 0..4_u32 {
                let p_a = if who == 3 { f64::from(u8::from(pair % 2 == 0)) } else { truth };
                table.verdicts.push(VerdictRow {
                    pair,
                    judge: 0,
                    p_a,
                    weight: 1.0,
                    order: Order::Ab,
                    annotator: Some(who),
                    group: None,
                });
            }
            table.verdicts.push(VerdictRow {
                pair,
                judge: 1,
                p_a: truth,
                weight: 1.0,
                order: Order::Unknown,
                annotator: None,
                group: None,
            });
        }
        let found = people(&table, &[Traits::default(); 80]);
        let [people] = found.as_slice() else { panic!("{found:?}") };
        let unreliable: Vec<&str> =
            people.annotators.iter().filter(|a| a.unreliable).map(|a| a.annotator.as_str()).collect();
        assert_eq!(unreliable, ["coin"]);
        let [(name, share)] = people.judges.as_slice() else { panic!("{:?}", people.judges) };
        assert_eq!((name.as_str(), share.agree, share.of), ("judge", 80, 80));
        assert!(share.low.is_some_and(|low| (0.95..0.98).contains(&low)), "{share:?}");
        // Of the coin's 80 votes 40 agree: even pairs say A, of which 26 are right; odd ones B, of which 13 are.
        let coin = people
            .annotators
            .iter()
            .find(|a| a.annotator == "coin")
            .map(|a| (a.agreement.agree, a.agreement.of));
        assert_eq!(coin, Some((39, 80)));
    }
}
