//! What programs ask, and the page too: JSON by the shapes of `results`.

mod answer;
pub(crate) mod export;
pub(crate) mod label;
pub(crate) mod recent;
pub(crate) mod runs;
mod study;
pub(crate) mod uploads;

#[cfg(test)]
pub(crate) use study::{PairJson, StudyJson};
pub(crate) use study::{
    described, dissect, explain, histogram, judges, lengths, models, pair, pairs, studies, study,
};
