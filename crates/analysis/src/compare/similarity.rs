//! Which judges reward alike: similarity of dissections, clusters, a map, and how stable each of these is.

use predilect_results::comparison::{ClusterGroup, Clusters, Place, Similarity, TreeJoin};
use predilect_stats::cluster::Tree;
use predilect_stats::map::{agreement, map};
use predilect_stats::resample::{bootstrap, quantile};
use predilect_stats::similarity::Measure;
use rayon::prelude::*;

use super::weights::WeightTable;
use crate::keep_going::KeepGoing;

/// Offset between the first draws used of two fits; prime, so that few fits begin at the same place.
const STRIDE: usize = 7919;

/// Steps that trees of resamples may take all together, and the least number of them.
const STEPS: usize = 2_000_000_000;
const LEAST_TREES: usize = 50;

/// How judges are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SimilarityOptions {
    /// The measure of similarity.
    pub measure: Measure,
    /// Resamples, for intervals and stability.
    pub resamples: usize,
    /// The seed of resampled properties.
    pub seed: u64,
}

impl Default for SimilarityOptions {
    fn default() -> Self {
        Self { measure: Measure::Pearson, resamples: 1000, seed: 0 }
    }
}

/// How alike the judges of a table are.
///
/// The similarity of two judges is the mean, over the scenarios in which both have weights, of the similarity of their weights (Li et al.
/// 2024); where no group but `all` and query-specific cases exists, it is that of `all`. With posterior draws, intervals and stability show
/// how surely the weights are known; without them, properties are resampled, and they show how much depends on which properties were rated.
pub fn similarity(table: &WeightTable, options: &SimilarityOptions) -> Similarity {
    // Only a stopped computation returns nothing.
    similarity_while(table, options, &|| true).unwrap_or_default()
}

/// The same, interruptible; `None` if it was stopped.
pub fn similarity_while(
    table: &WeightTable,
    options: &SimilarityOptions,
    keep_going: KeepGoing<'_>,
) -> Option<Similarity> {
    let n = table.judges.len();
    let scenarios = table.scenarios();
    let every: Vec<usize> = (0..table.properties.len()).collect();
    let overall = mean_over(table, &scenarios, &every, options.measure);
    let posterior = has_draws(table, &scenarios);
    let samples: Vec<Vec<Option<f64>>> = if posterior {
        let of = |draw| {
            let vector = |judge, group| drawn(table, judge, group, draw);
            keep_going().then(|| similarities(table, &scenarios, options.measure, &vector))
        };
        (0..options.resamples).into_par_iter().map(of).collect::<Option<_>>()?
    } else {
        bootstrap(every.len(), options.resamples, options.seed)
            .map(|properties| {
                keep_going().then(|| mean_over(table, &scenarios, &properties, options.measure))
            })
            .collect::<Option<_>>()?
    };
    let at_quantile = |q: f64| {
        let of = |at: usize| {
            let mut values: Vec<f64> = samples.iter().filter_map(|sample| sample[at]).collect();
            let end = quantile(&mut values, q)?;
            // Draws are noisier than means and so less alike: their middle is moved to the estimate.
            let middle = quantile(&mut values, 0.5)?;
            Some(moved(end, middle, overall[at].unwrap_or(middle), options.measure))
        };
        square(&(0..n * n).map(of).collect::<Vec<_>>(), n)
    };
    let by_group = (0..table.groups.len())
        .map(|group| {
            (table.groups[group].clone(), square(&mean_over(table, &[group], &every, options.measure), n))
        })
        .collect();
    let clusters = clusters(table, options.measure, &overall, &samples);
    if !keep_going() {
        return None;
    }
    Some(Similarity {
        judges: table.judges.clone(),
        measure: options.measure.to_string(),
        scenarios: scenarios.iter().map(|&group| table.groups[group].clone()).collect(),
        unmoved: if posterior { unmoved(table, &scenarios) } else { 0 },
        resampled: if posterior { "posterior" } else { "properties" }.to_owned(),
        low: at_quantile(0.05),
        median: at_quantile(0.5),
        high: at_quantile(0.95),
        by_group,
        clusters,
        overall: square(&overall, n),
    })
}

/// The end of an interval when its middle is moved to the estimate: by Fisher's z where values are correlations.
pub(super) fn moved(end: f64, middle: f64, estimate: f64, measure: Measure) -> f64 {
    if !matches!(measure, Measure::Pearson | Measure::Spearman) {
        return end + estimate - middle;
    }
    let z = |r: f64| r.clamp(-1.0 + 1e-12, 1.0 - 1e-12).atanh();
    // Exactly 1 stays so: a judge is like itself.
    if middle >= 1.0 { end } else { (z(end) + z(estimate) - z(middle)).tanh() }
}

/// The number of judges that have weights but no draws.
fn unmoved(table: &WeightTable, groups: &[usize]) -> u64 {
    let still = |judge: &usize| {
        groups.iter().any(|&group| table.get(*judge, group).is_some())
            && groups.iter().all(|&group| table.draws(*judge, group).is_none())
    };
    (0..table.judges.len()).filter(still).count() as u64
}

/// Whether any judge has draws.
fn has_draws(table: &WeightTable, groups: &[usize]) -> bool {
    (0..table.judges.len()).any(|judge| groups.iter().any(|&group| table.draws(judge, group).is_some()))
}

/// One draw of a judge's weights; the means where there are no draws.
fn drawn(table: &WeightTable, judge: usize, group: usize, number: usize) -> Option<Vec<f64>> {
    let means = table.get(judge, group)?;
    let Some(draws) = table.draws(judge, group) else { return Some(means.to_vec()) };
    let count = (draws.len() / means.len().max(1)).max(1);
    // Fits draw by one seed, so draws with the same index are alike for no reason: each fit begins at a different place. A fit that serves
    // several groups counts as one fit.
    let begins = |group: usize| table.draws(judge, group).map(|draws| &draws[..draws.len().min(16)]);
    let first = (0..table.groups.len()).find(|&other| begins(other) == begins(group)).unwrap_or(group);
    let draw = (number + (judge * table.groups.len() + first) * STRIDE) % count;
    Some(draws.chunks(means.len()).nth(draw)?.iter().map(|&w| f64::from(w)).collect())
}

/// The matrix of similarities by these properties, row by row, averaged over groups.
fn mean_over(
    table: &WeightTable,
    groups: &[usize],
    properties: &[usize],
    measure: Measure,
) -> Vec<Option<f64>> {
    similarities(table, groups, measure, &|judge, group| {
        table.get(judge, group).map(|weights| properties.iter().map(|&at| weights[at]).collect())
    })
}

/// The matrix of similarities of the vectors of judges in groups, row by row, averaged over groups.
fn similarities(
    table: &WeightTable,
    groups: &[usize],
    measure: Measure,
    vector: &dyn Fn(usize, usize) -> Option<Vec<f64>>,
) -> Vec<Option<f64>> {
    let n = table.judges.len();
    let mut sums = vec![(0.0, 0_u32); n * n];
    for &group in groups {
        let vectors: Vec<Option<Vec<f64>>> = (0..n).map(|judge| vector(judge, group)).collect();
        for a in 0..n {
            for b in a..n {
                let (Some(first), Some(second)) = (&vectors[a], &vectors[b]) else { continue };
                if let Some(value) = measure.of(first, second) {
                    sums[a * n + b].0 += value;
                    sums[a * n + b].1 += 1;
                }
            }
        }
    }
    let mean = |at: usize| {
        let (a, b) = (at / n, at % n);
        let (sum, count) = sums[a.min(b) * n + a.max(b)];
        (count > 0).then(|| sum / f64::from(count))
    };
    (0..n * n).map(mean).collect()
}

/// The judges whose similarities to each other are all known: the one that misses the most is left out first.
fn placed(overall: &[Option<f64>], n: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..n).collect();
    loop {
        let missing = |a: usize| kept.iter().filter(|&&b| overall[a * n + b].is_none()).count();
        // Of those that miss as many, the last.
        let Some((most, at)) = (0..kept.len()).map(|at| (missing(kept[at]), at)).max() else { return kept };
        if most == 0 {
            return kept;
        }
        kept.remove(at);
    }
}

/// The distances among some of `n` judges, row by row; `None` if one is not known.
fn distances(matrix: &[Option<f64>], n: usize, among: &[usize], measure: Measure) -> Option<Vec<f64>> {
    let of = |a: usize, b: usize| {
        if a == b { Some(0.0) } else { matrix[a * n + b].map(|alike| measure.distance(alike).max(0.0)) }
    };
    among.iter().flat_map(|&a| among.iter().map(move |&b| (a, b))).map(|(a, b)| of(a, b)).collect()
}

/// The tree and the map of the judges that can be placed.
fn clusters(
    table: &WeightTable,
    measure: Measure,
    overall: &[Option<f64>],
    samples: &[Vec<Option<f64>>],
) -> Option<Clusters> {
    let all = table.judges.len();
    let among = placed(overall, all);
    let n = among.len();
    if n < 3 {
        return None;
    }
    let own = distances(overall, all, &among, measure)?;
    let name = |at: usize| table.judges[among[at]].clone();
    let tree = Tree::average(&own, n);
    let plane = map(&own, n);
    // A tree or a map of n judges takes n^3 steps: many judges have fewer of them.
    let most = (STEPS / (n * n * n)).max(LEAST_TREES);
    let others: Vec<Vec<f64>> =
        samples.iter().filter_map(|sample| distances(sample, all, &among, measure)).take(most).collect();
    let trees: Vec<Tree> = others.par_iter().map(|distances| Tree::average(distances, n)).collect();
    let support = tree.support(&trees);
    let order = tree.order(&own);
    let cut = tree.best_cut(&own);
    // Judges keep the numbers that they have among all.
    let number = |node: usize| if node < n { among[node] } else { node - n + all };
    let joins = tree
        .joins()
        .iter()
        .zip(&support)
        .map(|(join, &stability)| TreeJoin {
            left: number(join.left),
            right: number(join.right),
            height: join.height,
            stability,
        })
        .collect();
    let agreements: Vec<f64> =
        others.par_iter().map(|distances| agreement(&plane.places, &map(distances, n).places)).collect();
    let kept: f64 = agreements.iter().sum();
    let groups = cut.as_ref().map(|(groups, _)| groups.clone()).unwrap_or_default();
    Some(Clusters {
        groups: in_leaf_order(groups, &order, (&tree.clades(), &support), &name),
        order: order.into_iter().map(name).collect(),
        joins,
        silhouette: cut.map(|(_, silhouette)| silhouette),
        places: (0..n)
            .zip(&plane.places)
            .map(|(at, place)| Place { judge: name(at), x: place[0], y: place[1] })
            .collect(),
        explained: plane.explained,
        map_stability: kept / others.len().max(1) as f64,
    })
}

/// Groups of a cut and their members, in leaf order, with the stability of each.
fn in_leaf_order(
    mut groups: Vec<Vec<usize>>,
    order: &[usize],
    (clades, support): (&[Vec<usize>], &[f64]),
    name: &dyn Fn(usize) -> String,
) -> Vec<ClusterGroup> {
    let place_of = |leaf: &usize| order.iter().position(|at| at == leaf);
    groups.sort_by_key(|group| group.iter().filter_map(place_of).min());
    let group = |group: Vec<usize>| {
        let mut in_order = group.clone();
        in_order.sort_by_key(place_of);
        ClusterGroup {
            judges: in_order.into_iter().map(name).collect(),
            stability: clades.iter().position(|clade| *clade == group).map(|at| support[at]),
        }
    };
    groups.into_iter().map(group).collect()
}

fn square(values: &[Option<f64>], n: usize) -> Vec<Vec<Option<f64>>> {
    values.chunks(n.max(1)).map(<[Option<f64>]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn few() -> SimilarityOptions {
        SimilarityOptions { resamples: 20, ..SimilarityOptions::default() }
    }

    fn at(similarity: &Similarity, a: &str, b: &str) -> f64 {
        let place = |name: &str| similarity.judges.iter().position(|judge| judge == name).unwrap();
        similarity.overall[place(a)][place(b)].unwrap()
    }

    #[test]
    fn the_papers_values_are_found_again() {
        let found = similarity(&WeightTable::published(), &few());
        assert_eq!(found.scenarios.len(), 11);
        assert!((at(&found, "human", "gpt-4-1106-preview") - 0.742).abs() < 5e-4);
        let human = found.judges.iter().position(|judge| judge == "human").unwrap();
        let closest = (0..33)
            .filter(|&j| j != human)
            .max_by(|&a, &b| found.overall[human][a].partial_cmp(&found.overall[human][b]).unwrap());
        assert_eq!(found.judges[closest.unwrap()], "qwen-72b");
        assert!((at(&found, "human", "qwen-72b") - 0.783).abs() < 5e-4);
        // Mean similarity of models up to 14B, from 30B, and across; people and models of unknown size count in neither.
        let size = |name: &str| -> Option<bool> {
            ["7b", "6b", "13b", "14b"]
                .iter()
                .any(|size| name.contains(&format!("-{size}")))
                .then_some(false)
                .or(["34b", "70b", "72b", "8x7b"]
                    .iter()
                    .any(|size| name.contains(&format!("-{size}")))
                    .then_some(true))
        };
        let mean = |of: &dyn Fn(bool, bool) -> bool| {
            let mut values = Vec::new();
            for a in 0..33 {
                for b in 0..a {
                    if let (Some(x), Some(y)) = (size(&found.judges[a]), size(&found.judges[b]))
                        && of(x, y)
                    {
                        values.push(found.overall[a][b].unwrap());
                    }
                }
            }
            values.iter().sum::<f64>() / values.len() as f64
        };
        let found = [mean(&|a, b| !a && !b), mean(&|a, b| a && b), mean(&|a, b| a != b)];
        for (found, known) in found.iter().zip([0.828, 0.883, 0.737]) {
            assert!((found - known).abs() < 5e-4, "{found} {known}");
        }
    }

    #[test]
    fn clusters_stand_in_leaf_order_with_their_stability() {
        let found = similarity(&WeightTable::published(), &few());
        let clusters = found.clusters.unwrap();
        assert_eq!((clusters.order.len(), clusters.joins.len(), clusters.places.len()), (33, 32, 33));
        let in_groups: Vec<&String> = clusters.groups.iter().flat_map(|group| &group.judges).collect();
        assert_eq!(in_groups, clusters.order.iter().collect::<Vec<_>>());
        assert!(clusters.joins.iter().all(|join| (0.0..=1.0).contains(&join.stability)));
        assert!(
            (clusters.joins.last().unwrap().stability - 1.0).abs() < 1e-12,
            "all judges are in every tree"
        );
        assert!(clusters.map_stability > 0.5 && clusters.explained > 0.5, "{clusters:?}");
    }

    #[test]
    fn who_cannot_be_placed_leaves_the_tree_of_the_others_standing() {
        let table = WeightTable::published();
        let n = table.judges.len();
        let every: Vec<usize> = (0..table.properties.len()).collect();
        let mut overall = mean_over(&table, &table.scenarios(), &every, Measure::Pearson);
        // Judge number 5 has no known similarity to anyone.
        for at in 0..n {
            (overall[5 * n + at], overall[at * n + 5]) = (None, None);
        }
        let found = clusters(&table, Measure::Pearson, &overall, &[]).unwrap();
        assert_eq!((found.order.len(), found.places.len(), found.joins.len()), (n - 1, n - 1, n - 2));
        assert!(!found.order.contains(&table.judges[5]));
        let mut ends: Vec<usize> = found.joins.iter().flat_map(|join| [join.left, join.right]).collect();
        ends.sort_unstable();
        let joined: Vec<usize> = (0..n).filter(|&at| at != 5).chain(n..2 * n - 3).collect();
        assert_eq!(ends, joined, "judges keep their numbers, and joins go on after all judges");
        let clique =
            [Some(1.0), None, Some(0.5), None, Some(1.0), Some(0.5), Some(0.5), Some(0.5), Some(1.0)];
        assert_eq!(placed(&clique, 3), [0, 2]);
    }

    #[test]
    fn intervals_hold_the_value() {
        let found = similarity(&WeightTable::published(), &SimilarityOptions { resamples: 200, ..few() });
        let mut inside = 0;
        for a in 0..33 {
            assert!((found.overall[a][a].unwrap() - 1.0).abs() < 1e-12);
            for b in 0..33 {
                assert_eq!(found.overall[a][b], found.overall[b][a]);
                inside += usize::from(
                    found.low[a][b] <= found.overall[a][b] && found.overall[a][b] <= found.high[a][b],
                );
            }
        }
        assert!(inside > 33 * 33 * 9 / 10, "{inside}");
    }

    #[test]
    fn draws_by_one_seed_make_no_judges_alike() {
        use crate::Draws;
        use predilect_results::{Fit, Weight};
        let names: Vec<String> = (0..10).map(|at| format!("p{at}")).collect();
        let weight = |property: &String| Weight {
            property: property.clone(),
            mean: 0.0,
            sd: 1.0,
            q05: 0.0,
            q50: 0.0,
            q95: 0.0,
            p_positive: 0.5,
            rhat: None,
            ess_bulk: None,
            ess_tail: None,
            mcse_mean: None,
            effective_units: None,
        };
        let fit = |judge: &str| Fit {
            judge: judge.to_owned(),
            group: "all".to_owned(),
            weights: names.iter().map(weight).collect(),
            ..serde_json::from_value(serde_json::json!({"judge": "", "group": "", "rows": 1, "engine": "ep",
                "converged": true, "weights": [], "terms": []}))
            .unwrap()
        };
        // Pure noise, and the same noise for both.
        let noise = bootstrap(1000, 20, 1).flatten().map(|x| x as f64).take(20_000).collect::<Vec<_>>();
        let draws = Draws { names: names.clone(), values: noise, over: None };
        let table = WeightTable::of_fits(&[fit("x"), fit("y")], &[Some(&draws), Some(&draws)]);
        let found = similarity(&table, &SimilarityOptions { resamples: 500, ..few() });
        assert_eq!(found.resampled, "posterior");
        let median = found.median[0][1].unwrap();
        assert!(median.abs() < 0.1, "{median}");
        assert!(found.low[0][1].unwrap() < -0.3 && found.high[0][1].unwrap() > 0.3);
    }

    #[test]
    fn few_judges_have_no_clusters() {
        let empty = similarity(&WeightTable::default(), &few());
        assert!(empty.overall.is_empty() && empty.clusters.is_none());
    }
}
