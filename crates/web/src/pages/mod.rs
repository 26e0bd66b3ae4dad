//! The pages: whole documents without a script, and their answer alone where the script asks for that.

mod about;
mod bar;
mod label;
mod moved;
mod parts;
mod runs;
mod study;
mod take;
mod upload;

pub(crate) use about::{compared_published, home, nowhere, published};
pub(crate) use label::label;
pub(crate) use moved::moved;
pub(crate) use parts::problem;
pub(crate) use runs::runs;
pub(crate) use study::{data, judges, models, pair, pairs, rewarded};
pub(crate) use upload::upload;

/// The pages of a study: the end of their address, and their name.
const PAGES: [(&str, &str); 8] = [
    ("", "Rewarded"),
    ("/pairs", "Pairs"),
    ("/judges", "Judges"),
    ("/models", "Models"),
    (moved::END, "Moved"),
    ("/label", "Label"),
    ("/runs", "Runs"),
    ("/data", "Data"),
];
