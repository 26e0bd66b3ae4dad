//! The findings at the top of every output, each a sentence with its interval.
//!
//! A finding has its figures and its sentence, so that a terminal, a page, a file and JSON say the same.

mod fact;
mod nouns;
mod places;
mod words;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use fact::{
    Debtor, FALSE_DISCOVERIES, Fact, LEAST_SHARED_PAIRS, LEAST_SHARED_PROMPTS, Leads, Leans, NoJudge,
    NotRewarded, NotWeighed, Owes, UseJudge, Weighs,
};
pub use nouns::noun;
pub use places::{PLACES_MEAN, places};
pub use words::cannot_separate;

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The finding in words.
    pub sentence: String,
    /// Its figures.
    #[serde(flatten)]
    pub fact: Fact,
}

impl From<Fact> for Finding {
    fn from(fact: Fact) -> Self {
        Self { sentence: fact.sentence(), fact }
    }
}
