//! The one door of Predilect: every front end opens a study here and asks it.
//!
//! Only this crate joins reading, rating, asking models and analysing. It has no flags, does not print and draws no bars: errors carry a
//! [`Remedy`], long work is reported to a [`Watch`], and results are plain values.
//!
//! ```
//! use predilect_workbench::{DissectOptions, Example, Inputs, SliceOptions, Unwatched, Workbench};
//!
//! let inputs = Inputs { files: &[], example: Some(Example::LocalJudge), options: &Default::default() };
//! let bench = Workbench::of(&inputs, None, &Unwatched)?;
//! let slice = SliceOptions { grammar: false, ..SliceOptions::default() };
//! let found = bench.dissect(&slice, DissectOptions::default(), &Unwatched)?;
//! assert_eq!(found.dissection.data.pairs, 320);
//! # Ok::<(), predilect_workbench::Error>(())
//! ```

mod annotating;
mod ask;
mod asking;
pub mod browse;
mod call_log;
mod chosen;
pub mod compare;
mod dissect;
mod error;
mod evidence;
pub mod explain;
pub mod features;
pub mod figures;
pub mod files;
mod filter;
pub mod findings;
pub mod fits;
mod import;
mod inputs;
mod judge_table;
mod judging;
mod kept;
pub mod labelling;
pub mod laboratory;
mod look;
mod neighbours;
mod open;
mod prepared;
mod probable;
pub mod published;
pub mod rank;
mod rating;
pub mod recent;
mod remedies;
mod remembered;
pub mod requests;
pub mod scratch;
pub mod sent;
mod slice;
mod spread;
pub mod studies;
pub mod tables;
mod told;
pub mod trial;
pub mod unfinished;
pub mod validity;
mod versus;
mod watch;
mod weights;
mod writing;

pub use annotating::{AnnotateRequest, Annotating, RateMethod, asked_of_models};
#[cfg(feature = "local")]
pub use asking::local_devices;
pub use asking::{CallOptions, Effort, Ran};
pub use dissect::{DissectOptions, DissectRequest, Dissected, Furthest, KeptWeight, MOST_WITH_GAINS, Moved};
pub use error::{Done, Error, Kind, Remedy, Result};
pub use evidence::{Counted, Evidence, evidence};
pub use filter::{Filter, FilterError, literal};
pub use import::import;
pub use inputs::{Example, Inputs};
pub use judging::{
    JudgeRequest, Judging, Jury, Method, Orders, Probed, Within, name_problem, probe, probe_kept, probe_plans,
};
pub use kept::Kept;
pub use neighbours::Neighbours;
pub use open::{Version, Workbench};
/// How fits are made, and what is too much for one.
pub use predilect_analysis::labelling::Known;
pub use predilect_analysis::limits::TooMany;
pub use predilect_analysis::{Encoding, Engine, FitOptions, PriorChoice, Terms};
pub use predilect_bayes::NutsOptions;
/// Files and studies: how they are read, previewed and written in another tool's format.
pub use predilect_data::{
    Advice, DataError, ExportFormat, FieldPath, Format, Judges, Mapping, OnBadRow, Onto, Preview,
    ReadOptions, Recipe, Setting, Study, StudyLock, StudyToml, export, nearest, preview, rows_of,
};
pub use predilect_llm::{CallRemedy, Cancel, Enforce, ModelSpec, SpecError};
pub use predilect_stats::similarity::Measure;
pub use predilect_text::{RATES_GRAMMAR, begins_with_refusal};
pub use probable::{Passage, Probable, Prober};
pub use rating::{PairRatings, kept_ratings, text_ratings};
#[doc(hidden)]
pub use remedies::every_remedy;
pub use slice::{Slice, SliceOptions};
pub use versus::Other;
pub use watch::{Event, Remark, Step, Unwatched, Watch};
pub use weights::{GroupWeights, JudgeWeights};
pub use writing::{Question, Text, WriteRequest, Writer, Written};
