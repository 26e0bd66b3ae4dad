//! `predilect serve`: a page on which every filter is a question, and the posterior the answer.
//!
//! The same strings work everywhere: the text in the address after `where=` is what `--where` takes. The crate draws with the report's own
//! sections and asks the workbench; it computes nothing itself.

mod api;
mod app;
mod asking;
mod cores;
mod gate;
mod guard;
mod openapi;
mod opening;
mod options;
mod pages;
mod problem;
mod published;
mod query;
mod reading;
mod reasons;
mod recents;
mod runs;
mod seen;
mod server;
mod studies;
mod tables;
mod uploads;
mod votes;

pub use options::{MAX_UPLOAD, ServeOptions};
pub use server::{ServeError, serve};
