//! What one judge rewards in one group: the posterior, its checks and its terms.

use std::fmt;
use std::str::FromStr;

use predilect_bayes::{NutsOptions, nuts};
use predilect_stats::importance;
use predilect_stats::leave_out::OverClusters;
use predilect_stats::{EpOptions, EpPosterior, Marginal, Prior, Problem, ep};
use serde::{Deserialize, Serialize};

use crate::length_beside::length_alone;
use crate::over_units::{moments, over_units, widen};
use crate::quality::{Held, held_out};
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::{Design, Terms};
use crate::without_terms::without_terms;
use predilect_results::{Fit, Weight};

/// Draws of the importance check: enough for a Pareto k that tells 0.5 from 0.7.
const CHECK_DRAWS: usize = 2000;
/// Standard deviation of the normal prior on nuisance terms.
pub(crate) const TERM_SD: f64 = 2.0;

/// Which engine computes the posterior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// EP, checked by importance sampling; NUTS where the check fails.
    #[default]
    Auto,
    /// EP, checked, never replaced.
    Ep,
    /// NUTS.
    Nuts,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Ep => "ep",
            Self::Nuts => "nuts",
        })
    }
}

impl FromStr for Engine {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "auto" => Ok(Self::Auto),
            "ep" => Ok(Self::Ep),
            "nuts" => Ok(Self::Nuts),
            _ => Err(format!("`{s}` is no engine: auto, ep or nuts")),
        }
    }
}

/// The prior on property weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriorChoice {
    /// Laplace: most weights near 0, few large.
    #[default]
    Laplace,
    /// Normal.
    Normal,
}

impl fmt::Display for PriorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Laplace => "laplace",
            Self::Normal => "normal",
        })
    }
}

impl FromStr for PriorChoice {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "laplace" => Ok(Self::Laplace),
            "normal" => Ok(Self::Normal),
            _ => Err(format!("`{s}` is no prior: laplace or normal")),
        }
    }
}

/// How fits are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FitOptions {
    /// Engine.
    pub engine: Engine,
    /// Prior on property weights.
    pub prior: PriorChoice,
    /// Its scale: Laplace scale or normal sd, above 0.
    pub prior_scale: f64,
    /// Nuisance terms.
    pub terms: Terms,
    /// Smallest number of verdicts that is fitted.
    pub min_rows: usize,
    /// Folds of the held-out check; below 2: none.
    pub folds: usize,
    /// Seed of folds, checks and draws.
    pub seed: u64,
    /// NUTS: chains, draws, tuning.
    pub nuts: NutsOptions,
    /// Keep that many posterior draws of every fit (0: none).
    pub keep_draws: usize,
    /// Every verdict counts as independent of all others, as in the paper. Else intervals are over the table's units, prompts by
    /// default: what is sure is so of prompts that nobody has seen.
    pub independent: bool,
}

impl Default for FitOptions {
    /// The paper's prior and draws, EP with check, terms where the data call for them, ten folds.
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            prior: PriorChoice::Laplace,
            prior_scale: 0.1,
            terms: Terms::Auto,
            min_rows: 20,
            folds: 10,
            seed: 0,
            nuts: NutsOptions::default(),
            keep_draws: 0,
            independent: false,
        }
    }
}

impl FitOptions {
    /// What is wrong with options from a file or another program; `None`: they can be fitted.
    pub fn problem(&self) -> Option<String> {
        let within = |what: &str, value: usize, least: usize, most: usize| {
            (!(least..=most).contains(&value))
                .then(|| format!("{what} is {value}, and not within {least} to {most}"))
        };
        if !(1e-4..=1e4).contains(&self.prior_scale) {
            return Some(format!("prior_scale is {}, and not within 0.0001 to 10000", self.prior_scale));
        }
        within("nuts.chains", self.nuts.chains, 1, 64)
            .or_else(|| within("nuts.draws", self.nuts.draws, 4, 1_000_000))
            .or_else(|| within("nuts.tune", self.nuts.tune, 50, 1_000_000))
            .or_else(|| within("keep_draws", self.keep_draws, 0, 64_000_000))
            .or_else(|| within("folds", self.folds, 0, 1_000_000))
    }

    pub(crate) fn prior(&self) -> Prior {
        match self.prior {
            PriorChoice::Laplace => Prior::Laplace { scale: self.prior_scale },
            PriorChoice::Normal => Prior::Normal { sd: self.prior_scale },
        }
    }
}

/// Posterior draws of one fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// Names of the weights: properties, then terms.
    pub names: Vec<String>,
    /// Row-major draws.
    pub values: Vec<f64>,
    /// What leaving out one prompt (or another unit) after the other does to the weights; `None` where verdicts count as independent.
    pub over: Option<OverClusters>,
}

/// Why there is no fit, in words for the reader.
pub(crate) type Refusal = String;

/// Fits the verdicts `rows` (all of one judge and group).
pub(crate) fn fit(
    table: &FeatureTable,
    rows: &[VerdictRow],
    judge: &str,
    group: &str,
    options: &FitOptions,
) -> Result<(Fit, Option<Draws>), Refusal> {
    refuse_poor_groups(table, rows, options)?;
    let design = Design::choose(options.terms, table, rows);
    let each = Rows::of(table, rows, &design);
    let merged = each.merged();
    let properties = table.features.len();
    let mut priors = vec![options.prior(); properties];
    priors.resize(each.width, Prior::Normal { sd: TERM_SD });
    let problem = merged.rows.problem(&priors).map_err(|e| format!("cannot be fitted: {e}"))?;
    let mut posterior = solve(&problem, options)?;
    let mut names: Vec<String> = table.features.iter().map(|f| f.name.clone()).collect();
    names.extend(design.names(table));
    let mut weights: Vec<Weight> = names
        .iter()
        .zip(&posterior.weights)
        .map(|(name, w)| Weight { property: name.clone(), ..w.clone() })
        .collect();
    let mut terms = weights.split_off(properties);
    let quality = (options.folds >= 2)
        .then(|| {
            let held = Held {
                rows: &each,
                merged: &merged,
                priors: &priors,
                properties,
                // Of length alone there is nothing beside it.
                length: table.column("length").filter(|_| properties > 1),
                terms_tell: design.order || !design.models.is_empty(),
            };
            held_out(&held, options.folds, options.seed)
        })
        .flatten();
    let mut draws = posterior.draws.take().map(|values| Draws { names, values, over: None });
    let mut intervals_over = Vec::new();
    let over = over_units(table, rows, &each, &merged, &posterior.mean, &posterior.covariance);
    if let Some((over, units)) = over.as_ref().filter(|_| !options.independent) {
        intervals_over.clone_from(units);
        widen(&over.reach, &mut weights, &mut terms, draws.as_mut());
    }
    let over = over.map(|(over, _)| over);
    let length_alone = length_alone(table, rows, &each, &priors, (&weights, over.as_ref()), options);
    if let Some(draws) = draws.as_mut().filter(|_| !options.independent) {
        draws.over = over;
    }
    let without = (design.columns() > 0).then(|| without_terms(table, rows, &design, options)).flatten();
    let terms_note = without.as_ref().and_then(|without| without.note(table, &weights));
    let fit = Fit {
        judge: judge.to_owned(),
        group: group.to_owned(),
        rows: rows.len() as u64,
        pairs: distinct(rows.iter().map(|row| row.pair)),
        prompts: distinct(rows.iter().map(|row| table.pairs[row.pair as usize].cluster)),
        engine: posterior.engine.to_owned(),
        converged: posterior.converged,
        reason: posterior.reason,
        intervals_over,
        divergences: posterior.divergences,
        pareto_k: posterior.pareto_k.filter(|k| k.is_finite()),
        importance_ess: posterior.importance_ess,
        iterations: posterior.iterations,
        accuracy: quality.as_ref().map(|q| q.accuracy),
        quality,
        weights,
        terms,
        reference_model: design.reference.map(|m| table.models[m as usize].clone()),
        terms_note,
        without_terms: without.map(|without| without.weights).unwrap_or_default(),
        length_alone,
        gains: None,
    };
    Ok((fit, draws))
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> u64 {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.len() as u64
}

pub(crate) fn refuse_poor_groups(
    table: &FeatureTable,
    rows: &[VerdictRow],
    options: &FitOptions,
) -> Result<(), Refusal> {
    if rows.len() < options.min_rows {
        let s = if rows.len() == 1 { "" } else { "s" };
        return Err(format!(
            "{} verdict{s}, fewer than the {} that --min-rows asks for",
            rows.len(),
            options.min_rows
        ));
    }
    let for_a: f64 = rows.iter().map(|r| r.weight * r.p_a).sum();
    let for_b: f64 = rows.iter().map(|r| r.weight * (1.0 - r.p_a)).sum();
    // Without terms the model is antisymmetric: it reads differences only, and which side won says nothing by itself.
    if for_a + for_b <= 0.0 {
        return Err("every verdict has the weight 0".to_owned());
    }
    if rows.iter().all(|r| r.p_a == 0.5) {
        return Err("every verdict is a tie".to_owned());
    }
    // Counted in verdicts, whatever they weigh: weights that add up to 1 make no group one-sided.
    let verdicts = rows.len() as f64;
    let (share_a, share_b) = (for_a / (for_a + for_b), for_b / (for_a + for_b));
    if verdicts * share_a.min(share_b) < 3.0 && options.terms != Terms::NONE {
        let side = if for_a > for_b { "A" } else { "B" };
        return Err(format!(
            "one-sided: {:.1} of {verdicts} verdicts prefer {side}; where the sides carry no meaning, --terms none fits it",
            verdicts * share_a.max(share_b),
        ));
    }
    if table.features.is_empty() {
        return Err("no property to fit".to_owned());
    }
    if rows.iter().all(|r| table.row(r.pair).all(|v| v == 0.0 || v.is_nan())) {
        return Err(
            "no property differs between the responses of any pair (or the pairs carry no text)".to_owned()
        );
    }
    Ok(())
}

/// A posterior by whichever engine, in one form.
struct Solved {
    engine: &'static str,
    weights: Vec<Weight>,
    converged: bool,
    reason: Option<String>,
    divergences: Option<u64>,
    pareto_k: Option<f64>,
    importance_ess: Option<f64>,
    iterations: Option<u64>,
    draws: Option<Vec<f64>>,
    /// Of the weights together: mean and covariance, row-major.
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

fn solve(problem: &Problem, options: &FitOptions) -> Result<Solved, Refusal> {
    if options.engine == Engine::Nuts {
        return by_nuts(problem, options, None);
    }
    let fit = ep(problem, &EpOptions::default());
    // The same check whether or not draws are kept, so that asking for draws changes no number.
    let check = importance::adaptive(problem, &fit, CHECK_DRAWS, options.seed);
    let why = if fit.converged {
        let failure =
            check.as_ref().map_or_else(|| Some("no proposal".to_owned()), importance::Check::failure);
        failure.map(|f| format!("EP failed its importance check ({f})"))
    } else {
        Some(format!("EP did not come to rest in {} iterations", fit.iterations))
    };
    if let (Engine::Auto, Some(why)) = (options.engine, &why) {
        return by_nuts(problem, options, Some(why));
    }
    Ok(Solved {
        engine: "ep",
        weights: ep_weights(&fit),
        converged: why.is_none(),
        reason: why,
        divergences: None,
        pareto_k: check.as_ref().map(|c| c.k),
        importance_ess: check.as_ref().map(|c| c.ess_share),
        iterations: Some(fit.iterations as u64),
        draws: (options.keep_draws > 0)
            .then(|| importance::check(problem, &fit, options.keep_draws, options.seed))
            .flatten()
            .map(|c| c.resample(options.keep_draws, options.seed)),
        mean: fit.mean,
        covariance: fit.covariance,
    })
}

pub(crate) fn ep_weights(fit: &EpPosterior) -> Vec<Weight> {
    fit.marginals.iter().map(|m| Weight { mcse_mean: Some(0.0), ..weight(m) }).collect()
}

fn weight(m: &Marginal) -> Weight {
    Weight {
        property: String::new(),
        mean: m.mean,
        sd: m.sd,
        q05: m.q05,
        q50: m.q50,
        q95: m.q95,
        p_positive: m.p_positive,
        rhat: None,
        ess_bulk: None,
        ess_tail: None,
        mcse_mean: None,
        effective_units: None,
    }
}

fn by_nuts(problem: &Problem, options: &FitOptions, because: Option<&str>) -> Result<Solved, Refusal> {
    let nuts_options = NutsOptions { seed: options.seed, ..options.nuts };
    let fit = nuts(problem, &nuts_options).map_err(|e| e.to_string())?;
    let finite = |x: f64| x.is_finite().then_some(x);
    let weights = fit
        .marginals
        .iter()
        .zip(&fit.diagnostics)
        .map(|(m, d)| Weight {
            rhat: finite(d.rhat),
            ess_bulk: finite(d.ess_bulk),
            ess_tail: finite(d.ess_tail),
            mcse_mean: finite(d.mcse_mean),
            ..weight(m)
        })
        .collect();
    let reason = match (because, &fit.problem) {
        (Some(because), Some(problem)) => Some(format!("{because}; NUTS: {problem}")),
        (Some(because), None) => Some(format!("{because}, so NUTS was used")),
        (None, problem) => problem.clone(),
    };
    let d = problem.columns();
    let draws = (options.keep_draws > 0).then(|| {
        let total = fit.draws.len() / d;
        let keep = options.keep_draws.min(total);
        (0..keep).flat_map(|i| fit.draws[i * total / keep * d..][..d].iter().copied()).collect()
    });
    let (mean, covariance) = moments(&fit.draws, d);
    Ok(Solved {
        mean,
        covariance,
        engine: "nuts",
        weights,
        converged: fit.problem.is_none(),
        reason,
        divergences: Some(fit.divergences as u64),
        pareto_k: None,
        importance_ess: None,
        iterations: None,
        draws,
    })
}
