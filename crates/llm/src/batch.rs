//! Questions that a provider answers within a day, at half the price: handed over together, fetched by a later run.

use crate::error::CallError;
use crate::question::Request;

/// A provider that takes many questions at once.
pub trait Batch: Send + Sync {
    /// Hands over questions, each under its key, and returns the provider's id of the batch. The label is kept with it where the
    /// provider can.
    ///
    /// # Errors
    ///
    /// When it refuses them; then none is accepted.
    fn submit(&self, label: &str, calls: &[(&str, &Request)]) -> Result<String, CallError>;

    /// The id of a batch that may have been handed over by a run that was killed before it could note the id.
    ///
    /// # Errors
    ///
    /// When the provider cannot be asked, or more than one batch may be meant.
    fn find(&self, lost: &LostBatch) -> Result<Option<String>, CallError>;

    /// How far a batch is, and its answers once it has ended; it was handed over `without` these parameters.
    ///
    /// # Errors
    ///
    /// When the provider cannot be asked or has rejected the whole batch.
    fn fetch(&self, id: &str, without: &[String]) -> Result<BatchState, CallError>;
}

/// What is known of a batch whose id was never noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostBatch {
    /// Its label.
    pub label: String,
    /// Its questions.
    pub calls: u64,
    /// When it was about to be handed over, in UTC as RFC 3339.
    pub at: String,
    /// Ids of batches that are known, and so another one's.
    pub others: Vec<String>,
}

/// How far a batch is.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchState {
    /// Under way.
    Running {
        /// Questions that are answered.
        done: u64,
        /// Questions in all.
        total: u64,
    },
    /// Ended: by key the body of each answer, or the error. A key that is missing was not answered.
    Ended(Vec<(String, Result<String, CallError>)>),
}
