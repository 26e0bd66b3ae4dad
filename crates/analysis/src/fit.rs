//! What one judge rewards in one group: the posterior, its checks and its terms.

use predilect_bayes::{NutsOptions, nuts};
use predilect_stats::importance;
use predilect_stats::{EpOptions, Prior, Regression, ep};

use crate::fit_options::{Draws, Engine, FitOptions, TERM_SD};
use crate::length_beside::{With, length_alone};
use crate::marginals::{ep_weights, weight};
use crate::over_units::{Normal, moments, over_units, widen};
use crate::quality::{Held, held_out};
use crate::refusal::Refusal;
use crate::rows::{Merged, Rows};
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::{Design, Terms};
use crate::without_terms::without_terms;
use predilect_results::{ALL, Fit, Quality, UnitCount, Weight};
use predilect_stats::leave_out::OverClusters;

/// Draws of the importance check: enough to distinguish a Pareto k of 0.5 from 0.7.
const CHECK_DRAWS: usize = 2000;

/// A posterior with all that follows from it alone.
struct Solution {
    design: Design,
    each: Rows,
    merged: Merged,
    priors: Vec<Prior>,
    posterior: Solved,
    weights: Vec<Weight>,
    terms: Vec<Weight>,
    names: Vec<String>,
    draws: Option<Vec<f64>>,
    /// How sure it is of units that it has not seen, and what these are.
    over: Option<(OverClusters, Vec<UnitCount>)>,
}

impl Solution {
    /// Of these verdicts; without `checked` it stays with EP, whatever importance sampling would say.
    fn of(
        table: &FeatureTable,
        rows: &[VerdictRow],
        options: &FitOptions,
        checked: bool,
    ) -> Result<Self, Refusal> {
        refuse_poor_groups(table, rows, options)?;
        let design = Design::choose(options.terms, table, rows);
        let each = Rows::of(table, rows, &design);
        let merged = each.merged();
        let properties = table.features.len();
        let mut priors = vec![options.prior(); properties];
        priors.resize(each.width, Prior::Normal { sd: TERM_SD });
        let regression = merged.rows.regression(&priors).map_err(|e| Refusal::Unfit(e.to_string()))?;
        let mut posterior = solve(&regression, options, checked)?;
        let mut names: Vec<String> = table.features.iter().map(|f| f.name.clone()).collect();
        names.extend(design.names(table));
        let mut weights: Vec<Weight> = names
            .iter()
            .zip(&posterior.weights)
            .map(|(name, w)| Weight { property: name.clone(), ..w.clone() })
            .collect();
        let terms = weights.split_off(properties);
        let over = over_units(
            table,
            rows,
            &each,
            &merged,
            Normal { mean: &posterior.mean, covariance: &posterior.covariance },
        );
        let draws = posterior.draws.take();
        Ok(Self { design, each, merged, priors, posterior, weights, terms, names, draws, over })
    }

    /// Fits one judge's verdicts, all in one group, without the comparisons that [`crate::dissect()`] adds.
    fn fit(&self, table: &FeatureTable, rows: &[VerdictRow], judge: &str, group: &str) -> Fit {
        let posterior = &self.posterior;
        Fit {
            judge: judge.to_owned(),
            group: group.to_owned(),
            rows: rows.len() as u64,
            pairs: distinct(rows.iter().map(|row| row.pair)),
            prompts: distinct(rows.iter().map(|row| table.pairs[row.pair as usize].cluster)),
            engine: posterior.engine.to_owned(),
            converged: posterior.converged,
            reason: posterior.reason.clone(),
            intervals_over: Vec::new(),
            divergences: posterior.divergences,
            pareto_k: posterior.pareto_k.filter(|k| k.is_finite()),
            importance_ess: posterior.importance_ess,
            iterations: posterior.iterations,
            accuracy: None,
            quality: None,
            weights: self.weights.clone(),
            terms: self.terms.clone(),
            reference_model: self.design.reference.map(|m| table.models[m as usize].clone()),
            terms_note: None,
            without_terms: Vec::new(),
            length_alone: None,
            gains: None,
        }
    }

    /// How well verdicts are predicted that were held out.
    fn quality(&self, table: &FeatureTable, options: &FitOptions) -> Option<Quality> {
        let properties = table.features.len();
        let held = Held {
            rows: &self.each,
            merged: &self.merged,
            priors: &self.priors,
            properties,
            // Of length alone there is nothing beside it.
            length: table.column("length").filter(|_| properties > 1),
            terms_tell: self.design.order || !self.design.models.is_empty(),
        };
        if options.folds < 2 { None } else { held_out(&held, options.folds, options.seed) }
    }

    /// The draws that were kept.
    fn draws(&mut self) -> Option<Draws> {
        let values = self.draws.take()?;
        Some(Draws { names: self.names.clone(), values, over: None })
    }

    /// Puts the uncertainty over units into a fit and its draws.
    fn widen(&self, fit: &mut Fit, draws: Option<&mut Draws>) {
        if let Some((over, units)) = &self.over {
            fit.intervals_over.clone_from(units);
            widen(&over.reach, &mut fit.weights, &mut fit.terms, draws);
        }
    }
}

/// Fits the verdicts `rows` (all of one judge and group).
pub(crate) fn fit(
    table: &FeatureTable,
    rows: &[VerdictRow],
    judge: &str,
    group: &str,
    options: &FitOptions,
) -> Result<(Fit, Option<Draws>), Refusal> {
    let mut found = Solution::of(table, rows, options, true)?;
    let mut fit = found.fit(table, rows, judge, group);
    fit.quality = found.quality(table, options);
    fit.accuracy = fit.quality.as_ref().map(|quality| quality.accuracy);
    let mut draws = found.draws();
    if !options.independent {
        found.widen(&mut fit, draws.as_mut());
    }
    let over = found.over.take().map(|(over, _)| over);
    let with = With { weights: &fit.weights, priors: &found.priors, over: over.as_ref() };
    fit.length_alone = length_alone(table, rows, &found.each, &with, options);
    if let Some(draws) = draws.as_mut().filter(|_| !options.independent) {
        draws.over = over;
    }
    let without =
        (found.design.columns() > 0).then(|| without_terms(table, rows, &found.design, options)).flatten();
    fit.terms_note = without.as_ref().and_then(|without| without.note(table, &fit.weights));
    fit.without_terms = without.map(|without| without.weights).unwrap_or_default();
    Ok((fit, draws))
}

/// One judge's weights, intervals and draws as [`crate::dissect()`] finds them in all these verdicts, to the last digit, without what it
/// adds to them: held-out verdicts and fits with other columns. With [`Engine::Ep`] there is no check either, since its only consequence
/// would be a remark.
///
/// The draws contain what leaving out each unit changes (except with [`FitOptions::independent`]); without [`FitOptions::keep_draws`] they
/// have no values, which at `2 n d` multiply-adds for each of them would take most of the time.
///
/// # Errors
///
/// Why there is no fit, in words for the reader.
pub fn drawn(
    table: &FeatureTable,
    rows: &[VerdictRow],
    judge: &str,
    options: &FitOptions,
) -> Result<(Fit, Draws), Refusal> {
    drawn_in(table, rows, judge, ALL, &FitOptions { folds: 0, ..options.clone() })
}

/// The same in a group; of all verdicts of a judge also how well they are predicted where they are held out, if [`FitOptions::folds`] asks
/// for it: what is not predicted is not compared.
pub(crate) fn drawn_in(
    table: &FeatureTable,
    rows: &[VerdictRow],
    judge: &str,
    group: &str,
    options: &FitOptions,
) -> Result<(Fit, Draws), Refusal> {
    let mut found = Solution::of(table, rows, options, options.engine != Engine::Ep)?;
    let mut fit = found.fit(table, rows, judge, group);
    fit.quality = if group == ALL { found.quality(table, options) } else { None };
    let mut draws =
        found.draws().unwrap_or_else(|| Draws { names: found.names.clone(), values: Vec::new(), over: None });
    if !options.independent {
        found.widen(&mut fit, Some(&mut draws));
        draws.over = found.over.take().map(|(over, _)| over);
    }
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
        return Err(Refusal::Few { verdicts: rows.len(), least: options.min_rows });
    }
    let for_a: f64 = rows.iter().map(|r| r.weight * r.p_a).sum();
    let for_b: f64 = rows.iter().map(|r| r.weight * (1.0 - r.p_a)).sum();
    // Without terms the model is antisymmetric: it reads differences only, and which side won carries no information.
    if for_a + for_b <= 0.0 {
        return Err(Refusal::Weightless);
    }
    if rows.iter().all(|r| r.p_a == 0.5) {
        return Err(Refusal::Ties);
    }
    // Counted in verdicts, whatever their weights: weights that add up to 1 make no group one-sided.
    let verdicts = rows.len() as f64;
    let (share_a, share_b) = (for_a / (for_a + for_b), for_b / (for_a + for_b));
    if verdicts * share_a.min(share_b) < 3.0 && options.terms != Terms::NONE {
        let side = if for_a > for_b { 'A' } else { 'B' };
        let for_side = verdicts * share_a.max(share_b);
        return Err(Refusal::OneSided { verdicts: rows.len(), for_side, side });
    }
    if table.features.is_empty() {
        return Err(Refusal::NoProperty);
    }
    if rows.iter().all(|r| table.row(r.pair).all(|v| v == 0.0 || v.is_nan())) {
        return Err(Refusal::NothingDiffers);
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

fn solve(regression: &Regression, options: &FitOptions, checked: bool) -> Result<Solved, Refusal> {
    if options.engine == Engine::Nuts {
        return by_nuts(regression, options, None);
    }
    let fit = ep(regression, &EpOptions::default());
    // The same check whether or not draws are kept, so that asking for draws changes no number.
    let check = checked.then(|| importance::adaptive(regression, &fit, CHECK_DRAWS, options.seed)).flatten();
    let why = if fit.converged && !checked {
        None
    } else if fit.converged {
        let failure =
            check.as_ref().map_or_else(|| Some("no proposal".to_owned()), importance::Check::failure);
        failure.map(|f| format!("EP failed its importance check ({f})"))
    } else {
        Some(format!("EP did not converge in {} iterations", fit.iterations))
    };
    if let (Engine::Auto, Some(why)) = (options.engine, &why) {
        return by_nuts(regression, options, Some(why));
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
            .then(|| importance::check(regression, &fit, options.keep_draws, options.seed))
            .flatten()
            .map(|c| c.resample(options.keep_draws, options.seed)),
        mean: fit.mean,
        covariance: fit.covariance,
    })
}

fn by_nuts(regression: &Regression, options: &FitOptions, because: Option<&str>) -> Result<Solved, Refusal> {
    let nuts_options = NutsOptions { seed: options.seed, ..options.nuts };
    let fit = nuts(regression, &nuts_options).map_err(|e| Refusal::Undrawn(e.to_string()))?;
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
    let d = regression.columns();
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
