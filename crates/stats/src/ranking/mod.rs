//! Which competitor is how strong? Ratings from paired comparisons, with intervals.

mod apart;
mod cells;
mod changes;
mod controlled;
mod curvature;
mod difficulty;
mod elo;
mod errors;
mod fit;
mod likelihood;
mod model;
mod order;
mod posterior;
mod rate;

pub use apart::{OneWay, never_met};
pub use changes::{Change, Fitted, changes};
pub use controlled::{Beside, LengthControlled, Variant, length_controlled, standardised};
pub use difficulty::{Difficulty, Faced, instruction_difficulty};
pub use elo::{Elo, elo};
pub use errors::Robust;
pub use fit::{Origin, Ranking, RankingError, RankingOptions, rank};
pub use likelihood::{Ties, Weights};
pub use order::{Standing, ranks, standings, standings_apart, standings_at_worst};
pub use rate::{WinRate, win_rates};

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
