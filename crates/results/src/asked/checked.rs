//! What works on a machine.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that `doctor` has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// What it is.
    pub what: Cow<'static, str>,
    /// Whether it works.
    pub works: bool,
    /// What was found. Of keys, only whether they are there.
    pub found: String,
    /// What to do where it does not work.
    pub remedy: Option<String>,
}
