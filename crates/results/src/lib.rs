//! What Predilect finds, as plain values: every view shows them, and all that is written can be read back.
//!
//! This crate does not estimate anything. It does not depend on the statistics crate, so that a report, a page or a notebook is built
//! without it.
//!
//! ```
//! use predilect_results::Weight;
//!
//! let weight: Weight = serde_json::from_str(
//!     r#"{"property":"length","mean":0.0,"sd":0.1,"q05":-0.16,"q50":0.0,"q95":0.16,"p_positive":0.5}"#,
//! )?;
//! assert_eq!(weight.intensity(), 50.0);
//! # Ok::<(), serde_json::Error>(())
//! ```

pub mod asked;
pub mod browse;
mod cautions;
pub mod comparison;
mod data;
mod dissection;
mod explanation;
mod findings;
mod fit;
pub mod format;
mod gains;
mod groups;
mod headline;
mod interval;
mod nan;
mod people;
mod published;
pub mod ranking;
pub mod steering;
pub mod training;
pub mod verifying;
mod weight;
mod written;

pub use cautions::{Caution, FEW_UNITS, adds_nothing, few_units, usual_units};
pub use comparison::Comparison;
pub use data::{AnnotatorAgreement, DataSummary, JudgeSummary, LengthSummary, ModelSummary, SliceSummary};
pub use dissection::{Dissection, ExamplePair, Examples, PropertyNote, Settings, Standings};
pub use explanation::{Contribution, Explanation};
pub use findings::{
    Debtor, FALSE_DISCOVERIES, Fact, Finding, LEAST_SHARED_PAIRS, LEAST_SHARED_PROMPTS, Leads, Leans,
    NoJudge, NotRewarded, NotWeighed, Owes, PLACES_MEAN, UseJudge, Weighs, cannot_separate, noun, places,
};
pub use fit::{CalibrationBin, Fit, Quality, Skipped, UnitCount};
pub use gains::{Alike, Gains, LengthAlone, LengthSays, PropertyGain, ThemeGain};
pub use groups::{ALL, NONE};
pub use headline::{Habit, Headline};
pub use people::{People, Reliability, Share};
pub use published::{PublishedCell, PublishedDifference, PublishedRewards, PublishedRow};
pub use weight::{Weight, intensity};
pub use written::{
    Answer, CompareJson, DissectJson, ExplainJson, FitJson, FormatJson, FormatsJson, PairSeen, PreviewJson,
    RankJson, RankLcJson, SCHEMA, VersusJson, Written,
};
