//! How what was written is rated by text analysis.

use predilect_types::Pair;
use predilect_workbench::{PairRatings, Result, Unwatched, Watch, text_ratings};

/// Ratings of pairs, even if the run was stopped: what was answered until then is still reported.
pub(crate) fn rated(pairs: &[Pair], grammar: bool, watch: &dyn Watch) -> Result<PairRatings> {
    if watch.cancelled() {
        text_ratings(pairs, grammar, &Unwatched)
    } else {
        text_ratings(pairs, grammar, watch)
    }
}
