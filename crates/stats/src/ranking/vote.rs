//! What is one comparison of two competitors?

/// One comparison of two competitors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vote {
    /// The first competitor.
    pub a: u32,
    /// The second one.
    pub b: u32,
    /// 1 when the first is preferred, 0 when the second is, 0.5 for a tie; anything between for a soft verdict.
    pub y: f32,
    /// How much it counts, 0 or more.
    pub weight: f32,
    /// Votes of one cluster (a prompt, say) depend on each other.
    pub cluster: u64,
}
