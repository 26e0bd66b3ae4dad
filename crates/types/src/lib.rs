//! What is a pair, a verdict, a property, a rating: the words every other crate speaks.
//!
//! The crate defines data and its invariants; it does not read files, compute statistics or print.
//!
//! ```
//! use predilect_types::{Message, Pair, Response, Verdict};
//!
//! let pair = Pair {
//!     id: "eggs".to_owned(),
//!     prompt: vec![Message::user("How long do eggs boil?")],
//!     response_a: Response::new("Nine minutes.", Some("model a".to_owned())),
//!     response_b: Response::new("It depends.", Some("model b".to_owned())),
//!     ..Pair::default()
//! };
//! let verdict = Verdict::new(&pair.id, "human", 1.0);
//! assert!(pair.has_text() && verdict.p_a == 1.0);
//! ```

mod failure;
pub mod hash;
mod interner;
mod pair;
pub mod parsed;
mod property;
mod rating;
mod read;
pub mod shown;
mod verdict;

pub use failure::{Failure, Kind, Subject};
pub use interner::Interner;
pub use pair::{Message, Pair, Provenance, Response, Role, content_id};
pub use property::{
    Applies, CATALOGUE, Property, Rule, Scale, core_properties, in_every_fit, parts_of, property,
};
pub use rating::{Annotation, Rating, Side, WEAK_AUC};
pub use read::{ColumnUse, Dropped, JudgeUse, ReadSummary, SourceSummary, ValueUse, VerdictUse};
pub use verdict::{Order, TieKind, Verdict};
