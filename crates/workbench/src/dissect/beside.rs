//! What stands beside the fits in a report: judges compared, models ranked, examples explained.

use predilect_analysis::FitOptions;
use predilect_analysis::compare::usual_reference;
use predilect_analysis::dissect::{ALL, Fits};
use predilect_analysis::explain::{DRAWS_OF_MANY, Explainer};
use predilect_analysis::ranking::{Contest, RankOptions, leaderboard};
use predilect_analysis::table::FeatureTable;
use predilect_results::{Caution, Comparison};
use predilect_results::{Examples, Standings};

use crate::compare::{self, CompareOptions, by_verdicts, by_weights};
use crate::error::Result;
use crate::findings::{of_comparison, with_findings};
use crate::fits::KeptDraws;
use crate::slice::Slice;
use crate::watch::Watch;

/// What a leaderboard in the report holds equal.
const HELD: [&str; 2] = ["length", "well_formatted"];

/// The judges beside each other: biases of one alone, and all that needs two.
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
    // They are said once, by the dissection; what is found must mind them all the same.
    comparison.cautions = cautions.to_vec();
    comparison.findings = of_comparison(&comparison);
    comparison.cautions.clear();
    Ok(comparison)
}

/// The models beside each other, by people where there are any, with length and formatting held equal where they are rated.
pub(super) fn ranked(table: &FeatureTable) -> Option<Standings> {
    let people = usual_reference(&table.judges);
    // Of several judges that are no people the one with most verdicts counts: a mean over two of them is nobody's ranking.
    let judges = if people.is_empty() { most_verdicts(table).into_iter().collect() } else { people };
    let controls: Vec<usize> = HELD.iter().filter_map(|name| table.column(name)).collect();
    let (contest, ..) = Contest::of(table, &judges, &controls);
    if contest.models.len() < 2 {
        return None;
    }
    let board = |contest: &Contest| {
        // A model that never won has no finite score of its own: a weak prior keeps it.
        [0.0, 0.1]
            .into_iter()
            .find_map(|prior| leaderboard(contest, &RankOptions { prior, ..RankOptions::default() }).ok())
    };
    let bare = Contest { controls: Vec::new(), covariates: Vec::new(), ..contest.clone() };
    let controlled = if controls.is_empty() { None } else { board(&contest) };
    Some(with_findings(Standings { findings: Vec::new(), judges, raw: board(&bare)?, controlled }))
}

fn most_verdicts(table: &FeatureTable) -> Option<String> {
    let mut counts = vec![0_usize; table.judges.len()];
    for verdict in &table.verdicts {
        counts[verdict.judge as usize] += 1;
    }
    // The first of those with most.
    let most = (0..counts.len()).rev().max_by_key(|&judge| counts[judge])?;
    Some(table.judges[most].clone())
}

/// Why each example came out as it did, by the fit of all its judge's verdicts.
pub(super) fn explain_examples(examples: &mut [(Examples, Vec<u32>)], slice: &Slice, fit: &FitOptions) {
    let Some(judge) = examples.iter().flat_map(|(e, _)| &e.pairs).map(|pair| pair.judge.clone()).next()
    else {
        return;
    };
    let Ok(explainer) = Explainer::new(&slice.table, &judge, ALL, fit, DRAWS_OF_MANY) else {
        return;
    };
    for (examples, numbers) in examples {
        for (pair, number) in examples.pairs.iter_mut().zip(numbers) {
            pair.explanation = Some(explainer.explain(*number));
        }
    }
}
