//! Does a rating put responses into the order that is known? Asked of text analysis and of models.

mod found;
mod pairs;
mod questions;
mod request;
mod text;

use std::path::Path;

use predilect_results::asked::{CallPlan, RaterValidity, Validity};

use crate::asking::Ran;
use crate::error::{Error, Remedy, Result};
use crate::figures;
use crate::watch::Watch;
use pairs::{limited, pairs};
use request::folder;

pub use predilect_validity::{EVERY, HELD_BACK};
pub use request::{Rater, ValidityRequest};

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

/// Lets every named model rate the pairs, and keeps the figures in the folder once all are there.
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

/// The row over the pairs held back that belongs to one over all.
pub fn held_back<'a>(row: &Validity, own: &'a RaterValidity) -> Option<&'a Validity> {
    let beside =
        |other: &&Validity| other.kind == HELD_BACK && other.property == row.property && other.set == row.set;
    own.rows.iter().find(beside).filter(|_| row.kind == EVERY)
}
