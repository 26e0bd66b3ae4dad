//! What does the protocol of a provider say?

use serde_json::Value;

use super::left_out::Optional;
use crate::contract::Capabilities;
use crate::error::{CallError, Fault};
use crate::question::{Answer, Request};
use crate::reasoning::Effort;

/// What a provider's protocol says: how a question is written and an answer read.
pub(super) trait Dialect: Send + Sync {
    fn capabilities(&self) -> Capabilities;
    /// The request's body; `token_budget` tokens may be written before the answer's own.
    fn write(&self, model: &str, request: &Request, token_budget: u32) -> Value;
    /// Puts into a body how hard the model is to reason; false if it does not know this effort.
    fn reason(&self, model: &str, body: &mut Value, effort: Effort) -> bool;
    /// What a call can do without: a model that refuses it is asked without.
    fn optional(&self) -> &'static [Optional];
    /// An answer in a body that is JSON.
    fn read(&self, request: &Request, body: &Value) -> Result<Answer, CallError>;
    /// The first token's alternatives with their log-probabilities, where a body has them.
    fn alternatives(&self, _: &Value) -> Option<Vec<(String, f64)>> {
        None
    }
    /// What an error's body says beyond its status, by the provider's own codes.
    fn fault(&self, status: u16, body: &Value) -> Option<Fault>;
}

/// A count of tokens in a body.
pub(super) fn tokens(body: &Value, path: &str) -> u64 {
    body.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}
