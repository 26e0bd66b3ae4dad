//! How alike are two vectors of weights?

use std::fmt;

/// A measure of similarity; larger is more alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Pearson's correlation, -1..1.
    #[default]
    Pearson,
    /// Spearman's: Pearson's of the ranks, ties at their mean rank.
    Spearman,
    /// Minus the mean absolute difference, at most 0.
    L1,
    /// Minus the Euclidean distance over the number of weights, at most 0 (as in Li et al. 2024).
    L2,
}

impl Measure {
    /// All, with their names in flags and JSON.
    pub const ALL: [(Self, &'static str); 4] =
        [(Self::Pearson, "pearson"), (Self::Spearman, "spearman"), (Self::L1, "l1"), (Self::L2, "l2")];

    /// The similarity of two vectors of one length.
    ///
    /// `None` if it is not defined: without numbers, or, for a correlation, where one vector is constant.
    ///
    /// # Panics
    ///
    /// When the lengths differ.
    pub fn of(self, a: &[f64], b: &[f64]) -> Option<f64> {
        assert_eq!(a.len(), b.len(), "two vectors of one length");
        if a.is_empty() {
            return None;
        }
        let n = a.len() as f64;
        let differences = || a.iter().zip(b).map(|(a, b)| a - b);
        match self {
            Self::Pearson => pearson(a, b),
            Self::Spearman => pearson(&ranks(a), &ranks(b)),
            Self::L1 => Some(-differences().map(f64::abs).sum::<f64>() / n),
            Self::L2 => Some(-differences().map(|d| d * d).sum::<f64>().sqrt() / n),
        }
    }

    /// A distance that falls as similarity grows: 0 for equal vectors.
    pub fn distance(self, similarity: f64) -> f64 {
        match self {
            Self::Pearson | Self::Spearman => 1.0 - similarity,
            Self::L1 | Self::L2 => -similarity,
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(measure, _)| measure == self).map_or("", |(_, name)| name))
    }
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    // In a constant vector only rounding errors are left.
    let tiny = |squares: f64, mean: f64| squares <= 1e-28 * n * mean * mean || squares == 0.0;
    (!tiny(aa, mean_a) && !tiny(bb, mean_b)).then(|| (ab / (aa.sqrt() * bb.sqrt())).clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the mean of theirs.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let mut to = from + 1;
        while to < order.len() && values[order[to]] == values[order[from]] {
            to += 1;
        }
        for &at in &order[from..to] {
            ranks[at] = (from + to + 1) as f64 / 2.0;
        }
        from = to;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_examples() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]);
        assert!((Measure::Pearson.of(&a, &b).unwrap() - 0.6).abs() < 1e-15);
        assert!((Measure::Spearman.of(&[1.0, 10.0, 11.0, 12.0], &b).unwrap() - 0.6).abs() < 1e-15);
        assert_eq!(Measure::L1.of(&a, &b), Some(-1.0));
        assert_eq!(Measure::L2.of(&a, &b), Some(-0.5));
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 0.0]), [3.5, 2.0, 3.5, 1.0]);
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!(Measure::Pearson.of(&[0.1, 0.1, 0.1], &[1.0, 2.0, 3.0]), None);
        assert_eq!(Measure::Spearman.of(&[], &[]), None);
        assert_eq!(Measure::L1.of(&[], &[]), None);
        for (measure, name) in Measure::ALL {
            let same = measure.of(&[0.3, -0.1, 0.2], &[0.3, -0.1, 0.2]).unwrap();
            assert!(measure.distance(same).abs() < 1e-15, "{name}");
            assert_eq!(measure.to_string(), name);
        }
    }
}
