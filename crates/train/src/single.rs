//! Completions that are labelled by themselves: which runs learn from them, and are there both kinds?

use predilect_learn::losses::Loss;
use predilect_results::training::Kinds;
use predilect_workbench::{Error, Result};

use crate::made::Made;
use crate::request::TrainRequest;

impl TrainRequest {
    /// Whether completions that are labelled desirable or not by themselves, as KTO's data are, are trained on as they are; otherwise good and
    /// bad ones of one prompt make a pair. Labels by a judge's weights compare two responses, and the degree loss is one of pairs.
    #[must_use]
    pub fn learns_from_single(&self) -> bool {
        self.relabel.is_none() && self.degrees.is_none() && self.loss.losses().all(Loss::takes_unpaired)
    }
}

/// How many single completions of each kind are trained on; `None` of pairs.
///
/// # Errors
///
/// When there are pairs too, or one kind is missing: a loss of single completions then moves all of them the same way.
pub(crate) fn kinds(made: &Made, request: &TrainRequest) -> Result<Option<Kinds>> {
    let all = || made.trained.iter().chain(&made.held_out);
    let single = all().filter(|(labelled, _)| labelled.is_single()).count();
    if single == 0 {
        return Ok(None);
    }
    let pairs = all().count() - single;
    if pairs > 0 {
        return Err(Error::new(format!(
            "the files contain both pairs ({pairs}) and single completions ({single}), which cannot be trained on together"
        ))
        .words("give files of one kind"));
    }
    let desirable = made.trained.iter().filter(|(labelled, _)| labelled.a_is_chosen).count() as u64;
    let kinds = Kinds { desirable, undesirable: made.trained.len() as u64 - desirable };
    let missing = match kinds {
        Kinds { desirable: 0, .. } => "desirable",
        Kinds { undesirable: 0, .. } => "undesirable",
        Kinds { .. } => return Ok(Some(kinds)),
    };
    Err(Error::new(format!(
        "{} learns from desirable and undesirable completions, and of those that are trained on ({}) none is {missing}",
        request.loss,
        made.trained.len()
    ))
    .words(format!("add {missing} completions: with one kind alone, nothing keeps the model from moving every response the same way")))
}
