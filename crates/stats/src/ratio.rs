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

    /// The correlation of two estimates over the same clusters: that of the residuals `n - value d` of each; 0 where one of them never varies.
    fn correlation(&self, other: &Self) -> f64 {
        let (Some(own), Some(their)) = (self.estimate(), other.estimate()) else { return 0.0 };
        let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
        for (cluster, (n, d)) in &self.clusters {
            let (m, e) = other.clusters.get(cluster).copied().unwrap_or_default();
            let (x, y) = (n - own.value * d, m - their.value * e);
            (both, first, second) = (both + x * y, first + x * x, second + y * y);
        }
        let scale = (first * second).sqrt();
        if scale > 0.0 { (both / scale).clamp(-1.0, 1.0) } else { 0.0 }
    }

    /// The difference of two shares in 0..1 of the same draws, with its interval: this one less the other. `None` if one is not known.
    ///
    /// The interval is made of those of [`Estimate::share`], `[l1, u1]` of `p1` and `[l2, u2]` of `p2`, and their correlation r (Newcombe
    /// 1998, Statistics in Medicine 17, 2635-2650, method 10 for paired shares, without correction for continuity):
    /// `p1 - p2 - sqrt((p1 - l1)^2 - 2 r (p1 - l1)(u2 - p2) + (u2 - p2)^2)`, and above with the ends exchanged. It has a width where all draws
    /// are alike, too.
    pub fn share_less(&self, other: &Self, z: f64) -> Option<(f64, f64, f64)> {
        let (own, their) = (self.estimate()?, other.estimate()?);
        let ((low, high), (their_low, their_high)) = (own.share(z), their.share(z));
        let r = self.correlation(other);
        let reach = |a: f64, b: f64| (a * a - 2.0 * r * a * b + b * b).max(0.0).sqrt();
        let difference = own.value - their.value;
        let below = difference - reach(own.value - low, their_high - their.value);
        let above = difference + reach(high - own.value, their.value - their_low);
        Some((difference, below.max(-1.0), above.min(1.0)))
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

    fn shares(draws: &[(u64, bool, bool)]) -> (Ratio, Ratio) {
        let (mut first, mut second) = (Ratio::default(), Ratio::default());
        for (cluster, one, other) in draws {
            first.add(*cluster, f64::from(u8::from(*one)), 1.0);
            second.add(*cluster, f64::from(u8::from(*other)), 1.0);
        }
        (first, second)
    }

    #[test]
    fn the_difference_of_paired_shares_is_newcombes() {
        // 40 draws: 20 both, 10 the first alone, 2 the second alone, 8 neither.
        let kinds = [(20, true, true), (10, true, false), (2, false, true), (8, false, false)];
        let mut draws = Vec::new();
        for (count, one, other) in kinds {
            for _ in 0..count {
                draws.push((draws.len() as u64, one, other));
            }
        }
        let (first, second) = shares(&draws);
        let (value, low, high) = first.share_less(&second, 1.644_853_6).unwrap();
        // By hand: r = (20 * 8 - 10 * 2) / sqrt(30 * 10 * 22 * 18).
        assert!((first.correlation(&second) - 140.0 / (118_800.0_f64).sqrt()).abs() < 1e-12);
        assert!((value - 0.2).abs() < 1e-12);
        let ((l1, u1), (l2, u2)) =
            (first.estimate().unwrap().share(1.644_853_6), second.estimate().unwrap().share(1.644_853_6));
        let r = 140.0 / (118_800.0_f64).sqrt();
        let below = ((0.75 - l1).powi(2) - 2.0 * r * (0.75 - l1) * (u2 - 0.55) + (u2 - 0.55).powi(2)).sqrt();
        let above = ((u1 - 0.75).powi(2) - 2.0 * r * (u1 - 0.75) * (0.55 - l2) + (0.55 - l2).powi(2)).sqrt();
        assert!((low - (0.2 - below)).abs() < 1e-12 && (high - (0.2 + above)).abs() < 1e-12);
        // Far narrower than the difference of two that know nothing of each other, and turned round the same.
        let (_, back_low, back_high) = second.share_less(&first, 1.644_853_6).unwrap();
        assert!((low + back_high).abs() < 1e-12 && (high + back_low).abs() < 1e-12);
    }

    #[test]
    fn the_difference_of_equal_shares_has_a_width_only_where_little_is_known() {
        let all: Vec<(u64, bool, bool)> = (0..30).map(|at| (at, true, true)).collect();
        let (first, second) = shares(&all);
        let (value, low, high) = first.share_less(&second, 1.645).unwrap();
        assert!(value == 0.0 && low < -0.02 && high > 0.02 && high < 0.2, "{low} {high}");
        let same: Vec<(u64, bool, bool)> = (0..30).map(|at| (at, at % 3 == 0, at % 3 == 0)).collect();
        let (first, second) = shares(&same);
        let (value, low, high) = first.share_less(&second, 1.645).unwrap();
        assert!(value == 0.0 && low.abs() < 0.05 && high.abs() < 0.05, "{low} {high}");
        assert_eq!(first.share_less(&Ratio::default(), 1.645), None);
    }

    #[test]
    fn ninety_percent_intervals_of_differences_are_that() {
        // Draws in clusters that share a coin: 60 clusters of 3, p1 = .7 and p2 = .5, dependent.
        let mut state = 1_u64;
        let mut unit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        };
        let rounds = 400;
        let mut within = 0;
        for _ in 0..rounds {
            let mut draws = Vec::new();
            for cluster in 0..60 {
                let coin = unit();
                for _ in 0..3 {
                    let own = if unit() < 0.5 { coin } else { unit() };
                    draws.push((cluster, own < 0.7, own < 0.5));
                }
            }
            let (first, second) = shares(&draws);
            let (_, low, high) = first.share_less(&second, 1.644_853_6).unwrap();
            within += usize::from(low <= 0.2 && 0.2 <= high);
        }
        // Four standard deviations of a count of 400 around .9 are 24.
        assert!((336..=384).contains(&within), "{within}");
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
