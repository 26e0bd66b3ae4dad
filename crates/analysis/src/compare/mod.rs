//! Judges side by side.

mod likeness;
mod weights;

pub use likeness::{ClusterGroup, Clusters, Likeness, LikenessOptions, Place, TreeJoin, likeness};
pub use weights::{CASES, WeightTable};
