//! How the judges of a table are compared, for `compare` and for the report.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use predilect_analysis::cautions::cautions;
use predilect_analysis::compare::{
    PoolingOptions, SimilarityOptions, WeightTable, agreement_matrices, agreements, audit, contrasts,
    habit_differences, pool, profiles, published_alike, reference_of, similarity_while, stand_ins,
    strength_differences, with_reference,
};
use predilect_analysis::dissect::Fits;
use predilect_analysis::limits::TooMany;
use predilect_analysis::table::FeatureTable;
use predilect_analysis::{Draws, Engine, FitOptions};
use predilect_results::comparison::{AmongPublished, JudgeAgreement};
use predilect_results::{Comparison, Fit};
use predilect_stats::similarity::Measure;
use predilect_types::shown;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Remedy, Result};
use crate::findings;
use crate::fits::{fit_bare, fit_with};
use crate::judge_table::judge_table;
use crate::open::Workbench;
use crate::slice::{Slice, SliceOptions};
use crate::watch::{Unwatched, Watch};

pub use crate::fits::DRAWS;

/// What is compared, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompareOptions {
    /// How similarity of judges is measured.
    #[serde(with = "by_name")]
    pub measure: Measure,
    /// Resamples for intervals and stability.
    pub resamples: usize,
    /// Also compare the published judges.
    pub published: bool,
    /// Judges by whose verdicts quality is judged; empty: those with names of people, unless they have few verdicts and another judge
    /// has more.
    pub reference: Vec<String>,
    /// Half of the 95 % interval that label counts are for.
    pub margin: f64,
    /// Fit the hierarchy over judges and groups too.
    pub pooling: bool,
    /// Interactive: fits by EP without their importance check, and without what is not compared. Held-out verdicts are still predicted: a
    /// judge whose fit predicts none is left out of the findings.
    #[serde(skip)]
    pub looking: bool,
}

impl CompareOptions {
    /// What is wrong with options from a file or another program; `None` if they are valid.
    pub(crate) fn problem(&self) -> Option<String> {
        if !(10..=100_000).contains(&self.resamples) {
            return Some(format!("judges.resamples is {}, but must be from 10 to 100,000", self.resamples));
        }
        (!(0.001..=0.5).contains(&self.margin))
            .then(|| format!("judges.margin is {}, but must be from 0.001 to 0.5", self.margin))
    }
}

/// A measure as its name.
mod by_name {
    use predilect_stats::similarity::Measure;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
    pub(super) fn serialize<S: Serializer>(measure: &Measure, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(measure)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Measure, D::Error> {
        let name = String::deserialize(from)?;
        let known = Measure::ALL.iter().find(|(_, known)| *known == name);
        known
            .map(|(measure, _)| *measure)
            .ok_or_else(|| D::Error::unknown_variant(&name, &["pearson", "spearman", "l1", "l2"]))
    }
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
            looking: false,
        }
    }
}

/// Everything that needs verdicts: agreement, biases, stand-ins, pooling. The rest follows from weights; see [`by_weights`].
///
/// # Errors
///
/// When a judge or property that is asked for is not there, and when the work is cancelled.
pub fn by_verdicts(
    slice: &Slice,
    fit: &FitOptions,
    options: &CompareOptions,
    watch: &dyn Watch,
) -> Result<Comparison> {
    let unit = slice.table.unit(fit.independent).to_owned();
    let table = &*slice.table.over_units(fit.independent);
    if let Some(unknown) = options.reference.iter().find(|name| !table.judges.contains(name)) {
        return Err(Error::new(format!("there is no judge `{unknown}`"))
            .remedy(Remedy::ReferenceAmong(shown::list(&table.judges))));
    }
    let reference =
        if options.reference.is_empty() { reference_of(table) } else { options.reference.clone() };
    let keep_going = || !watch.cancelled();
    let still = || if keep_going() { Ok(()) } else { Err(Error::cancelled()) };
    let mut biases = audit(table, &slice.traits, &slice.shown, &reference);
    for card in &mut biases {
        card.mean_mass = slice.data.judges.iter().find(|j| j.judge == card.judge).and_then(|j| j.mean_mass);
    }
    still()?;
    let (strengths, strengths_left_out) = strength_differences(table);
    still()?;
    let agreement =
        agreements(table, options.resamples, fit.seed, &keep_going).ok_or_else(Error::cancelled)?;
    let habits = habit_differences(table, &slice.traits, &slice.shown, &reference, &keep_going)
        .ok_or_else(Error::cancelled)?;
    let mut found = Comparison {
        sampled: None,
        unit,
        proxies: slice.notes.iter().filter(|note| note.proxy).map(|note| note.id.clone()).collect(),
        agreement_matrices: agreement_matrices(&agreement),
        agreement,
        habits,
        strengths,
        strengths_left_out,
        biases,
        stand_ins: stand_ins(table, &reference, options.margin),
        pooling: if options.pooling { pool(table, fit, PoolingOptions::default()) } else { None },
        left_out: slice.left_out(),
        ..Comparison::default()
    };
    let same = same_as(table, &found.agreement, &reference, (options.resamples, fit.seed));
    found.judge_table = judge_table(&found, &same);
    Ok(found)
}

/// How far every judge agrees with the reference judges taken as one; of a single one that is known from the agreement of every two.
fn same_as(
    table: &FeatureTable,
    known: &[JudgeAgreement],
    reference: &[String],
    (resamples, seed): (usize, u64),
) -> BTreeMap<String, JudgeAgreement> {
    let there: Vec<&String> = reference.iter().filter(|name| table.judges.contains(name)).collect();
    let [only] = there.as_slice() else { return with_reference(table, reference, resamples, seed) };
    let other = |two: &JudgeAgreement| {
        let at = two.judges.iter().position(|judge| judge == *only)?;
        Some((two.judges[1 - at].clone(), two.clone()))
    };
    known.iter().filter_map(other).collect()
}

/// The weights of fits with their draws.
pub fn weights(fits: &Fits, draws: &[(String, String, Draws)]) -> WeightTable {
    let draws: HashMap<(&str, &str), &Draws> =
        draws.iter().map(|(judge, group, draws)| ((judge.as_str(), group.as_str()), draws)).collect();
    let kept: Vec<Option<&Draws>> =
        fits.fits.iter().map(|fit| draws.get(&(fit.judge.as_str(), fit.group.as_str())).copied()).collect();
    WeightTable::of_fits(&fits.fits, &kept)
}

/// How alike each judge is to the published ones, on all pairs.
pub(crate) fn among_published(fits: &Fits, draws: &[(String, String, Draws)]) -> Vec<AmongPublished> {
    let all = fits.fits.iter().filter(|fit| fit.group == "all");
    let of = |fit: &Fit| {
        let own = draws.iter().find(|(judge, group, _)| (judge, group) == (&fit.judge, &fit.group));
        AmongPublished { judge: fit.judge.clone(), alike: published_alike(fit, own.map(|(.., draws)| draws)) }
    };
    all.map(of).filter(|found| !found.alike.is_empty()).collect()
}

/// Adds what follows from weights: contrasts, similarity, clusters, profiles.
///
/// # Errors
///
/// When a judge or property that is asked for is not there, and when the work is cancelled.
pub fn by_weights(
    comparison: &mut Comparison,
    mut weights: WeightTable,
    options: &CompareOptions,
    seed: u64,
    watch: &dyn Watch,
) -> Result<()> {
    // Of the fits themselves: with the published judges some fits represent several scenarios.
    comparison.contrasts = contrasts(&weights);
    if options.published {
        let published = WeightTable::published();
        weights = if weights.judges.is_empty() { published } else { weights.with_published(&published) };
        if weights.properties.is_empty() {
            return Err(Error::new("none of the fitted properties is among the 29 of the published judges")
                .remedy(Remedy::NoPublished));
        }
    }
    let likeness_options = SimilarityOptions { measure: options.measure, resamples: options.resamples, seed };
    comparison.similarity =
        similarity_while(&weights, &likeness_options, &|| !watch.cancelled()).ok_or_else(Error::cancelled)?;
    comparison.dissections = profiles(&weights);
    Ok(())
}

impl Workbench {
    /// Compares the judges of a slice, together with the published ones if requested.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`]; when there is only one judge, or nothing can be compared.
    pub fn compare(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        options: &CompareOptions,
        watch: &dyn Watch,
    ) -> Result<Compared> {
        let slice = self.slice(slice, watch)?;
        TooMany::compared(slice.table.judges.len())?;
        let still = || if watch.cancelled() { Err(Error::cancelled()) } else { Ok(()) };
        let mut comparison = by_verdicts(&slice, fit, options, watch)?;
        still()?;
        let with_draws = FitOptions { keep_draws: DRAWS, ..fit.clone() };
        let mut draws = Vec::new();
        let fits = if options.looking {
            let bare = FitOptions { engine: Engine::Ep, ..with_draws };
            fit_bare(&slice.table, &bare, &mut draws, watch)?
        } else {
            fit_with(&slice.table, &with_draws, watch, &mut |fit, own| {
                draws.push((fit.judge.clone(), fit.group.clone(), own.clone()));
                ControlFlow::Continue(())
            })?
        };
        // Judges of the same pairs can be compared by their verdicts alone, but not with published weights.
        if fits.fits.is_empty() && (options.published || comparison.agreement.is_empty()) {
            let why = fits.skipped.first().map_or("no verdicts", |skipped| skipped.reason.as_str());
            return Err(Error::new(format!("nothing could be fitted: {why}")).remedy(Remedy::DissectSaysMore));
        }
        comparison.cautions = cautions(&slice.table, &slice.traits, &slice.data, &fits.fits, fit);
        comparison.skipped.clone_from(&fits.skipped);
        still()?;
        if !options.published {
            comparison.among_published = among_published(&fits, &draws);
        }
        complete(&mut comparison, weights(&fits, &draws), options, fit.seed, watch)?;
        comparison.findings = findings::of_comparison(&comparison);
        Ok(Compared { comparison, simulated: slice.simulated })
    }
}

/// The published judges among themselves.
///
/// # Errors
///
/// When they are not asked for.
pub fn published(options: &CompareOptions, seed: u64) -> Result<Compared> {
    let mut comparison = Comparison::default();
    complete(&mut comparison, WeightTable::default(), options, seed, &Unwatched)?;
    Ok(Compared { comparison, simulated: false })
}

fn complete(
    comparison: &mut Comparison,
    weights: WeightTable,
    options: &CompareOptions,
    seed: u64,
    watch: &dyn Watch,
) -> Result<()> {
    if weights.judges.len() < 2 && !options.published && comparison.agreement.is_empty() {
        return Err(Error::new("there is only one judge to compare").remedy(Remedy::PublishedBeside));
    }
    by_weights(comparison, weights, options, seed, watch)
}

/// A comparison, and remarks on it.
#[derive(Debug)]
pub struct Compared {
    /// The result.
    pub comparison: Comparison,
    /// Whether the data are simulated.
    pub simulated: bool,
}
