//! Densities to posterior draws by NUTS, with diagnostics: the gold standard that expectation propagation is checked against.
//!
//! The sampler is nuts-rs; the density is that of [`predilect_stats::Regression`] after a change of variable that removes
//! the kink of the Laplace prior ([`smooth`]).
//!
//! ```
//! use predilect_bayes::{NutsOptions, nuts};
//! use predilect_stats::{Prior, Regression};
//!
//! // Length won nine verdicts of ten.
//! let (longer, a_won) = ([1; 10], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
//! let regression = Regression::of_small(&longer, &a_won, None, &[Prior::Normal { sd: 1.0 }]).expect("numbers");
//! let found = nuts(&regression, &NutsOptions::default()).expect("draws");
//! assert!(found.marginals[0].p_positive > 0.95);
//! ```

mod nuts;
pub mod smooth;

pub use nuts::{NutsError, NutsOptions, NutsPosterior, nuts};
