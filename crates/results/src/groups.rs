//! The names of groups that are not values of a field.

/// The name of the group that contains every pair.
pub const ALL: &str = "all";
/// The name under which verdicts on pairs without a group are reported; they count in [`ALL`] only.
pub const NONE: &str = "(no group)";
