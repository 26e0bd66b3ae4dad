//! What is settled before the first call?

use predilect_annotate::rate::RateOptions;
use predilect_data::PropertySet;
use predilect_llm::{Enforce, Model, RunOptions};

/// Where reference answers come from.
pub(super) enum Reference {
    None,
    Field(String),
    Model { model: Box<dyn Model>, run: RunOptions },
}

/// Everything that is settled before the first call.
pub(super) struct Job {
    pub(super) annotator: String,
    pub(super) model: Box<dyn Model>,
    pub(super) run: RunOptions,
    pub(super) reference: Reference,
    pub(super) options: RateOptions,
    pub(super) set: PropertySet,
    pub(super) enforce: Enforce,
    /// Whether requests without a scenario are sorted into one.
    pub(super) scenarios: bool,
}
