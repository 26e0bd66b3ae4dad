//! The one door of Predilect: every front end opens a study here and asks it.
//!
//! Only this crate joins reading, rating, asking models and analysing. It knows no flags, prints nothing and draws no bars: errors say
//! what helps by a [`Remedy`], long work is told to a [`Watch`], and results are plain values.
//!
//! ```
//! use predilect_workbench::{DissectOptions, Example, Inputs, SliceOptions, Unwatched, Workbench};
//!
//! let inputs = Inputs { files: &[], example: Some(Example::LocalJudge), options: &Default::default() };
//! let bench = Workbench::of(&inputs, None, &Unwatched)?;
//! let slice = SliceOptions { grammar: false, ..SliceOptions::default() };
//! let found = bench.dissect(&slice, DissectOptions::default(), &Unwatched)?;
//! assert_eq!(found.dissection.data.pairs, 320);
//! # Ok::<(), predilect_workbench::Error>(())
//! ```

mod ask;
pub mod compare;
mod dissect;
mod error;
pub mod figures;
pub mod files;
mod filter;
pub mod fits;
mod open;
mod prepared;
pub mod rank;
mod slice;
pub mod studies;
pub mod tables;
mod versus;
mod watch;

pub use dissect::{DissectOptions, DissectRequest, Dissected, Furthest, KeptWeight, MOST_WITH_GAINS, Moved};
pub use error::{Error, Kind, Remedy, Result};
pub use filter::{Filter, FilterError};
pub use open::{Example, Inputs, Workbench, import};
pub use predilect_text::RATES_GRAMMAR;
pub use slice::{Slice, SliceOptions};
pub use versus::Other;
pub use watch::{Event, Step, Unwatched, Watch};
