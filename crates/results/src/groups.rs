//! What are the groups called that are no value of a field?

/// The name of the group that holds every pair.
pub const ALL: &str = "all";
/// The name under which verdicts on pairs without a group are reported; they count in [`ALL`] only.
pub const NONE: &str = "(no group)";
