//! How are calls over HTTP made?

use std::time::Duration;

use crate::reasoning::Reasoning;

/// How calls are made.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpOptions {
    /// How long an answer may take.
    pub timeout: Duration,
    /// Most calls at once: as many connections are kept.
    pub connections: usize,
    /// How models that reason are to do so.
    pub reasoning: Reasoning,
    /// Nothing will be sent, so that no key is needed.
    pub silent: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(2),
            connections: 64,
            reasoning: Reasoning::default(),
            silent: false,
        }
    }
}
