//! What the posterior of the preference model is, by draws: NUTS with several chains and full diagnostics.

use std::collections::HashMap;

use nuts_rs::{Chain, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError, Settings};
use predilect_stats::diagnostics::{Diagnostics, diagnose};
use predilect_stats::{Likelihood, Marginal, Precision, Prior, Regression};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::smooth;

/// How much to draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NutsOptions {
    /// Chains, at least 1; four let R-hat see disagreement.
    pub chains: usize,
    /// Draws kept of each chain, at least 4.
    pub draws: usize,
    /// Tuning steps of each chain, thrown away.
    pub tune: usize,
    /// Seed; each chain uses a separate stream.
    pub seed: u64,
    /// Floats of the sum over rows.
    #[serde(skip, default = "single")]
    pub precision: Precision,
}

fn single() -> Precision {
    Precision::Single
}

impl Default for NutsOptions {
    /// 4 x (500 + 2000), as the paper.
    fn default() -> Self {
        Self { chains: 4, draws: 2000, tune: 500, seed: 0, precision: Precision::Single }
    }
}

/// Why there are no draws.
#[derive(Debug, thiserror::Error)]
pub enum NutsError {
    /// The options leave too few draws for diagnostics.
    #[error("NUTS needs at least 1 chain and 4 draws, got {chains} and {draws}")]
    TooFew {
        /// Chains asked for.
        chains: usize,
        /// Draws asked for.
        draws: usize,
    },
    /// The sampler gave up.
    #[error("NUTS stopped: {0}")]
    Sampler(String),
}

/// A posterior by NUTS.
#[derive(Debug, Clone, PartialEq)]
pub struct NutsPosterior {
    /// Per weight: summary of all draws.
    pub marginals: Vec<Marginal>,
    /// Per weight: mixing.
    pub diagnostics: Vec<Diagnostics>,
    /// Divergent transitions after tuning.
    pub divergences: usize,
    /// All draws, chain after chain, row-major: `chains * draws` rows of one weight vector each.
    pub draws: Vec<f64>,
    /// Gradient evaluations, tuning included.
    pub gradients: u64,
    /// `None` if the draws can be trusted, else the reason they cannot.
    pub problem: Option<String>,
}

/// Samples the posterior.
///
/// Trusted when every R-hat is below 1.01, every bulk and tail ESS above 100 a chain, and no transition diverged; the
/// thresholds are those of Vehtari et al. (2021).
///
/// # Errors
/// Options with too few draws for diagnostics, or a sampler that cannot continue.
pub fn nuts(regression: &Regression, options: &NutsOptions) -> Result<NutsPosterior, NutsError> {
    if options.chains == 0 || options.draws < 4 {
        return Err(NutsError::TooFew { chains: options.chains, draws: options.draws });
    }
    let d = regression.columns();
    let settings = DiagNutsSettings {
        num_tune: options.tune as u64,
        num_draws: options.draws as u64,
        maxdepth: 10,
        num_chains: options.chains,
        seed: options.seed,
        ..DiagNutsSettings::default()
    };
    let failed = |error: &dyn std::fmt::Display| NutsError::Sampler(error.to_string());
    let mut draws = Vec::with_capacity(options.chains * options.draws * d);
    let (mut divergences, mut gradients) = (0, 0);
    for chain in 0..options.chains {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(chain as u64 + 1);
        let density = Density::new(regression, options.precision);
        let mut sampler =
            settings.new_chain(chain as u64, CpuMath::new(density), &mut rng).map_err(|e| failed(&e))?;
        // Starts are spread over the prior, so that chains which agree have forgotten them.
        let start: Vec<f64> = (0..d).map(|_| rng.random_range(-1.0..1.0)).collect();
        sampler.set_position(&start).map_err(|e| failed(&e))?;
        for step in 0..options.tune + options.draws {
            let (position, progress) = sampler.draw().map_err(|e| failed(&e))?;
            gradients += progress.num_gradients;
            if step >= options.tune {
                divergences += usize::from(progress.diverging);
                draws.extend(
                    position.iter().zip(regression.priors()).map(|(&u, &prior)| smooth::weight(prior, u)),
                );
            }
        }
    }
    let mut marginals = Vec::with_capacity(d);
    let mut diagnostics = Vec::with_capacity(d);
    for j in 0..d {
        let column: Vec<f64> = draws.iter().skip(j).step_by(d).copied().collect();
        let chains: Vec<&[f64]> = column.chunks(options.draws).collect();
        diagnostics.push(diagnose(&chains));
        marginals.push(Marginal::of_draws(&column));
    }
    let problem = complaint(&diagnostics, divergences, options.chains);
    Ok(NutsPosterior { marginals, diagnostics, divergences, draws, gradients, problem })
}

/// What speaks against the draws.
fn complaint(diagnostics: &[Diagnostics], divergences: usize, chains: usize) -> Option<String> {
    // `max` and `min` pass over NaN, which a weight without variation has; the comparisons below must not.
    let worst = |of: fn(&Diagnostics) -> f64| diagnostics.iter().map(of);
    if divergences > 0 {
        return Some(format!("{divergences} divergent transitions"));
    }
    if let Some(rhat) = worst(|d| d.rhat).find(|rhat| rhat.is_nan() || *rhat >= 1.01) {
        return Some(format!("R-hat of {rhat:.3} is not below 1.01"));
    }
    let needed = 100.0 * chains as f64;
    let ess = worst(|d| d.ess_bulk.min(d.ess_tail)).find(|ess| ess.is_nan() || *ess < needed)?;
    Some(format!("effective sample size of {ess:.0} is below {needed:.0}"))
}

/// The log posterior over u; see [`smooth`].
struct Density {
    likelihood: Likelihood,
    priors: Vec<Prior>,
    weights: Vec<f64>,
}

impl Density {
    fn new(regression: &Regression, precision: Precision) -> Self {
        Self {
            likelihood: Likelihood::new(regression, precision),
            priors: regression.priors().to_vec(),
            weights: vec![0.0; regression.columns()],
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the log posterior is not finite here")]
struct NotFinite;

impl LogpError for NotFinite {
    fn is_recoverable(&self) -> bool {
        true
    }
}

impl HasDims for Density {
    fn dim_sizes(&self) -> HashMap<String, u64> {
        HashMap::from([("unconstrained_parameter".to_owned(), self.priors.len() as u64)])
    }
}

impl CpuLogpFunc for Density {
    type LogpError = NotFinite;
    type FlowParameters = ();
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.priors.len()
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, NotFinite> {
        for ((w, &u), &prior) in self.weights.iter_mut().zip(position).zip(&self.priors) {
            *w = smooth::weight(prior, u);
        }
        let likelihood = self.likelihood.value_and_gradient(&self.weights, gradient);
        let value = likelihood + smooth::add_prior(&self.priors, position, gradient);
        if value.is_finite() { Ok(value) } else { Err(NotFinite) }
    }

    fn expand_vector<R: rand::Rng + ?Sized>(
        &mut self,
        _rng: &mut R,
        position: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(position.to_vec())
    }
}
