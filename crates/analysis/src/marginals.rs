//! What is said of a weight, by its marginal posterior?

use predilect_results::Weight;
use predilect_stats::{EpPosterior, Marginal};

pub(crate) fn ep_weights(fit: &EpPosterior) -> Vec<Weight> {
    fit.marginals.iter().map(|m| Weight { mcse_mean: Some(0.0), ..weight(m) }).collect()
}

pub(crate) fn weight(m: &Marginal) -> Weight {
    Weight {
        property: String::new(),
        mean: m.mean,
        sd: m.sd,
        q05: m.q05,
        q50: m.q50,
        q95: m.q95,
        p_positive: m.p_positive,
        rhat: None,
        ess_bulk: None,
        ess_tail: None,
        mcse_mean: None,
        effective_units: None,
    }
}
