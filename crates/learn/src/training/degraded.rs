//! Which completions have lost which share of their key phrases, and what distinguishes them.

use crate::model::Id;

/// A completion of which key phrases were removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Degraded {
    /// What is left of it, as tokens; the whole for the first class.
    pub tokens: Vec<u32>,
    /// Which of the shares was removed, from 0.
    pub class: usize,
}

/// What the loss needs.
pub(super) struct Degrees {
    pub(super) head: Id,
    pub(super) weight: f64,
    /// By example.
    pub(super) completions: Vec<Vec<Degraded>>,
}
