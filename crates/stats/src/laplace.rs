//! What a Gaussian times a Laplace prior is: two truncated normals, in closed form.

use rand::RngExt;

use crate::normal::{self, Tail};

/// The density proportional to N(w; mean, variance) exp(-|w| / scale).
///
/// Above 0 it is a normal of mean `mean - variance / scale`, below 0 one of mean `mean + variance / scale`, both with
/// the same variance and cut off at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaplaceTilt {
    /// Share of the mass above 0.
    pub p_positive: f64,
    sd: f64,
    /// Location of the upper piece, in sd.
    above: f64,
    /// Location of the mirrored lower piece, in sd.
    below: f64,
    /// What is beyond 0 in either piece.
    tail_above: Tail,
    tail_below: Tail,
}

/// Mean and variance of a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Mean.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
}

impl LaplaceTilt {
    /// The tilted distribution of a Gaussian with that mean and (positive) variance.
    pub fn new(mean: f64, variance: f64, scale: f64) -> Self {
        let sd = variance.sqrt();
        let (m, pull) = (mean / sd, sd / scale);
        let (above, below) = (m - pull, -m - pull);
        let (tail_above, tail_below) = (Tail::beyond(-above), Tail::beyond(-below));
        // Both pieces have the same density at 0, so their masses are as their Mills' ratios, 1 / hazard. Only one of the
        // hazards can vanish: the locations add up to -2 pull.
        let p_positive = tail_below.hazard / (tail_above.hazard + tail_below.hazard);
        Self { p_positive, sd, above, below, tail_above, tail_below }
    }

    /// Mean and variance.
    pub fn moments(&self) -> Moments {
        let (above, below) = (&self.tail_above, &self.tail_below);
        let p = self.p_positive;
        // Both excesses are distances from 0, the lower one downwards.
        let (up, down) = (above.mean_excess, -below.mean_excess);
        let mean = p * up + (1.0 - p) * down;
        let variance =
            p * above.variance + (1.0 - p) * below.variance + p * (1.0 - p) * (up - down) * (up - down);
        Moments { mean: self.sd * mean, variance: self.sd * self.sd * variance }
    }

    /// The w with the share `q` of the mass below it, 0 < q < 1.
    pub fn quantile(&self, q: f64) -> f64 {
        let p_negative = 1.0 - self.p_positive;
        if q < p_negative {
            -self.sd * truncated_upper_quantile(-self.below, q / p_negative)
        } else {
            self.sd * truncated_upper_quantile(-self.above, ((1.0 - q) / self.p_positive).min(1.0))
        }
    }

    /// The w at the quantile where a standard normal has z; exact in both tails, where Phi(z) rounds to 0 or 1.
    pub fn at_score(&self, z: f64) -> f64 {
        let p_negative = 1.0 - self.p_positive;
        let (below, above) = (normal::cdf(z), normal::cdf(-z));
        if below < p_negative {
            -self.sd * truncated_upper_quantile(-self.below, (below / p_negative).max(f64::MIN_POSITIVE))
        } else {
            self.sd
                * truncated_upper_quantile(
                    -self.above,
                    (above / self.p_positive).clamp(f64::MIN_POSITIVE, 1.0),
                )
        }
    }

    /// Share of the mass below w.
    pub fn cdf(&self, w: f64) -> f64 {
        let beyond = |x: f64, location: f64| {
            let x = x / self.sd;
            let hazards = Tail::beyond(x - location).hazard / Tail::beyond(-location).hazard;
            (-x * (0.5 * x - location)).exp() / hazards
        };
        if w < 0.0 {
            (1.0 - self.p_positive) * beyond(-w, self.below)
        } else {
            1.0 - self.p_positive * beyond(w, self.above)
        }
    }

    /// ln density at w, up to a constant that is the same for every w.
    pub fn ln_density(&self, w: f64) -> f64 {
        let x = w.abs() / self.sd;
        let location = if w < 0.0 { self.below } else { self.above };
        // Both pieces meet at 0, so each is measured from its own location.
        -0.5 * x * (x - 2.0 * location)
    }

    /// ln of the density at 0, which [`LaplaceTilt::ln_density`] leaves out.
    pub fn ln_density_at_0(&self) -> f64 {
        // Both pieces have the same density there.
        let (p, tail) = if self.p_positive > 0.5 {
            (self.p_positive, self.tail_above)
        } else {
            (1.0 - self.p_positive, self.tail_below)
        };
        (p * tail.hazard / self.sd).ln()
    }

    /// One draw.
    pub fn sample(&self, rng: &mut impl rand::Rng) -> f64 {
        self.quantile(rng.random_range(f64::EPSILON..1.0))
    }
}

/// The x >= 0 with P(Z > z0 + x | Z > z0) = u, for a standard normal Z and 0 < u <= 1.
fn truncated_upper_quantile(z0: f64, u: f64) -> f64 {
    if z0 < 30.0 {
        let x = -normal::quantile(u * normal::cdf(-z0)) - z0;
        return x.max(0.0);
    }
    // Too far out for the distribution function: start from the exponential limit, then Newton on the log survival.
    // ln P(Z > z) = -z^2/2 - ln hazard(z) + constant, so the squares cancel by hand before they cancel digits.
    let ln_u = u.ln();
    let start = Tail::beyond(z0).hazard;
    let mut x = -ln_u / z0;
    for _ in 0..4 {
        let hazard = Tail::beyond(z0 + x).hazard;
        let miss = -x * (z0 + 0.5 * x) - (hazard / start).ln() - ln_u;
        x = (x + miss / hazard).max(0.0);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The slow plain twin: moments by the trapezium rule on a fine grid.
    fn by_grid(mean: f64, variance: f64, scale: f64) -> (f64, f64, f64) {
        let sd = variance.sqrt();
        let shift = variance / scale;
        let (low, high) = ((mean - shift).min(0.0) - 12.0 * sd, (mean + shift).max(0.0) + 12.0 * sd);
        let n = 2_000_000;
        let step = (high - low) / f64::from(n);
        let log = |w: f64| -0.5 * (w - mean).powi(2) / variance - w.abs() / scale;
        let peak =
            (0..=2000).map(|i| log(low + (high - low) * f64::from(i) / 2000.0)).fold(log(0.0), f64::max);
        let (mut m0, mut m1, mut m2, mut above) = (0.0, 0.0, 0.0, 0.0);
        for i in 0..=n {
            let w = low + step * f64::from(i);
            let f = (log(w) - peak).exp();
            m0 += f;
            m1 += f * w;
            m2 += f * w * w;
            above += if w.abs() < 0.5 * step {
                0.5 * f
            } else if w > 0.0 {
                f
            } else {
                0.0
            };
        }
        (m1 / m0, m2 / m0 - (m1 / m0).powi(2), above / m0)
    }

    #[test]
    fn moments_agree_with_a_fine_grid() {
        for (mean, variance, scale) in [
            (0.1, 0.02, 0.1),
            (0.0, 1.0, 0.1),
            (-0.5, 0.01, 0.1),
            (3.0, 0.5, 0.05),
            (0.02, 1e-4, 0.1),
            (1.0, 4.0, 0.1),
        ] {
            let tilt = LaplaceTilt::new(mean, variance, scale);
            let moments = tilt.moments();
            let (m, v, p) = by_grid(mean, variance, scale);
            let sd = v.sqrt();
            assert!((moments.mean - m).abs() < 1e-5 * sd, "{mean} {variance}: {} {m}", moments.mean);
            assert!((moments.variance / v - 1.0).abs() < 1e-5, "{mean} {variance}: {} {v}", moments.variance);
            assert!((tilt.p_positive - p).abs() < 1e-4);
        }
    }

    #[test]
    fn without_information_it_is_the_prior() {
        let tilt = LaplaceTilt::new(0.0, 1e12, 0.1);
        let moments = tilt.moments();
        assert!(moments.mean.abs() < 1e-9);
        assert!((moments.variance / 0.02 - 1.0).abs() < 1e-6, "{}", moments.variance);
        assert!((tilt.quantile(0.05) - 0.1 * (0.1_f64).ln()).abs() < 1e-6);
        assert!((tilt.quantile(0.5)).abs() < 1e-9);
    }

    #[test]
    fn quantiles_invert_the_distribution() {
        for (mean, variance, scale) in [(0.1, 0.02, 0.1), (-4.0, 0.3, 0.1), (0.0, 25.0, 0.1), (0.3, 1e6, 0.1)]
        {
            let tilt = LaplaceTilt::new(mean, variance, scale);
            for i in 1..200 {
                let q = f64::from(i) / 200.0;
                let w = tilt.quantile(q);
                assert!((tilt.cdf(w) - q).abs() < 1e-9, "{mean} {variance} {q}: {w} {}", tilt.cdf(w));
            }
        }
    }
}
