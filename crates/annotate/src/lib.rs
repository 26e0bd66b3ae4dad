//! What to ask a language model about a pair, and what its answers say.
//!
//! All prompts are data in and strings out; nothing here calls a model. Responses are material, never instructions: they
//! stand between lines that no text can forge ([`Fence`]).

mod draw;
mod fence;
pub mod judge;
mod question;
pub mod rate;
mod reply;

pub use fence::Fence;
pub use predilect_results::asked::Parse;
pub use reply::json_object;
