//! Fits that learn from each other: weights of all judges in all groups come from one hierarchy.

use std::collections::BTreeMap;

use predilect_stats::evaluate::folds_by_cluster;
use predilect_stats::evidence::log_evidence;
use predilect_stats::ratio::Ratio;
use predilect_stats::{EpOptions, Prior, Problem, ep};
use rayon::prelude::*;
use serde::Serialize;

use crate::fit::{FitOptions, Rows, TERM_SD, numbers};
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;

/// Rounds at most; it has come to rest long before where the data say much.
const ROUNDS: usize = 60;
/// How often the spread of what is peculiar to a cell is looked for anew, and among which values.
const EVERY: usize = 5;
const OWN_SDS: [f64; 9] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8];
/// Change of a weight below which it has.
const STILL: f64 = 2e-3;
/// Standard deviations at the start.
const START: f64 = 0.2;
/// The least one: nothing is exactly alike.
const FLOOR: f64 = 0.02;
/// Half-normal prior on each: that of the weights of a separate fit is .14.
const USUAL: f64 = 0.2;
/// The greatest one: log-odds that no published judge comes near.
const CEILING: f64 = 1.0;
/// The longest step of a part in one round, and the farthest that a cell's own weight is taken to be seen from where it was.
const STEP: f64 = 0.1;
const FARTHEST: f64 = 3.0;
/// The least share of a prior's precision that rows must add to count.
const LEAST_SEEN: f64 = 1e-4;
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

/// Separate and pooled fits side by side.
///
/// The weight of property k for judge j in group g is `m_k + a_jk + b_gk + d_jgk`, each part normal around 0 with one sd for all
/// properties. In turns: EP posteriors of the cells with priors centred where the parts put them; parts and their sds by the marginal likelihood
/// of what the cells saw; the sd of what is peculiar to a cell by the evidence. The sds err towards alike: on simulated groups whose weights
/// have an sd of .58 they find .21 to .25. That costs little where groups differ and gains where they do not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pooling {
    /// Folds of the comparison.
    pub folds: u64,
    /// Verdicts in it.
    pub verdicts: u64,
    /// Held-out log-loss of the separate fits (Laplace prior or as asked for), in nats.
    pub separate_log_loss: f64,
    /// Held-out log-loss of the pooled ones.
    pub pooled_log_loss: f64,
    /// How much lower it is, per verdict.
    pub gain: f64,
    /// Its standard error by prompt.
    pub gain_se: f64,
    /// sd of the common part of a weight over properties.
    pub common_sd: f64,
    /// sd of what judges add to it; 0 with one judge.
    pub judge_sd: f64,
    /// sd of what groups add to it; 0 with one group.
    pub group_sd: f64,
    /// sd of what is peculiar to a judge in a group.
    pub own_sd: f64,
    /// The cells.
    pub cells: Vec<PooledCell>,
}

/// One judge in one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PooledCell {
    /// Who.
    pub judge: String,
    /// Where.
    pub group: String,
    /// Verdicts.
    pub rows: u64,
    /// Held-out log-loss of its separate fit.
    pub separate_log_loss: f64,
    /// Held-out log-loss of its pooled one.
    pub pooled_log_loss: f64,
    /// Its weights.
    pub weights: Vec<PooledWeight>,
}

/// One weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PooledWeight {
    /// The property.
    pub property: String,
    /// Posterior mean in the hierarchy, in log-odds.
    pub mean: f64,
    /// Posterior sd given the hierarchy's own parts.
    pub sd: f64,
    /// Posterior mean of the separate fit.
    pub separate: f64,
}

/// One judge in one group, in numbers.
struct Cell {
    judge: usize,
    group: usize,
    name: (String, String),
    rows: Rows,
    /// Columns of nuisance terms after the properties.
    terms: usize,
    fold: Vec<usize>,
}

impl Cell {
    /// The rows that are kept: columns, verdicts, weights.
    fn part(
        &self,
        properties: usize,
        kept: &(dyn Fn(&Self, usize) -> bool + Sync),
    ) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let d = properties + self.terms;
        let (mut x, mut y, mut w) = (Vec::new(), Vec::new(), Vec::new());
        for row in (0..self.fold.len()).filter(|&row| kept(self, row)) {
            x.extend_from_slice(&self.rows.x[row * d..(row + 1) * d]);
            y.push(self.rows.verdicts[row]);
            w.push(self.rows.weights[row]);
        }
        (x, y, w)
    }
}

/// What all cells share.
#[derive(Clone)]
struct Hierarchy {
    common: Vec<f64>,
    judges: Vec<Vec<f64>>,
    groups: Vec<Vec<f64>>,
    sds: Sds,
}

#[derive(Clone, Copy)]
struct Sds {
    common: f64,
    judge: f64,
    group: f64,
    own: f64,
}

impl Hierarchy {
    fn new(properties: usize, judges: usize, groups: usize) -> Self {
        let part = |count: usize| if count > 1 { START } else { 0.0 };
        Self {
            common: vec![0.0; properties],
            judges: vec![vec![0.0; properties]; judges],
            groups: vec![vec![0.0; properties]; groups],
            sds: Sds { common: START, judge: part(judges), group: part(groups), own: START },
        }
    }

    fn centre(&self, cell: &Cell) -> Vec<f64> {
        let parts = self.common.iter().zip(&self.judges[cell.judge]).zip(&self.groups[cell.group]);
        parts.map(|((m, a), b)| m + a + b).collect()
    }

    /// The parts given what the cells saw, one after the other, and then the sds.
    fn update(&mut self, cells: &[Cell], found: &[Option<Found>]) {
        let known: Vec<(&Cell, &Found)> =
            cells.iter().zip(found).filter_map(|(cell, found)| Some((cell, found.as_ref()?))).collect();
        if known.is_empty() {
            return;
        }
        let properties = self.common.len();
        let own = self.sds.own.powi(2);
        let (mut common_parts, mut judge_parts, mut group_parts) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..properties {
            let seen: Vec<Seen> =
                known.iter().map(|(_, found)| found.seen.get(k).copied().unwrap_or(Seen::NOTHING)).collect();
            let rows = || known.iter().map(|(cell, _)| (cell.judge, cell.group)).zip(&seen);
            let (judges, groups) = (&mut self.judges, &mut self.groups);
            let part = Part::of(rows().map(|((j, g), seen)| seen.less(judges[j][k] + groups[g][k])), own);
            towards(&mut self.common[k], part.drawn(self.sds.common));
            common_parts.push(part);
            let common = self.common[k];
            for judge in (0..judges.len()).filter(|_| self.sds.judge > 0.0) {
                let of = rows().filter(|((j, _), _)| *j == judge);
                let part = Part::of(of.map(|((_, g), seen)| seen.less(common + groups[g][k])), own);
                towards(&mut judges[judge][k], part.drawn(self.sds.judge));
                judge_parts.push(part);
            }
            for group in (0..groups.len()).filter(|_| self.sds.group > 0.0) {
                let of = rows().filter(|((_, g), _)| *g == group);
                let part = Part::of(of.map(|((j, _), seen)| seen.less(common + judges[j][k])), own);
                towards(&mut groups[group][k], part.drawn(self.sds.group));
                group_parts.push(part);
            }
        }
        let sd = |parts: &[Part], was: f64| if was > 0.0 { spread(parts) } else { 0.0 };
        self.sds = Sds {
            common: sd(&common_parts, self.sds.common),
            judge: sd(&judge_parts, self.sds.judge),
            group: sd(&group_parts, self.sds.group),
            own: self.sds.own,
        };
    }
}

/// Goes there, by a bounded step: where verdicts are all but on one side, what cells saw is a Newton step that overshoots.
fn towards(part: &mut f64, goal: f64) {
    *part += (goal - *part).clamp(-STEP, STEP);
}

/// An unknown part around 0 as it was seen: with an error of this variance, infinite where nothing was.
#[derive(Clone, Copy)]
struct Part {
    value: f64,
    variance: f64,
}

impl Part {
    /// What several cells saw of it, each with what is peculiar to itself in the way.
    fn of(seen: impl Iterator<Item = Seen>, own: f64) -> Self {
        let (mut sum, mut precision) = (0.0, 0.0);
        for Seen { value, error } in seen {
            sum += value / (error + own);
            precision += 1.0 / (error + own);
        }
        let value = if precision > 0.0 { sum / precision } else { 0.0 };
        Self { value, variance: 1.0 / precision }
    }

    /// Its mean where its sd around 0 is known.
    fn drawn(self, sd: f64) -> f64 {
        self.value / (1.0 + self.variance / (sd * sd))
    }
}

/// The sd around 0 that makes parts most probable, each `N(0, sd^2 + variance)`: by golden section on its logarithm. EM would take
/// hundreds of rounds where little was seen.
fn spread(parts: &[Part]) -> f64 {
    let seen: Vec<&Part> = parts.iter().filter(|part| part.variance.is_finite()).collect();
    let loss = |log_sd: f64| -> f64 {
        let square = (2.0 * log_sd).exp();
        let one = |part: &&Part| {
            let all = square + part.variance;
            all.ln() + part.value * part.value / all
        };
        // Where few verdicts are all on one side, what was seen grows with the sd that is tried: a weak prior holds it.
        seen.iter().map(one).sum::<f64>() + square / (USUAL * USUAL)
    };
    if seen.is_empty() {
        return START;
    }
    let (mut low, mut high) = (FLOOR.ln(), CEILING.ln());
    let shrink = 0.5 * (5_f64.sqrt() - 1.0);
    while high - low > 1e-3 {
        let (a, b) = (high - shrink * (high - low), low + shrink * (high - low));
        if loss(a) <= loss(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}

/// What a cell's own rows say of one weight: its posterior with the prior taken out.
#[derive(Clone, Copy)]
struct Seen {
    value: f64,
    /// The variance of its error, infinite where the rows say nothing.
    error: f64,
}

impl Seen {
    /// Nothing at all.
    const NOTHING: Self = Self { value: 0.0, error: f64::INFINITY };

    fn new(mean: f64, variance: f64, centre: f64, own: f64) -> Self {
        let precision = 1.0 / variance - 1.0 / own;
        // Below that it is EP's rounding.
        if precision < LEAST_SEEN / own {
            return Self::NOTHING;
        }
        let step = (mean - centre) / (variance * precision);
        Self { value: centre + step.clamp(-FARTHEST, FARTHEST), error: 1.0 / precision }
    }

    fn less(self, part: f64) -> Self {
        Self { value: self.value - part, ..self }
    }
}

/// The posterior of one cell's properties and terms.
struct Found {
    mean: Vec<f64>,
    variance: Vec<f64>,
    /// What the rows alone say of each property.
    seen: Vec<Seen>,
    /// How probable the verdicts are under the prior.
    evidence: f64,
}

/// Fits all judges in all groups with a hierarchy and without; `None` with fewer than two cells, or far too many.
///
/// Groups are those of the table; without any, judges are pooled over all pairs.
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
    // Predictions of both for every row of every cell.
    let mut predicted: Vec<Vec<(f64, f64)>> =
        cells.iter().map(|cell| vec![(0.5, 0.5); cell.fold.len()]).collect();
    for fold in 0..folds {
        let kept = |cell: &Cell, row: usize| cell.fold[row] != fold;
        let separate: Vec<Option<Found>> =
            cells.par_iter().map(|cell| solve(cell, properties, &Around::Own(fit.prior()), &kept)).collect();
        let (_, pooled) = learn(&cells, &empty, &kept);
        for (at, cell) in cells.iter().enumerate() {
            for row in (0..cell.fold.len()).filter(|&row| cell.fold[row] == fold) {
                let of = |found: &Option<Found>| {
                    found.as_ref().map_or(0.5, |found| predict(cell, row, &found.mean))
                };
                predicted[at][row] = (of(&separate[at]), of(&pooled[at]));
            }
        }
    }
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
            let (a, b) = (loss(separate, y), loss(pooled, y));
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
            rows: cell.fold.len() as u64,
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
        verdicts: cells.iter().map(|cell| cell.fold.len() as u64).sum(),
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

fn cells(table: &FeatureTable, fit: &FitOptions, options: PoolingOptions) -> Vec<Cell> {
    let mut rows: BTreeMap<(u32, u32), Vec<VerdictRow>> = BTreeMap::new();
    for verdict in &table.verdicts {
        let groups = table.groups_of(verdict.pair);
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
            && rows.iter().any(|row| table.row(row.pair).iter().any(|v| *v != 0.0 && !v.is_nan()))
    };
    rows.retain(|_, rows| useful(rows));
    // A prompt is held out from everybody at once: judges of the same pairs know each other's answers.
    let clusters: Vec<u64> =
        rows.values().flatten().map(|row| table.pairs[row.pair as usize].cluster).collect();
    let folds = folds_by_cluster(&clusters, options.folds, fit.seed);
    let fold_of: BTreeMap<u64, usize> = clusters.into_iter().zip(folds).collect();
    // Numbered anew, without judges and groups that have no cell.
    let number = |of: fn(&(u32, u32)) -> u32| -> BTreeMap<u32, usize> {
        let mut seen: Vec<u32> = rows.keys().map(of).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().enumerate().map(|(at, old)| (old, at)).collect()
    };
    let (judges, groups) = (number(|key| key.0), number(|key| key.1));
    rows.iter()
        .map(|(&(judge, group), rows)| {
            let design = Design::choose(fit.terms, table, rows);
            let numbers = numbers(table, rows, &design);
            Cell {
                judge: judges[&judge],
                group: groups[&group],
                name: (
                    table.judges[judge as usize].clone(),
                    table.groups.get(group as usize).map_or_else(|| "all".to_owned(), Clone::clone),
                ),
                fold: numbers.clusters.iter().map(|cluster| fold_of[cluster]).collect(),
                rows: numbers,
                terms: design.columns(),
            }
        })
        .collect()
}

/// Where the prior on a cell's properties lies.
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
    let Ok(problem) = Problem::new(&x, &y, Some(&w), &priors) else {
        let variance = priors.iter().map(|prior| prior.sd().powi(2)).collect();
        return Some(Found { mean: centre, variance, seen: Vec::new(), evidence: 0.0 });
    };
    let fit = ep(&problem.centred(&centre), &EpOptions { tolerance: 1e-8, ..EpOptions::default() });
    fit.converged.then(|| {
        let mean: Vec<f64> = fit.marginals.iter().map(|m| m.mean).collect();
        let variance: Vec<f64> = fit.marginals.iter().map(|m| m.sd * m.sd).collect();
        let own = prior.sd().powi(2);
        let seen = (0..properties).map(|k| Seen::new(mean[k], variance[k], centre[k], own)).collect();
        let sds: Vec<f64> = priors.iter().map(|prior| prior.sd()).collect();
        let evidence = log_evidence(&x, &y, &w, &mean, &centre, &sds);
        Found { mean, variance, seen, evidence }
    })
}

/// In turns: the cells given the hierarchy, the hierarchy given the cells.
fn learn(
    cells: &[Cell],
    start: &Hierarchy,
    kept: &(dyn Fn(&Cell, usize) -> bool + Sync),
) -> (Hierarchy, Vec<Option<Found>>) {
    let properties = start.common.len();
    let mut hierarchy = start.clone();
    let mut last: Vec<Option<Found>> = Vec::new();
    let all = |hierarchy: &Hierarchy, own: f64| -> Vec<Option<Found>> {
        let one = |cell| solve(cell, properties, &Around::Shared(hierarchy.centre(cell), own), kept);
        cells.par_iter().map(one).collect()
    };
    for round in 0..ROUNDS {
        if round % EVERY == EVERY - 1 {
            // What is peculiar to a cell has no shared part to tell its size: the evidence does.
            let evidence = |own: f64| {
                let sum: f64 = all(&hierarchy, own).iter().flatten().map(|found| found.evidence).sum();
                sum - 0.5 * (own / USUAL).powi(2)
            };
            let best = OWN_SDS.into_iter().map(|own| (own, evidence(own))).max_by(|a, b| a.1.total_cmp(&b.1));
            hierarchy.sds.own = best.map_or(hierarchy.sds.own, |(own, _)| own);
        }
        let found = all(&hierarchy, hierarchy.sds.own);
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
        hierarchy.update(cells, &last);
    }
    (hierarchy, last)
}

fn predict(cell: &Cell, row: usize, w: &[f64]) -> f64 {
    let x = &cell.rows.x[row * w.len()..(row + 1) * w.len()];
    1.0 / (1.0 + (-x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>()).exp())
}

fn loss(q: f64, p: f64) -> f64 {
    let q = q.clamp(1e-12, 1.0 - 1e-12);
    -(p * q.ln() + (1.0 - p) * (1.0 - q).ln())
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
                table.values.extend(&x);
                table.memberships.push(group);
                table.pairs.push(PairInfo {
                    cluster: u64::from(pair),
                    model_a: None,
                    model_b: None,
                    groups: (pair, pair + 1),
                });
                for judge in 0..2 {
                    let p_a = f64::from(u8::from(rng.random_range(0.0..1.0) < 1.0 / (1.0 + (-z).exp())));
                    table.verdicts.push(VerdictRow { pair, judge, p_a, weight: 1.0, order: Order::Unknown });
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
        one.pairs.iter_mut().for_each(|pair| pair.groups = (0, 0));
        assert_eq!(pool(&one, &FitOptions::default(), PoolingOptions::default()), None);
    }
}
