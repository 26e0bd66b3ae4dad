//! What a posterior says about one weight.

use crate::laplace::LaplaceTilt;
use crate::normal;

/// A marginal distribution in closed form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A Gaussian: weights under a normal prior.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// A Gaussian times a Laplace prior.
    Laplace(LaplaceTilt),
}

impl Shape {
    /// The mean.
    pub fn mean(&self) -> f64 {
        match self {
            Self::Normal { mean, .. } => *mean,
            Self::Laplace(tilt) => tilt.moments().mean,
        }
    }

    /// The w with the share `q` of the mass below it, 0 < q < 1.
    pub fn quantile(&self, q: f64) -> f64 {
        match self {
            Self::Normal { mean, sd } => mean + sd * normal::quantile(q),
            Self::Laplace(tilt) => tilt.quantile(q),
        }
    }

    /// Share of the mass below w.
    pub fn cdf(&self, w: f64) -> f64 {
        match self {
            Self::Normal { mean, sd } => normal::cdf((w - mean) / sd),
            Self::Laplace(tilt) => tilt.cdf(w),
        }
    }

    /// ln density at w, up to a constant that is the same for every w.
    pub fn ln_density(&self, w: f64) -> f64 {
        match self {
            Self::Normal { mean, sd } => -0.5 * ((w - mean) / sd).powi(2),
            Self::Laplace(tilt) => tilt.ln_density(w),
        }
    }
}

/// The posterior of one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Marginal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// P(w > 0).
    pub p_positive: f64,
    /// The distribution, where it is known in closed form.
    pub shape: Option<Shape>,
}

impl Marginal {
    /// Reads everything off a closed form.
    pub fn of_shape(shape: Shape) -> Self {
        let (mean, sd, p_positive) = match &shape {
            Shape::Normal { mean, sd } => (*mean, *sd, normal::cdf(mean / sd)),
            Shape::Laplace(tilt) => {
                let moments = tilt.moments();
                (moments.mean, moments.variance.sqrt(), tilt.p_positive)
            }
        };
        let quantile = |q| shape.quantile(q);
        Self {
            mean,
            sd,
            q05: quantile(0.05),
            q50: quantile(0.5),
            q95: quantile(0.95),
            p_positive,
            shape: Some(shape),
        }
    }

    /// Summarises draws (at least one). The sd divides by n - 1; quantiles interpolate linearly between order statistics.
    pub fn of_draws(draws: &[f64]) -> Self {
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let square = draws.iter().map(|w| (w - mean).powi(2)).sum::<f64>();
        let mut sorted = draws.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Self {
            mean,
            sd: (square / (n - 1.0).max(1.0)).sqrt(),
            q05: sorted_quantile(&sorted, 0.05),
            q50: sorted_quantile(&sorted, 0.5),
            q95: sorted_quantile(&sorted, 0.95),
            p_positive: draws.iter().filter(|&&w| w > 0.0).count() as f64 / n,
            shape: None,
        }
    }
}

/// The quantile of sorted values by linear interpolation: position q (n - 1); NaN of an empty slice.
pub fn sorted_quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = q * last as f64;
    let low = at.floor() as usize;
    let share = at - low as f64;
    sorted[low] + share * (sorted[(low + 1).min(last)] - sorted[low])
}
