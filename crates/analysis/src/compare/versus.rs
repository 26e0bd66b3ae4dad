//! What a judge rewards otherwise in one part of the data than in another.

use predilect_results::Fit;
use predilect_results::comparison::{Difference, Parts, Versus};
use predilect_stats::discoveries::q_values;

use super::contrasts::contrasts;
use super::weights::WeightTable;
use crate::fit_options::Draws;

/// One judge in both parts.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeApart {
    parts: Parts,
    differences: Vec<Difference>,
}

/// What a judge rewards otherwise in a slice than in another part, by its fits in both ([`crate::drawn`]).
///
/// A difference is that of [`contrasts`], with the two parts as two judges: paired by the prompts that both have, where there are at least
/// two, else by draws of independent posteriors. `None` where that takes draws, and there are none.
pub fn judge_apart(inside: (&Fit, &Draws), outside: (&Fit, &Draws)) -> Option<JudgeApart> {
    let (first, second) = (inside.0, outside.0);
    // The two parts are two judges of one table.
    let named = |fit: &Fit, name: &str| Fit { judge: name.to_owned(), ..fit.clone() };
    let fits = [named(first, "inside"), named(second, "outside")];
    let rows = contrasts(&WeightTable::of_fits(&fits, &[Some(inside.1), Some(outside.1)]));
    if rows.is_empty() && !first.weights.is_empty() {
        return None;
    }
    let parts = Parts {
        judge: first.judge.clone(),
        verdicts: [first.rows, second.rows],
        prompts: [first.prompts, second.prompts],
        shared_units: rows.first().map_or(0, |row| row.shared_units),
    };
    let weight = |fit: &Fit, id: &str| {
        fit.weights.iter().find(|weight| weight.property == id).map_or(0.0, |weight| weight.mean)
    };
    let differences = rows.into_iter().map(|row| {
        let (inside, outside) = (weight(first, &row.property), weight(second, &row.property));
        // Draws have a slightly different mean; the difference shown is that of the weights shown.
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
    });
    Some(JudgeApart { parts, differences: differences.collect() })
}

/// All judges that have fits in both parts: their differences, the surest first.
pub fn versus(judges: Vec<JudgeApart>) -> Versus {
    let mut found = Versus::default();
    for JudgeApart { parts, differences } in judges {
        found.judges.push(parts);
        found.differences.extend(differences);
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
    found
}
