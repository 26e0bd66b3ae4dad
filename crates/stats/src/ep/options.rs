//! What a fit is asked, and what it gives.

use crate::posterior::Marginal;

/// How long and how exactly to iterate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpOptions {
    /// Largest distance from the fixed point, of a mean (in posterior sd) and of a variance (relative), at which the fit
    /// has converged; foretold from the last two changes.
    pub tolerance: f64,
    /// Iterations after which it has not.
    pub max_iterations: usize,
}

impl Default for EpOptions {
    fn default() -> Self {
        Self { tolerance: 1e-6, max_iterations: 100 }
    }
}

/// A posterior by expectation propagation.
#[derive(Debug, Clone, PartialEq)]
pub struct EpPosterior {
    /// Per weight: the tilted marginal and what it says.
    pub marginals: Vec<Marginal>,
    /// Means of the Gaussian approximation.
    pub mean: Vec<f64>,
    /// Covariance of the Gaussian approximation, row-major.
    pub covariance: Vec<f64>,
    /// Iterations taken.
    pub iterations: usize,
    /// Whether the sites came to rest within the tolerance.
    pub converged: bool,
}
