//! What the reference says, kept to be compared with what the policy says later.

/// What the reference says at some tokens of one pair.
pub(super) struct Compared {
    pub(super) example: usize,
    /// Places among the targets of the pair's tree.
    pub(super) targets: Vec<usize>,
    /// `ln ref` of every token of the vocabulary at each of them, `[targets, vocabulary]`.
    pub(super) reference: Vec<f32>,
}
