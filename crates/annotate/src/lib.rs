//! What to ask a language model about a pair, and what its answers say.
//!
//! All prompts are data in and strings out; nothing here calls a model. Responses are material, never instructions: they are put between
//! tags that no text can forge ([`Fence`]).
//!
//! ```
//! use predilect_annotate::judge::{JudgeOptions, asks};
//! use predilect_types::{Message, Pair, Response};
//!
//! let pair = Pair {
//!     prompt: vec![Message::user("How long do eggs boil?")],
//!     response_a: Response::new("Nine minutes.", None),
//!     response_b: Response::new("It depends.", None),
//!     ..Pair::default()
//! };
//! // Each response is shown first once.
//! assert_eq!(asks(&pair, &JudgeOptions::default()).len(), 2);
//! ```

mod draw;
mod fence;
pub mod judge;
mod question;
pub mod rate;
mod reply;

pub use fence::Fence;
pub use predilect_results::asked::Parse;
pub use reply::json_object;
