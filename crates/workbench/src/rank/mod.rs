//! Who competes with whom, and who won: in files, in studies, against a baseline.

mod against;
mod contest;

pub use against::{AgainstBaseline, against_baseline};
pub use contest::{ContestOptions, FEW_VERDICTS, Gathered, LeftOut, controlled, plain};
