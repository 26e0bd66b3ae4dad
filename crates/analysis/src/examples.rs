//! Which pairs show a property at work.

use crate::table::FeatureTable;

/// How many pairs that follow the property are chosen, and how many that go against it.
const FOLLOWING: usize = 3;
const AGAINST: usize = 1;

/// A pair chosen to show a property.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Index of the feature.
    pub feature: usize,
    /// Index of the pair.
    pub pair: u32,
    /// Index of the judge.
    pub judge: u32,
    /// Its verdict.
    pub p_a: f64,
    /// The sign of the feature: 1 when A has more.
    pub comparison: i8,
    /// Whether the verdict prefers the side that has more.
    pub follows: bool,
}

/// Chooses, per feature, pairs of the judge with most verdicts whose clear verdict follows the feature, and one that
/// does not; pairs in which few other features differ come first, then short ones (`size`: characters of a pair).
pub fn choose(table: &FeatureTable, judge: u32, size: &dyn Fn(u32) -> usize) -> Vec<Choice> {
    let mut out = Vec::new();
    for feature in 0..table.features.len() {
        let mut candidates: Vec<(usize, usize, Choice)> = table
            .verdicts
            .iter()
            .filter(|v| v.judge == judge && (v.p_a - 0.5).abs() >= 0.25)
            .filter_map(|v| {
                let value = table.value(v.pair, feature);
                if value.is_nan() || value == 0.0 {
                    return None;
                }
                let others = table.row(v.pair).filter(|x| !x.is_nan() && *x != 0.0).count();
                let comparison = if value > 0.0 { 1 } else { -1 };
                let follows = (v.p_a > 0.5) == (comparison > 0);
                let choice = Choice { feature, pair: v.pair, judge, p_a: v.p_a, comparison, follows };
                Some((others, size(v.pair), choice))
            })
            .collect();
        candidates.sort_by_key(|(others, size, choice)| (*others, *size, choice.pair));
        for (follows, count) in [(true, FOLLOWING), (false, AGAINST)] {
            out.extend(candidates.iter().map(|c| c.2).filter(|c| c.follows == follows).take(count));
        }
    }
    out
}
