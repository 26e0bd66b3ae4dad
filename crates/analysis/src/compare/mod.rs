//! Judges side by side: what they reward alike, where they differ, how far they agree.

mod accuracy;
mod agreement;
mod audit;
mod contrasts;
mod families;
mod habits;
mod pooling;
mod profiles;
mod published;
mod resembled;
mod similarity;
mod stand_in;
mod strengths;
mod versus;
mod weights;

pub use crate::keep_going::KeepGoing;
pub use agreement::{agreement_matrices, agreements, with_reference};
pub use audit::{Shown, Traits, audit, counted_reference, reference_of, usual_reference};
pub use contrasts::contrasts;
pub(crate) use habits::calls_ties;
pub use habits::habit_differences;
pub use pooling::{PoolingOptions, pool};
pub use profiles::profiles;
pub use published::published_rewards;
pub use resembled::published_alike;
pub use similarity::{SimilarityOptions, similarity, similarity_while};
pub use stand_in::stand_ins;
pub use strengths::strength_differences;
pub use versus::{JudgeApart, judge_apart, versus};
pub use weights::{CASES, WeightTable};
