//! The pages: whole documents without a script, and their answer alone where the script asks for that.

mod about;
mod answered;
mod apart;
mod bar;
mod checked;
mod counted;
mod frame;
mod grouped;
mod held;
mod label;
mod moved;
mod narrowing;
mod parts;
mod published;
mod runs;
mod study;
mod take;
mod unjudged;
mod unknown;
mod upload;
mod whole;

pub(crate) use about::{home, nowhere};
pub(crate) use checked::checked;
pub(crate) use label::label;
pub(crate) use moved::moved;
pub(crate) use parts::problem;
pub(crate) use published::{published, published_judges};
pub(crate) use runs::runs;
pub(crate) use study::{data, judges, models, pair, pairs, rewarded};
pub(crate) use upload::upload;
pub(crate) use whole::whole_text;
