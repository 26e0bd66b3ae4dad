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
mod groups;
mod left_out;
mod likelihood;
mod model;
mod order;
mod posterior;
mod rate;
mod vote;

pub use apart::{OneWay, never_met};
pub use changes::{Change, changes};
pub use controlled::{Beside, LengthControlled, Variant, length_controlled, standardised};
pub use difficulty::{Difficulty, Faced, instruction_difficulty};
pub use elo::{Elo, elo};
pub use errors::Robust;
pub use fit::{Origin, Ranking, RankingError, RankingOptions, Top, rank, rank_from};
pub use left_out::Fitted;
pub use likelihood::{Ties, Weights};
pub use order::{Standing, ranks, standings, standings_apart, standings_at_worst};
pub use rate::{WinRate, win_rates};
pub use vote::Vote;
