//! Who is asked to rate which ordered pairs?

use std::path::{Path, PathBuf};
use std::str::FromStr;

use predilect_llm::{ModelSpec, SpecError};
use serde::{Deserialize, Serialize};

use crate::annotating::RateMethod;
use crate::asking::CallOptions;
use crate::error::{Error, Remedy, Result};
use crate::figures;

/// Who rates ordered pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Rater {
    /// Text analysis.
    Text,
    /// A language model.
    Model(Box<ModelSpec>),
}

impl FromStr for Rater {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Ok(if text == "text" { Self::Text } else { Self::Model(Box::new(text.parse()?)) })
    }
}

impl TryFrom<String> for Rater {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<Rater> for String {
    fn from(rater: Rater) -> Self {
        match rater {
            Rater::Text => "text".to_owned(),
            Rater::Model(spec) => spec.to_string(),
        }
    }
}

/// Who is asked to rate which ordered pairs. As JSON, what is left out is as in [`ValidityRequest::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ValidityRequest {
    /// Files of ordered pairs; empty: those that come with Predilect.
    pub files: Vec<PathBuf>,
    /// Who rates.
    pub annotators: Vec<Rater>,
    /// Only these properties, by id; of files that name none, the one property of all pairs.
    pub properties: Vec<String>,
    /// The most pairs of a property, spread over their kinds; `None`: all for text, 42 for models.
    pub pairs: Option<usize>,
    /// Only pairs that were held back from work on ratings.
    pub held_back: bool,
    /// How a model's rating is read.
    pub method: Option<RateMethod>,
    /// A model sees each response alone.
    pub single: bool,
    /// Seed that is sent to models that take one.
    pub seed: u64,
    /// How models are called.
    pub calls: CallOptions,
    /// The folder of the log of calls and of the figures; `None`: the user's own.
    pub folder: Option<PathBuf>,
}

impl Default for ValidityRequest {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            annotators: vec![Rater::Text],
            properties: Vec::new(),
            pairs: None,
            held_back: false,
            method: None,
            single: false,
            seed: 0,
            calls: CallOptions::default(),
            folder: None,
        }
    }
}

/// The folder of the user's own figures and of the log.
pub(super) fn folder(given: Option<&Path>) -> Result<PathBuf> {
    given
        .map(Path::to_path_buf)
        .or_else(figures::own_folder)
        .ok_or_else(|| Error::new("no folder for the log of calls").remedy(Remedy::NameFolder))
}
