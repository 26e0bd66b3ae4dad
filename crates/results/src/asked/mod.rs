//! What language models were asked, what it took, and what could be read of their answers.

mod annotated;
mod calls;
mod checked;
mod judged;
mod parse;
mod probed;
mod validity;

pub use annotated::{AnnotatorRun, Asked, KnownValidity};
pub use calls::{CallPlan, Failure, Failures, Spent, Unread, UnreadAnswers, dollars};
pub use checked::Check;
pub use judged::{AttackSuccess, JudgeFigures, JudgeRun};
pub use parse::Parse;
pub use probed::{Habits, Probe, SchemaHabit, SeedHabit, Way};
pub use validity::{RaterCost, RaterValidity, Reversed, Validity, WEAK_AUC};
