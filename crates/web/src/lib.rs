//! `predilect serve`: a page on which every filter is a question, and the posterior the answer.
//!
//! The same strings work everywhere: what stands in the address after `where=` is what `--where` takes. The crate draws with the report's own
//! sections and asks the workbench; it computes nothing itself.

mod api;
mod asking;
mod guard;
mod openapi;
mod pages;
mod problem;
mod query;
mod reading;
mod runs;
mod server;
mod studies;
mod uploads;
mod votes;

pub use server::{MAX_UPLOAD, ServeError, ServeOptions, serve};
