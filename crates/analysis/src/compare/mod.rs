//! Judges side by side: what they reward alike, where they differ, how far they agree.

mod agreement;
mod contrasts;
mod likeness;
mod weights;

pub use agreement::{Interval, JudgeAgreement, agreements};
pub use contrasts::{Contrast, contrasts};
pub use likeness::{ClusterGroup, Clusters, Likeness, LikenessOptions, Place, TreeJoin, likeness};
pub use weights::{CASES, WeightTable};
