//! What is said where a study is no longer what was read of it?

use crate::error::Error;

pub(crate) fn changed() -> Error {
    Error::stale("the study changed while it was read, or another tool has written one of its tables again")
        .words("run the command again")
}
