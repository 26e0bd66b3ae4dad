//! Does a rating measure what its name says? Pairs of texts whose order on a property is known, and how often an annotator finds it.
//!
//! [`shipped`] gives pairs for all 29 properties: written for Predilect, one file of `pairs/` for each property, or made by rule. [`read`]
//! reads others. [`measure()`] counts what an annotator, text or a language model, says of them, and [`Figures`] keeps that, so that
//! readers of its ratings see how far they can be trusted.
//!
//! ```
//! let lines = r#"{"higher": "Could you please wait?", "lower": "Wait.", "property": "polite"}"#;
//! let pairs = predilect_validity::read(lines, "mine", None)?;
//! assert_eq!(pairs.len(), 1);
//! # Ok::<(), predilect_validity::FileError>(())
//! ```

mod by_rule;
mod figures;
mod measure;
mod ordered;
mod shipped;
mod written;

pub use figures::{Figures, Origin, Run};
pub use measure::{Said, measure, score};
pub use ordered::{BY_RULE, EVERY, FileError, HELD_BACK, Ordered, WRITTEN, read, spread};
pub use predilect_results::asked::Validity;
pub use shipped::shipped;
