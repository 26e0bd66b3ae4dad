//! What accompanies the fits in a report: judges compared, models ranked, examples explained.

use predilect_analysis::FitOptions;
use predilect_analysis::dissect::{ALL, Fits};
use predilect_analysis::explain::{DRAWS, Explainer};
use predilect_results::Examples;
use predilect_results::{Caution, Comparison};

use crate::compare::{self, CompareOptions, by_verdicts, by_weights};
use crate::error::Result;
use crate::findings::of_comparison;
use crate::fits::KeptDraws;
use crate::slice::Slice;
use crate::watch::Watch;

/// The judges compared: biases of one alone, and everything that needs two.
pub(super) fn compared(
    slice: &Slice,
    (fits, draws): (&Fits, &KeptDraws),
    fit: &FitOptions,
    cautions: &[Caution],
    watch: &dyn Watch,
) -> Result<Comparison> {
    let options = CompareOptions::default();
    let mut comparison = by_verdicts(slice, fit, &options, watch)?;
    if slice.table.judges.len() > 1 {
        by_weights(&mut comparison, compare::weights(fits, draws), &options, fit.seed, watch)?;
    }
    comparison.among_published = compare::among_published(fits, draws);
    // They are said once, by the dissection; what is found must mind them all the same.
    comparison.cautions = cautions.to_vec();
    comparison.findings = of_comparison(&comparison);
    comparison.cautions.clear();
    Ok(comparison)
}

/// Why each example came out as it did, by the fit of all its judge's verdicts.
pub(super) fn explain_examples(examples: &mut [(Examples, Vec<u32>)], slice: &Slice, fit: &FitOptions) {
    let Some(judge) = examples.iter().flat_map(|(e, _)| &e.pairs).map(|pair| pair.judge.clone()).next()
    else {
        return;
    };
    let Ok(explainer) = Explainer::new(&slice.table, &judge, ALL, fit, DRAWS) else {
        return;
    };
    for (examples, numbers) in examples {
        for (pair, number) in examples.pairs.iter_mut().zip(numbers) {
            pair.explanation = Some(explainer.explain(*number));
        }
    }
}
