//! Given numbers, what is the estimate and how sure: the preference model and its posterior.
//!
//! This crate knows no files, clocks, tables or requests: numbers in, an explicit random generator where one is needed, numbers out. Words
//! and formulas are those of Li et al. 2024 (*Dissecting Human and LLM Preferences*) unless a function says otherwise.
//!
//! ```
//! use predilect_stats::{EpOptions, Prior, Regression, ep};
//!
//! // Ten pairs: is A the longer response (1) or B (-1), and did A win?
//! let longer = [1, 1, 1, 1, 1, -1, -1, -1, 1, -1];
//! let a_won = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
//! let regression = Regression::of_small(&longer, &a_won, None, &[Prior::Laplace { scale: 1.0 }])?;
//! let fit = ep(&regression, &EpOptions::default());
//! assert!(fit.converged && fit.marginals[0].mean > 0.0 && fit.marginals[0].p_positive > 0.8);
//! # Ok::<(), predilect_stats::RegressionError>(())
//! ```

// Vector code is written for the optimiser: inlined into one dispatch, indexed by register number.
#![allow(clippy::inline_always, clippy::needless_range_loop)]

pub mod agreement;
pub mod cluster;
pub mod diagnostics;
pub mod discoveries;
pub mod ep;
pub mod evaluate;
pub mod evidence;
pub mod importance;
mod lanes;
pub mod laplace;
pub mod leave_out;
mod likelihood;
mod linalg;
mod logistic;
pub mod logit;
pub mod map;
pub mod normal;
pub mod pareto;
pub mod posterior;
mod quadrature;
pub mod ranking;
pub mod ratio;
mod regression;
pub mod resample;
mod rows;
mod score_map;
pub mod shapley;
pub mod similarity;
mod spd;
pub mod student;
#[cfg(test)]
mod testing;
mod wide;

pub use ep::{EpOptions, EpPosterior, Folds, ep, held_out_means};
pub use likelihood::{Likelihood, Precision};
pub use logistic::{log_sigmoid, sigmoid};
pub use posterior::{Marginal, Shape};
pub use regression::{Observed, Prior, Regression, RegressionError};
