//! Which models compete, and which won: in files, in studies, against a baseline.

mod against;
mod battles;
mod board;
mod held;
mod kept;
mod refused;

pub use against::difficulty_of;
pub use board::{LcRequest, RankRequest, Ranked, RankedLc, by_strength, rank, rank_lc};
pub use held::{HELD, HELD_AS, STYLE, held_by};
pub use predilect_analysis::ranking::{
    Against, Difficulties, LcOptions, PUBLISHED_BASELINE, RankMethod, length_controlled_board,
};
