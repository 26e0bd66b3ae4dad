//! What does a language model prefer: which questions make a verdict, and which verdict do the answers make?

mod attacks;
mod options;
mod prompt;
mod read;
mod summary;

use predilect_types::Pair;

use crate::draw::drawn;

pub use attacks::{ATTACKS, Attack, attack_success};
pub use options::{Ask, JudgeOptions, Method, Orders, Shown};
pub use predilect_results::asked::{AttackSuccess, JudgeFigures};
pub(crate) use prompt::turns;
pub use read::{Call, Judged, calls_of, judged};
pub use summary::Tally;

/// The questions that make one verdict.
pub fn asks(pair: &Pair, options: &JudgeOptions) -> Vec<Ask> {
    let shown: &[Shown] = match (options.method, options.orders) {
        (method, _) if method.is_single() => &[Shown::A, Shown::B],
        (_, Orders::Both) => &[Shown::Ab, Shown::Ba],
        (_, Orders::Ab) => &[Shown::Ab],
        (_, Orders::Random) if drawn(&pair.id, options.seed) => &[Shown::Ab],
        (_, Orders::Random) => &[Shown::Ba],
    };
    shown.iter().map(|&shown| Ask { shown, request: prompt::request(pair, shown, options) }).collect()
}
