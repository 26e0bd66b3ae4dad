//! How records lie in a file, and how they get out of it, whatever format they have.

pub(crate) mod json;
pub(crate) mod sniff;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod table;
