//! Every file format in and out, and the study folder.
//!
//! A format is a [`Recipe`]: a table of what identifies a file, where each role is found and which values
//! mean what. Those that are known are listed in `recipe/catalogue.toml` ([`Format`] names them); users write
//! their own or say single things with a [`Mapping`].
//!
//! [`read`] hands every pair, verdict and rating of some files to a sink, [`preview()`] shows how the first
//! of them are understood, [`import`] writes them into a [`Study`], and [`export`] writes a study in another
//! tool's format. Inputs are taken for hostile: whatever the bytes, the answer is a record, a counted reason
//! or a [`DataError`], never a panic.
//!
//! ```
//! use predilect_data::{Format, UnknownFormat};
//!
//! let format: Format = "alpaca-eval".parse()?;
//! assert_eq!(format.to_string(), "alpaca_eval");
//! let near = "alpaca_evil".parse::<Format>().expect_err("there is none");
//! assert!(near.to_string().contains("did you mean `alpaca_eval`?"));
//! # Ok::<(), UnknownFormat>(())
//! ```

#![allow(
    clippy::float_cmp,
    clippy::doc_markdown,
    reason = "a verdict of 0, 0.5 or 1 is written as such; formats go by the names of their data sets"
)]

mod advice;
mod call;
mod container;
mod detect;
mod draft;
mod error;
mod export;
mod features;
mod files;
mod format;
mod formats;
mod gather;
mod identity;
mod join;
mod near;
mod options;
mod pieces;
mod preview;
mod probe;
mod property_set;
mod read;
mod recipe;
mod row;
mod rows;
mod sent;
mod study;
mod texts;
mod votes;
mod weight;
mod wide;

pub use advice::{Advice, Part as AdvicePart, Setting};
pub use draft::NO_VERDICT;
pub use error::{At, DataError, ErrorKind, Reason};
pub use export::{ExportFormat, ExportSummary, Takes, export};
pub use features::{FeatureColumns, Features, read_features};
pub use files::{NewFile, OutFile, check_place, clear_away, is_unfinished, made, remove_unfinished};
pub use format::{Format, UnknownFormat};
pub use near::nearest;
pub use options::{Judges, OnBadRow, Progress, ReadOptions, Record};
pub use preview::{Preview, Previewed, preview};
pub use property_set::PropertySet;
pub use read::{read, read_with_votes};
pub use recipe::{
    Candidates, Mapping, MappingError, Part, Path as FieldPath, Recipe, Scale, Shape, VerdictRule,
};
pub use rows::rows_of;
pub use sent::{ColumnSeen, ColumnsSeen, Proposal, columns_of, plain_name, proposals, unpacked_within};
pub use study::{
    BatchFile, ColumnError, ImportEntry, Onto, PairWriter, RatingWriter, Study, StudyLock, StudyToml,
    TableReader, TableRow, TableWriter, VerdictWriter, arrow_bytes, import, parquet_bytes,
};
pub use votes::{BareVote, VoteBlock};
