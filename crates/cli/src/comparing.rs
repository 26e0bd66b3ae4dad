//! How the judges of a table are laid beside each other, for `compare` and for the report.

use std::collections::HashMap;

use predilect_analysis::compare::{
    Comparison, LikenessOptions, PoolingOptions, WeightTable, agreement_matrices, agreements, audit,
    contrasts, habit_differences, likeness, pool, profiles, stand_ins, strength_differences, usual_reference,
};
use predilect_analysis::dissect::Fits;
use predilect_analysis::{Draws, FitOptions};
use predilect_stats::similarity::Measure;

use crate::assemble::Assembled;
use crate::problem::Problem;
use predilect_types::shown::list;

/// Posterior draws of every fit: enough for an expected false discovery rate far below one in a hundred.
pub(crate) const DRAWS: usize = 2000;

/// What is compared, and how.
#[derive(Debug, Clone)]
pub(crate) struct CompareOptions {
    pub(crate) measure: Measure,
    pub(crate) resamples: usize,
    /// Lay the published judges beside.
    pub(crate) published: bool,
    /// Judges by which quality is told; empty: those with names of people.
    pub(crate) reference: Vec<String>,
    /// Half of the 95 % interval that label counts are for.
    pub(crate) margin: f64,
    /// Fit the hierarchy over judges and groups too.
    pub(crate) pooling: bool,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            measure: Measure::Pearson,
            resamples: 1000,
            published: false,
            reference: Vec::new(),
            margin: 0.03,
            pooling: true,
        }
    }
}

/// Everything that needs verdicts: agreement, biases, stand-ins, pooling. The rest follows from weights; see [`by_weights`].
pub(crate) fn by_verdicts(
    assembled: &Assembled,
    fit: &FitOptions,
    options: &CompareOptions,
) -> Result<Comparison, Problem> {
    let unit = assembled.table.unit(fit.independent).to_owned();
    let table = &*assembled.table.over_units(fit.independent);
    if let Some(unknown) = options.reference.iter().find(|name| !table.judges.contains(name)) {
        return Err(Problem::new(format!("there is no judge `{unknown}`"))
            .remedy(format!("--reference takes one of {}", list(&table.judges))));
    }
    let reference =
        if options.reference.is_empty() { usual_reference(&table.judges) } else { options.reference.clone() };
    let mut biases = audit(table, &assembled.traits, &assembled.shown, &reference);
    for card in &mut biases {
        card.mean_mass =
            assembled.data.judges.iter().find(|j| j.judge == card.judge).and_then(|j| j.mean_mass);
    }
    let (strengths, strengths_left_out) = strength_differences(table);
    let agreement = agreements(table, options.resamples, fit.seed);
    Ok(Comparison {
        unit,
        proxies: assembled.notes.iter().filter(|note| note.proxy).map(|note| note.id.clone()).collect(),
        agreement_matrices: agreement_matrices(&agreement),
        agreement,
        habits: habit_differences(table, &assembled.traits, &assembled.shown, &reference),
        strengths,
        strengths_left_out,
        biases,
        stand_ins: stand_ins(table, &reference, options.margin),
        pooling: if options.pooling { pool(table, fit, PoolingOptions::default()) } else { None },
        left_out: assembled.left_out(),
        ..Comparison::default()
    })
}

/// The weights of fits with their draws.
pub(crate) fn weights(fits: &Fits, draws: Vec<(String, String, Draws)>) -> WeightTable {
    let mut draws: HashMap<(String, String), Draws> =
        draws.into_iter().map(|(judge, group, draws)| ((judge, group), draws)).collect();
    let kept: Vec<Option<Draws>> =
        fits.fits.iter().map(|fit| draws.remove(&(fit.judge.clone(), fit.group.clone()))).collect();
    WeightTable::of_fits(&fits.fits, &kept)
}

/// Adds what follows from weights: contrasts, likeness, clusters, profiles.
pub(crate) fn by_weights(
    comparison: &mut Comparison,
    mut weights: WeightTable,
    options: &CompareOptions,
    seed: u64,
) -> Result<(), Problem> {
    // Of the fits themselves: beside the published judges some stand in for several scenarios.
    comparison.contrasts = contrasts(&weights);
    if options.published {
        let published = WeightTable::published();
        weights = if weights.judges.is_empty() { published } else { weights.with_published(&published) };
        if weights.properties.is_empty() {
            return Err(Problem::new(
                "none of the fitted properties is among the 29 of the published judges",
            )
            .remedy("rate the study with `predilect annotate`, or leave --published out"));
        }
    }
    let likeness_options = LikenessOptions { measure: options.measure, resamples: options.resamples, seed };
    comparison.likeness = likeness(&weights, &likeness_options);
    comparison.dissections = profiles(&weights);
    Ok(())
}
