//! Which judges can stand in for people, and how many labels are still needed?

mod rates;
mod row;

use std::collections::BTreeMap;

use predilect_results::LEAST_SHARED_PROMPTS;
use predilect_results::comparison::{GroupAccuracy, StandIn, StandIns};
use predilect_stats::evaluate::{folds_by_cluster, log_loss, scores};
use predilect_stats::logit::logit;
use predilect_stats::ratio::Ratio;
use predilect_stats::sigmoid;

use super::accuracy::{Right, majorities};
use crate::table::FeatureTable;
use rates::rates;
use row::{LEAST, Row, Z, regression};

/// Folds by prompt of the calibration.
const FOLDS: usize = 5;
/// Penalty of the calibration: a judge that is always right stays finite.
const RIDGE: f64 = 0.1;
/// Advice for the judges of a table; `None` where the reference has judged fewer than 20 pairs that any other judge has judged.
pub fn stand_ins(table: &FeatureTable, reference: &[String], margin: f64) -> Option<StandIns> {
    let is_reference: Vec<bool> = table.judges.iter().map(|judge| reference.contains(judge)).collect();
    let means = means(table);
    let label = |pair: u32| {
        let verdicts = &means[&pair];
        let own: Vec<f64> =
            verdicts.iter().filter(|(j, _)| is_reference[**j as usize]).map(|(_, p)| *p).collect();
        (!own.is_empty()).then(|| own.iter().sum::<f64>() / own.len() as f64)
    };
    let sides = majorities(table, &is_reference);
    let mut right: BTreeMap<(u32, u32), Right> = BTreeMap::new();
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        if let Some(&side) = sides.get(&verdict.pair) {
            right.entry((verdict.judge, verdict.pair)).or_default().add(verdict.p_a, side);
        }
    }
    let others: Vec<u32> =
        (0..table.judges.len() as u32).filter(|judge| !is_reference[*judge as usize]).collect();
    let rows = |score: &dyn Fn(&BTreeMap<u32, f64>) -> Option<f64>| -> Vec<Row> {
        means
            .iter()
            .filter_map(|(&pair, verdicts)| {
                let cluster = table.pairs[pair as usize].cluster;
                let judge = score(verdicts)?;
                let side = sides.get(&pair).copied();
                Some(Row { pair, cluster, reference: label(pair), judge, side, own: None })
            })
            .collect()
    };
    let mut candidates: Vec<(StandIn, Vec<Row>)> = Vec::new();
    for &judge in &others {
        let mut rows = rows(&|verdicts| verdicts.get(&judge).copied());
        for row in &mut rows {
            row.own = right.get(&(judge, row.pair)).copied();
        }
        candidates.extend(candidate(table, &table.judges[judge as usize], rows, margin, false));
    }
    if others.len() > 1 {
        let of_all = |verdicts: &BTreeMap<u32, f64>| all_of(verdicts, &is_reference, others.len());
        let mean = rows(&|verdicts| of_all(verdicts).map(|all| all.iter().sum::<f64>() / all.len() as f64));
        let majority = rows(&|verdicts| {
            let all = of_all(verdicts)?;
            let sum: i32 = all.iter().map(|p| i32::from(*p > 0.5) - i32::from(*p < 0.5)).sum();
            Some(0.5 + 0.5 * f64::from(sum.signum()))
        });
        let stacked = stacked(&mean, &means, &others);
        candidates.extend(candidate(table, "jury: mean", mean, margin, false));
        candidates.extend(candidate(table, "jury: majority", majority, margin, false));
        candidates.extend(candidate(table, "jury: stacked", stacked, margin, true));
    }
    // Log-losses on different pairs cannot be compared; what a judge adds on its own pairs can. A judge that is right only when inverted
    // cannot stand in for anyone, however informative it is.
    candidates.sort_by(|a, b| a.0.turned.cmp(&b.0.turned).then(b.0.gain.total_cmp(&a.0.gain)));
    let rates = candidates.first().map(|(best, rows)| rates(table, &best.judge, rows)).unwrap_or_default();
    let labelled = means.keys().filter(|pair| label(**pair).is_some()).count() as u64;
    let candidates: Vec<StandIn> = candidates.into_iter().map(|(candidate, _)| candidate).collect();
    (!candidates.is_empty()).then(|| StandIns {
        reference: table.judges.iter().filter(|judge| reference.contains(judge)).cloned().collect(),
        labelled,
        margin,
        candidates,
        rates,
    })
}

/// The verdicts of all judges but the reference on a pair, if all `count` of them have judged it.
fn all_of(verdicts: &BTreeMap<u32, f64>, is_reference: &[bool], count: usize) -> Option<Vec<f64>> {
    let all: Vec<f64> =
        verdicts.iter().filter(|(j, _)| !is_reference[**j as usize]).map(|(_, p)| *p).collect();
    (all.len() == count).then_some(all)
}

/// The mean verdict of every judge on every pair.
fn means(table: &FeatureTable) -> BTreeMap<u32, BTreeMap<u32, f64>> {
    let mut sums: BTreeMap<u32, BTreeMap<u32, (f64, u32)>> = BTreeMap::new();
    // A verdict of weight 0 does not count; other weights are a matter of fits.
    for verdict in table.verdicts.iter().filter(|verdict| verdict.weight > 0.0) {
        let sum = sums.entry(verdict.pair).or_default().entry(verdict.judge).or_default();
        *sum = (sum.0 + verdict.p_a, sum.1 + 1);
    }
    let mean = |(judge, (sum, count)): (u32, (f64, u32))| (judge, sum / f64::from(count));
    sums.into_iter().map(|(pair, judges)| (pair, judges.into_iter().map(mean).collect())).collect()
}

/// `ready`: its verdict is already a held-out prediction, and calibrating it would show it the labels that were held out.
fn candidate(
    table: &FeatureTable,
    name: &str,
    rows: Vec<Row>,
    margin: f64,
    ready: bool,
) -> Option<(StandIn, Vec<Row>)> {
    let both: Vec<(Row, f64)> = rows.iter().filter_map(|row| Some((*row, row.reference?))).collect();
    if both.len() < LEAST {
        return None;
    }
    let n = both.len() as f64;
    let clusters: Vec<u64> = both.iter().map(|(row, _)| row.cluster).collect();
    let y: Vec<f64> = both.iter().map(|(_, y)| *y).collect();
    let x: Vec<f64> = both.iter().flat_map(|(row, _)| [1.0, 2.0 * row.judge - 1.0]).collect();
    let fold_of = folds_by_cluster(&clusters, FOLDS, 0);
    let predicted = if ready {
        both.iter().map(|(row, _)| row.judge).collect()
    } else {
        cross_predict(&x, &y, &clusters, &fold_of)?
    };
    let base = cross_predict(&vec![1.0; both.len()], &y, &clusters, &fold_of)?;
    let (own, without) = (scores(&predicted, &y, None), scores(&base, &y, None));
    let mut gain = Ratio::default();
    for (at, &y) in y.iter().enumerate() {
        gain.add(clusters[at], log_loss(base[at], y) - log_loss(predicted[at], y), 1.0);
    }
    let gain = gain.estimate()?;
    let (_, correlation) = regression(&both);
    let mut mean = Ratio::default();
    for (row, y) in &both {
        mean.add(row.cluster, *y, 1.0);
    }
    // Its error is by prompt: where verdicts on one prompt are correlated, more of them are needed.
    let alone = (Z * mean.estimate()?.se / margin).powi(2) * n;
    // Too few prompts to estimate the variation of verdicts.
    if !alone.is_finite() || alone <= 0.0 || mean.estimate()?.clusters < LEAST_SHARED_PROMPTS {
        return None;
    }
    let whole = |count: f64| count.ceil().max(1.0) as u64;
    let accuracy = Right::share(both.iter().map(|(row, _)| (row.cluster, row.right())));
    let found = StandIn {
        judge: name.to_owned(),
        pairs: both.len() as u64,
        accuracy: accuracy.value,
        accuracy_low: accuracy.low,
        accuracy_high: accuracy.high,
        by_group: by_group(table, &both),
        turned: correlation < 0.0,
        calibrated_accuracy: Some(own.accuracy).filter(|accuracy| !accuracy.is_nan()),
        log_loss: own.log_loss,
        base_log_loss: without.log_loss,
        gain: gain.value,
        gain_se: gain.se,
        correlation,
        labels_alone: whole(alone),
        labels_with: whole(alone * (1.0 - correlation * correlation)),
    };
    Some((found, rows))
}

/// By the groups of the pairs, or without groups, by the parts of the data.
fn by_group(table: &FeatureTable, both: &[(Row, f64)]) -> Vec<GroupAccuracy> {
    let names = if table.groups.is_empty() { &table.subsets } else { &table.groups };
    let mut groups: BTreeMap<u32, Vec<&(Row, f64)>> = BTreeMap::new();
    for pair in both {
        let at = pair.0.pair as usize;
        let own = if table.groups.is_empty() {
            table.subset_of.get(at..=at).unwrap_or_default()
        } else {
            table.groups_of(pair.0.pair)
        };
        for &group in own {
            groups.entry(group).or_default().push(pair);
        }
    }
    let one = |(group, pairs): (u32, Vec<&(Row, f64)>)| {
        let found = Right::share(pairs.iter().map(|(row, _)| (row.cluster, row.right())));
        GroupAccuracy {
            group: names[group as usize].clone(),
            pairs: pairs.len() as u64,
            accuracy: found.value,
            low: found.low,
            high: found.high,
        }
    };
    groups.into_iter().map(one).collect()
}

/// Held-out predictions by a logistic regression on the other folds.
fn cross_predict(x: &[f64], y: &[f64], clusters: &[u64], fold_of: &[usize]) -> Option<Vec<f64>> {
    let d = x.len() / y.len();
    let folds = fold_of.iter().max()? + 1;
    if folds < 2 {
        return None;
    }
    let mut predicted = vec![0.5; y.len()];
    for fold in 0..folds {
        let training: Vec<usize> = (0..y.len()).filter(|&i| fold_of[i] != fold).collect();
        let rows: Vec<f64> = training.iter().flat_map(|&i| x[i * d..(i + 1) * d].iter().copied()).collect();
        let of = |values: &[f64]| -> Vec<f64> { training.iter().map(|&i| values[i]).collect() };
        let clusters: Vec<u64> = training.iter().map(|&i| clusters[i]).collect();
        let fit = logit(&rows, &of(y), &clusters, RIDGE)?;
        for at in (0..y.len()).filter(|&i| fold_of[i] == fold) {
            predicted[at] = predict(&x[at * d..(at + 1) * d], &fit.weights);
        }
    }
    Some(predicted)
}

fn predict(x: &[f64], w: &[f64]) -> f64 {
    sigmoid(x.iter().zip(w).map(|(x, w)| x * w).sum())
}

/// The rows of a jury whose members are weighted by a logistic regression: held out on labelled pairs, the mean of all folds' predictions
/// on others.
fn stacked(rows: &[Row], means: &BTreeMap<u32, BTreeMap<u32, f64>>, members: &[u32]) -> Vec<Row> {
    let features = |row: &Row| -> Vec<f64> {
        std::iter::once(1.0).chain(members.iter().map(|judge| 2.0 * means[&row.pair][judge] - 1.0)).collect()
    };
    let labelled: Vec<(&Row, f64)> = rows.iter().filter_map(|row| Some((row, row.reference?))).collect();
    let clusters: Vec<u64> = labelled.iter().map(|(row, _)| row.cluster).collect();
    let fold_of = folds_by_cluster(&clusters, FOLDS, 1);
    let folds = fold_of.iter().max().map_or(0, |last| last + 1);
    let mut weights: Vec<Vec<f64>> = Vec::new();
    for fold in 0..folds {
        let training = || labelled.iter().zip(&fold_of).filter(|(_, of)| **of != fold).map(|(row, _)| row);
        let x: Vec<f64> = training().flat_map(|(row, _)| features(row)).collect();
        let y: Vec<f64> = training().map(|(_, y)| *y).collect();
        let clusters: Vec<u64> = training().map(|(row, _)| row.cluster).collect();
        let Some(fit) = logit(&x, &y, &clusters, RIDGE) else { return Vec::new() };
        weights.push(fit.weights);
    }
    let place: BTreeMap<u32, usize> =
        labelled.iter().zip(&fold_of).map(|((row, _), fold)| (row.pair, *fold)).collect();
    rows.iter()
        .filter(|_| folds > 1)
        .map(|row| {
            let x = features(row);
            let judge = match place.get(&row.pair) {
                Some(&fold) => predict(&x, &weights[fold]),
                None => weights.iter().map(|w| predict(&x, w)).sum::<f64>() / weights.len() as f64,
            };
            Row { judge, ..*row }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{PairInfo, VerdictRow};
    use predilect_results::comparison::Interval;
    use predilect_types::Order;
    use rand::{RngExt, SeedableRng};

    /// Pairs with a truth; people label the first ones only, one judge is right four times in five, another is a coin.
    fn table(pairs: u32, labelled: u32, seed: u64) -> (FeatureTable, f64) {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut verdicts = Vec::new();
        let mut truth = 0.0;
        for pair in 0..pairs {
            let y = f64::from(u8::from(rng.random_range(0.0..1.0) < 0.6));
            truth += y / f64::from(pairs);
            let mut say = |judge: u32, p_a: f64| {
                verdicts.push(VerdictRow {
                    pair,
                    judge,
                    p_a,
                    weight: 1.0,
                    order: Order::Unknown,
                    annotator: None,
                    group: None,
                });
            };
            if pair < labelled {
                say(0, y);
            }
            say(1, if rng.random_range(0.0..1.0) < 0.9 { y } else { 1.0 });
            say(2, f64::from(u8::from(rng.random_range(0.0..1.0) < 0.5)));
        }
        let info = |i: u32| PairInfo { cluster: u64::from(i), model_a: Some(0), model_b: Some(1) };
        let table = FeatureTable {
            pairs: (0..pairs).map(info).collect(),
            verdicts,
            judges: ["human", "good", "coin"].map(str::to_owned).to_vec(),
            models: ["new", "old"].map(str::to_owned).to_vec(),
            ..FeatureTable::default()
        };
        (table, truth)
    }

    #[test]
    fn the_better_judge_is_advised_and_saves_labels() {
        let (table, _) = table(1000, 300, 1);
        let found = stand_ins(&table, &["human".to_owned()], 0.03).unwrap();
        assert_eq!((found.labelled, found.reference.len()), (300, 1));
        let of = |name: &str| found.candidates.iter().find(|c| c.judge == name).unwrap();
        let (good, coin) = (of("good"), of("coin"));
        assert!(
            found.candidates[0].judge == "good" || found.candidates[0].judge == "jury: stacked",
            "{found:?}"
        );
        assert!(good.accuracy > 0.9 && good.gain > 5.0 * good.gain_se, "{good:?}");
        assert!(coin.gain < 2.0 * coin.gain_se, "{coin:?}");
        // A share of .6 within 3 points at 95 %: about 1.96^2 x .24 / .03^2 = 1024 labels.
        assert!((good.labels_alone as f64 - 1024.0).abs() < 60.0, "{good:?}");
        assert!(good.labels_with < good.labels_alone / 3, "{good:?}");
        assert!(coin.labels_with > good.labels_alone * 9 / 10, "{coin:?}");
    }

    #[test]
    fn corrected_rates_hold_the_truth_more_narrowly_than_labels_alone() {
        let (mut inside, mut narrower, mut judge_inside) = (0, 0, 0);
        for seed in 0..60 {
            let (table, truth) = table(2000, 200, seed);
            let found = stand_ins(&table, &["human".to_owned()], 0.03).unwrap();
            let rate = found.rates.iter().find(|rate| rate.model == "new").unwrap();
            let holds = |interval: Interval| interval.low <= truth && truth <= interval.high;
            inside += u32::from(holds(rate.corrected));
            judge_inside += u32::from(holds(rate.judge_only));
            let width = |interval: Interval| interval.high - interval.low;
            narrower += u32::from(width(rate.corrected) < 0.8 * width(rate.reference_only));
        }
        assert!(inside >= 53, "{inside} of 60");
        assert!(narrower >= 58, "{narrower}");
        // The judge favours A: its own rate is sure, and wrong; only where the stacked jury helps is it calibrated.
        assert!(judge_inside < 20, "{judge_inside}");
    }

    #[test]
    fn without_people_there_is_no_advice() {
        let (table, _) = table(50, 0, 1);
        assert_eq!(stand_ins(&table, &["human".to_owned()], 0.03), None);
        assert_eq!(stand_ins(&FeatureTable::default(), &[], 0.03), None);
    }
}
