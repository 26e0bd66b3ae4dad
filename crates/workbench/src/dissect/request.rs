//! What is asked of a dissection, as data: it is kept with the results, and the same can be run again from it.

use predilect_analysis::FitOptions;
use serde::{Deserialize, Serialize};

use crate::slice::SliceOptions;

/// What decides the figures of a dissection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DissectRequest {
    /// What is compared, grouped and counted.
    pub slice: SliceOptions,
    /// How fits are made.
    pub fit: FitOptions,
    /// Whether what each property adds on unseen verdicts is said, however many there are.
    pub gains: bool,
}
