//! Shares and means over clusters, with intervals that mind what belongs together.

use std::collections::BTreeMap;

/// Sums of a numerator and a denominator by cluster.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ratio {
    clusters: BTreeMap<u64, (f64, f64)>,
}

/// An estimate with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Sum of numerators over sum of denominators.
    pub value: f64,
    /// By linearisation: with k clusters, k / (k - 1) sum (n - value d)^2 over (sum d)^2; NaN for one cluster.
    pub se: f64,
    /// Clusters.
    pub clusters: u64,
    /// The sum of denominators.
    pub weight: f64,
}

impl Ratio {
    /// Adds to one cluster.
    pub fn add(&mut self, cluster: u64, numerator: f64, denominator: f64) {
        let sums = self.clusters.entry(cluster).or_default();
        sums.0 += numerator;
        sums.1 += denominator;
    }

    /// The estimate; `None` if the denominators add up to 0.
    pub fn estimate(&self) -> Option<Estimate> {
        let weight: f64 = self.clusters.values().map(|sums| sums.1).sum();
        if weight.is_nan() || weight <= 0.0 {
            return None;
        }
        let value = self.clusters.values().map(|sums| sums.0).sum::<f64>() / weight;
        let k = self.clusters.len() as f64;
        let squares: f64 = self.clusters.values().map(|(n, d)| (n - value * d).powi(2)).sum();
        let se = if k > 1.0 { (k / (k - 1.0) * squares).sqrt() / weight } else { f64::NAN };
        Some(Estimate { value, se, clusters: self.clusters.len() as u64, weight })
    }
}

impl Estimate {
    /// The interval of a mean: as many errors to either side as Student's t has where a normal has `z`, with one degree of freedom less
    /// than clusters; without an error, the value alone.
    pub fn interval(&self, z: f64) -> (f64, f64) {
        let reach = if self.se.is_finite() { student(z, self.clusters) * self.se } else { 0.0 };
        (self.value - reach, self.value + reach)
    }

    /// The interval of a share in 0..1 (Wilson 1927), over as many independent draws as would give this error; over the clusters where
    /// all are alike.
    pub fn share(&self, z: f64) -> (f64, f64) {
        let z = student(z, self.clusters);
        let p = self.value.clamp(0.0, 1.0);
        let variance = self.se * self.se;
        let draws = if variance > 0.0 { p * (1.0 - p) / variance } else { f64::NAN };
        // Never more than there are.
        let draws =
            if draws.is_finite() && draws > 0.0 { draws.min(self.weight) } else { self.clusters as f64 };
        let centre = (p + z * z / (2.0 * draws)) / (1.0 + z * z / draws);
        let reach =
            z / (1.0 + z * z / draws) * (p * (1.0 - p) / draws + z * z / (4.0 * draws * draws)).sqrt();
        // Rounding must not put the value outside.
        ((centre - reach).max(0.0).min(p), (centre + reach).min(1.0).max(p))
    }
}

/// The quantile of Student's t at the probability where a standard normal has `z`, with one degree of freedom less than clusters; `z`
/// itself for one cluster.
fn student(z: f64, clusters: u64) -> f64 {
    if clusters < 2 { z } else { crate::student::quantile(crate::normal::cdf(z), (clusters - 1) as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn independent_draws_have_the_known_interval() {
        let mut ratio = Ratio::default();
        for i in 0..100 {
            ratio.add(i, f64::from(u8::from(i < 30)), 1.0);
        }
        let found = ratio.estimate().unwrap();
        assert!((found.value - 0.3).abs() < 1e-12 && (found.se - (0.21_f64 / 99.0).sqrt()).abs() < 1e-12);
        // Wilson's 95 % interval of 30 of 100: .2189 to .3958; here n is 99.
        let (low, high) = found.share(1.96);
        assert!((low - 0.2189).abs() < 2e-3 && (high - 0.3958).abs() < 2e-3, "{low} {high}");
    }

    #[test]
    fn few_clusters_have_students_quantiles() {
        // t at .975 with 1, 3, 5, 10 and 100 degrees of freedom (any printed table).
        for (clusters, t) in [(2, 12.706), (4, 3.182), (6, 2.571), (11, 2.228), (101, 1.984)] {
            let found = student(1.959_964, clusters);
            assert!((found - t).abs() < 6e-4, "{clusters}: {found}");
        }
    }

    #[test]
    fn what_is_known_of_one_cluster_is_little() {
        let mut one = Ratio::default();
        for _ in 0..50 {
            one.add(3, 1.0, 1.0);
        }
        let found = one.estimate().unwrap();
        assert!(found.se.is_nan());
        let (low, high) = found.share(1.645);
        assert!(low < 0.3 && high == 1.0, "{low} {high}");
        assert_eq!(Ratio::default().estimate(), None);
    }
}
