//! Study tables to result tables: comparisons, fits, dissections.
//!
//! The crate sees tables in memory, never files: [`table::FeatureTable`] in, [`predilect_results`] out.
//!
//! ```
//! // What a verdict would tell about a weight of which nothing is known but its prior, N(0, 2): as much as a coin's toss.
//! let gain = predilect_analysis::labelling::gain(&[1.0], &[0.0], &[4.0]);
//! assert!((gain - 2.0_f64.ln()).abs() < 1e-15);
//! ```

pub mod cautions;
pub mod compare;
pub mod dissect;
mod encode;
pub mod examples;
pub mod explain;
mod fit;
mod fit_options;
pub mod gains;
pub mod headline;
mod keep_going;
pub mod labelling;
mod length_beside;
pub mod limits;
mod marginals;
mod over_units;
pub mod people;
mod posterior;
mod quality;
pub mod ranking;
mod refit;
mod refusal;
mod rows;
pub mod summary;
pub mod table;
mod terms;
mod units;
mod unknown;
pub mod values;
mod without_terms;

pub use dissect::{FitEvent, dissect};
pub use encode::{Encoding, relative};
pub use fit::drawn;
pub use fit_options::{Draws, Engine, FitOptions, PriorChoice};
pub use posterior::{Fitted, posterior};
pub use refusal::Refusal;
pub use table::Unit;
pub use terms::Terms;
pub use unknown::UnknownWord;
