//! Verdicts to a leaderboard, raw or with properties held equal.

mod battles;
mod board;
mod held_equal;
mod length;
mod method;
mod resampled;
mod scale;
mod scored;
mod separable;

pub use battles::Battles;
pub(crate) use battles::field;
pub use board::{leaderboard, leaderboards};
pub use length::{
    Against, Difficulties, LcOptions, PUBLISHED_BASELINE, length_controlled_board, published_difficulty,
};
pub use method::{RankMethod, RankOptions};
