//! How figures of a run of `steer` or `verify` and what they are about are written.

use std::collections::BTreeMap;

use predilect_results::steering::Ask;
use predilect_types::property;

use crate::format;
use crate::text;

/// The unit of an arm's score.
pub(crate) fn unit(protocol: &str) -> &'static str {
    if protocol == "mt_bench" { "grade, 1 to 10" } else { "% won" }
}

/// Decimals of a score.
pub(crate) fn places(protocol: &str) -> usize {
    if protocol == "mt_bench" { 2 } else { 1 }
}

/// A number with its sign.
pub(crate) fn signed(x: f64, places: usize) -> String {
    let shown = format::decimal(x, places);
    if x > 0.0 && shown.chars().any(|c| c.is_ascii_digit() && c != '0') { format!("+{shown}") } else { shown }
}

/// A range in square brackets.
pub(crate) fn range(low: f64, high: f64, places: usize) -> String {
    format!("[{}, {}]", signed(low, places), signed(high, places))
}

/// Whether an interval is on one side of zero.
pub(crate) fn is_sure(low: f64, high: f64) -> bool {
    low > 0.0 || high < 0.0
}

/// What is asked for, in words.
pub(crate) fn asked(asks: &[Ask]) -> String {
    let of = |more: bool| {
        let names: Vec<String> =
            asks.iter().filter(|ask| ask.more == more).map(|ask| label(&ask.property)).collect();
        let direction = if more { "more" } else { "less" };
        (!names.is_empty()).then(|| format!("{direction}: {}", names.join(", ")))
    };
    [of(true), of(false)].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// A property's name within a line.
pub(crate) fn label(id: &str) -> String {
    property(id).map_or_else(|| text::line(id), |p| p.label.to_lowercase())
}

/// Why properties are not asked for: each reason once, with their names.
pub(crate) fn left_out(reasons: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, reason) in reasons {
        by_reason.entry(reason).or_default().push(label(id));
    }
    by_reason.into_iter().map(|(reason, names)| (text::line(reason), names.join(", "))).collect()
}

/// A mean with its range, where there are such. Published weights have no intervals: what is predicted of them alike for every prompt is
/// shown without.
pub(crate) fn cell(mean: Option<f64>, low: Option<f64>, high: Option<f64>, places: usize) -> String {
    match (mean, low, high) {
        (Some(mean), Some(low), Some(high)) if high - low > 1e-9 => {
            format!("{} {}", signed(mean, places), range(low, high, places))
        }
        (Some(mean), ..) => signed(mean, places),
        _ => format::MISSING.to_owned(),
    }
}
