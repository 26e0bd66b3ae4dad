//! How strong judges of the same pairs find each model; differences taken prompt by prompt.

use std::collections::{BTreeMap, HashMap};

use predilect_results::comparison::{Interval, NotRanked, StrengthDifference, Why};
use predilect_stats::discoveries::q_values;
use predilect_stats::ranking::{Change, Fitted, RankingError, RankingOptions, Vote, changes, ranks};
use predilect_stats::student;
use rayon::prelude::*;

use super::habits::MOST_JUDGES;
use crate::ranking::field;
use crate::table::FeatureTable;

/// A difference in log-odds that makes one win ten times as often, in points.
const SCALE: f64 = 400.0;
/// The points of an average model.
const CENTRE: f64 = 1000.0;
/// With fewer prompts nothing is reported.
const LEAST_PROMPTS: usize = 5;
/// Precision of the prior that keeps scores finite where a judge lets a model win, or lose, all.
const PRIOR: f64 = 0.1;

/// All differences of judges who share pairs of named models, the surest first.
///
/// Several verdicts of a judge on a pair are their mean with the sum of their weights; see [`changes`] for scores and errors. Student's t
/// has one degree of freedom fewer than there are effective prompts. Models that both met on fewer than five prompts are left out; so are
/// two judges whose common pairs fall into groups of models that never met, or include more than 400 models, with the reason.
pub fn strength_differences(table: &FeatureTable) -> (Vec<StrengthDifference>, Vec<NotRanked>) {
    if table.judges.len() > MOST_JUDGES {
        return (Vec::new(), Vec::new());
    }
    let verdicts = mean_verdicts(table);
    let mut two: Vec<(usize, usize)> = Vec::new();
    for a in 0..verdicts.len() {
        two.extend((a + 1..verdicts.len()).map(|b| (a, b)));
    }
    let of = |&(a, b): &(usize, usize)| differences(table, [a, b], [&verdicts[a], &verdicts[b]]);
    let mut found: Vec<StrengthDifference> = Vec::new();
    let mut not_ranked: Vec<NotRanked> = Vec::new();
    for (at, result) in two.par_iter().map(of).collect::<Vec<_>>().into_iter().enumerate() {
        match result {
            Ok(differences) => found.extend(differences),
            Err(why) => {
                let judges = [two[at].0, two[at].1].map(|judge| table.judges[judge].clone());
                not_ranked.push(NotRanked { judges, why });
            }
        }
    }
    found.sort_by(|a, b| {
        a.p_value
            .total_cmp(&b.p_value)
            .then(b.difference.value.abs().total_cmp(&a.difference.value.abs()))
            .then(a.judges.cmp(&b.judges))
            .then(a.model.cmp(&b.model))
    });
    let rates = q_values(&found.iter().map(|difference| difference.p_value).collect::<Vec<f64>>());
    for (difference, rate) in found.iter_mut().zip(rates) {
        difference.q_value = rate;
    }
    (found, not_ranked)
}

/// Mean verdict and weight by pair.
type OfPairs = BTreeMap<u32, (f64, f64)>;

/// Every judge's mean verdict on each pair of two named models, with the sum of its weights.
fn mean_verdicts(table: &FeatureTable) -> Vec<OfPairs> {
    let mut sums: Vec<HashMap<u32, (f64, f64)>> = vec![HashMap::new(); table.judges.len()];
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        let pair = &table.pairs[verdict.pair as usize];
        if pair.model_a.zip(pair.model_b).is_none_or(|(a, b)| a == b) {
            continue;
        }
        let sum = sums[verdict.judge as usize].entry(verdict.pair).or_default();
        *sum = (sum.0 + verdict.weight * verdict.p_a, sum.1 + verdict.weight);
    }
    sums.into_iter()
        .map(|sums| sums.into_iter().map(|(pair, (sum, weight))| (pair, (sum / weight, weight))).collect())
        .collect()
}

fn differences(
    table: &FeatureTable,
    judges: [usize; 2],
    verdicts: [&OfPairs; 2],
) -> Result<Vec<StrengthDifference>, Why> {
    let mut place: HashMap<u32, u32> = HashMap::new();
    let mut models: Vec<u32> = Vec::new();
    let mut votes: [Vec<Vote>; 2] = [Vec::new(), Vec::new()];
    for (pair, first) in verdicts[0] {
        let (Some(second), info) = (verdicts[1].get(pair), &table.pairs[*pair as usize]) else { continue };
        let Some((a, b)) = info.model_a.zip(info.model_b) else { continue };
        let [a, b] = [a, b].map(|model| {
            *place.entry(model).or_insert_with(|| {
                models.push(model);
                models.len() as u32 - 1
            })
        });
        for (votes, (y, weight)) in votes.iter_mut().zip([*first, *second]) {
            votes.push(Vote { a, b, y: y as f32, weight: weight as f32, cluster: info.cluster });
        }
    }
    if votes[0].is_empty() {
        return Ok(Vec::new());
    }
    // The same field for both, whatever weights their verdicts have.
    let even: Vec<Vote> = votes[0].iter().map(|vote| Vote { weight: 1.0, ..*vote }).collect();
    let (found, prior) = scores(&votes, &field(&even, models.len()))?;
    let points = SCALE / std::f64::consts::LN_10;
    let by = |of: fn(&Change) -> f64| -> Vec<f64> {
        found.iter().map(|change| CENTRE + points * of(change)).collect()
    };
    let (first, second) = (by(|change| change.first), by(|change| change.second));
    let (first_ranks, second_ranks) = (ranks(&first), ranks(&second));
    // Of two models one's gain is the other's loss.
    let told = if models.len() == 2 { 1 } else { models.len() };
    let of = (0..told)
        .filter_map(|i| {
            let (value, error) = (first[i] - second[i], points * found[i].error);
            // Judges who never differ about a model, or have hardly seen it.
            if error <= 1e-9 || found[i].clusters < LEAST_PROMPTS {
                return None;
            }
            let freedom = (found[i].effective - 1.0).max(1.0);
            let reach = student::quantile(0.95, freedom);
            let difference = Interval { value, low: value - reach * error, high: value + reach * error };
            Some(StrengthDifference {
                judges: judges.map(|judge| table.judges[judge].clone()),
                model: table.models[models[i] as usize].clone(),
                pairs: votes[0].len() as u64,
                prompts: found[i].clusters as u64,
                first: first[i],
                second: second[i],
                ranks: [first_ranks[i], second_ranks[i]],
                models: models.len(),
                difference,
                p_value: 2.0 * student::cdf(-value.abs() / error, freedom),
                q_value: 1.0,
                prior,
            })
        })
        .collect();
    Ok(of)
}

/// The scores by both, under a prior only where they are not finite without.
fn scores(votes: &[Vec<Vote>; 2], shares: &[f64]) -> Result<(Vec<Change>, f64), Why> {
    let [first, second] = votes.each_ref().map(|votes| Fitted { votes, covariates: &[], top: None });
    let with = |prior: f64| {
        let options = RankingOptions { prior, ..RankingOptions::default() };
        changes(first, second, shares, options, false)
    };
    let (found, prior) = match with(0.0) {
        Err(RankingError::OneWay(_)) => (with(PRIOR), PRIOR),
        found => (found, 0.0),
    };
    match found {
        Ok(Some(found)) => Ok((found, prior)),
        Ok(None) => Err(Why::ManyModels),
        Err(RankingError::NeverMet(_)) => Err(Why::NeverMet),
        Err(_) => Err(Why::NoScores),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{Battles, RankOptions, leaderboard};
    use crate::table::{PairInfo, VerdictRow};
    use predilect_types::Order;

    /// Three models on 60 prompts, two judges with the same noise; the second lets model 2 win in every third prompt where the first does
    /// not.
    fn table(unanimous: bool) -> FeatureTable {
        let mut table = FeatureTable {
            judges: ["people", "likes-c"].map(str::to_owned).to_vec(),
            models: ["a", "b", "c"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        };
        for cluster in 0..60_u64 {
            for (a, b) in [(0_u32, 1_u32), (0, 2), (1, 2)] {
                let pair = table.pairs.len() as u32;
                table.pairs.push(PairInfo { cluster, model_a: Some(a), model_b: Some(b) });
                let plain = (cluster * 7 + u64::from(a + 2 * b)) % 5 < 2;
                for judge in 0..2 {
                    let favour = b == 2 && (unanimous || (judge == 1 && cluster % 3 == 0));
                    table.verdicts.push(VerdictRow {
                        pair,
                        judge,
                        p_a: f64::from(u8::from(plain && !favour)),
                        weight: 1.0,
                        order: Order::Unknown,
                        annotator: None,
                        group: None,
                    });
                }
            }
        }
        table
    }

    #[test]
    fn a_model_that_one_judge_favours_is_found_with_the_points_of_the_leaderboards() {
        let table = table(false);
        let (found, left) = strength_differences(&table);
        assert_eq!((found.len(), left.len()), (3, 0));
        let of = |model: &str| found.iter().find(|f| f.model == model).unwrap();
        for judge in 0..2 {
            let (battles, ..) = Battles::of(&table, &table.judges[judge..=judge], &[]);
            let board = leaderboard(&battles, &RankOptions::default()).unwrap();
            for row in &board.ranking {
                let own = of(&row.model);
                // All have as many pairs, so that both means are the same.
                assert!((row.score - [own.first, own.second][judge]).abs() < 1e-4, "{row:?} {own:?}");
                assert_eq!(row.rank, own.ranks[judge]);
            }
        }
        let c = of("c");
        assert_eq!((c.pairs, c.prompts, c.models, c.prior), (180, 60, 3, 0.0));
        assert!(c.difference.high < 0.0 && c.q_value < 0.01, "{c:?}");
    }

    #[test]
    fn a_model_that_loses_all_has_finite_points() {
        let (found, _) = strength_differences(&table(true));
        // Both give c everything; they agree about all else too.
        assert!(
            found.iter().all(|f| f.prior == PRIOR && f.first.is_finite() && f.p_value > 0.9),
            "{found:?}"
        );
    }

    #[test]
    fn without_models_or_common_pairs_there_is_nothing() {
        let mut alone = table(false);
        alone.verdicts.retain(|v| v.judge == v.pair % 2);
        assert!(strength_differences(&alone).0.is_empty());
        let mut unnamed = table(false);
        unnamed.pairs.iter_mut().for_each(|pair| pair.model_b = None);
        assert!(strength_differences(&unnamed).0.is_empty());
        // Two pairs of models that never meet.
        let mut apart = table(false);
        apart.models.push("d".to_owned());
        for (at, pair) in apart.pairs.iter_mut().enumerate() {
            (pair.model_a, pair.model_b) = if at % 2 == 0 { (Some(0), Some(1)) } else { (Some(2), Some(3)) };
        }
        let (found, left) = strength_differences(&apart);
        assert!(found.is_empty() && left.len() == 1 && left[0].why == Why::NeverMet, "{left:?}");
    }
}
