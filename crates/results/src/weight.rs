//! What does a property weigh in a fit, and how sure is that?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The posterior of one weight. Log-odds that A is preferred when A alone has more of the property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Weight {
    /// The property's id (or column, or term).
    pub property: String,
    /// Posterior mean.
    pub mean: f64,
    /// Posterior standard deviation.
    pub sd: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// P(w > 0).
    pub p_positive: f64,
    /// NUTS: rank-normalised split R-hat.
    pub rhat: Option<f64>,
    /// NUTS: bulk effective sample size.
    pub ess_bulk: Option<f64>,
    /// NUTS: tail effective sample size.
    pub ess_tail: Option<f64>,
    /// Monte Carlo standard error of the mean; 0 for EP.
    pub mcse_mean: Option<f64>,
    /// How many prompts (or other units) with equal influence would determine this weight as well; `None` if every verdict counts as
    /// independent.
    #[serde(default)]
    pub effective_units: Option<f64>,
}

impl Weight {
    /// Preference intensity in %: 100 x sigmoid(mean).
    pub fn intensity(&self) -> f64 {
        intensity(self.mean)
    }

    /// Preference intensity at the 5 % and 95 % quantiles.
    pub fn interval(&self) -> (f64, f64) {
        (intensity(self.q05), intensity(self.q95))
    }

    /// Whether nothing was seen of it: no pair of the fit differs in the property, so that this is the prior, which is centred at 0.
    pub fn unseen(&self) -> bool {
        self.mean == 0.0 && self.p_positive == 0.5
    }

    /// The probability of the more probable sign, 0.5..1.
    pub fn p_sign(&self) -> f64 {
        self.p_positive.max(1.0 - self.p_positive)
    }
}

/// The preference intensity of a weight: 100 sigmoid(w), in 0..=100. How often, in %, A wins when A alone has more of the property. Written
/// out, since this crate does not depend on the statistics crate.
#[must_use]
pub fn intensity(weight: f64) -> f64 {
    100.0 / (1.0 + (-weight).exp())
}
