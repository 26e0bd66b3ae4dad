//! Where a study keeps the log of its calls.

use std::collections::HashMap;
use std::path::Path;

use predilect_llm::CallLog;

use crate::error::Result;

/// The name of the log in a study.
const LOG: &str = "calls.sqlite";

/// The log of a study's calls.
pub(crate) fn log(folder: &Path) -> Result<CallLog> {
    Ok(CallLog::open(&folder.join(LOG))?)
}

/// What the study's calls cost, by their keys: read even where nothing can be written.
pub(crate) fn prices(folder: &Path) -> Result<HashMap<String, f64>> {
    Ok(CallLog::prices(&folder.join(LOG))?)
}

/// The log for a dry run: not created if it does not exist.
pub(crate) fn log_if_there(folder: &Path) -> Result<CallLog> {
    if folder.join(LOG).is_file() { log(folder) } else { Ok(CallLog::in_memory()?) }
}
