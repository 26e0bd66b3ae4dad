//! What one judge rewards, without the additional comparisons: the answer to a question that a user waits for.
//!
//! The weights are those of [`crate::dissect()`], with the same terms and the same intervals. What takes longer is left out: the check by
//! importance sampling, held-out verdicts, and fits with other columns.

use foldhash::{HashMap, HashMapExt};
use predilect_results::{Fit, UnitCount};
use predilect_stats::leave_out::{Reach, SmallRows, reach};
use predilect_stats::{EpOptions, EpPosterior, Prior, Regression, ep, importance, sigmoid};

use crate::fit::refuse_poor_groups;
use crate::fit_options::{Draws, FitOptions, TERM_SD};
use crate::marginals::ep_weights;
use crate::over_units::{Normal, over_units, widen};
use crate::refusal::Refusal;
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;
use crate::units::{Way, cells, ways};
use crate::values::MISSING;

/// The posterior of one judge's verdicts, by EP and unchecked.
///
/// Of comparisons, cost is about `n (d^2 / 2 * iterations + 2 d^2)` multiply-adds for n verdicts and d columns, .3 to .4 µs a verdict for
/// 29 of them on one core of a Zen 4; memory: `2 n d` bytes for the comparisons and their pack, and some ten numbers a verdict. Other
/// features take the way of [`crate::dissect()`].
///
/// # Errors
///
/// Why there is no fit, in words for the reader.
pub fn posterior(
    table: &FeatureTable,
    verdicts: &[VerdictRow],
    judge: &str,
    options: &FitOptions,
) -> Result<Fit, Refusal> {
    drawn(table, verdicts, judge, options).map(|(fit, _)| fit)
}

/// The same with [`FitOptions::keep_draws`] draws, which do not read the verdicts: a millisecond for a thousand draws, however many
/// verdicts there are.
///
/// # Errors
///
/// Why there is no fit, in words for the reader.
pub(crate) fn drawn(
    table: &FeatureTable,
    verdicts: &[VerdictRow],
    judge: &str,
    options: &FitOptions,
) -> Result<(Fit, Draws), Refusal> {
    refuse_poor_groups(table, verdicts, options)?;
    let design = Design::choose(options.terms, table, verdicts);
    let properties = table.features.len();
    let mut priors = vec![options.prior(); properties];
    priors.resize(properties + design.columns(), Prior::Normal { sd: TERM_SD });
    let Found { ep: solved, reach, units: intervals_over, prompts } = match table.values.small() {
        Some(values) => of_small(table, values, verdicts, &design, &priors)?,
        None => of_any(table, verdicts, &design, &priors)?,
    };
    let mut weights = ep_weights(&solved);
    let mut names: Vec<String> = table.features.iter().map(|feature| feature.name.clone()).collect();
    names.extend(design.names(table));
    weights.iter_mut().zip(&names).for_each(|(weight, name)| weight.property.clone_from(name));
    let values = match options.keep_draws {
        0 => Vec::new(),
        count => importance::unchecked(&solved, count, options.seed).ok_or(Refusal::NoDraws)?,
    };
    let mut draws = Draws { names, values, over: None };
    let mut terms = weights.split_off(properties);
    let reach = reach.filter(|_| !options.independent);
    if let Some(reach) = &reach {
        widen(reach, &mut weights, &mut terms, Some(&mut draws));
    }
    let mut seen = vec![false; table.pairs.len()];
    for row in verdicts {
        seen[row.pair as usize] = true;
    }
    let fit = Fit {
        judge: judge.to_owned(),
        group: predilect_results::ALL.to_owned(),
        rows: verdicts.len() as u64,
        pairs: seen.iter().filter(|seen| **seen).count() as u64,
        prompts,
        engine: "ep".to_owned(),
        converged: solved.converged,
        reason: (!solved.converged)
            .then(|| format!("EP did not converge in {} iterations", solved.iterations)),
        intervals_over: if reach.is_some() { intervals_over } else { Vec::new() },
        divergences: None,
        pareto_k: None,
        importance_ess: None,
        iterations: Some(solved.iterations as u64),
        accuracy: None,
        quality: None,
        weights,
        terms,
        reference_model: design.reference.map(|model| table.models[model as usize].clone()),
        terms_note: None,
        without_terms: Vec::new(),
        length_alone: None,
        gains: None,
    };
    Ok((fit, draws))
}

/// A posterior, and how far it reaches beyond the units that were seen.
struct Found {
    ep: EpPosterior,
    reach: Option<Reach>,
    units: Vec<UnitCount>,
    prompts: u64,
}

fn of_any(
    table: &FeatureTable,
    verdicts: &[VerdictRow],
    design: &Design,
    priors: &[Prior],
) -> Result<Found, Refusal> {
    let each = Rows::of(table, verdicts, design);
    let merged = each.merged();
    let regression = merged.rows.regression(priors).map_err(|e| Refusal::Unfit(e.to_string()))?;
    let fit = ep(&regression, &EpOptions::default());
    let over =
        over_units(table, verdicts, &each, &merged, Normal { mean: &fit.mean, covariance: &fit.covariance });
    let (reach, units) = over.map(|(over, units)| (over.reach, units)).unzip();
    let (prompts, _) = prompts(table, verdicts);
    Ok(Found { ep: fit, reach, units: units.unwrap_or_default(), prompts: prompts as u64 })
}

/// The probability that a verdict is for A by a fit, at the posterior mean of its weights and terms: what
/// [`crate::explain::Explainer`] starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    design: Design,
    weights: Vec<f64>,
}

impl Fitted {
    /// By a fit of these verdicts ([`posterior`]).
    pub fn of(table: &FeatureTable, verdicts: &[VerdictRow], fit: &Fit, options: &FitOptions) -> Self {
        Self {
            design: Design::choose(options.terms, table, verdicts),
            weights: fit.weights.iter().chain(&fit.terms).map(|weight| weight.mean).collect(),
        }
    }

    /// Of one verdict on a pair of the same table. A missing rating counts as no difference.
    pub fn of_row(&self, table: &FeatureTable, row: &VerdictRow) -> f64 {
        let (own, terms) = self.weights.split_at(table.features.len().min(self.weights.len()));
        let known = |(x, w): (f64, &f64)| if x.is_nan() { 0.0 } else { x * w };
        let mut sum: f64 = table.row(row.pair).zip(own).map(known).sum();
        if !terms.is_empty() {
            let mut x = Vec::with_capacity(terms.len());
            self.design.extend(table, row, &mut x);
            sum += x.iter().zip(terms).map(|(x, w)| x * w).sum::<f64>();
        }
        sigmoid(sum)
    }
}

fn of_small(
    table: &FeatureTable,
    values: &[i8],
    verdicts: &[VerdictRow],
    design: &Design,
    priors: &[Prior],
) -> Result<Found, Refusal> {
    let width = priors.len();
    let features = table.features.len();
    let mut x: Vec<i8> = Vec::with_capacity(verdicts.len() * width);
    let mut terms = Vec::new();
    for row in verdicts {
        let own = &values[row.pair as usize * features..][..features];
        x.extend(own.iter().map(|x| if *x == MISSING { 0 } else { *x }));
        if width > features {
            terms.clear();
            design.extend(table, row, &mut terms);
            x.extend(terms.iter().map(|term| *term as i8));
        }
    }
    let (prompt_count, prompt_of) = prompts(table, verdicts);
    let all = Small {
        width,
        x,
        verdicts: verdicts.iter().map(|row| row.p_a).collect(),
        weights: verdicts.iter().map(|row| row.weight).collect(),
        clusters: prompt_of,
    };
    let ways = ways(table, verdicts);
    // Rows are merged by prompt, which is what intervals are over, mostly. Where no pair has two verdicts, there is hardly any row to
    // merge.
    let each = if ways.iter().all(|way| way.name == "prompt") { None } else { Some(all.clone()) };
    let merged = if twice(table, verdicts) { all.merged() } else { all };
    let regression = Regression::of_small(&merged.x, &merged.verdicts, Some(&merged.weights), priors)
        .map_err(|e| Refusal::Unfit(e.to_string()))?;
    let fit = ep(&regression, &EpOptions::default());
    drop(regression);
    let over = |way: &Small| reach(&way.rows(), &fit.mean, &fit.covariance);
    let by = |clusters: &[u64]| over(&each.as_ref()?.clone().by(clusters));
    let of = |way: &Way| if way.name == "prompt" { over(&merged) } else { by(&way.of_row) };
    let mut found = ways.first().and_then(of);
    if let (Some(first), [one, second]) = (&mut found, ways.as_slice()) {
        match (of(second), by(&cells(one, second))) {
            (Some(second), Some(cells)) => _ = first.join(&second, &cells),
            _ => found = None,
        }
    }
    let count = |way: &Way| UnitCount {
        unit: way.name.clone(),
        count: if way.name == "prompt" { prompt_count } else { way.count() } as u64,
    };
    let units = ways.iter().map(count).collect();
    Ok(Found { ep: fit, reach: found, units, prompts: prompt_count as u64 })
}

/// Whether a pair has more than one of the verdicts.
fn twice(table: &FeatureTable, verdicts: &[VerdictRow]) -> bool {
    let mut seen = vec![false; table.pairs.len()];
    verdicts.iter().any(|row| std::mem::replace(&mut seen[row.pair as usize], true))
}

/// How many prompts there are among the verdicts, and the number of each verdict's.
fn prompts(table: &FeatureTable, verdicts: &[VerdictRow]) -> (usize, Vec<u64>) {
    let counted = table.prompts.len() == table.pairs.len();
    let mut numbers: HashMap<u64, u64> = HashMap::new();
    let mut number = |row: &VerdictRow| {
        if counted {
            return u64::from(table.prompts[row.pair as usize]);
        }
        let next = numbers.len() as u64;
        *numbers.entry(table.pairs[row.pair as usize].cluster).or_insert(next)
    };
    let of_row: Vec<u64> = verdicts.iter().map(&mut number).collect();
    let mut seen = vec![false; of_row.iter().max().map_or(0, |most| *most as usize + 1)];
    for prompt in &of_row {
        seen[*prompt as usize] = true;
    }
    (seen.iter().filter(|seen| **seen).count(), of_row)
}

/// No row.
const NONE: u32 = u32::MAX;
/// Rows of a cluster that are looked through one by one.
const FEW: u32 = 12;

/// Rows of a fit in small whole numbers; see [`Rows`].
#[derive(Clone)]
struct Small {
    width: usize,
    x: Vec<i8>,
    verdicts: Vec<f64>,
    weights: Vec<f64>,
    /// Numbers below a few times that of the rows, or hashes.
    clusters: Vec<u64>,
}

impl Small {
    fn rows(&self) -> SmallRows<'_> {
        SmallRows {
            x: &self.x,
            verdicts: &self.verdicts,
            weights: Some(&self.weights),
            clusters: &self.clusters,
        }
    }

    /// The same rows in other clusters, merged.
    fn by(self, clusters: &[u64]) -> Self {
        let mut numbers: HashMap<u64, u64> = HashMap::new();
        let number = |cluster: &u64| {
            let next = numbers.len() as u64;
            *numbers.entry(*cluster).or_insert(next)
        };
        Self { clusters: clusters.iter().map(number).collect(), ..self }.merged()
    }

    fn row(&self, row: usize) -> &[i8] {
        &self.x[row * self.width..(row + 1) * self.width]
    }

    /// As [`Rows::merged`], in place; clusters are numbers below a few times that of the rows.
    fn merged(mut self) -> Self {
        let mut sizes = vec![0_u32; self.clusters.iter().max().map_or(0, |most| *most as usize + 1)];
        self.clusters.iter().for_each(|cluster| sizes[*cluster as usize] += 1);
        // In small clusters the rows so far are looked through one by one: the last of each, and the one before every row. In large ones
        // rows are found by their hash, then one by one.
        let mut last: HashMap<(u64, u64), u32> = HashMap::new();
        let (mut last_of_few, mut before) =
            (vec![NONE; sizes.len()], Vec::with_capacity(self.verdicts.len()));
        let mut new = 0;
        for row in 0..self.verdicts.len() {
            let cluster = self.clusters[row];
            let (at, end) = match sizes[cluster as usize] {
                1 => (NONE, None),
                2..=FEW => {
                    let end = &mut last_of_few[cluster as usize];
                    (*end, Some(end))
                }
                _ => {
                    let end = last.entry((cluster, hashed(self.row(row)))).or_insert(NONE);
                    (*end, Some(end))
                }
            };
            let mut at = at;
            while at != NONE && self.row(at as usize) != self.row(row) {
                at = before[at as usize];
            }
            let (weight, verdict) = (self.weights[row], self.weights[row] * self.verdicts[row]);
            if at == NONE {
                before.push(end.map_or(NONE, |end| std::mem::replace(end, new as u32)));
                self.x.copy_within(row * self.width..(row + 1) * self.width, new * self.width);
                (self.weights[new], self.verdicts[new], self.clusters[new]) = (weight, verdict, cluster);
                new += 1;
            } else {
                self.weights[at as usize] += weight;
                self.verdicts[at as usize] += verdict;
            }
        }
        self.x.truncate(new * self.width);
        self.verdicts.truncate(new);
        self.weights.truncate(new);
        self.clusters.truncate(new);
        for (verdict, weight) in self.verdicts.iter_mut().zip(&self.weights) {
            *verdict = if *weight > 0.0 { (*verdict / weight).clamp(0.0, 1.0) } else { 0.5 };
        }
        self
    }
}

fn hashed(row: &[i8]) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::default().hash_one(row)
}
