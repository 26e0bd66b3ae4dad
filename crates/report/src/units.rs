//! What the intervals of a fit are over, and whether there is enough of it to be sure of anything.

use predilect_results::Comparison;
use predilect_results::FEW_UNITS;
use predilect_results::{Fit, UnitCount};

use crate::format;

/// What the intervals are over, in words.
pub(crate) fn over(fit: &Fit) -> String {
    if fit.intervals_over.is_empty() {
        return "every verdict taken as independent".to_owned();
    }
    let units = counted_units(&fit.intervals_over);
    let counts = effective(fit);
    let (Some(least), Some(most)) = (counts.first(), counts.last()) else {
        return format!("intervals over {units}");
    };
    // Many units of equal influence need no remark.
    if *least >= 0.5 * fit.intervals_over[0].count as f64 && *least >= FEW_UNITS {
        return format!("intervals over {units}");
    }
    let (least, most) = (format::whole(*least), format::whole(*most));
    let range = if least == most { least } else { format!("{least} to {most}") };
    format!("intervals over {units}, effectively {range} for each weight")
}

/// `13 prompts and 124 annotators`.
pub(crate) fn counted_units(units: &[UnitCount]) -> String {
    let one = |unit: &UnitCount| format::counted(unit.count, &singular(&unit.unit), &plural(&unit.unit));
    units.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// The unit of a comparison; prompts if none was compared by verdicts.
pub(crate) fn unit(c: &Comparison) -> &str {
    if c.unit.is_empty() { "prompt" } else { &c.unit }
}

pub(crate) fn singular(unit: &str) -> String {
    if matches!(unit, "prompt" | "annotator" | "pair") {
        unit.to_owned()
    } else {
        format!("value of `{unit}`")
    }
}

pub(crate) fn plural(unit: &str) -> String {
    if matches!(unit, "prompt" | "annotator" | "pair") {
        format!("{unit}s")
    } else {
        format!("values of `{unit}`")
    }
}

/// Effective units of the properties' weights, ascending.
fn effective(fit: &Fit) -> Vec<f64> {
    let mut counts: Vec<f64> = fit.weights.iter().filter_map(|weight| weight.effective_units).collect();
    counts.sort_unstable_by(f64::total_cmp);
    counts
}
