//! How records are stored in a file and read from it, whatever format they have.
//!
//! [`input`] finds the files behind paths, [`source`] opens and decompresses them, [`sniff`] recognises the container by the first bytes,
//! [`split`] and [`table`] take records out of it, [`sample`] shows the first of them without using up the input.

mod archive;
mod arrow;
mod compress;
pub(crate) mod csv;
pub(crate) mod dialect;
mod document;
mod encoding;
pub(crate) mod input;
mod ipc;
pub(crate) mod json;
pub(crate) mod parquet;
mod refuse;
pub(crate) mod sample;
pub(crate) mod sniff;
pub(crate) mod source;
pub(crate) mod split;
pub(crate) mod table;
