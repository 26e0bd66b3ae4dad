//! The sites of the priors: a normal prior is its own site, a Laplace prior is matched to its tilted moments.

use pulp::Simd;

use super::tail::tails;
use crate::lanes::Lanes;
use crate::linalg::stride;
use crate::regression::{Prior, Regression};
use crate::rows::Aligned;

/// Precision and shift of every prior's site, a register at a time; elements past the last column stay 0.
#[derive(Clone)]
pub(super) struct PriorSites {
    pub(super) precision: Aligned<f64>,
    pub(super) shift: Aligned<f64>,
    /// 1 / scale of a Laplace prior, 1 elsewhere.
    rate: Aligned<f64>,
    laplace: Vec<bool>,
    /// Scratch: the sites as matched, before they are checked.
    matched_precision: Aligned<f64>,
    matched_shift: Aligned<f64>,
}

/// Precision that is always left when a site is taken away, in units of rate^2: where the data are uninformative the site is the whole
/// posterior, and a variance of a million squared scales then means "no information".
pub(super) const LEAST_PRECISION: f64 = 1e-12;

impl PriorSites {
    pub(super) fn new(regression: &Regression) -> Self {
        let p = stride(regression.columns());
        let mut sites = Self {
            precision: Aligned::new(0.0, p),
            shift: Aligned::new(0.0, p),
            rate: Aligned::new(1.0, p),
            laplace: regression.priors.iter().map(|prior| matches!(prior, Prior::Laplace { .. })).collect(),
            matched_precision: Aligned::new(0.0, p),
            matched_shift: Aligned::new(0.0, p),
        };
        for (j, prior) in regression.priors.iter().enumerate() {
            sites.precision.as_mut_slice()[j] = prior.sd().powi(-2);
            if let Prior::Laplace { scale } = prior {
                sites.rate.as_mut_slice()[j] = 1.0 / scale;
            }
        }
        sites
    }

    /// Matches the site of every Laplace prior to the moments of cavity x prior.
    ///
    /// Cavity N(m, v) times exp(-rate |w|) is a normal cut off at 0 on either side. In units of sqrt(v), with
    /// mu = m / sqrt(v) and pull = rate sqrt(v), the upper piece is what a standard normal has beyond pull - mu, the lower
    /// one what it has beyond pull + mu; both have the same density at 0, so their masses are as their Mills' ratios.
    #[inline(always)]
    pub(super) fn update<S: Simd>(&mut self, simd: S, mean: &[f64], variance: &[f64]) {
        let splat = |value| f64::splat(simd, value);
        let (zero, one) = (splat(0.0), splat(1.0));
        let mean = <f64 as Lanes<S>>::load(mean);
        let variance = <f64 as Lanes<S>>::load(variance);
        let precision = <f64 as Lanes<S>>::load(self.precision.as_slice());
        let shift = <f64 as Lanes<S>>::load(self.shift.as_slice());
        let rate = <f64 as Lanes<S>>::load(self.rate.as_slice());
        let new_precision = <f64 as Lanes<S>>::load_mut(self.matched_precision.as_mut_slice());
        let new_shift = <f64 as Lanes<S>>::load_mut(self.matched_shift.as_mut_slice());
        for j in 0..mean.len() {
            let inverse = f64::div(simd, one, variance[j]);
            let least = f64::mul(simd, splat(LEAST_PRECISION), f64::mul(simd, rate[j], rate[j]));
            let rest = f64::larger(simd, f64::sub(simd, inverse, precision[j]), least);
            let v = f64::div(simd, one, rest);
            let sd = f64::root(simd, v);
            let natural = f64::sub(simd, f64::mul(simd, mean[j], inverse), shift[j]);
            // m / sd = natural v / sd = natural sd.
            let mu = f64::mul(simd, natural, sd);
            let pull = f64::mul(simd, rate[j], sd);
            let up = tails(simd, f64::sub(simd, pull, mu));
            let down = tails(simd, f64::add(simd, pull, mu));
            let mass = f64::div(simd, one, f64::add(simd, up.mills, down.mills));
            let (above, below) = (f64::mul(simd, up.mills, mass), f64::mul(simd, down.mills, mass));
            let centre = f64::sub(simd, f64::mul(simd, above, up.excess), f64::mul(simd, below, down.excess));
            let apart = f64::add(simd, up.excess, down.excess);
            let within = f64::fma(simd, above, up.variance, f64::mul(simd, below, down.variance));
            let between = f64::mul(simd, f64::mul(simd, above, below), f64::mul(simd, apart, apart));
            let tilted = f64::div(simd, one, f64::mul(simd, v, f64::add(simd, within, between)));
            new_precision[j] = f64::larger(simd, f64::sub(simd, tilted, rest), zero);
            new_shift[j] = f64::sub(simd, f64::mul(simd, f64::mul(simd, sd, centre), tilted), natural);
        }
        let (precision, shift) = (self.precision.as_mut_slice(), self.shift.as_mut_slice());
        for (j, _) in self.laplace.iter().enumerate().filter(|(_, laplace)| **laplace) {
            let matched = (self.matched_precision.as_slice()[j], self.matched_shift.as_slice()[j]);
            // At the limits of floats a site keeps its last value.
            if matched.0.is_finite() && matched.1.is_finite() {
                (precision[j], shift[j]) = matched;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laplace::LaplaceTilt;
    use pulp::{Arch, WithSimd};

    struct Update<'a>(&'a mut PriorSites, &'a [f64], &'a [f64]);

    impl WithSimd for Update<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            self.0.update(simd, self.1, self.2);
        }
    }

    /// From an empty site, the posterior is the cavity, and the scalar tilt determines the new one.
    #[test]
    fn a_site_makes_the_moments_of_the_tilted_prior() {
        let cases: Vec<(f64, f64, f64)> = [0.0, 0.01, -0.3, 2.0, -50.0]
            .into_iter()
            .flat_map(|m| [1e-6, 1e-3, 0.02, 1.0, 1e6].map(|v| (m, v)))
            .flat_map(|(m, v)| [0.01, 0.1, 3.0].map(|scale| (m, v, scale)))
            .collect();
        let priors: Vec<Prior> = cases.iter().map(|&(_, _, scale)| Prior::Laplace { scale }).collect();
        let regression = Regression::new(&vec![1.0; cases.len()], &[1.0], None, &priors).unwrap();
        let p = stride(cases.len());
        let (mut mean, mut variance) = (Aligned::new(0.0, p), Aligned::new(1.0, p));
        for (j, &(m, v, _)) in cases.iter().enumerate() {
            (mean.as_mut_slice()[j], variance.as_mut_slice()[j]) = (m, v);
        }
        let mut sites = PriorSites::new(&regression);
        sites.precision.as_mut_slice().fill(0.0);
        Arch::new().dispatch(Update(&mut sites, mean.as_slice(), variance.as_slice()));
        for (j, &(m, v, scale)) in cases.iter().enumerate() {
            let (tau, nu) = (sites.precision.as_slice()[j], sites.shift.as_slice()[j]);
            let got = (1.0 / (1.0 / v + tau), (m / v + nu) / (1.0 / v + tau));
            let want = LaplaceTilt::new(m, v, scale).moments();
            let sd = want.variance.sqrt();
            // A mean many sds out keeps as many digits fewer.
            let digits = 1e-9 * (1.0 + want.mean.abs() / sd);
            assert!(
                (got.0 / want.variance - 1.0).abs() < 1e-8,
                "{m} {v} {scale}: {} {}",
                got.0,
                want.variance
            );
            assert!((got.1 - want.mean).abs() < digits * sd, "{m} {v} {scale}: {} {}", got.1, want.mean);
        }
    }
}
