//! How a study in memory becomes a table that can be fitted: comparing, grouping, counting.

mod agreements;
mod costs;
mod features;
mod made;
mod making;
mod notes;
mod options;
mod ratings;
mod rows;
pub(crate) mod said;
mod subsets;
mod tried;
mod units;
mod verdicts;
mod which;
mod whole;

pub use made::Slice;
pub use options::SliceOptions;
pub(crate) use ratings::keep_ratings;
pub(crate) use rows::rows_of;
pub(crate) use said::group_name;
pub(crate) use subsets::told_apart;
pub(crate) use which::taken;
pub(crate) use whole::{Whole, WholeKey};
