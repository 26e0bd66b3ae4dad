//! Judges side by side: what they reward alike, where they differ, how far they agree.

mod agreement;
mod contrasts;
mod likeness;
mod profiles;
mod weights;

pub use agreement::{Interval, JudgeAgreement, agreements};
pub use contrasts::{Contrast, contrasts};
pub use likeness::{ClusterGroup, Clusters, Likeness, LikenessOptions, Place, TreeJoin, likeness};
pub use profiles::{Intensity, Profile, profiles};
pub use weights::{CASES, WeightTable};

use serde::Serialize;

use crate::result::Skipped;

/// Everything that one run of `compare` found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Comparison {
    /// Who rewards alike.
    #[serde(flatten)]
    pub likeness: Likeness,
    /// What each judge rewards.
    pub dissections: Vec<Profile>,
    /// How far judges of the same pairs agree.
    pub agreement: Vec<JudgeAgreement>,
    /// Where they differ, the surest first.
    pub contrasts: Vec<Contrast>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
}
