//! How the judges of a table are laid beside each other, for `compare` and for the report.

use std::collections::HashMap;

use predilect_analysis::compare::{
    LikenessOptions, PoolingOptions, WeightTable, agreement_matrices, agreements, audit, contrasts,
    habit_differences, likeness, pool, profiles, stand_ins, strength_differences, usual_reference,
};
use predilect_analysis::dissect::Fits;
use predilect_analysis::{Draws, FitOptions};
use predilect_results::Comparison;
use predilect_stats::similarity::Measure;
use predilect_types::shown;

use crate::error::{Error, Remedy, Result};
use crate::slice::Slice;

/// Posterior draws of every fit: enough for an expected false discovery rate far below one in a hundred.
pub const DRAWS: usize = 2000;

/// What is compared, and how.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// How similarity of judges is measured.
    pub measure: Measure,
    /// Resamples for intervals and stability.
    pub resamples: usize,
    /// Lay the published judges beside.
    pub published: bool,
    /// Judges by which quality is told; empty: those with names of people.
    pub reference: Vec<String>,
    /// Half of the 95 % interval that label counts are for.
    pub margin: f64,
    /// Fit the hierarchy over judges and groups too.
    pub pooling: bool,
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
///
/// # Errors
///
/// When a judge or property that is asked for is not there.
pub fn by_verdicts(slice: &Slice, fit: &FitOptions, options: &CompareOptions) -> Result<Comparison> {
    let unit = slice.table.unit(fit.independent).to_owned();
    let table = &*slice.table.over_units(fit.independent);
    if let Some(unknown) = options.reference.iter().find(|name| !table.judges.contains(name)) {
        return Err(Error::new(format!("there is no judge `{unknown}`"))
            .remedy(Remedy::ReferenceAmong(shown::list(&table.judges))));
    }
    let reference =
        if options.reference.is_empty() { usual_reference(&table.judges) } else { options.reference.clone() };
    let mut biases = audit(table, &slice.traits, &slice.shown, &reference);
    for card in &mut biases {
        card.mean_mass = slice.data.judges.iter().find(|j| j.judge == card.judge).and_then(|j| j.mean_mass);
    }
    let (strengths, strengths_left_out) = strength_differences(table);
    let agreement = agreements(table, options.resamples, fit.seed);
    Ok(Comparison {
        unit,
        proxies: slice.notes.iter().filter(|note| note.proxy).map(|note| note.id.clone()).collect(),
        agreement_matrices: agreement_matrices(&agreement),
        agreement,
        habits: habit_differences(table, &slice.traits, &slice.shown, &reference),
        strengths,
        strengths_left_out,
        biases,
        stand_ins: stand_ins(table, &reference, options.margin),
        pooling: if options.pooling { pool(table, fit, PoolingOptions::default()) } else { None },
        left_out: slice.left_out(),
        ..Comparison::default()
    })
}

/// The weights of fits with their draws.
pub fn weights(fits: &Fits, draws: Vec<(String, String, Draws)>) -> WeightTable {
    let mut draws: HashMap<(String, String), Draws> =
        draws.into_iter().map(|(judge, group, draws)| ((judge, group), draws)).collect();
    let kept: Vec<Option<Draws>> =
        fits.fits.iter().map(|fit| draws.remove(&(fit.judge.clone(), fit.group.clone()))).collect();
    WeightTable::of_fits(&fits.fits, &kept)
}

/// Adds what follows from weights: contrasts, likeness, clusters, profiles.
///
/// # Errors
///
/// When a judge or property that is asked for is not there.
pub fn by_weights(
    comparison: &mut Comparison,
    mut weights: WeightTable,
    options: &CompareOptions,
    seed: u64,
) -> Result<()> {
    // Of the fits themselves: beside the published judges some stand in for several scenarios.
    comparison.contrasts = contrasts(&weights);
    if options.published {
        let published = WeightTable::published();
        weights = if weights.judges.is_empty() { published } else { weights.with_published(&published) };
        if weights.properties.is_empty() {
            return Err(Error::new("none of the fitted properties is among the 29 of the published judges")
                .remedy(Remedy::NoPublished));
        }
    }
    let likeness_options = LikenessOptions { measure: options.measure, resamples: options.resamples, seed };
    comparison.likeness = likeness(&weights, &likeness_options);
    comparison.dissections = profiles(&weights);
    Ok(())
}
