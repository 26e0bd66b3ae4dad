//! How far judges agree on the same pairs.

use std::collections::BTreeMap;

use predilect_results::comparison::{AgreementMatrices, Interval, JudgeAgreement};
use predilect_stats::agreement::{PairedVerdicts, VerdictAgreement};
use predilect_stats::ratio::Estimate;
use predilect_stats::resample::{bootstrap, quantile};
use predilect_types::Interner;
use rayon::prelude::*;

use crate::keep_going::KeepGoing;
use crate::table::{FeatureTable, VerdictRow};

/// Standard errors to either side of a 90 % interval.
const Z: f64 = 1.644_853_626_951_472_6;

/// How far every two judges agree that have pairs in common, most pairs first.
///
/// Several verdicts of one judge on a pair (people under one name) count as their mean. `None` where the work was stopped.
pub fn agreements(
    table: &FeatureTable,
    resamples: usize,
    seed: u64,
    keep_going: KeepGoing<'_>,
) -> Option<Vec<JudgeAgreement>> {
    let mut by_pair: BTreeMap<u32, Vec<(u32, f64, u32)>> = BTreeMap::new();
    // A verdict of weight 0 does not count.
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        let known = by_pair.entry(verdict.pair).or_default();
        match known.iter_mut().find(|(judge, ..)| *judge == verdict.judge) {
            Some((_, sum, count)) => (*sum, *count) = (*sum + verdict.p_a, *count + 1),
            None => known.push((verdict.judge, verdict.p_a, 1)),
        }
    }
    // Sums by judges and prompt.
    let mut sums: BTreeMap<(u32, u32), BTreeMap<u64, PairedVerdicts>> = BTreeMap::new();
    for (pair, verdicts) in &by_pair {
        let prompt = table.pairs[*pair as usize].cluster;
        for (i, &(a, p, of_a)) in verdicts.iter().enumerate() {
            for &(b, q, of_b) in &verdicts[i + 1..] {
                let (p, q) = (p / f64::from(of_a), q / f64::from(of_b));
                let (first, second, p, q) = if a < b { (a, b, p, q) } else { (b, a, q, p) };
                sums.entry((first, second)).or_default().entry(prompt).or_default().add(p, q);
            }
        }
    }
    let mut found: Vec<JudgeAgreement> = sums
        .par_iter()
        .map(|(&(first, second), prompts)| {
            if !keep_going() {
                return None;
            }
            let prompts: Vec<&PairedVerdicts> = prompts.values().collect();
            let names = [&table.judges[first as usize], &table.judges[second as usize]];
            Some(agreement(names, &prompts, resamples, seed))
        })
        .collect::<Option<_>>()?;
    found.sort_by(|a, b| b.pairs.cmp(&a.pairs).then(a.judges.cmp(&b.judges)));
    Some(found)
}

/// How far every other judge agrees with the reference judges taken as one, whose verdicts on a pair count as their mean: by the judge's
/// name.
///
/// With a single reference judge this is what [`agreements`] says of the two.
pub fn with_reference(
    table: &FeatureTable,
    reference: &[String],
    resamples: usize,
    seed: u64,
) -> BTreeMap<String, JudgeAgreement> {
    let is_reference: Vec<bool> = table.judges.iter().map(|judge| reference.contains(judge)).collect();
    let Some(one) = is_reference.iter().position(|is| *is) else { return BTreeMap::new() };
    let as_one = |verdict: &VerdictRow| {
        let judge = if is_reference[verdict.judge as usize] { one as u32 } else { verdict.judge };
        VerdictRow { judge, ..*verdict }
    };
    let taken_as_one = FeatureTable {
        pairs: table.pairs.clone(),
        verdicts: table.verdicts.iter().map(as_one).collect(),
        judges: table.judges.clone(),
        ..FeatureTable::default()
    };
    let mut found = BTreeMap::new();
    for two in agreements(&taken_as_one, resamples, seed, &|| true).unwrap_or_default() {
        let [a, b] = &two.judges;
        let other = match (*a == table.judges[one], *b == table.judges[one]) {
            (true, false) => b.clone(),
            (false, true) => a.clone(),
            _ => continue,
        };
        found.insert(other, two);
    }
    found
}

fn agreement(
    judges: [&String; 2],
    prompts: &[&PairedVerdicts],
    resamples: usize,
    seed: u64,
) -> JudgeAgreement {
    let total = |chosen: &mut dyn Iterator<Item = usize>| {
        let mut total = PairedVerdicts::default();
        chosen.for_each(|at| total.add_all(prompts[at], 1.0));
        total
    };
    let all = total(&mut (0..prompts.len()));
    let samples: Vec<VerdictAgreement> = bootstrap(prompts.len(), resamples, seed)
        .map(|chosen| total(&mut chosen.into_iter()).estimates())
        .collect();
    let own = all.estimates();
    let (worst, best) = extremes(&all, own.same, prompts.len());
    let interval = |of: fn(&VerdictAgreement) -> Option<f64>| {
        let value = of(&own)?;
        let mut values: Vec<f64> = samples.iter().filter_map(of).collect();
        let low = quantile(&mut values, 0.05).unwrap_or(value);
        let high = quantile(&mut values, 0.95).unwrap_or(value);
        if high - low > 1e-9 {
            return Some(Interval { value, low, high });
        }
        // Resampling varies nothing if all pairs are alike, or all are on one prompt.
        let (low, high) = (of(&worst).unwrap_or(value), of(&best).unwrap_or(value));
        Some(Interval { value, low: low.min(value), high: high.max(value) })
    };
    JudgeAgreement {
        judges: judges.map(Clone::clone),
        pairs: all.pairs(),
        prompts: prompts.len() as u64,
        same: interval(|e| e.same),
        same_without_ties: interval(|e| e.same_without_ties),
        soft: interval(|e| e.soft),
        kappa: interval(|e| e.kappa),
        weighted_kappa: interval(|e| e.weighted_kappa),
        alpha: interval(|e| e.alpha),
    }
}

/// What the coefficients would be with as many more pairs on which the two disagree, or agree, as bring the share of agreement to the ends
/// of its interval (Wilson 1927, 90 %, over prompts).
fn extremes(all: &PairedVerdicts, same: Option<f64>, prompts: usize) -> (VerdictAgreement, VerdictAgreement) {
    let pairs = all.pairs() as f64;
    let value = same.unwrap_or(0.5);
    let (low, high) = Estimate { value, se: f64::NAN, clusters: prompts as u64, weight: pairs }.share(Z);
    let with = |verdicts: [(f64, f64); 2], more: f64| {
        let mut added = PairedVerdicts::default();
        for (p, q) in verdicts {
            added.add(p, q);
        }
        let mut total = *all;
        total.add_all(&added, (0.5 * more).clamp(0.0, 1e9));
        total.estimates()
    };
    (
        with([(1.0, 0.0), (0.0, 1.0)], pairs * (value - low) / low),
        with([(1.0, 1.0), (0.0, 0.0)], pairs * (high - value) / (1.0 - high).max(1e-9)),
    )
}

/// A coefficient by its name.
type Coefficient = (&'static str, fn(&JudgeAgreement) -> Option<Interval>);

/// The estimates of [`agreements`] as matrices, judges in the order in which they occur.
pub fn agreement_matrices(found: &[JudgeAgreement]) -> AgreementMatrices {
    const COEFFICIENTS: [Coefficient; 6] = [
        ("same", |a| a.same),
        ("same_without_ties", |a| a.same_without_ties),
        ("soft", |a| a.soft),
        ("kappa", |a| a.kappa),
        ("weighted_kappa", |a| a.weighted_kappa),
        ("alpha", |a| a.alpha),
    ];
    let mut judges = Interner::default();
    let places: Vec<[usize; 2]> = found
        .iter()
        .map(|agreement| agreement.judges.each_ref().map(|judge| judges.get(judge) as usize))
        .collect();
    let judges = judges.into_list();
    let n = judges.len();
    let matrix = |of: fn(&JudgeAgreement) -> Option<Interval>| {
        let mut matrix = vec![vec![None; n]; n];
        for (agreement, &[a, b]) in found.iter().zip(&places) {
            let value = of(agreement).map(|interval| interval.value);
            (matrix[a][b], matrix[b][a]) = (value, value);
        }
        for (at, row) in matrix.iter_mut().enumerate() {
            row[at] = Some(1.0);
        }
        matrix
    };
    let coefficients = COEFFICIENTS.into_iter().map(|(name, of)| (name.to_owned(), matrix(of))).collect();
    AgreementMatrices { judges, coefficients }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::PairInfo;
    use predilect_types::Order;

    fn table(verdicts: &[(u32, u32, f64)]) -> FeatureTable {
        let pair = |i: u32| PairInfo { cluster: u64::from(i / 2), model_a: None, model_b: None };
        FeatureTable {
            pairs: (0..100).map(pair).collect(),
            verdicts: verdicts
                .iter()
                .map(|&(pair, judge, p_a)| VerdictRow {
                    pair,
                    judge,
                    p_a,
                    weight: 1.0,
                    order: Order::Unknown,
                    annotator: None,
                    group: None,
                })
                .collect(),
            judges: ["x", "y", "z"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        }
    }

    #[test]
    fn judges_agree_on_what_both_have_seen() {
        let mut verdicts = Vec::new();
        for pair in 0..100 {
            let p = f64::from(u8::from(pair % 3 == 0));
            verdicts.push((pair, 1, p));
            // The first judge agrees on 80 of 100.
            verdicts.push((pair, 0, if pair % 5 == 0 { 1.0 - p } else { p }));
        }
        // Two people under one name: 0 and 1 make a tie.
        verdicts.extend([(0, 2, 1.0), (0, 2, 0.0), (1, 2, 1.0)]);
        let found = agreements(&table(&verdicts), 500, 1, &|| true).expect("nobody stops it");
        assert_eq!(found.len(), 3);
        let xy = &found[0];
        assert_eq!((xy.judges.clone(), xy.pairs, xy.prompts), (["x".to_owned(), "y".to_owned()], 100, 50));
        let same = xy.same.unwrap();
        assert_eq!((same.value, xy.same_without_ties.unwrap().value), (0.8, 0.8));
        // The sd of a share of 0.8 over 100 pairs is 0.04; here each prompt has a fifth more or less than its share.
        assert!(same.low > 0.7 && same.low < 0.79 && same.high > 0.81 && same.high < 0.9, "{same:?}");
        let xz = found.iter().find(|f| f.judges[1] == "z" && f.judges[0] == "x").unwrap();
        let matrices = agreement_matrices(&found);
        let at = |name: &str| matrices.judges.iter().position(|judge| judge == name).unwrap();
        let matrix = &matrices.coefficients["same"];
        assert_eq!((matrices.judges.len(), matrices.coefficients.len()), (3, 6));
        assert_eq!(
            (matrix[at("x")][at("y")], matrix[at("y")][at("x")], matrix[at("z")][at("z")]),
            (Some(0.8), Some(0.8), Some(1.0))
        );
        assert_eq!((xz.pairs, xz.same_without_ties.map(|s| s.value)), (2, Some(0.0)));
    }
}
