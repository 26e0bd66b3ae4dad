//! What is a run of `verify` that is ready?

use predilect_types::Pair;
use predilect_workbench::laboratory::Laboratory;
use predilect_workbench::{JudgeWeights, Writer};
use serde_json::Value;

use crate::request::VerifyRequest;

/// The verb, as the study knows it.
pub(super) const VERB: &str = "verify";

/// An edit that is asked of a model.
pub(super) struct Rewrite {
    pub(super) property: String,
    pub(super) more: bool,
    pub(super) line: String,
}

/// A run that is ready.
pub struct Verifying {
    pub(super) request: VerifyRequest,
    pub(super) lab: Laboratory,
    pub(super) settings: Value,
    /// The pairs of the study, in an order drawn by seed: one of every prompt, then a second one, and so on.
    pub(super) pairs: Vec<Pair>,
    pub(super) weights: Option<JudgeWeights>,
    pub(super) writer: Option<Writer>,
    pub(super) rewrites: Vec<Rewrite>,
    /// Properties that the annotator rates, by id; none without one.
    pub(super) by_annotator: Vec<String>,
    pub(super) remarks: Vec<String>,
}
