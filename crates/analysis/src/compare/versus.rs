//! What a judge rewards otherwise in one part of the data than in another.

use predilect_results::comparison::{Difference, Parts, Versus};
use predilect_stats::discoveries::q_values;

use super::contrasts::contrasts;
use super::weights::WeightTable;
use crate::dissect::{ALL, Fits};
use crate::fit_options::Draws;
use predilect_results::Fit;

/// Fits of one part with their draws, by judge and group.
pub struct Part<'a> {
    /// The fits.
    pub fits: &'a Fits,
    /// The draws of each, where they were kept.
    pub draws: &'a [(String, String, Draws)],
}

/// Sets the fits of a slice beside those of another part: only those of all verdicts, judge by judge.
///
/// A difference is that of [`contrasts`], with the two parts in the place of two judges: paired by the prompts that both have, where there
/// are at least two, else by draws of independent posteriors.
pub fn versus(inside: &Part<'_>, outside: &Part<'_>) -> Versus {
    let mut found = Versus::default();
    for first in inside.fits.fits.iter().filter(|fit| fit.group == ALL) {
        let Some(second) = outside.fits.fits.iter().find(|fit| fit.judge == first.judge && fit.group == ALL)
        else {
            continue;
        };
        // The two parts stand as two judges of one table.
        let named = |fit: &Fit, name: &str| Fit { judge: name.to_owned(), ..fit.clone() };
        let fits = [named(first, "inside"), named(second, "outside")];
        let draws = [inside, outside].map(|part| {
            let own = part.draws.iter().find(|(judge, group, _)| *judge == first.judge && group == ALL);
            own.map(|(_, _, draws)| draws.clone())
        });
        let rows = contrasts(&WeightTable::of_fits(&fits, &draws));
        found.judges.push(Parts {
            judge: first.judge.clone(),
            verdicts: [first.rows, second.rows],
            prompts: [first.prompts, second.prompts],
            shared_units: rows.first().map_or(0, |row| row.shared_units),
        });
        let weight = |fit: &Fit, id: &str| {
            fit.weights.iter().find(|weight| weight.property == id).map_or(0.0, |weight| weight.mean)
        };
        found.differences.extend(rows.into_iter().map(|row| {
            let (inside, outside) = (weight(first, &row.property), weight(second, &row.property));
            // Draws have a mean of their own; the difference shown is that of the weights shown.
            let moved = inside - outside - row.mean;
            Difference {
                judge: first.judge.clone(),
                inside,
                outside,
                property: row.property,
                mean: inside - outside,
                low: row.low + moved,
                high: row.high + moved,
                p_positive: row.p_positive,
                q_value: 1.0,
            }
        }));
    }
    let unsure = |d: &Difference| d.p_positive.min(1.0 - d.p_positive);
    found.differences.sort_by(|a, b| {
        unsure(a)
            .total_cmp(&unsure(b))
            .then(b.mean.abs().total_cmp(&a.mean.abs()))
            .then(a.judge.cmp(&b.judge))
    });
    let rates = q_values(&found.differences.iter().map(|d| 2.0 * unsure(d)).collect::<Vec<f64>>());
    for (difference, rate) in found.differences.iter_mut().zip(rates) {
        difference.q_value = rate;
    }
    for part in [inside, outside] {
        found.skipped.extend(part.fits.skipped.iter().filter(|skipped| skipped.group == ALL).cloned());
    }
    found
}
