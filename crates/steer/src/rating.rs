//! How what was written is rated: by text analysis, and by a model where one is named.

use std::path::Path;

use predilect_results::asked::{CallPlan, Failures, Spent};
use predilect_types::Pair;
use predilect_workbench::{
    AnnotateRequest, Annotating, CallOptions, Error, ModelSpec, PairRatings, ReadOptions, Result, Study,
    Unwatched, Watch, Within, kept_ratings, text_ratings,
};

/// Who rates.
pub(crate) struct Raters<'a> {
    /// A model, beside text analysis.
    pub(crate) model: Option<&'a ModelSpec>,
    /// Whether grammar and spelling are rated.
    pub(crate) grammar: bool,
    pub(crate) seed: u64,
    pub(crate) calls: &'a CallOptions,
}

/// What they said of the pairs of a study.
pub(crate) struct Rated {
    /// By the model where it rates a property, else by text analysis.
    pub(crate) ratings: PairRatings,
    /// The pairs that the model rated on any property: all of them where no model is named.
    pub(crate) seen: Vec<bool>,
    /// What the model took; `None` without one.
    pub(crate) spent: Option<Spent>,
    /// What the model did not answer.
    pub(crate) failures: Failures,
    /// Why the model was not asked about all pairs.
    pub(crate) stopped: Option<Error>,
}

impl Raters<'_> {
    /// Rates the pairs of a study; `gone` of the budget is spent. The model's ratings are kept there.
    pub(crate) fn rate(&self, study: &Study, pairs: &[Pair], gone: f64, watch: &dyn Watch) -> Result<Rated> {
        let Some(model) = self.model else {
            let ratings = rated(pairs, self.grammar, watch)?;
            return Ok(Rated {
                ratings,
                seen: vec![true; pairs.len()],
                spent: None,
                failures: Failures::default(),
                stopped: None,
            });
        };
        let calls = CallOptions { gone: self.calls.gone + gone, ..self.calls.clone() };
        let ran = self.annotating(model, calls, study.folder(), watch)?.run(watch)?;
        let by_model = kept_ratings(study, &ran.found.annotator, pairs)?;
        let is_rated =
            |row: &Vec<(Option<f64>, Option<f64>)>| row.iter().any(|(a, b)| a.is_some() || b.is_some());
        let seen = by_model.rows.iter().map(is_rated).collect();
        // What a model does not rate, length above all, is counted.
        let ratings = by_model.or(&rated(pairs, self.grammar, watch)?);
        Ok(Rated {
            ratings,
            seen,
            spent: Some(ran.found.spent),
            failures: ran.found.failures,
            stopped: ran.stopped,
        })
    }

    /// What the model would take for the pairs of a study, and what for: nothing where none is named.
    pub(crate) fn plans(&self, folder: &Path, does: &str, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let Some(model) = self.model else { return Ok(Vec::new()) };
        let calls = CallOptions { dry: true, budget: None, ..self.calls.clone() };
        let mut plans = self.annotating(model, calls, folder, watch)?.plans()?;
        for plan in &mut plans {
            plan.name = format!("{} ({does})", plan.name);
        }
        Ok(plans)
    }

    fn annotating(
        &self,
        model: &ModelSpec,
        calls: CallOptions,
        folder: &Path,
        watch: &dyn Watch,
    ) -> Result<Annotating> {
        let request = AnnotateRequest { calls, seed: self.seed, ..AnnotateRequest::of(model.clone()) };
        let inputs = [folder.to_owned()];
        let read = ReadOptions::default();
        Annotating::begin(&request, &Within { inputs: &inputs, output: None, read: &read }, watch)
    }
}

/// Ratings of pairs by text analysis, even if the run was stopped: what was answered until then is still reported.
fn rated(pairs: &[Pair], grammar: bool, watch: &dyn Watch) -> Result<PairRatings> {
    if watch.cancelled() {
        text_ratings(pairs, grammar, &Unwatched)
    } else {
        text_ratings(pairs, grammar, watch)
    }
}
