//! Densities to posterior draws by NUTS, with diagnostics: the gold standard beside expectation propagation.
//!
//! The sampler is nuts-rs; the density is that of [`predilect_stats::Problem`] after a change of variable that removes
//! the kink of the Laplace prior ([`smooth`]).

mod nuts;
pub mod smooth;

pub use nuts::{NutsError, NutsOptions, NutsPosterior, nuts};
