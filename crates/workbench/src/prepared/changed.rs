//! The errors for a study that is no longer the one that was read.

use crate::error::Error;

pub(crate) fn changed() -> Error {
    Error::stale("the study changed while it was read, or another tool has written one of its tables again")
        .words("run the command again")
}
