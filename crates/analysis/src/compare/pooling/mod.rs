//! Fits that learn from each other: weights of all judges in all groups come from one hierarchy.

mod cell;
mod hierarchy;

use std::collections::BTreeMap;

use predilect_results::comparison::{PooledCell, PooledWeight, Pooling};
use predilect_stats::evaluate::{folds_by_cluster, log_loss};
use predilect_stats::evidence::log_evidence;
use predilect_stats::ratio::Ratio;
use predilect_stats::{EpOptions, Observed, Prior, Regression, ep, sigmoid};
use rayon::prelude::*;

use crate::fit_options::{FitOptions, TERM_SD};
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;
use cell::{Cell, Found, Seen};
use hierarchy::Hierarchy;

/// Maximum number of rounds; it converges long before where the data are informative.
const ROUNDS: usize = 60;
/// How often the spread of what is peculiar to a cell is estimated again, and from which values.
const EVERY: usize = 5;
const OWN_SDS: [f64; 9] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8];
/// Change of a weight below which it has.
const STILL: f64 = 2e-3;
/// Cells beyond that many would take minutes.
const MOST_CELLS: usize = 600;

/// How the comparison of separate and pooled fits is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolingOptions {
    /// Folds by prompt; a prompt is in one fold for all judges and groups.
    pub folds: usize,
    /// Smallest cell, in prompts: verdicts on one prompt depend on each other, and few prompts would make noise look like a
    /// property of the group.
    pub min_prompts: usize,
}

impl Default for PoolingOptions {
    fn default() -> Self {
        Self { folds: 5, min_prompts: 10 }
    }
}

/// Fits all judges in all groups with a hierarchy and without; `None` with fewer than two cells, or far too many.
///
/// Groups are those of the table; without any, judges are pooled over all pairs.
#[expect(
    clippy::too_many_lines,
    reason = "the losses of all cells are summed on the way to each cell's weights"
)]
pub fn pool(table: &FeatureTable, fit: &FitOptions, options: PoolingOptions) -> Option<Pooling> {
    let properties = table.features.len();
    let cells = cells(table, fit, options);
    if cells.len() < 2 || cells.len() > MOST_CELLS || properties == 0 {
        return None;
    }
    let folds = cells.iter().flat_map(|cell| cell.fold.iter().copied()).max()? + 1;
    if folds < 2 {
        return None;
    }
    let (judges, groups) = (
        cells.iter().map(|cell| cell.judge).max().map_or(0, |last| last + 1),
        cells.iter().map(|cell| cell.group).max().map_or(0, |last| last + 1),
    );
    let empty = Hierarchy::new(properties, judges, groups);
    let predicted = predictions(&cells, &empty, folds, fit);
    let all = |_: &Cell, _: usize| true;
    let (hierarchy, pooled) = learn(&cells, &empty, &all);
    let separate: Vec<Option<Found>> =
        cells.par_iter().map(|cell| solve(cell, properties, &Around::Own(fit.prior()), &all)).collect();
    let (mut gain, mut losses, mut weight) = (Ratio::default(), (0.0, 0.0), 0.0);
    let mut out = Vec::new();
    for (at, cell) in cells.iter().enumerate() {
        let (mut own, mut own_weight) = ((0.0, 0.0), 0.0);
        for (row, &(separate, pooled)) in predicted[at].iter().enumerate() {
            let (y, w) = (cell.rows.verdicts[row], cell.rows.weights[row]);
            let (a, b) = (log_loss(separate, y), log_loss(pooled, y));
            gain.add(cell.rows.clusters[row], w * (a - b), w);
            own = (own.0 + w * a, own.1 + w * b);
            own_weight += w;
        }
        losses = (losses.0 + own.0, losses.1 + own.1);
        weight += own_weight;
        let (Some(pooled), Some(separate)) = (&pooled[at], &separate[at]) else { continue };
        out.push(PooledCell {
            judge: cell.name.0.clone(),
            group: cell.name.1.clone(),
            rows: cell.verdicts,
            separate_log_loss: own.0 / own_weight,
            pooled_log_loss: own.1 / own_weight,
            weights: (0..properties)
                .map(|k| PooledWeight {
                    property: table.features[k].name.clone(),
                    mean: pooled.mean[k],
                    sd: pooled.variance[k].sqrt(),
                    separate: separate.mean[k],
                })
                .collect(),
        });
    }
    let gain = gain.estimate()?;
    Some(Pooling {
        folds: folds as u64,
        verdicts: cells.iter().map(|cell| cell.verdicts).sum(),
        separate_log_loss: losses.0 / weight,
        pooled_log_loss: losses.1 / weight,
        gain: gain.value,
        gain_se: gain.se,
        common_sd: hierarchy.sds.common,
        judge_sd: hierarchy.sds.judge,
        group_sd: hierarchy.sds.group,
        own_sd: hierarchy.sds.own,
        cells: out,
    })
}

/// Predictions without a hierarchy and with one, for every row of every cell by the rows of the other folds.
fn predictions(cells: &[Cell], empty: &Hierarchy, folds: usize, fit: &FitOptions) -> Vec<Vec<(f64, f64)>> {
    let mut predicted: Vec<Vec<(f64, f64)>> =
        cells.iter().map(|cell| vec![(0.5, 0.5); cell.fold.len()]).collect();
    for fold in 0..folds {
        let kept = |cell: &Cell, row: usize| cell.fold[row] != fold;
        let own = Around::Own(fit.prior());
        let separate: Vec<Option<Found>> =
            cells.par_iter().map(|cell| solve(cell, empty.common.len(), &own, &kept)).collect();
        let (_, pooled) = learn(cells, empty, &kept);
        for (at, cell) in cells.iter().enumerate() {
            for row in (0..cell.fold.len()).filter(|&row| cell.fold[row] == fold) {
                let of = |found: &Option<Found>| {
                    found.as_ref().map_or(0.5, |found| predict(cell, row, &found.mean))
                };
                predicted[at][row] = (of(&separate[at]), of(&pooled[at]));
            }
        }
    }
    predicted
}

fn cells(table: &FeatureTable, fit: &FitOptions, options: PoolingOptions) -> Vec<Cell> {
    let mut rows: BTreeMap<(u32, u32), Vec<VerdictRow>> = BTreeMap::new();
    for verdict in &table.verdicts {
        let groups = table.groups_of_verdict(verdict);
        if table.groups.is_empty() {
            rows.entry((verdict.judge, 0)).or_default().push(*verdict);
        }
        for &group in groups {
            rows.entry((verdict.judge, group)).or_default().push(*verdict);
        }
    }
    let useful = |rows: &[VerdictRow]| {
        let mut prompts: Vec<u64> = rows.iter().map(|row| table.pairs[row.pair as usize].cluster).collect();
        prompts.sort_unstable();
        prompts.dedup();
        prompts.len() >= options.min_prompts
            && rows.iter().any(|row| row.p_a != 0.5 && row.weight > 0.0)
            && rows.iter().any(|row| table.row(row.pair).any(|v| v != 0.0 && !v.is_nan()))
    };
    rows.retain(|_, rows| useful(rows));
    let matrices: BTreeMap<(u32, u32), (Design, Rows)> = rows
        .iter()
        .map(|(key, rows)| {
            let design = Design::choose(fit.terms, table, rows);
            let merged = Rows::of(table, rows, &design).merged().rows;
            (*key, (design, merged))
        })
        .collect();
    // A prompt is held out for all judges at once: judges of the same pairs know each other's answers.
    let clusters: Vec<u64> = matrices.values().flat_map(|(_, rows)| rows.clusters.iter().copied()).collect();
    let folds = folds_by_cluster(&clusters, options.folds, fit.seed);
    let fold_of: BTreeMap<u64, usize> = clusters.into_iter().zip(folds).collect();
    // Renumbered, without judges and groups that have no cell.
    let number = |of: fn(&(u32, u32)) -> u32| -> BTreeMap<u32, usize> {
        let mut seen: Vec<u32> = rows.keys().map(of).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().enumerate().map(|(at, old)| (old, at)).collect()
    };
    let (judges, groups) = (number(|key| key.0), number(|key| key.1));
    matrices
        .into_iter()
        .map(|((judge, group), (design, matrix))| Cell {
            judge: judges[&judge],
            group: groups[&group],
            name: (
                table.judges[judge as usize].clone(),
                table.groups.get(group as usize).map_or_else(|| "all".to_owned(), Clone::clone),
            ),
            verdicts: rows[&(judge, group)].len() as u64,
            fold: matrix.clusters.iter().map(|cluster| fold_of[cluster]).collect(),
            rows: matrix,
            terms: design.columns(),
        })
        .collect()
}

/// What the prior on a cell's properties is centred on.
enum Around {
    /// As a separate fit has it.
    Own(Prior),
    /// Where the hierarchy puts it, with this sd.
    Shared(Vec<f64>, f64),
}

/// The posterior of a cell by its rows that are kept; without any it is the prior.
fn solve(
    cell: &Cell,
    properties: usize,
    around: &Around,
    kept: &(dyn Fn(&Cell, usize) -> bool + Sync),
) -> Option<Found> {
    let d = properties + cell.terms;
    let (x, y, w) = cell.part(properties, kept);
    let (prior, mut centre) = match around {
        Around::Own(prior) => (*prior, vec![0.0; properties]),
        Around::Shared(centre, sd) => (Prior::Normal { sd: *sd }, centre.clone()),
    };
    let mut priors = vec![prior; properties];
    priors.resize(d, Prior::Normal { sd: TERM_SD });
    centre.resize(d, 0.0);
    let Ok(regression) = Regression::new(&x, &y, Some(&w), &priors) else {
        let variance = priors.iter().map(|prior| prior.sd().powi(2)).collect();
        return Some(Found { mean: centre, variance, seen: Vec::new(), evidence: 0.0 });
    };
    let fit = ep(&regression.centred(&centre), &EpOptions { tolerance: 1e-8, ..EpOptions::default() });
    fit.converged.then(|| {
        let mean: Vec<f64> = fit.marginals.iter().map(|m| m.mean).collect();
        let variance: Vec<f64> = fit.marginals.iter().map(|m| m.sd * m.sd).collect();
        let own = prior.sd().powi(2);
        let seen = (0..properties).map(|k| Seen::new(mean[k], variance[k], centre[k], own)).collect();
        let sds: Vec<f64> = priors.iter().map(|prior| prior.sd()).collect();
        let rows = Observed { x: &x, verdicts: &y, weights: Some(&w) };
        let evidence = log_evidence(rows, &mean, &centre, &sds);
        Found { mean, variance, seen, evidence }
    })
}

/// Alternates: the cells given the hierarchy, then the hierarchy given the cells.
fn learn(
    cells: &[Cell],
    start: &Hierarchy,
    kept: &(dyn Fn(&Cell, usize) -> bool + Sync),
) -> (Hierarchy, Vec<Option<Found>>) {
    let properties = start.common.len();
    let mut shared = start.clone();
    let mut last: Vec<Option<Found>> = Vec::new();
    let all = |hierarchy: &Hierarchy, own: f64| -> Vec<Option<Found>> {
        let one = |cell| solve(cell, properties, &Around::Shared(hierarchy.centre(cell), own), kept);
        cells.par_iter().map(one).collect()
    };
    for round in 0..ROUNDS {
        if round % EVERY == EVERY - 1 {
            // What is peculiar to a cell has no shared part from which to learn its size, so the evidence decides.
            let evidence = |own: f64| {
                let sum: f64 = all(&shared, own).iter().flatten().map(|found| found.evidence).sum();
                sum - 0.5 * (own / hierarchy::USUAL).powi(2)
            };
            let best = OWN_SDS.into_iter().map(|own| (own, evidence(own))).max_by(|a, b| a.1.total_cmp(&b.1));
            shared.sds.own = best.map_or(shared.sds.own, |(own, _)| own);
        }
        let found = all(&shared, shared.sds.own);
        let moved = last
            .iter()
            .zip(&found)
            .filter_map(|(a, b)| {
                Some(
                    a.as_ref()?
                        .mean
                        .iter()
                        .zip(&b.as_ref()?.mean)
                        .map(|(a, b)| (a - b).abs())
                        .fold(0.0, f64::max),
                )
            })
            .fold(if last.is_empty() { f64::INFINITY } else { 0.0 }, f64::max);
        last = found;
        if moved < STILL && round >= EVERY {
            break;
        }
        shared.update(cells, &last);
    }
    (shared, last)
}

fn predict(cell: &Cell, row: usize, w: &[f64]) -> f64 {
    let x = &cell.rows.x[row * w.len()..(row + 1) * w.len()];
    sigmoid(x.iter().zip(w).map(|(x, w)| x * w).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Feature, PairInfo};
    use predilect_types::Order;
    use rand::{RngExt, SeedableRng};

    /// Two judges in eight groups of 60 pairs; weights of groups differ by `apart`.
    fn table(apart: f64) -> FeatureTable {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let properties = 8;
        let base: Vec<f64> = (0..properties).map(|k| if k % 2 == 0 { 0.8 } else { -0.6 }).collect();
        let mut table = FeatureTable {
            features: (0..properties).map(|k| Feature { name: format!("p{k}") }).collect(),
            judges: ["x", "y"].map(str::to_owned).to_vec(),
            groups: (0..8).map(|g| format!("g{g}")).collect(),
            ..FeatureTable::default()
        };
        for group in 0..8_u32 {
            let own: Vec<f64> = base.iter().map(|w| w + apart * rng.random_range(-1.0..1.0)).collect();
            for _ in 0..60 {
                let pair = table.pairs.len() as u32;
                let x: Vec<f64> = (0..properties).map(|_| f64::from(rng.random_range(-1_i32..=1))).collect();
                let z: f64 = x.iter().zip(&own).map(|(x, w)| x * w).sum();
                table.values.extend(x.iter().copied());
                table.memberships.push(group);
                table.group_ends.push(pair + 1);
                table.pairs.push(PairInfo { cluster: u64::from(pair), model_a: None, model_b: None });
                for judge in 0..2 {
                    let p_a = f64::from(u8::from(rng.random_range(0.0..1.0) < sigmoid(z)));
                    table.verdicts.push(VerdictRow {
                        pair,
                        judge,
                        p_a,
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
    fn small_groups_gain_where_they_are_alike() {
        let found = pool(&table(0.1), &FitOptions::default(), PoolingOptions::default()).unwrap();
        assert_eq!((found.cells.len(), found.verdicts, found.folds), (16, 960, 5));
        assert!(found.gain > 3.0 * found.gain_se && found.gain > 0.02, "{found:?}");
        // The truth is .8 and -.6.
        let (mut pooled, mut separate) = (0.0, 0.0);
        for (k, weight) in found.cells.iter().flat_map(|cell| cell.weights.iter().enumerate()) {
            let truth = if k % 2 == 0 { 0.8 } else { -0.6 };
            pooled += (weight.mean - truth).powi(2);
            separate += (weight.separate - truth).powi(2);
        }
        assert!(pooled < 0.25 * separate, "{pooled} {separate}");
        assert!(found.judge_sd < 0.12 && found.own_sd < 0.2, "{found:?}");
    }

    #[test]
    fn groups_that_differ_are_left_apart() {
        let alike = pool(&table(0.0), &FitOptions::default(), PoolingOptions::default()).unwrap();
        let apart = pool(&table(1.5), &FitOptions::default(), PoolingOptions::default()).unwrap();
        assert!(apart.group_sd > 2.0 * alike.group_sd, "{} {}", apart.group_sd, alike.group_sd);
        assert!(apart.gain > -apart.gain_se, "{apart:?}");
    }

    #[test]
    fn one_cell_has_nothing_to_learn_from() {
        assert_eq!(pool(&FeatureTable::default(), &FitOptions::default(), PoolingOptions::default()), None);
        let mut one = table(0.0);
        one.verdicts.retain(|verdict| verdict.judge == 0);
        one.groups.clear();
        one.memberships.clear();
        one.group_ends.clear();
        assert_eq!(pool(&one, &FitOptions::default(), PoolingOptions::default()), None);
    }
}
