//! Does a rating put responses into the order that is known? Asked of text analysis and of models.

mod pairs;
mod questions;
mod text;

use std::path::{Path, PathBuf};
use std::str::FromStr;

use predilect_llm::{ModelSpec, SpecError};
use predilect_results::asked::{CallPlan, RaterValidity, Reversed, Validity};
use predilect_types::{Property, property};
use predilect_validity::{Ordered, Said, measure, score};
use serde::{Deserialize, Serialize};

use crate::annotating::RateMethod;
use crate::asking::{CallOptions, Ran};
use crate::error::{Error, Remedy, Result};
use crate::figures;
use crate::watch::Watch;
use pairs::{limited, pairs};

pub use predilect_validity::{EVERY, HELD_BACK};

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
    /// Files of ordered pairs; none: those that come with Predilect.
    pub files: Vec<PathBuf>,
    /// Who rates.
    pub annotators: Vec<Rater>,
    /// Only these properties, by id; of files that name none, the one property of all pairs.
    pub properties: Vec<String>,
    /// The most pairs of a property, spread over their kinds; `None`: all for text, 42 for models.
    pub pairs: Option<usize>,
    /// Only pairs that were held back from whoever works on ratings.
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

/// What asking the models would take.
///
/// # Errors
///
/// When no model is named, or the pairs or the log cannot be read.
pub fn plans(request: &ValidityRequest, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
    let pairs = pairs(request)?;
    if !request.annotators.iter().any(|rater| matches!(rater, Rater::Model(_))) {
        return Err(Error::new("only models cost something, and ratings from text are asked for")
            .remedy(Remedy::NameAModel));
    }
    questions::plans(request, &pairs, watch)
}

/// Lets everybody named rate the pairs, and keeps the figures in the folder once all are there.
///
/// # Errors
///
/// When the pairs cannot be read or rated, or the folder cannot be written.
pub fn measured(request: &ValidityRequest, watch: &dyn Watch) -> Result<Ran<Vec<RaterValidity>>> {
    let pairs = pairs(request)?;
    let asks = request.annotators.iter().any(|rater| matches!(rater, Rater::Model(_)));
    let folder = if asks { Some(folder(request.folder.as_deref())?) } else { request.folder.clone() };
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder).map_err(|e| {
            let why = e.to_string();
            Error::new(format!("cannot make the folder {}: {why}", folder.display()))
                .remedy(Remedy::NameFolder)
        })?;
    }
    let mut found: Vec<RaterValidity> = Vec::new();
    let mut spent = 0.0;
    let mut stopped = None;
    for rater in &request.annotators {
        match rater {
            Rater::Text => found.push(text::rate(limited(&pairs, request, false))?),
            Rater::Model(spec) => {
                let folder = folder.as_deref().unwrap_or(Path::new("."));
                let asked = questions::Asked { spec, folder, spent };
                let (own, problem) = questions::rate(&asked, limited(&pairs, request, true), request, watch)?;
                spent += own.cost.as_ref().and_then(|cost| cost.spent.price).unwrap_or(0.0);
                found.push(own);
                if let Some(problem) = problem {
                    stopped = Some(problem.resumable());
                    break;
                }
            }
        }
    }
    if let Some(folder) = &folder
        && stopped.is_none()
    {
        figures::keep(folder, found.iter().map(|own| (&*own.annotator, &*own.how, &*own.rows)))?;
    }
    Ok(Ran { found, stopped })
}

/// The row over the pairs held back beside one over all.
pub fn held_back<'a>(row: &Validity, own: &'a RaterValidity) -> Option<&'a Validity> {
    let beside =
        |other: &&Validity| other.kind == HELD_BACK && other.property == row.property && other.set == row.set;
    own.rows.iter().find(beside).filter(|_| row.kind == EVERY)
}

/// The folder of the user's own figures and of the log.
fn folder(given: Option<&Path>) -> Result<PathBuf> {
    given
        .map(Path::to_path_buf)
        .or_else(figures::own_folder)
        .ok_or_else(|| Error::new("no folder for the log of calls").remedy(Remedy::NameFolder))
}

/// Parts pairs into those of properties that can be rated and the ids of the others.
fn rateable(pairs: Vec<Ordered>, can: impl Fn(&'static Property) -> bool) -> (Vec<Ordered>, Vec<String>) {
    let mut not_rated: Vec<String> = Vec::new();
    let mut kept = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if property(&pair.property).is_some_and(&can) {
            kept.push(pair);
        } else if !not_rated.contains(&pair.property) {
            not_rated.push(pair.property);
        }
    }
    (kept, not_rated)
}

/// What is found once all is rated.
fn found(annotator: &str, how: &str, rated: &[(Ordered, Said)], not_rated: Vec<String>) -> RaterValidity {
    let reversed = rated
        .iter()
        .filter(|(pair, said)| score(&pair.property, said.higher, said.lower) == Some(0.0))
        .map(|(pair, said)| Reversed {
            property: pair.property.clone(),
            set: pair.set.clone(),
            kind: pair.kind.clone(),
            request: pair.request.clone(),
            higher: pair.higher.clone(),
            lower: pair.lower.clone(),
            reason: pair.reason.clone(),
            rated_higher: said.higher,
            rated_lower: said.lower,
        })
        .collect();
    RaterValidity {
        annotator: annotator.to_owned(),
        how: how.to_owned(),
        rows: measure(annotator, rated.iter().map(|(pair, said)| (pair, *said))),
        not_rated,
        reversed,
        cost: None,
        remarks: Vec::new(),
    }
}
