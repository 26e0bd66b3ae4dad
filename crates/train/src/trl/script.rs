//! The script that trains with TRL, and with which Python it is run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Our script, which the folder gets a copy of.
pub(super) const SCRIPT: (&str, &str) = ("dpo_trl.py", include_str!("dpo_trl.py"));

/// How TRL is run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrlOptions {
    /// The Python that has TRL; `None`: `python3`.
    pub python: Option<PathBuf>,
    /// Only the folder is written, to be run elsewhere.
    pub write_only: bool,
}
